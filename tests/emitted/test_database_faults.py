"""What a service promises when its database is in trouble: an answer in time, and service again at once afterwards.

A web process speaks to its database through a proxy that fails, or the database itself is stopped or started anew.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import template
from conformance.contract import domain_of
from conformance.methods import method_of
from conformance.rows import Rows
from conformance.target import Target
from emitted.fault_proxy import FaultProxy, fault_proxy
from emitted.killing import Web
from emitted.running import Running, admin_command
from emitted.servers import Servers
from emitted.troubled import (
    ANSWER_SECONDS,
    READY_SECONDS,
    SLACK_SECONDS,
    Service,
    Troubled,
    pulse,
)

ROWS = (
    template.row("shop", framework="fastapi", database="postgresql"),
    template.row("ledger", architecture="modular_monolith", framework="fastapi", database="mysql", auth="api_key"),
    template.row("shop", architecture="modular_monolith", framework="flask", database="postgresql"),
    template.row("shop", framework="flask", database="mysql"),
    template.row("ledger", framework="django", database="postgresql", auth="none"),
    template.row("blog", architecture="modular_monolith", framework="django", database="mysql", auth="session"),
)
"""Each framework on each server."""

LATENCY_SECONDS = 1.0
COMMIT = re.compile(rb"\bCOMMIT\b", re.IGNORECASE)
POOL = "4"
"""Connections of a process with an event loop: fewer than there are callers."""


def on_proxy(do: Callable[[FaultProxy], None]) -> Callable[[Service, Servers, str], AbstractContextManager[None]]:
    """Return a trouble that a proxy makes."""

    @contextlib.contextmanager
    def trouble(service: Service, servers: Servers, database: str) -> Iterator[None]:
        do(service.proxy)
        try:
            yield
        finally:
            service.proxy.passing()

    return trouble


TROUBLES = {
    "refusing": on_proxy(FaultProxy.refusing),
    "resetting": on_proxy(FaultProxy.resetting),
    "black-hole": on_proxy(FaultProxy.blackhole),
    "frozen": lambda service, servers, database: servers.frozen(database),
}
SLOW = on_proxy(lambda proxy: proxy.latency(LATENCY_SECONDS))


@contextlib.contextmanager
def served(
    row: template.Row, repository: Path, settings: dict[str, str], source: Path | None = None
) -> Iterator[Service]:
    """Start the web process of a repository whose database is behind a proxy."""
    upstream = urlsplit(settings["DATABASE_URL"])
    assert upstream.hostname
    assert upstream.port
    with fault_proxy(upstream.hostname, upstream.port) as proxy:
        pool = {"DATABASE_POOL_SIZE": POOL} if row.framework == "fastapi" else {}
        web = Web(repository, {**settings, **pool, "DATABASE_URL": proxy.before(settings["DATABASE_URL"])}, source)
        try:
            web.wait_until_ready()
            yield _service(row, repository, settings, proxy, web)
        finally:
            web.kill()


def _service(row: template.Row, repository: Path, settings: dict[str, str], proxy: FaultProxy, web: Web) -> Service:
    url = f"http://127.0.0.1:{web.port}"
    text = str(template.sample(row.sample)["domain"])
    command = "" if row.auth == "none" else admin_command(Running(url, repository, settings), row.auth)
    target = Target(url, text, row.auth, command, "", "")
    person = method_of(row.auth).administrator(target)
    domain = domain_of(text, row.auth)
    resource = next(one for one in domain.resources if not any(field.required for field in one.references))
    return Service(proxy, Troubled.like(person), Rows(domain, person), resource, person)


@pytest.fixture(scope="module")
def standing(row: template.Row, repository: Path, migrated: Callable[[], dict[str, str]]) -> Iterator[Service]:
    """A service with a database of its own."""
    with served(row, repository, migrated()) as found:
        yield found


@pytest.fixture
def service(standing: Service) -> Service:
    """The service, asked anew: it stands for longer than credentials are good, and others may remove what they find."""
    standing.client = Troubled.like(standing.person)
    standing.existing = standing.rows.create(standing.resource, standing.person)
    return standing


def answers_in_time(service: Service, servers: Servers, database: str, trouble: str) -> None:
    """Assert that a service in trouble says so in time, lives, and serves again when the trouble is over."""
    bodies = [service.body() for _ in range(4)]
    service.has_few_connections()

    with pulse(service.client), TROUBLES[trouble](service, servers, database):
        answers = service.asked_at_once(bodies)
        ready = service.ready()

    assert [str(timed) for timed in answers if timed.answer.status != 503] == []
    assert [str(timed) for timed in answers if timed.seconds > ANSWER_SECONDS + SLACK_SECONDS] == []
    assert ready.answer.status == 503
    assert ready.seconds < READY_SECONDS + SLACK_SECONDS
    service.comes_back()


def answers_in_time_though_slow(service: Service, servers: Servers, database: str) -> None:
    """Assert that whoever asks is answered in time, well or not, though each answer of the database takes its time."""
    bodies = [service.body() for _ in range(4)]
    service.read_at_once()

    with pulse(service.client), SLOW(service, servers, database):
        answers = service.asked_at_once(bodies)

    assert {timed.answer.status for timed in answers} <= {200, 201, 503}
    assert [str(timed) for timed in answers if timed.seconds > ANSWER_SECONDS + SLACK_SECONDS] == []
    service.comes_back()


def hides_lost_connections(service: Service) -> None:
    """Assert that nobody hears of connections that were reset while they were idle."""
    service.read_at_once()

    service.proxy.reset()
    time.sleep(0.1)

    assert [str(timed) for timed in service.read_at_once() if timed.answer.status != 200] == []
    service.create(service.body()).expect(201)


def does_nothing_twice(service: Service, key: str | None) -> None:
    """Assert that a change of which nobody knows whether it was made is not made once more, but said to be unknown."""
    body, before = service.body(), service.total
    dropped = service.proxy.drop_reply(lambda said: COMMIT.search(said) is not None)

    unknown = service.create(body, key)

    service.proxy.passing()
    assert dropped.is_set()
    assert unknown.status == 503, unknown
    assert service.total == before + 1
    if key:
        again = service.create(body, key).expect(201)
        assert again.header("Idempotency-Replayed") == "true"
        assert service.total == before + 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_answers_in_time_and_serves_again(row: template.Row, service: Service, servers: Servers, trouble: str) -> None:
    answers_in_time(service, servers, row.database, trouble)


def test_answers_in_time_where_the_database_is_slow(row: template.Row, service: Service, servers: Servers) -> None:
    answers_in_time_though_slow(service, servers, row.database)


def test_nobody_hears_of_a_restart(row: template.Row, service: Service, servers: Servers) -> None:
    service.read_at_once()

    servers.restart(row.database)

    assert [str(timed) for timed in service.read_at_once() if timed.answer.status != 200] == []
    service.create(service.body()).expect(201)


def test_nobody_hears_of_a_connection_that_was_reset_while_it_was_idle(service: Service) -> None:
    hides_lost_connections(service)


@pytest.mark.parametrize("key", [None, "once-and-for-all"], ids=["without-a-key", "with-a-key"])
def test_what_nobody_knows_of_is_not_done_twice(service: Service, key: str | None) -> None:
    does_nothing_twice(service, key)
