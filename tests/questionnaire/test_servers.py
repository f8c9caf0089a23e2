"""The scripts that start throw-away servers: what they promise, and what they refuse."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import template

SCRIPTS = ("mariadb", "postgresql")
# Each worker looks for free ports in a range of its own.
FIRST_PORT = 14400 + 10 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = range(FIRST_PORT, FIRST_PORT + 10)


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(template.ROOT / "scripts" / script), *arguments],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, f"needs_{name}")) for name in SCRIPTS])
def script(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(script: str) -> Iterator[Path]:
    # Directly below the temporary folder: the server's user must reach it.
    made = Path(tempfile.mkdtemp(prefix=f"groundplan-{script}-"))
    yield made
    run(script, "stop", str(made))
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def started(script: str, folder: Path) -> tuple[str, str]:
    """Return the port and the URL of a server that was started; in CI a missing server is a failure."""
    for port in PORTS:
        done = run(script, "start", str(folder), str(port))
        if "in use" not in done.stderr:
            break
    if "is installed" in done.stderr and not os.environ.get("CI"):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return str(port), done.stdout.splitlines()[-1]


def test_starting_twice_is_harmless(script: str, folder: Path, started: tuple[str, str]) -> None:
    port, url = started

    again = run(script, "start", str(folder), port)

    assert again.returncode == 0
    assert again.stdout.splitlines()[-1] == url
    assert f"@127.0.0.1:{port}/" in url


def test_a_port_or_a_folder_in_use_is_refused(script: str, folder: Path, started: tuple[str, str]) -> None:
    port, _ = started
    other = Path(tempfile.mkdtemp(prefix=f"groundplan-{script}-"))

    taken = run(script, "start", str(other), port)
    elsewhere = run(script, "start", str(folder), str(int(port) + 1))

    shutil.rmtree(other)
    assert (taken.returncode, elsewhere.returncode) == (1, 1)
    assert f"port {port} on 127.0.0.1 is in use" in taken.stderr
    assert f"already runs on port {port}" in elsewhere.stderr


def test_what_was_written_outlives_a_stop(script: str, folder: Path, started: tuple[str, str]) -> None:
    port, url = started

    stopped = run(script, "stop", str(folder))
    twice = run(script, "stop", str(folder))
    again = run(script, "start", str(folder), port)

    assert (stopped.returncode, twice.returncode, again.returncode) == (0, 0, 0)
    assert again.stdout.splitlines()[-1] == url


@pytest.mark.parametrize("port", ["80", "70000", "many"])
@pytest.mark.parametrize("program", SCRIPTS)
def test_what_is_no_port_is_refused(tmp_path: Path, program: str, port: str) -> None:
    done = run(program, "start", str(tmp_path / "server"), port)

    assert done.returncode == 1
    assert f'PORT must be a number from 1024 to 65535, not "{port}"' in done.stderr
    assert not (tmp_path / "server").exists()


@pytest.mark.parametrize("program", SCRIPTS)
def test_what_is_not_understood_is_explained(program: str) -> None:
    done = run(program, "restart")

    assert done.returncode == 2
    assert f"scripts/{program} start DIR PORT" in done.stderr
