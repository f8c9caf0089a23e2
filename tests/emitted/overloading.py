"""What a web process does when there is too much to do, and at its end: looked at through sockets of our own.

Each check takes what it looks at, returns nothing, and raises `AssertionError` where a promise is broken.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from emitted.killing import Web
from http_client import Client

HELD = 12
"""How many requests a process is told to hold at a time."""

BURST = 40
COMERS = 4
ON_THE_WAY_SECONDS = 1
"""How late a request may come on a connection that was kept."""

HEAD_SECONDS = 10
MOST_CONNECTIONS = 1000
LONGEST_SECONDS = 5
"""Within which every request is answered."""

AT_ONCE_SECONDS = 1.5
"""How long that may take on a machine that does much else."""

AGAIN_SECONDS = 1
"""After which a system asks anew for a connection that it got no answer about."""

SETTINGS = {"MAX_CONCURRENT_REQUESTS": str(HELD), "WEB_CONCURRENCY": "1", "SHUTDOWN_GRACE_SECONDS": "10"}


class Process(Web):
    """A web process that can be told to stop."""

    def terminate(self) -> None:
        """Tell it to stop, as whoever runs containers does: the first process, and no other."""
        self._process.send_signal(signal.SIGTERM)

    def code(self, seconds: float) -> int:
        """Return the code that it ends with."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It has not ended within {seconds} seconds.") from None


@contextlib.contextmanager
def serving(repository: Path, settings: dict[str, str], source: Path | None = None) -> Iterator[Process]:
    """Start a process of a service; it is dead in the end."""
    process = Process(repository, settings, source)
    try:
        process.wait_until_ready()
        yield process
    finally:
        process.kill()


@dataclass(frozen=True)
class Wish:
    """Something that a client wants written, and the status of the answer when it was."""

    method: str
    path: str
    body: Callable[[], dict[str, Any]]
    status: int
    headers: dict[str, str] = field(default_factory=dict)

    def text(self) -> bytes:
        """Return the body of a request."""
        return json.dumps(self.body()).encode()

    def head(self, length: int) -> bytes:
        """Return the head of a request whose body follows."""
        headers = {"Host": "service", "Content-Type": "application/json", "Content-Length": str(length), **self.headers}
        lines = (f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()))
        return "\r\n".join((*lines, "", "")).encode()


def wish_of(auth: str, port: int) -> Wish:
    """Return what somebody may write in a service, who is known there where accounts are."""
    if auth == "none":
        return Wish("POST", "/api/v1/partners", lambda: {"name": uuid4().hex}, 201)
    client = Client(f"http://127.0.0.1:{port}")
    login = {"email": f"{uuid4().hex}@example.org", "password": "a long enough passphrase 7"}
    client.post("/api/v1/auth/register", {**login, "name": "Grace"}, expect=201, quiet=True)
    token = client.post("/api/v1/auth/login", login, expect=200, quiet=True).data["access_token"]
    return Wish("PATCH", "/api/v1/users/me", lambda: {"name": uuid4().hex}, 200, {"Authorization": f"Bearer {token}"})


@dataclass
class Told:
    """What was answered, and how long it took."""

    status: int = 0
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""


