"""Whatever is chosen, what runs keeps the contract: one suite for every architecture and database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import template
from emitted.running import admin_command, running, suite

BESIDES = {
    ("monolith", "sqlite", "museum"),
    ("modular_monolith", "postgresql", "museum"),
    ("microservices", "postgresql", "museum"),
    ("modular_monolith", "sqlite", "blog"),
    ("microservices", "sqlite", "blank"),
}
"""What is run beside the shop on everything: each sample and each architecture meets the other somewhere."""


def rows() -> list[template.Row]:
    """Return what the suite is run against; CONFORMANCE_ROWS=all takes every combination with every sample."""
    if os.environ.get("CONFORMANCE_ROWS") == "all":
        return list(template.rows())
    return [
        row
        for row in template.rows()
        if row.sample == "shop" or (row.architecture, row.database, row.sample) in BESIDES
    ]


def _marked(row: template.Row) -> object:
    id_ = "-".join((row.architecture, row.database, row.sample))
    marks = [pytest.mark.emitted, pytest.mark.xdist_group(f"conformance-{id_}")]
    if row.database == "postgresql":
        marks.append(pytest.mark.needs_postgresql)
    return pytest.param(row, id=id_, marks=marks)


@pytest.mark.parametrize("row", [_marked(row) for row in rows()], scope="session")
def test_it_keeps_the_contract(
    row: template.Row, template_dir: Path, tmp_path: Path, database_url: Callable[[], str]
) -> None:
    url = database_url()

    with running(row, template_dir, tmp_path, {"DATABASE_URL": url} if url else {}) as service:
        done = suite(service.url, row.sample, "--tb=short", auth=row.auth, admin_command=admin_command(service))

        assert done.returncode == 0, done.stdout[-20_000:]
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout
