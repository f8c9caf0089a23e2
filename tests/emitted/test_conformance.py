"""Whatever is chosen, what runs keeps the contract: one suite for every architecture, framework and database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import template
from emitted.running import admin_command, running, suite


def test_it_keeps_the_contract(row: template.Row, repository: Path, new_database: Callable[[], dict[str, str]]) -> None:
    with running(repository, new_database()) as service:
        done = suite(service.url, row.sample, "--tb=short", auth=row.auth, admin_command=admin_command(service))

        assert done.returncode == 0, done.stdout[-20_000:]
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout
