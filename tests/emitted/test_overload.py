"""When there is too much to do, what is held is answered, the rest is refused at once, and health is answered always.

The database is a file: whoever holds it, holds every request that writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import demo
import template
from emitted import test_kill
from emitted.overloading import (
    SETTINGS,
    Process,
    bounds_its_connections,
    refuses_what_is_too_much,
    serving,
    waits_for_nobody_without_end,
    wish_of,
)

ROWS = test_kill.ROWS


@pytest.fixture(scope="module")
def database(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the tables of a service."""
    file = tmp_path_factory.mktemp("overload") / "data.db"
    demo.make(repository, "migrate", DATABASE_URL=f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def process(repository: Path, database: Path) -> Iterator[Process]:
    """Return a web process that holds few requests at a time."""
    with serving(repository, {**SETTINGS, "DATABASE_URL": f"sqlite:///{database}"}) as process:
        yield process


def test_what_is_too_much_is_refused_at_once(row: template.Row, process: Process, database: Path) -> None:
    refuses_what_is_too_much(process, wish_of(row.auth, process.port), database)


def test_slow_clients_hold_nobody_up(row: template.Row, process: Process) -> None:
    waits_for_nobody_without_end(process, wish_of(row.auth, process.port))


def test_idle_connections_make_room(row: template.Row, process: Process) -> None:
    bounds_its_connections(process)
