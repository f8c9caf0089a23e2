"""An update to another architecture moves what was emitted, and leaves no file of the old one behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import template
from template import GIT, git

OWN = "src/shop/domain/catalog/pricing.py"


def copier(*arguments: str, cwd: Path | None = None) -> None:
    """Run Copier with its defaults."""
    action, *rest = arguments
    done = template.copier(action, "--trust", "--defaults", "--quiet", *rest, cwd=cwd, env=GIT)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the working tree as a repository with a version."""
    path = template.snapshot(tmp_path_factory.mktemp("architectures") / "groundplan")
    template.commit(path)
    git(path, "tag", "v0.0.1")
    return str(path)


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
    copier("copy", "--data", "project_name=Shop", source, str(project))
    (project / OWN).write_text('"""Ours."""\n', encoding="utf-8")
    template.commit(project)

    copier("update", *data, cwd=project)

    copier("copy", "--data", "project_name=Shop", *data, source, str(fresh))
    expected = template.files(fresh) | {OWN: b'"""Ours."""\n'}
    assert elsewhere in expected
    assert template.files(project) == expected
