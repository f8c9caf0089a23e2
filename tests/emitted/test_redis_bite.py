"""What is wrong with how a service bears trouble with Redis is found: its code is broken in one place at a time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import template
from conformance.client import Client
from conformance.people import AUTH
from emitted.breaking_redis import VIOLATIONS
from emitted.fault_proxy import fault_proxy
from emitted.killing import several
from emitted.servers import Servers
from emitted.test_redis_faults import FAULTS, Service, entered, nobody_waits_for_being_counted

ROWS = (template.row(),)

pytestmark = pytest.mark.needs_redis


@pytest.mark.parametrize("broken", VIOLATIONS)
def test_a_broken_promise_is_found(
    row: template.Row,
    repository: Path,
    migrated: Callable[[], dict[str, str]],
    servers: Servers,
    tmp_path: Path,
    broken: str,
) -> None:
    fault, violation = VIOLATIONS[broken]
    source = violation.planted(repository / "src", tmp_path / "src")
    redis = urlsplit(servers.redis())
    assert redis.hostname
    assert redis.port
    with fault_proxy(redis.hostname, redis.port) as proxy:
        settings = {**migrated(), "REDIS_URL": proxy.before(redis.geturl()), "RATE_LIMIT": "1000/second"}
        with several(1, repository, settings, source) as (process,):
            url = f"http://127.0.0.1:{process.port}"
            login = {"email": "grace@example.org", "password": secrets.token_urlsafe(16)}
            Client(url).post(f"{AUTH}/register", {**login, "name": "Grace"}).expect(201)
            service = Service(url, proxy, servers, entered(row, Client(url), login), login)

            with pytest.raises(AssertionError, match=violation.found):
                nobody_waits_for_being_counted(service, FAULTS[fault])
