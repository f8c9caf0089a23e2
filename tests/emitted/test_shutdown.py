"""Told to stop, processes finish what they hold, send away who comes later, and end with 0."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

import demo
import template
from emitted import slow_door, test_kill
from emitted.overloading import SETTINGS, ends_in_good_order, ends_when_its_time_is_over, serving, wish_of, worker_of

ROWS = test_kill.ROWS

ROUNDS = 20
"""Not every time does somebody come while the door is being closed."""


@pytest.fixture(scope="module")
def settings(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what a process is told, an empty database of its own included."""
    file = tmp_path_factory.mktemp("shutdown") / "data.db"
    demo.make(repository, "migrate", DATABASE_URL=f"sqlite:///{file}")
    return {**SETTINGS, "DATABASE_URL": f"sqlite:///{file}"}


def starts_and_ends(row: template.Row, repository: Path, settings: dict[str, str], source: Path | None = None) -> None:
    """Start a service and tell it to stop; raises `AssertionError` unless it ends in good order."""
    with serving(repository, settings, source) as process:
        ends_in_good_order(process, wish_of(row.auth, process.port))


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_web_process_ends_in_good_order(
    row: template.Row, repository: Path, settings: dict[str, str], processes: str
) -> None:
    starts_and_ends(row, repository, {**settings, "WEB_CONCURRENCY": processes})


@pytest.mark.parametrize("processes", ["1", "2"])
def test_nobody_is_lost_where_the_door_closes_slowly(
    row: template.Row, repository: Path, settings: dict[str, str], tmp_path: Path, processes: str
) -> None:
    source = slow_door.slow(row.framework, repository / "src", tmp_path / "src")

    starts_and_ends(row, repository, {**settings, "WEB_CONCURRENCY": processes}, source)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_whoever_is_lost_at_the_door_is_found(
    row: template.Row, repository: Path, settings: dict[str, str], tmp_path: Path, processes: str
) -> None:
    source = slow_door.slow(row.framework, repository / "src", tmp_path / "slow")
    source = slow_door.OPEN.planted(source, tmp_path / "open")

    def try_often() -> None:
        for _ in range(ROUNDS):
            starts_and_ends(row, repository, {**settings, "WEB_CONCURRENCY": processes}, source)

    with pytest.raises(AssertionError, match=slow_door.OPEN.found):
        try_often()


def test_a_web_process_ends_when_its_time_is_over(
    row: template.Row, repository: Path, settings: dict[str, str]
) -> None:
    with serving(repository, {**settings, "SHUTDOWN_GRACE_SECONDS": "1"}) as process:
        ends_when_its_time_is_over(process, wish_of(row.auth, process.port))


def test_a_worker_ends_in_good_order(repository: Path, settings: dict[str, str], tmp_path: Path) -> None:
    beats = tmp_path / "heartbeat"
    worker = worker_of(repository, {**settings, "HEARTBEAT_FILE": str(beats)})
    deadline = time.monotonic() + 60
    while not beats.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    worker.send_signal(signal.SIGTERM)
    said, _ = worker.communicate(timeout=15)

    assert beats.exists(), said
    assert worker.returncode == 0, said
