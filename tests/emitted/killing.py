"""Processes of one service that die at any moment, and clients that repeat what they asked for until it is answered."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import demo
from http_client import Client

START_SECONDS = 90
ANSWER_SECONDS = 20
"""How long a client waits for one answer: longer than the contract allows."""

PATIENCE_SECONDS = 90
"""How long a client goes on repeating, on whatever machine."""

PAUSE_SECONDS = 0.05


class Web:
    """A web process, as the Procfile starts it, on a port of its own."""

    def __init__(self, repository: Path, settings: dict[str, str], source: Path | None = None) -> None:
        """Start it; `source` is another folder of its code."""
        self.port = demo.free_port()
        self._repository = repository
        lines = (repository / "Procfile").read_text(encoding="utf-8").splitlines()
        self._command = dict(line.split(": ", 1) for line in lines)["web"]
        self._environment = demo.environment(
            WEB_PORT=str(self.port),
            HOST="127.0.0.1",
            LOG_LEVEL="warning",
            PATH=f"{repository / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
            PYTHONPATH=str(source or "src"),
            **{"RATE_LIMIT": "off", **settings},
        )
        self.log = repository / "var" / f"web-{self.port}.log"
        self.log.parent.mkdir(exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it, or start it again at the same place."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", self._command],
                cwd=self._repository,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_ready(self) -> bool:
        """Whether it serves."""
        assert self._process.poll() is None, self.log.read_text(encoding="utf-8", errors="replace")[-4000:]
        return Client(f"http://127.0.0.1:{self.port}").is_ready()

    def wait_until_ready(self) -> None:
        """Wait until it serves."""
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready:
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8", errors="replace")[-4000:]
            time.sleep(PAUSE_SECONDS)

    def kill(self) -> None:
        """End it as a crash would, with all that it consists of."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


@contextlib.contextmanager
def several(count: int, repository: Path, settings: dict[str, str], source: Path | None = None) -> Iterator[list[Web]]:
    """Start so many processes of a service over one database; they are dead in the end."""
    processes = [Web(repository, settings, source) for _ in range(count)]
    try:
        for process in processes:
            process.wait_until_ready()
        yield processes
    finally:
        for process in processes:
            process.kill()


@dataclass
class Create:
    """One thing that a client wants made, once."""

    path: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))
    status: int = 0
    answer: bytes = b""
    attempts: int = 0
    lost: int = 0
    """Requests whose answer never came."""

    is_replayed: bool = False

    @property
    def id(self) -> str:
        """The identifier of what was made."""
        return str(json.loads(self.answer)["data"]["id"])


class Stream:
    """Clients, each of which has one thing made after the other, by whichever process answers."""

    def __init__(self, processes: list[Web], headers: dict[str, str], wishes: Iterator[Create], clients: int) -> None:
        """Take whom to ask, who asks, and for what."""
        self._ports = itertools.cycle([process.port for process in processes])
        self._headers = {"Content-Type": "application/json", **headers}
        self._wishes = wishes
        self._lock = threading.Lock()
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        self.done: list[Create] = []
        self.failures: list[BaseException] = []

    def __enter__(self) -> Self:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let everybody end what they have begun; raises what went wrong meanwhile."""
        self._enough.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + ANSWER_SECONDS)
        if error is None and self.failures:
            raise self.failures[0]

    def _ask(self) -> None:
        try:
            while not self._enough.is_set():
                with self._lock:
                    wish = next(self._wishes)
                self.repeat(wish)
                self.done.append(wish)
        except BaseException as error:
            self.failures.append(error)

    def repeat(self, wish: Create) -> None:
        """Ask until there is an answer that counts."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_answered(wish):
            assert time.monotonic() < deadline, f"{wish} is not answered"
            time.sleep(PAUSE_SECONDS)

    def _is_answered(self, wish: Create) -> bool:
        with self._lock:
            port = next(self._ports)
        wish.attempts += 1
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        try:
            connection.connect()
        except OSError:
            connection.close()
            return False
        try:
            headers = {**self._headers, "Idempotency-Key": wish.key}
            connection.request("POST", wish.path, json.dumps(wish.body).encode(), headers)
            response = connection.getresponse()
            wish.status, wish.answer = response.status, response.read()
            wish.is_replayed = response.headers.get("Idempotency-Replayed") == "true"
        except (OSError, http.client.HTTPException):
            wish.lost += 1
            return False
        finally:
            connection.close()
        if wish.status in (409, 503):
            code = json.loads(wish.answer)["error"]["code"]
            return code not in ("IDEMPOTENCY_KEY_IN_USE", "UNAVAILABLE")
        return True


def kill_now_and_then(processes: list[Web], times: int, seconds: tuple[float, float], chance: random.Random) -> None:
    """Kill one process after the other while the others serve, after pauses between so many seconds; then all serve."""
    for turn in range(times):
        time.sleep(chance.uniform(*seconds))
        process = processes[turn % len(processes)]
        process.wait_until_ready()
        process.kill()
        process.start()
    for process in processes:
        process.wait_until_ready()
