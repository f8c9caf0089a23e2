"""An update to another framework: what users wrote stays, or is shown to them; nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

import template

OWN = "src/shop/domain/catalog/pricing.py"
DOMAIN = "src/shop/domain/catalog/product.py"
EDGE = "src/shop/api/catalog/product.py"
BEHAVIOUR = '''

def is_sold_out(stock: int) -> bool:
    """Return whether nothing is left."""
    return stock == 0
'''
ROUTE = "\n\n# What our own clients ask for.\n"


def append(file: Path, text: str) -> None:
    """Write something at the end of a file, as a user would."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize("framework", ["flask", "django"])
def test_what_users_wrote_stays(source: str, framework: str, tmp_path: Path) -> None:
    project, fresh = tmp_path / "project", tmp_path / "fresh"
    template.copied("copy", "--data", "project_name=Shop", source, str(project))
    template.commit(project)
    append(project / DOMAIN, BEHAVIOUR)
    append(project / EDGE, ROUTE)
    (project / OWN).write_text('"""Ours."""\n', encoding="utf-8")
    template.commit(project)

    template.copied("update", "--data", f"framework={framework}", cwd=project)

    template.copied("copy", "--data", "project_name=Shop", "--data", f"framework={framework}", source, str(fresh))
    expected, found = template.files(fresh), template.files(project)
    assert found[DOMAIN] == expected[DOMAIN] + BEHAVIOUR.encode()
    assert found[OWN] == b'"""Ours."""\n'
    assert ROUTE.strip().encode() in found[EDGE]
    edited = {DOMAIN, EDGE, OWN}
    assert {name: found[name] for name in found.keys() - edited} == {
        name: expected[name] for name in expected.keys() - edited
    }
