"""Whatever is chosen, what runs keeps the contract: one suite for every architecture and database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import template
from emitted.running import admin_command, running, suite

EVERYWHERE = ("shop", "museum")
"""Samples for every architecture and database; the others run on the default database."""


def rows() -> list[template.Row]:
    """Return what the suite is run against."""
    return [row for row in template.rows() if row.sample in EVERYWHERE or row.database == "sqlite"]


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
