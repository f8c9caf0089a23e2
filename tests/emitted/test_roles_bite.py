"""The conformance suite finds what is wrong with roles, in front of a service whose domain has some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import template
from emitted.breaking_proxy import proxied
from emitted.breaking_roles import MUTATIONS
from emitted.running import Administrator, Running, administrator, prepared, running, suite

MUSEUM = template.row("museum")
FILE = "test_roles.py"

pytestmark = [pytest.mark.emitted, pytest.mark.xdist_group("roles-bite")]


@pytest.fixture(scope="module")
def service(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sound service."""
    with running(prepared(MUSEUM, template_dir, tmp_path_factory.mktemp("roles")), {}) as found:
        yield found


@pytest.fixture(scope="module")
def boss(service: Running) -> Administrator:
    """Its administrator."""
    return administrator(service)


@pytest.mark.parametrize("broken", MUTATIONS)
def test_a_broken_promise_is_found(service: Running, boss: Administrator, broken: str) -> None:
    asked, mutation = MUTATIONS[broken]
    who = {"admin_email": boss.email, "admin_password": boss.password}

    with proxied(service.url, mutation) as url:
        done = suite(url, MUSEUM.sample, "-x", "-k", asked, file=FILE, **who)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]
