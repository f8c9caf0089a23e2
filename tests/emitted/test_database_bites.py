"""What is wrong with how a service bears a database in trouble is found: its code is broken in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import template
from emitted.breaking_faults import BROKEN
from emitted.servers import Servers
from emitted.test_database_faults import ROWS as SOUND
from emitted.test_database_faults import served

ROWS = (
    template.row("shop", framework="fastapi", database="postgresql"),
    template.row("shop", framework="flask", database="mysql"),
    template.row("ledger", framework="django", database="postgresql", auth="none"),
)
assert set(ROWS) <= set(SOUND)


def test_broken_promises_are_found(
    row: template.Row, repository: Path, migrated: Callable[[], dict[str, str]], servers: Servers, tmp_path: Path
) -> None:
    missed: list[str] = []
    settings = migrated()
    for number, (name, broken) in enumerate(BROKEN[row.framework].items()):
        source = broken.violation.planted(repository / "src", tmp_path / str(number))
        with served(row, repository, settings, source) as service:
            try:
                broken.look(service, servers, row.database)
            except AssertionError as found:
                if broken.violation.found not in str(found):
                    missed.append(f"{name}: {found}")
            else:
                missed.append(name)

    assert missed == []
