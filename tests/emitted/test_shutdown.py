"""Told to stop, processes finish what they hold, send away who comes later, and end with 0."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

import demo
import template
from emitted import test_kill
from emitted.overloading import SETTINGS, ends_in_good_order, ends_when_its_time_is_over, serving, wish_of, worker_of

ROWS = test_kill.ROWS


@pytest.fixture(scope="module")
def settings(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what a process is told, an empty database of its own included."""
    file = tmp_path_factory.mktemp("shutdown") / "data.db"
    demo.make(repository, "migrate", DATABASE_URL=f"sqlite:///{file}")
    return {**SETTINGS, "DATABASE_URL": f"sqlite:///{file}"}


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_web_process_ends_in_good_order(
    row: template.Row, repository: Path, settings: dict[str, str], processes: str
) -> None:
    with serving(repository, {**settings, "WEB_CONCURRENCY": processes}) as process:
        ends_in_good_order(process, wish_of(row.auth, process.port))


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
