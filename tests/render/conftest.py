"""Renders of the template, each made once and read by many tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_copie.plugin import Copie

import covering
import template
from rendering import Render, Rendered, Renders, grouped, rendered


@pytest.fixture(scope="session")
def render(copie_session: Copie, template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Return a function that renders answers; equal answers are rendered once a run."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "renders"
    folder.mkdir(exist_ok=True)
    return Renders(lambda answers: rendered(copie_session, template_dir, answers), folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a `row` every combination that is rendered."""
    if "row" in metafunc.fixturenames:
        metafunc.parametrize("row", [grouped(row) for row in covering.rendered()])


@pytest.fixture
def emitted(row: template.Row, render: Render) -> Rendered:
    """Return the repository of one combination."""
    return render(**row.answers)
