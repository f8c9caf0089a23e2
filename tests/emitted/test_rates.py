"""Limits hold where they are on: counted in memory by one process, or in Redis by several, and when Redis is away.

Rows on a file count in memory, rows with a database server in Redis: each framework and each method meets both.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import template
from conformance.addresses import local_address
from conformance.client import Client, coming_from, eventually
from conformance.people import AUTH
from conformance.target import Limit
from emitted.running import Provider, Running, running, suite, way_in
from emitted.servers import KINDS, Servers

LIMIT = Limit(60, 60)
TRUSTED = "127.0.0.9"
SETTINGS = {"RATE_LIMIT": f"{LIMIT.quota}/minute", "TRUSTED_PROXIES": TRUSTED}
OPTIONS = {"rate_limit": SETTINGS["RATE_LIMIT"], "trusted_address": TRUSTED}

REQUESTS = 60
MOST_ADDED_SECONDS = 0.1
"""What a request may take longer while Redis is away."""

PATIENCE_SECONDS = 1
"""For how long requests pay it; then one pays for all within a second."""

NOISE_SECONDS = 0.5
"""What so many requests take longer at one time than at another."""


@dataclass(frozen=True)
class Limited:
    """A service whose callers are limited, and where another process of it answers."""

    first: Running
    second_url: str


@contextmanager
def limited(row: template.Row, repository: Path, settings: dict[str, str]) -> Iterator[Limited]:
    """Start a service, and another one beside it where both can stand on one database.

    Services behind a gateway are several processes already.
    """
    with ExitStack() as stack:
        first = stack.enter_context(running(repository, {**settings, **SETTINGS}))
        if "REDIS_URL" not in settings or row.architecture == "microservices":
            yield Limited(first, first.url if "REDIS_URL" in settings else "")
        else:
            yield Limited(first, stack.enter_context(running(repository, {**settings, **SETTINGS})).url)


def test_limits_hold(
    row: template.Row,
    repository: Path,
    new_database: Callable[[], dict[str, str]],
    provider: Provider | None,
    servers: Servers,
) -> None:
    settings = {**new_database(), **(provider.settings if provider else {})}
    if row.database in KINDS:
        settings["REDIS_URL"] = servers.redis()

    with limited(row, repository, settings) as service:
        said = {"auth": row.auth, "second_url": service.second_url, **OPTIONS}
        who = way_in(service.first, row.auth, provider)
        done = suite(service.first.url, row.sample, "--tb=short", file="test_rates.py", **said, **who)

        assert done.returncode == 0, done.stdout[-20_000:]
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout
        if "REDIS_URL" in settings:
            for away in (servers.redis_down, servers.redis_hanging):
                _bears(row, service.first.url, away)


def _bears(row: template.Row, url: str, away: Callable[[], AbstractContextManager[None]]) -> None:
    """Take Redis away: requests are answered, and at once; the entrance counts on its own; then all is as before."""
    stranger, path = _stranger(url), _path(row)
    if path is None:
        return
    assert stranger.get(path).header("RateLimit")
    usual = _seconds(lambda: stranger.get(path).expect(200, 401, 429))

    with away():
        seconds = _seconds(lambda: stranger.get(path).expect(200, 401))
        assert seconds < usual + NOISE_SECONDS + MOST_ADDED_SECONDS * seconds + PATIENCE_SECONDS, (
            f"{seconds} s, usually {usual} s"
        )
        if row.auth in ("jwt", "session"):
            answers = [_guess(stranger) for _ in range(10)]
            assert answers.count(401) in (5, 6), answers
        if row.architecture != "microservices":
            metrics = stranger.get("/metrics").text
            assert re.search(r"^rate_limiter_unavailable_total(?:\{.*\})? [1-9]", metrics, re.MULTILINE), metrics

    stranger = _stranger(url)
    eventually(lambda: stranger.get(path).header("RateLimit") is not None, 10, "counted again")
    for number in itertools.count():
        assert number <= LIMIT.quota + 20
        if stranger.get(path).status == 429:
            break


def _stranger(url: str) -> Client:
    with coming_from(local_address()):
        return Client(url)


def _path(row: template.Row) -> str | None:
    """Return a path that callers ask for, where there is one."""
    if row.auth != "none":
        return "/api/v1/users/me"
    domain = template.extension("domain").parse(template.sample(row.sample)["domain"])
    plurals = [entity.plural for module in domain.modules for entity in module.entities]
    return f"/api/v1/{plurals[0].replace('_', '-')}" if plurals else None


def _seconds(ask: Callable[[], object]) -> float:
    began = time.monotonic()
    for _ in range(REQUESTS):
        ask()
    return time.monotonic() - began


def _guess(client: Client) -> int:
    body = {"email": "nobody@example.org", "password": "a password that nobody has"}
    return client.post(f"{AUTH}/login", body).expect(401, 429).status
