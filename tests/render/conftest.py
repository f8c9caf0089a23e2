"""Renders of the template, each made once and read by many tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_copie.plugin import Copie

import template
from rendering import Render, Rendered, rendered


@pytest.fixture(scope="session")
def render(copie_session: Copie, template_dir: Path) -> Render:
    """Return a function that renders answers; equal answers are rendered once a session."""
    cache: dict[str, Rendered] = {}

    def cached(**answers: Any) -> Rendered:
        key = repr(sorted(answers.items()))
        if key not in cache:
            cache[key] = rendered(copie_session, template_dir, answers)
        return cache[key]

    return cached


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a `row` every combination; one worker renders all that a row needs."""
    if "row" in metafunc.fixturenames:
        rows = [pytest.param(row, id=row.id, marks=pytest.mark.xdist_group(row.id)) for row in template.rows()]
        metafunc.parametrize("row", rows)


@pytest.fixture
def emitted(row: template.Row, render: Render) -> Rendered:
    """Return the repository of one combination."""
    return render(**row.answers)
