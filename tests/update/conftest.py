"""The template as a repository with a version, which is what projects are made of and updated from."""

from __future__ import annotations

from pathlib import Path

import pytest

import template
from template import git


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the working tree as a repository with a version."""
    path: Path = template.snapshot(tmp_path_factory.mktemp("versioned") / "groundplan")
    template.commit(path)
    git(path, "tag", "v0.0.1")
    return str(path)
