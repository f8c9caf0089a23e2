"""The conformance suite finds what is wrong: in front of a sound service, a proxy breaks one promise at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import template
from emitted.breaking_proxy import MUTATIONS, proxied, sound
from emitted.running import Administrator, Running, administrator, prepared, running, suite

SHOP = template.row("shop")

pytestmark = [pytest.mark.emitted, pytest.mark.xdist_group("conformance-bites")]


@pytest.fixture(scope="module")
def service(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sound service."""
    with running(prepared(SHOP, template_dir, tmp_path_factory.mktemp("bites")), {}) as found:
        yield found


@pytest.fixture(scope="module")
def boss(service: Running) -> Administrator:
    """Its administrator."""
    return administrator(service)


def test_nothing_is_found_where_nothing_is_broken(service: Running, boss: Administrator) -> None:
    asked = " or ".join(f"({tests.partition(': ')[2]})" for tests, _ in MUTATIONS.values())

    with proxied(service.url, sound) as url:
        done = suite(url, SHOP.sample, "-k", asked, admin_email=boss.email, admin_password=boss.password)

    assert done.returncode == 0, done.stdout[-10_000:]


@pytest.mark.parametrize("broken", MUTATIONS)
def test_a_broken_promise_is_found(service: Running, boss: Administrator, broken: str) -> None:
    tests, mutation = MUTATIONS[broken]
    file, _, asked = tests.partition(": ")
    who = {"admin_email": boss.email, "admin_password": boss.password}

    with proxied(service.url, mutation) as url:
        done = suite(url, SHOP.sample, "-x", "-k", asked, file=file, **who)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]
