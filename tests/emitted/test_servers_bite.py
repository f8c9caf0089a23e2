"""The checks of the servers find what is wrong in their code: one promise after the other is broken in a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import demo
import template
from emitted import overloading, test_kill
from emitted.breaking_servers import SERVERS, Breach
from emitted.overloading import SETTINGS, Process, Wish

ROWS = tuple(row for row in test_kill.ROWS if row.framework in SERVERS)


def test_broken_servers_are_found(row: template.Row, repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "data.db"
    settings = {**SETTINGS, "DATABASE_URL": f"sqlite:///{file}"}
    demo.make(repository, "migrate", DATABASE_URL=settings["DATABASE_URL"])
    checks: dict[str, Callable[[Process, Wish], None]] = {
        "overload": lambda process, wish: overloading.refuses_what_is_too_much(process, wish, file),
        "slowness": overloading.waits_for_nobody_without_end,
        "connections": lambda process, _: overloading.bounds_its_connections(process),
        "end": overloading.ends_in_good_order,
    }
    for name, breach in SERVERS[row.framework].items():
        source = broken(repository / "src", breach, tmp_path / name.replace(" ", "-"))
        told = {**settings, "WEB_CONCURRENCY": str(breach.processes)}
        with overloading.serving(repository, told, source) as process:
            try:
                checks[breach.check](process, overloading.wish_of(row.auth, process.port))
            except AssertionError:
                continue
        pytest.fail(f"Nobody noticed: {name}.")


def broken(sources: Path, breach: Breach, copy: Path) -> Path:
    """Return a copy of a service's code in which one promise is broken."""
    shutil.copytree(sources, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (file,) = copy.glob(f"*/shared/api/{breach.file}")
    text = file.read_text(encoding="utf-8")
    assert text.count(breach.sound) == 1, breach
    file.write_text(text.replace(breach.sound, breach.broken), encoding="utf-8")
    return copy
