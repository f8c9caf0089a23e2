"""HTTP as a stranger speaks it: bytes go out as they are given, and every answer is looked at before it is used."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from conformance import oracle
from conformance.witness import WITNESS

ABSENT: Any = object()
TIMEOUT_SECONDS = 60
"""Nothing in the contract takes as long, on whatever machine."""

IDLE_SECONDS = 1.5
"""A connection that lay idle for longer is not used again: the server may be closing it."""

ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""From which local address a client speaks that is made now; empty for the one that the system takes."""

T = TypeVar("T")
Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """An answer, and what was asked."""

    method: str
    target: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __str__(self) -> str:
        """Return what a person needs to see where it is not the expected one."""
        return f"{self.method} {self.target[:300]} → {self.status}: {self.text[:600]}"

    @property
    def path(self) -> str:
        """The path that was asked for, without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query that was asked with."""
        return self.target.partition("?")[2]

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """Return a header, None where there is none."""
        return next(iter(self.all(name)), None)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The body as JSON; raises `ValueError`."""
        return json.loads(self.body.decode("utf-8"))

    @property
    def data(self) -> Any:
        """The resource, or the rows."""
        assert self.status in (200, 201), self
        return self.json["data"]

    @property
    def ids(self) -> list[str]:
        """The identifiers of the rows."""
        return [row["id"] for row in self.data]

    @property
    def total(self) -> int:
        """How many rows the whole list has."""
        assert self.status == 200, self
        return int(self.json["meta"]["total"])

    @property
    def etag(self) -> str:
        """The entity tag."""
        tag = self.header("ETag")
        assert tag, self
        return tag

    @property
    def allow(self) -> set[str]:
        """The methods that the answer allows."""
        return {method.strip() for method in (self.header("Allow") or "").split(",")}

    @property
    def fields(self) -> set[str]:
        """The fields that an error names."""
        return {detail["field"] for detail in self.json["error"]["details"]}

    def expect(self, *statuses: int) -> Answer:
        """Return itself; raises `AssertionError` unless it has one of the statuses."""
        assert self.status in statuses, f"{' or '.join(map(str, statuses))} expected\n{self}"
        return self


def nothing(method: str) -> dict[str, str]:
    """Return the credentials of nobody."""
    return {}


@contextmanager
def coming_from(address: str) -> Iterator[None]:
    """Let clients that are made within speak from a local address, such as 127.1.2.3."""
    before = ADDRESS.set(address)
    try:
        yield
    finally:
        ADDRESS.reset(before)


class Client:
    """Speaks to one service, with the headers that `credentials` gives anew for each request, by its method.

    Attributes:
        in_trouble: Whether somebody has brought the service into trouble, so that it may say that it is unavailable.
        timeout_seconds: How long an answer may take, and anything that it consists of.
    """

    in_trouble = False
    timeout_seconds = TIMEOUT_SECONDS

    def __init__(self, base_url: str, credentials: Callable[[str], dict[str, str]] = nothing) -> None:
        self.base_url = base_url
        self._address = ADDRESS.get()
        self._credentials = credentials
        self._origin = urlsplit(base_url)
        self._local = threading.local()

    def get(self, path: str, params: Mapping[str, Any] | Sequence[tuple[str, Any]] = (), **rest: Any) -> Answer:
        """Read; `params` become the query."""
        query = urlencode([*(params.items() if isinstance(params, Mapping) else params)], safe="[],", quote_via=quote)
        return self.send("GET", f"{path}{'?' if query else ''}{query}", **rest)

    def post(self, path: str, body: Any = ABSENT, **rest: Any) -> Answer:
        """Create."""
        return self.send("POST", path, body, **rest)

    def put(self, path: str, body: Any = ABSENT, **rest: Any) -> Answer:
        """Replace."""
        return self.send("PUT", path, body, **rest)

    def patch(self, path: str, body: Any = ABSENT, **rest: Any) -> Answer:
        """Change."""
        return self.send("PATCH", path, body, **rest)

    def delete(self, path: str, **rest: Any) -> Answer:
        """Remove."""
        return self.send("DELETE", path, **rest)

    def send(
        self,
        method: str,
        target: str,
        body: Any = ABSENT,
        *,
        raw: bytes | None = None,
        chunks: Iterable[bytes] | None = None,
        headers: Headers = (),
    ) -> Answer:
        """Send a request: `body` as JSON, or `raw` bytes, or `chunks` of unannounced length."""
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        names = {name.lower() for name, _ in sent}
        if body is not ABSENT:
            raw = json.dumps(body, ensure_ascii=False).encode()
            if "content-type" not in names:
                sent.append(("Content-Type", "application/json"))
        sent += [(name, value) for name, value in self._credentials(method).items() if name.lower() not in names]
        if chunks is not None:
            sent.append(("Transfer-Encoding", "chunked"))
        elif raw is not None or method in ("POST", "PUT", "PATCH"):
            sent.append(("Content-Length", str(len(raw or b""))))
        answer = self._exchange(method, target, sent, raw, chunks)
        WITNESS.see(sent, raw, answer.headers, answer.body)
        oracle.inspect(answer, in_trouble=self.in_trouble)
        return answer

    def _exchange(
        self,
        method: str,
        target: str,
        headers: list[tuple[str, str]],
        raw: bytes | None,
        chunks: Iterable[bytes] | None,
    ) -> Answer:
        connection = self._connection()
        try:
            has_host = any(name.lower() == "host" for name, _ in headers)
            connection.putrequest(method, target, skip_host=has_host, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value.encode())
            connection.endheaders()
            try:
                if raw:
                    connection.send(raw)
                for chunk in chunks or ():
                    connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                if chunks is not None:
                    connection.send(b"0\r\n\r\n")
            except (BrokenPipeError, ConnectionResetError):
                pass  # the service had read enough; what it said of it comes now
            response = connection.getresponse()
            answer = Answer(method, target, response.status, tuple(response.getheaders()), response.read())
            self._local.used = time.monotonic()
            if response.will_close:
                self._drop()
        except BaseException:
            self._drop()
            raise
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        if time.monotonic() - getattr(self._local, "used", 0) > IDLE_SECONDS:
            self._drop()
        if getattr(self._local, "connection", None) is None:
            kind = http.client.HTTPSConnection if self._origin.scheme == "https" else http.client.HTTPConnection
            source = (self._address, 0) if self._address else None
            self._local.connection = kind(self._origin.netloc, timeout=self.timeout_seconds, source_address=source)
        connection: http.client.HTTPConnection = self._local.connection
        return connection

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.connection = None


def at_once(actions: Sequence[Callable[[], T]]) -> list[T]:
    """Do everything at the same time; return what came of each, in their order."""
    barrier = threading.Barrier(len(actions))

    def begin(action: Callable[[], T]) -> T:
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(begin, actions))


def eventually(holds: Callable[[], bool], within_seconds: float, what: str) -> None:
    """Ask until it holds; raises `AssertionError` once the time that the contract allows is over."""
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"within {within_seconds} s: {what}"
        time.sleep(0.1)