def ask(port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Told:
    """Ask once, on a connection of its own; a failure is part of what is returned."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        described = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body, {**described, **(headers or {})})
        response = connection.getresponse()
        text = response.read()
        said = {name.lower(): value for name, value in response.getheaders()}
        return Told(response.status, time.monotonic() - began, said, text)
    except (OSError, http.client.HTTPException) as error:
        return Told(seconds=time.monotonic() - began, failure=type(error).__name__)
    finally:
        connection.close()


def opened(port: int, data: bytes = b"") -> socket.socket:
    """Return a connection on which something was sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(data)
    return connection


def answer_on(connection: socket.socket) -> Told:
    """Return the next answer on a connection."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        text = response.read()
    except (OSError, http.client.HTTPException) as error:
        return Told(failure=type(error).__name__)
    return Told(response.status, 0.0, {name.lower(): value for name, value in response.getheaders()}, text)


def granted(port: int, wish: Wish) -> Told:
    """Ask for something to be written."""
    return ask(port, wish.method, wish.path, wish.text(), wish.headers)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep everybody from writing into a file of SQLite."""
    database = sqlite3.connect(file, isolation_level=None, timeout=20)
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
    finally:
        database.close()


def healthy(port: int) -> None:
    """Health is answered as if there was nothing else to do."""
    live, ready = ask(port, "GET", "/health/live"), ask(port, "GET", "/health/ready")
    assert (live.status, live.seconds < AT_ONCE_SECONDS) == (200, True), live
    assert ready.status in (200, 503), ready
    assert json.loads(ready.body)["status"] in ("ok", "unavailable"), ready
    assert ready.seconds < 2 + AT_ONCE_SECONDS, ready


def refuses_what_is_too_much(process: Process, wish: Wish, file: Path) -> None:
    """What is more than a process holds is refused at once; what it holds is answered in time, and so is health."""
    told: list[Told] = []
    clients = [
        threading.Thread(target=lambda: told.append(granted(process.port, wish)), daemon=True) for _ in range(BURST)
    ]
    with locked(file):
        for client in clients:
            client.start()
        deadline = time.monotonic() + 3
        while len(told) < BURST - HELD and time.monotonic() < deadline:
            time.sleep(0.02)
        refused = list(told)
        healthy(process.port)
    for client in clients:
        client.join(30)

    assert len(refused) >= BURST - HELD
    for each in refused[: BURST - HELD]:
        assert (each.status, each.seconds < AT_ONCE_SECONDS) == (503, True), each
        error = json.loads(each.body)["error"]
        assert (error["code"], error["details"]) == ("UNAVAILABLE", []), each
        assert error["request_id"] == each.headers["x-request-id"], each
        assert int(each.headers["retry-after"]) >= 1, each
    # Who writes the same row as somebody else may have to begin anew.
    assert {each.status for each in told} <= {wish.status, 409, 503}, told
    assert max(each.seconds for each in told) < LONGEST_SECONDS + AT_ONCE_SECONDS, told
    assert granted(process.port, wish).status == wish.status
    assert 'status="503"' in ask(process.port, "GET", "/metrics").body.decode()


def waits_for_nobody_without_end(process: Process, wish: Wish) -> None:
    """Clients that send slowly keep nobody from being served, and lose their connections."""
    heads = [opened(process.port, b"GET /health/live HTTP/1.1\r\nHost: service\r\nX-Slow: ") for _ in range(HELD * 3)]
    bodies = [opened(process.port, wish.head(100) + b"{") for _ in range(HELD * 3)]
    began = time.monotonic()
    for connection in bodies:
        connection.sendall(b" ")
    time.sleep(0.3)

    healthy(process.port)
    served = granted(process.port, wish)
    assert (served.status, served.seconds < LONGEST_SECONDS) == (wish.status, True), served

    latest = began + HEAD_SECONDS + 5
    while time.monotonic() < began + HEAD_SECONDS - 1:
        time.sleep(1)
        for connection in heads:
            with contextlib.suppress(OSError):
                connection.sendall(b"a")
    for connection in heads:
        connection.settimeout(max(latest - time.monotonic(), 0.01))
        try:
            assert connection.recv(1000) == b""
        except ConnectionResetError:
            pass
        except TimeoutError:
            raise AssertionError("A head may take as long as a client likes.") from None
    for connection in (*heads, *bodies):
        connection.close()


def bounds_its_connections(process: Process) -> None:
    """Connections on which nobody says anything make room for others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    idle = [opened(process.port) for _ in range(MOST_CONNECTIONS + 100)]
    try:
        healthy(process.port)
        assert sum(_is_over(connection) for connection in idle) >= 90
    finally:
        for connection in idle:
            connection.close()


def _is_over(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def ends_in_good_order(process: Process, wish: Wish) -> None:
    """Whoever has been let in is answered, whoever comes later is sent away, and the process ends with 0."""
    text = wish.text()
    held = opened(process.port, wish.head(len(text)) + text[:1])
    kept = opened(process.port, b"GET /health/ready HTTP/1.1\r\nHost: service\r\n\r\n")
    assert answer_on(kept).status == 200
    told: list[Told] = []
    sent_away = threading.Semaphore(0)
    comers = [threading.Thread(target=_come, args=(process.port, told, sent_away), daemon=True) for _ in range(COMERS)]
    for comer in comers:
        comer.start()
    time.sleep(0.3)

    process.terminate()
    late_at = time.monotonic() + ON_THE_WAY_SECONDS

    for comer in comers:
        comer.join(10)
    ends = {(each.status, each.failure) for each in told}
    assert ends == {(200, ""), (0, "ConnectionRefusedError")}, ends
    assert max(each.seconds for each in told) < AGAIN_SECONDS + AT_ONCE_SECONDS
    assert all(sent_away.acquire(blocking=False) for _ in comers), "Somebody is still let in."
    time.sleep(max(late_at - time.monotonic(), 0))
    kept.sendall(b"GET /health/ready HTTP/1.1\r\nHost: service\r\n\r\n")
    last = answer_on(kept)
    assert (last.status, last.headers.get("connection")) == (503, "close"), last
    held.sendall(text[1:])
    assert answer_on(held).status == wish.status
    held.close()
    kept.close()
    assert process.code(15) == 0


def _come(port: int, told: list[Told], sent_away: threading.Semaphore) -> None:
    """Come again and again, until nobody is let in any more."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        last = ask(port, "GET", "/health/live")
        told.append(last)
        if last.failure:
            sent_away.release()
            return


def ends_when_its_time_is_over(process: Process, wish: Wish) -> None:
    """A request that never arrives as a whole keeps no process from ending."""
    held = opened(process.port, wish.head(100) + b"{")
    time.sleep(0.2)

    process.terminate()

    assert process.code(int(SETTINGS["SHUTDOWN_GRACE_SECONDS"])) == 0
    held.close()


def worker_of(repository: Path, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start what carries events, as the Procfile does."""
    lines = (repository / "Procfile").read_text(encoding="utf-8").splitlines()
    path = f"{repository / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.Popen(
        ["sh", "-c", dict(line.split(": ", 1) for line in lines)["worker"]],
        cwd=repository,
        env={"PATH": path, "PYTHONPATH": "src", "LOG_FORMAT": "json", **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
