"""Servers for what is emitted: one of a kind for each worker, started when needed, ended at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import template

# Each worker looks for free ports in a range of its own.
FIRST_PORT = 15432 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = range(FIRST_PORT, FIRST_PORT + 100)


@dataclass(frozen=True)
class Kind:
    """A script that starts a server, the mark of tests that need one, and how a statement is run on it.

    With the options `bare` nothing is printed but rows, a line each.
    """

    script: str
    mark: str
    run: Callable[[str, str], list[str]]
    remove: str
    bare: tuple[str, ...]


def psql(url: str, statement: str) -> list[str]:
    """Return the command that runs a statement on PostgreSQL."""
    return ["psql", url, "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", statement]


def mariadb(url: str, statement: str) -> list[str]:
    """Return the command that runs a statement on MariaDB."""
    parts = urlsplit(url)
    place = [f"--host={parts.hostname}", f"--port={parts.port}", f"--user={parts.username}"]
    return ["mariadb", "--no-defaults", "--protocol=tcp", *place, "--execute", statement]


PID_FILES = ("data/postmaster.pid", "server.pid")
"""Where the number of a database server's process lies, in its folder."""

DATABASE = "service"

KINDS = {
    "postgresql": Kind(
        "postgresql",
        "needs_postgresql",
        psql,
        "DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        ("--tuples-only", "--no-align"),
    ),
    "mysql": Kind(
        "mariadb",
        "needs_mariadb",
        mariadb,
        "DROP DATABASE IF EXISTS {name}",
        ("--batch", "--skip-column-names", DATABASE),
    ),
}
"""The server that stands for each database; a file needs none."""

REDIS = "redis"
SCRIPTS = {**{database: kind.script for database, kind in KINDS.items()}, REDIS: "redis"}
"""What starts each server."""


def values(database: str, url: str, query: str) -> list[str]:
    """Return what a query for one column finds in the database that `Servers.url` has made."""
    kind = KINDS[database]
    command = [*kind.run(url, query), *kind.bare]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


class Servers:
    """Starts servers when they are asked for; `stop` ends all of them."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._folders: dict[str, Path] = {}
        self._missing: dict[str, str] = {}

    def url(self, database: str, names: Iterable[str] = ()) -> str:
        """Return the URL of an empty database; beside it there are empty ones of these names.

        Where there is no server to start, the test is skipped aloud; in CI that is a failure.
        """
        server, kind = self._server(database), KINDS[database]
        for name in (DATABASE, *names):
            for statement in (kind.remove.format(name=name), f"CREATE DATABASE {name}"):
                subprocess.run(kind.run(server, statement), check=True, capture_output=True)
        return f"{server.rpartition('/')[0]}/{DATABASE}"

    def redis(self) -> str:
        """Return the URL of an empty Redis; where there is none to start, the test is skipped as above."""
        url = self._server(REDIS)
        subprocess.run(["redis-cli", "-u", url, "flushall"], check=True, capture_output=True)
        return url

    def redis_settings(self) -> dict[str, str]:
        """Return what tells emitted tests of an empty Redis; outside CI nothing where there is none to start."""
        with contextlib.suppress(pytest.skip.Exception):
            return {"TEST_REDIS_URL": self.redis()}
        return {}

    @contextlib.contextmanager
    def redis_down(self) -> Iterator[None]:
        """Have no Redis for a while; afterwards an empty one answers at the same place."""
        folder, url = self._folders[REDIS], self._urls[REDIS]
        subprocess.run([_script(REDIS), "stop", str(folder)], check=True, capture_output=True)
        try:
            yield
        finally:
            port = str(urlsplit(url).port)
            subprocess.run([_script(REDIS), "start", str(folder), port], check=True, capture_output=True)

    @contextlib.contextmanager
    def redis_hanging(self) -> Iterator[None]:
        """Have a Redis for a while that takes connections, and says nothing."""
        process = int((self._folders[REDIS] / "server.pid").read_text(encoding="utf-8"))
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    @contextlib.contextmanager
    def frozen(self, database: str) -> Iterator[None]:
        """Have a database for a while that is there and says nothing: all its processes are stopped."""
        (file,) = [path for name in PID_FILES if (path := self._folders[database] / name).exists()]
        server = int(file.read_text(encoding="utf-8").split()[0])
        os.kill(server, signal.SIGSTOP)  # first, so that it makes no others
        children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="utf-8")
        processes = [server, *map(int, children.split())]
        for process in processes[1:]:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def restart(self, database: str) -> None:
        """End a server and start it again at its place; those who are connected are told."""
        folder, port = self._folders[database], str(urlsplit(self._urls[database]).port)
        for command in (["stop", str(folder)], ["start", str(folder), port]):
            subprocess.run([_script(database), *command], check=True, capture_output=True)

    def stop(self) -> None:
        """End every server."""
        for name, folder in self._folders.items():
            subprocess.run([_script(name), "stop", str(folder)], capture_output=True, check=False)
            shutil.rmtree(folder, ignore_errors=True)
        self._urls.clear()
        self._folders.clear()

    def _server(self, name: str) -> str:
        """Return the URL of a server, which is started unless it runs; a missing one is skipped, or fails in CI."""
        if name not in {*self._urls, *self._missing}:
            self._start(name)
        if name in self._missing:
            if os.environ.get("CI"):
                pytest.fail(f"CI needs every server: {self._missing[name]}")
            pytest.skip(f"needs a server: {self._missing[name]}")
        return self._urls[name]

    def _start(self, name: str) -> None:
        # Directly below the temporary folder: the server's user must reach it.
        folder = Path(tempfile.mkdtemp(prefix=f"groundplan-{name}-", dir=_open_folder()))
        self._folders[name] = folder
        done = None
        for port in PORTS:
            done = subprocess.run(
                [_script(name), "start", str(folder), str(port)], capture_output=True, text=True, check=False
            )
            if "in use" not in done.stderr:
                break
        assert done is not None
        if done.returncode == 0:
            self._urls[name] = done.stdout.splitlines()[-1]
        else:
            self._missing[name] = f"{SCRIPTS[name]} could not be started: {done.stderr.strip()}"


def _script(name: str) -> str:
    return str(template.ROOT / "scripts" / SCRIPTS[name])


def _open_folder() -> str:
    """Return a temporary folder that other users may enter."""
    chosen = Path(tempfile.gettempdir())
    is_open = all(folder.stat().st_mode & 0o001 for folder in (chosen, *chosen.parents))
    return str(chosen if is_open else "/tmp")  # noqa: S108 - a folder of its own is made in it
