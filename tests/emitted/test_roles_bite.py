"""The conformance suite finds what is wrong with roles, in front of a service whose domain has some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import template
from emitted.breaking_proxy import proxied
from emitted.breaking_roles import MUTATIONS
from emitted.running import Running, entrance, prepared, running, suite

MUSEUM = template.row("museum")
FILE = "test_roles.py"

pytestmark = [pytest.mark.emitted, pytest.mark.xdist_group("roles-bite")]


@pytest.fixture(scope="module")
def service(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sound service."""
    with running(prepared(MUSEUM, template_dir, tmp_path_factory.mktemp("roles")), {}) as found:
        yield found


@pytest.fixture(scope="module")
def who(service: Running) -> dict[str, str]:
    """The administrator, in the words of the suite's options."""
    return entrance(service, MUSEUM.auth)


@pytest.mark.parametrize("broken", MUTATIONS)
def test_a_broken_promise_is_found(service: Running, who: dict[str, str], broken: str) -> None:
    asked, mutation = MUTATIONS[broken]

    with proxied(service.url, mutation) as url:
        done = suite(url, MUSEUM.sample, "-x", "-k", asked, file=FILE, **who)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]
