"""Fixtures of every tier."""

from __future__ import annotations

from pathlib import Path

import pytest

# Before they are imported: what is compared in them is shown where it differs, as in the tests themselves.
pytest.register_assert_rewrite("cluster", "conformance", "emitted", "rendering", "template")

import template  # noqa: E402


@pytest.fixture(scope="session")
def template_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the working tree as a plain folder: Copier renders it as it is, uncommitted changes included."""
    return template.snapshot(tmp_path_factory.mktemp("snapshot") / "groundplan")
