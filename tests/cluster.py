"""The processes of an emitted backend of services, each of which a test can kill, freeze and start again.

Between a service and whatever it waits for over the network stands a proxy that fails when it is told to.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import demo
from emitted.fault_proxy import FaultProxy
from http_client import Client

START_SECONDS = 60
DIRECT = ("gateway", "broker")
"""What is no service: it reaches the services, or is reached, without a proxy."""

Value = TypeVar("Value")


class Cluster:
    """What `make run` starts, taken from the Procfile, but each by itself; everything is stopped at the end."""

    def __init__(self, repository: Path, services: list[str]) -> None:
        """Choose free ports; nothing runs yet. `services` are the names of those that have a port."""
        self.repository = repository
        ports = {"PORT": demo.free_port(), "BROKER_PORT": demo.free_port()}
        ports |= {f"{service.upper()}_PORT": demo.free_port() for service in services}
        urls = {
            f"{service.upper()}_URL": f"http://127.0.0.1:{ports[f'{service.upper()}_PORT']}" for service in services
        }
        urls["BROKER_URL"] = f"nats://127.0.0.1:{ports['BROKER_PORT']}"
        self.links = {name: FaultProxy("127.0.0.1", ports[f"{name.upper()}_PORT"]) for name in (*services, "broker")}
        self._linked = {
            f"{name.upper()}_URL": link.before(urls[f"{name.upper()}_URL"]) for name, link in self.links.items()
        }
        tools = f"{repository / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        self.broker_url = urls["BROKER_URL"]
        self._environment = demo.environment(
            **urls,
            **{name: str(port) for name, port in ports.items()},
            PATH=tools,
            PYTHONPATH=self._paths(),
            RATE_LIMIT="off",
        )
        (repository / "var").mkdir(exist_ok=True)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        lines = (repository / "Procfile").read_text(encoding="utf-8").splitlines()
        self.commands = dict(line.split(": ", 1) for line in lines if ": " in line)
        self.client = Client(f"http://127.0.0.1:{ports['PORT']}")

    def _paths(self) -> str:
        return os.pathsep.join(["src", str(self.repository / "libs" / "shared" / "src")])

    def start(self, *names: str) -> None:
        """Start processes by their names in the Procfile; all of them if none is named."""
        for name in names or self.commands:
            log = (self.repository / "var" / f"{name}.log").open("ab")
            self._running[name] = subprocess.Popen(
                ["sh", "-c", self.commands[name]],
                cwd=self.repository,
                env={**self._environment, **({} if name in DIRECT else self._linked)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            log.close()

    def start_beside(self, command: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start another process with settings of its own; whoever asked for it ends it."""
        with (self.repository / "var" / "beside.log").open("ab") as log:
            return subprocess.Popen(
                ["sh", "-c", command],
                cwd=self.repository,
                env={**self._environment, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Have a process that does nothing for a while: what is sent to it arrives, and is not read."""
        process = self._running[name]
        os.killpg(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End everything that runs: in good order where that works, else by force."""
        for process in self._running.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self._running.clear()
        for link in self.links.values():
            link.stop()

    def wait_until_ready(self) -> None:
        """Wait until the gateway says that every service is ready."""
        eventually(self.client.is_ready, seconds=START_SECONDS)

    def log(self, name: str) -> str:
        """Return what a process has printed."""
        return (self.repository / "var" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def rows(self, service: str, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return rows of a service's database, which nobody but this service should read in earnest."""
        database = sqlite3.connect(f"file:{self.repository}/services/{service}/var/data.db?mode=ro", uri=True)
        try:
            return database.execute(sql, parameters).fetchall()
        finally:
            database.close()


def eventually(ask: Callable[[], Value], seconds: float = 30) -> Value:
    """Return what `ask` returns once it is true; fail with the last answer after some seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} seconds"
        time.sleep(0.1)
    return answer


def happening(kind: str, subject: str, event_id: str, data: dict[str, Any]) -> bytes:
    """Return an event as somebody outside would publish it."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    envelope = {"specversion": "1.0", "id": event_id, "source": "/outside", "type": kind}
    envelope |= {"subject": subject, "time": moment, "datacontenttype": "application/json"}
    return json.dumps({**envelope, "data": data}).encode()
