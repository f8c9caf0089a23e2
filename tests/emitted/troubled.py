"""A web process whose database is in trouble, and what clients meet there."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from conformance.client import Answer, Client, at_once, eventually
from conformance.contract import Resource
from conformance.people import Person
from conformance.rows import Row, Rows
from emitted.fault_proxy import FaultProxy

ANSWER_SECONDS = 5
READY_SECONDS = 2
LIVE_SECONDS = 0.5
BACK_SECONDS = 5
"""What the contract allows: any answer, that of readiness, that of life, and until the service serves again."""

SLACK_SECONDS = 1.5
"""What a machine may take on top that has other things to do."""

CALLERS = 8
PAUSE_SECONDS = 0.1


class Troubled(Client):
    """Somebody who asks a service in trouble, with credentials that are not renewed meanwhile."""

    in_trouble = True
    timeout_seconds = 2 * ANSWER_SECONDS

    @classmethod
    def like(cls, person: Person) -> Self:
        """Return somebody with the credentials of a person."""
        here = person.here()
        return cls(here.base_url, here._credentials)


@dataclass(frozen=True)
class Timed:
    """An answer, and how long it took."""

    answer: Answer
    seconds: float

    def __str__(self) -> str:
        """Return what a person needs to see."""
        return f"{self.seconds:.2f} s: {self.answer}"


@dataclass
class Service:
    """A web process, its database behind a proxy, and somebody who may do everything."""

    proxy: FaultProxy
    client: Troubled
    rows: Rows
    resource: Resource
    person: Person
    existing: Row = field(init=False)

    def __post_init__(self) -> None:
        """Have something to read."""
        self.existing = self.rows.create(self.resource, self.person)

    @property
    def path(self) -> str:
        """Where the rows are that are read and made."""
        return self.resource.path

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.client.get(self.path, {"limit": 1}).expect(200).total

    def body(self) -> Row:
        """Return the body of a row that can be made."""
        return self.rows.minimal(self.resource, self.person)

    def create(self, body: Row, key: str | None = None) -> Answer:
        """Ask for a row."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post(self.path, body, headers=headers)

    def read_at_once(self, callers: int = CALLERS) -> list[Timed]:
        """Have several read at the same time: where nothing else is said, on all connections that the service has."""
        return at_once([_timed(lambda: self.client.get(f"{self.path}/{self.existing['id']}"))] * callers)

    def has_few_connections(self) -> None:
        """Leave the service with a connection or two: it needs others, and these need not be good for much longer."""
        self.proxy.reset()
        self.read_at_once(2)

    def asked_at_once(self, bodies: Sequence[Row]) -> list[Timed]:
        """Have several ask at the same time: for lists, for a row, and for new ones, with a key and without."""
        keys = [None if number % 2 else str(uuid.uuid4()) for number in range(len(bodies))]
        asking = [_timed(lambda: self.client.get(f"{self.path}/{self.existing['id']}"))] * (CALLERS // 4)
        asking += [_timed(lambda: self.client.get(self.path))] * (CALLERS // 4)
        asking += [
            _timed(lambda body=body, key=key: self.create(body, key)) for body, key in zip(bodies, keys, strict=True)
        ]
        return at_once(asking)

    def ready(self) -> Timed:
        """Ask whether it is ready."""
        return _timed(lambda: self.client.get("/health/ready"))()

    def comes_back(self) -> None:
        """Assert that it serves within the time that the contract allows, and whoever asks."""
        allowed = BACK_SECONDS + SLACK_SECONDS
        eventually(lambda: self.ready().answer.status == 200, allowed, "it is ready again")
        eventually(lambda: self.client.get(self.path).status == 200, allowed, "it serves again")
        for timed in self.read_at_once():
            assert timed.answer.status == 200, timed


@dataclass
class Pulse:
    """How long a process took to say that it lives, each time that it was asked."""

    seconds: list[float] = field(default_factory=list)


@contextmanager
def pulse(client: Client) -> Iterator[Pulse]:
    """Ask now and then whether a process lives, until the end; raises `AssertionError` where it was slow."""
    asking, enough, felt = Troubled(client.base_url), threading.Event(), Pulse()

    def feel() -> None:
        while not felt.seconds or not enough.wait(PAUSE_SECONDS):
            try:
                felt.seconds.append(_timed(lambda: asking.get("/health/live").expect(200))().seconds)
            except AssertionError:
                felt.seconds.append(float("inf"))

    thread = threading.Thread(target=feel, daemon=True)
    thread.start()
    try:
        yield felt
    finally:
        enough.set()
        thread.join()
    usual = sorted(felt.seconds)[len(felt.seconds) // 2]
    assert usual < LIVE_SECONDS, felt
    assert max(felt.seconds) < LIVE_SECONDS + SLACK_SECONDS, felt


def _timed(ask: Callable[[], Answer]) -> Callable[[], Timed]:
    def timed(*_: Any) -> Timed:
        began = time.monotonic()
        try:
            answer = ask()
        except TimeoutError:
            raise AssertionError(f"there is no answer after {time.monotonic() - began:.0f} s") from None
        return Timed(answer, time.monotonic() - began)

    return timed
