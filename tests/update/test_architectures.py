"""An update to another architecture moves what was emitted, and leaves no file of the old one behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import template

OWN = "src/shop/domain/catalog/pricing.py"


@pytest.mark.parametrize(
    ("answers", "elsewhere"),
    [
        (("architecture=modular_monolith",), "src/shop/catalog/domain/product.py"),
        (("architecture=microservices", "broker=nats"), "services/catalog/src/catalog/domain/product.py"),
    ],
    ids=["modular_monolith", "microservices"],
)
def test_what_was_emitted_moves(source: str, answers: tuple[str, ...], elsewhere: str, tmp_path: Path) -> None:
    data = [argument for answer in answers for argument in ("--data", answer)]
    project, fresh = tmp_path / "project", tmp_path / "fresh"
    template.copied("copy", "--data", "project_name=Shop", source, str(project))
    (project / OWN).write_text('"""Ours."""\n', encoding="utf-8")
    template.commit(project)

    template.copied("update", *data, cwd=project)

    template.copied("copy", "--data", "project_name=Shop", *data, source, str(fresh))
    expected = template.files(fresh) | {OWN: b'"""Ours."""\n'}
    assert elsewhere in expected
    assert template.files(project) == expected
