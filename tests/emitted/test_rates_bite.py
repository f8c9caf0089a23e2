"""The conformance suite finds what is wrong with limits, in front of a service whose callers are limited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import template
from emitted.breaking_proxy import Break, proxied
from emitted.breaking_rates import RATES, honest
from emitted.running import Running, entrance, prepared, running, suite
from emitted.test_rates import OPTIONS, SETTINGS, TRUSTED

SHOP = template.row()
FILE = "test_rates.py"
BEHIND = {**SETTINGS, "TRUSTED_PROXIES": f"{TRUSTED},127.0.0.1"}
"""The service believes the proxy, which stands before it on this machine."""

pytestmark = [pytest.mark.emitted, pytest.mark.xdist_group("rates-bite")]


@pytest.fixture(scope="module")
def service(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sound service."""
    with running(prepared(SHOP, template_dir, tmp_path_factory.mktemp("rates")), BEHIND) as found:
        yield found


@pytest.fixture(scope="module")
def who(service: Running) -> dict[str, str]:
    """The administrator, in the words of the suite's options."""
    return entrance(service, SHOP.auth)


def found(service: Running, who: dict[str, str], mutation: Break, *arguments: str) -> tuple[int, str]:
    """Run the suite behind a proxy; return how it ended, and what it said."""
    with proxied(service.url, mutation) as url:
        done = suite(url, SHOP.sample, *arguments, file=FILE, **OPTIONS, **who)
    return done.returncode, done.stdout[-10_000:]


def test_nothing_is_found_where_nothing_is_broken(service: Running, who: dict[str, str]) -> None:
    code, said = found(service, who, honest, "-k", " or ".join(f"({tests})" for tests, _ in RATES.values()))

    assert code == 0, said


@pytest.mark.parametrize("broken", RATES)
def test_a_broken_promise_is_found(service: Running, who: dict[str, str], broken: str) -> None:
    tests, mutation = RATES[broken]

    code, said = found(service, who, mutation, "-x", "-k", tests)

    assert code == pytest.ExitCode.TESTS_FAILED, said
