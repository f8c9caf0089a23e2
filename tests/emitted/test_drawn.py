"""Services keep to their documents, whatever Schemathesis draws from them: each architecture on each framework."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import template
from emitted.drawing import SEED, drawn
from emitted.running import Provider, running, way_in

ROWS = (
    template.row("shop"),
    template.row("blog", framework="flask", auth="api_key"),
    template.row("ledger", framework="django", database="postgresql", auth="none"),
    template.row("ledger", architecture="modular_monolith", database="mysql", auth="api_key"),
    template.row("shop", architecture="modular_monolith", framework="flask", database="postgresql"),
    template.row("blog", architecture="modular_monolith", framework="django", database="mysql", auth="session"),
    template.row("blog", architecture="microservices", database="postgresql", auth="oauth2"),
    template.row("ledger", architecture="microservices", framework="flask", auth="none"),
    template.row("shop", architecture="microservices", framework="django", database="mysql"),
)
"""Of those that are set up anyway, one of each architecture and framework; among them is every method."""


def test_every_architecture_meets_every_framework() -> None:
    assert len({(row.architecture, row.framework) for row in ROWS}) == len(ROWS) == 9


@pytest.mark.parametrize("phases", ["examples,fuzzing,stateful", pytest.param("coverage", marks=pytest.mark.nightly)])
def test_it_keeps_to_its_document(
    row: template.Row,
    repository: Path,
    new_database: Callable[[], dict[str, str]],
    provider: Provider | None,
    tmp_path: Path,
    phases: str,
) -> None:
    trusted = provider.settings if provider else {}

    with running(repository, {**new_database(), **trusted}) as service:
        options = way_in(service, row.auth, provider)
        done = drawn(service, row, options, tmp_path / "drawn", f"--phases={phases}", "--max-examples=4", SEED)

        assert done.returncode == 0, done.stdout[-20_000:]
        assert re.search(r"\b[1-9]\d* passed", done.stdout)
