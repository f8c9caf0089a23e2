"""What a service promises when its Redis does not answer: it counts no requests, and bears it; sessions wait for it.

Redis stands behind a proxy that fails in every way, and is frozen itself. Nobody is told that they are not logged in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import template
from conformance.client import Answer, Client, eventually
from conformance.people import AUTH
from emitted.fault_proxy import FaultProxy, fault_proxy
from emitted.running import running
from emitted.servers import Servers

ROWS = (
    template.row(),
    template.row("shop", auth="session"),
    template.row("blank", framework="flask", auth="session"),
)

pytestmark = pytest.mark.needs_redis

ME = "/api/v1/users/me"
CALLERS = 8
REQUESTS = 30
SLACK_SECONDS = 1.5
"""What a machine may take longer that does other things as well."""

ANSWER_SECONDS = 5.0 + SLACK_SECONDS
BACK_SECONDS = 5.0 + SLACK_SECONDS
MOST_ADDED_SECONDS = 0.1
"""What a request may take longer that is not counted, because Redis does not answer."""


class Troubled(Client):
    """Somebody who asks a service that may be in trouble."""

    in_trouble = True


@dataclass(frozen=True)
class Service:
    """A service, its Redis behind a proxy, and somebody who is logged in."""

    url: str
    proxy: FaultProxy
    servers: Servers
    credentials: dict[str, str]
    login: dict[str, str]

    def client(self) -> Client:
        """Return a client with the credentials."""
        return Troubled(self.url, lambda method: self.credentials)

    def ask_at_once(self, path: str = ME) -> list[tuple[Answer, float]]:
        """Have several ask at the same time; return the answers, and how long they took."""
        with ThreadPoolExecutor(CALLERS) as pool:
            return list(pool.map(lambda _: timed(lambda: self.client().get(path)), range(CALLERS)))


def timed(ask: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return an answer, and how many seconds it took."""
    began = time.monotonic()
    return ask(), time.monotonic() - began


@contextmanager
def _told(service: Service, fault: Callable[[FaultProxy], None]) -> Iterator[None]:
    fault(service.proxy)
    try:
        yield
    finally:
        service.proxy.passing()


Fault = Callable[[Service], AbstractContextManager[None]]

FAULTS: dict[str, Fault] = {
    "refuses": lambda service: _told(service, FaultProxy.refusing),
    "resets": lambda service: _told(service, FaultProxy.resetting),
    "is silent": lambda service: _told(service, FaultProxy.blackhole),
    "is slow": lambda service: _told(service, lambda proxy: proxy.latency(3)),
    "is frozen": lambda service: service.servers.redis_hanging(),
}


@pytest.fixture(scope="module")
def service(
    row: template.Row, repository: Path, new_database: Callable[[], dict[str, str]], servers: Servers
) -> Iterator[Service]:
    """Return a service that runs, and somebody in it."""
    redis = urlsplit(servers.redis())
    assert redis.hostname
    assert redis.port
    with fault_proxy(redis.hostname, redis.port) as proxy:
        settings = {**new_database(), "REDIS_URL": proxy.before(redis.geturl()), "RATE_LIMIT": "1000/second"}
        with running(repository, settings) as found:
            stranger = Client(found.url)
            login = {"email": "grace@example.org", "password": secrets.token_urlsafe(16)}
            stranger.post(f"{AUTH}/register", {**login, "name": "Grace"}).expect(201)
            yield Service(found.url, proxy, servers, entered(row, stranger, login), login)


def entered(row: template.Row, stranger: Client, login: dict[str, str]) -> dict[str, str]:
    """Log in; return the headers by which requests are known from then on."""
    answer = stranger.post(f"{AUTH}/login", login).expect(200, 204)
    if row.auth == "jwt":
        return {"Authorization": f"Bearer {answer.data['access_token']}"}
    return {"Cookie": str(answer.header("Set-Cookie")).partition(";")[0]}


@pytest.mark.parametrize("fault", FAULTS)
def test_trouble_with_redis_is_borne(row: template.Row, service: Service, fault: str) -> None:
    if row.auth == "session":
        _sessions_wait_and_go_on(service, FAULTS[fault])
    else:
        nobody_waits_for_being_counted(service, FAULTS[fault])


def nobody_waits_for_being_counted(service: Service, fault: Fault) -> None:
    """Assert that requests are answered as ever while nobody can count them, and are counted again afterwards."""
    client = service.client()
    usual = min(timed(lambda: client.get(ME))[1] for _ in range(10))

    with fault(service):
        answers = [timed(lambda: client.get(ME)) for _ in range(REQUESTS)]
        ready = client.get("/health/ready")

    assert [answer for answer, _ in answers if answer.status != 200] == []
    assert ready.status == 200
    added = sorted(seconds - usual for _, seconds in answers)
    assert added[-1] < MOST_ADDED_SECONDS + SLACK_SECONDS, added
    assert added[REQUESTS // 2] < MOST_ADDED_SECONDS / 2, added
    eventually(lambda: client.get(ME).header("RateLimit") is not None, BACK_SECONDS, "counted again")


def _sessions_wait_and_go_on(service: Service, fault: Fault) -> None:
    stranger = Troubled(service.url)

    with fault(service):
        answers = service.ask_at_once()
        answers.append(timed(lambda: stranger.post(f"{AUTH}/login", service.login)))
        answers.append(timed(lambda: stranger.get("/health/ready")))
        live, at_once = timed(lambda: stranger.get("/health/live"))

    assert [answer for answer in answers if answer[0].status != 503 or answer[1] > ANSWER_SECONDS] == []
    assert live.status == 200
    assert at_once < SLACK_SECONDS
    eventually(lambda: service.client().get(ME).status == 200, BACK_SECONDS, "the session holds again")
    assert [answer for answer, _ in service.ask_at_once() if answer.status != 200] == []


def test_connections_that_are_gone_reach_nobody(service: Service) -> None:
    assert [answer for answer, _ in service.ask_at_once() if answer.status != 200] == []

    service.proxy.reset()

    assert [answer for answer, _ in service.ask_at_once() if answer.status != 200] == []
