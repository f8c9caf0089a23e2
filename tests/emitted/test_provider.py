"""What the service promises while a real OpenID provider changes its keys, is away, or comes back."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import template
from cluster import eventually
from emitted.provider import Provider, started
from emitted.running import prepared, running

pytestmark = pytest.mark.emitted

# One that serves with an event loop, and one that serves with threads.
FRAMEWORKS = [
    pytest.param(name, id=name, marks=pytest.mark.xdist_group(f"provider-{name}")) for name in ("fastapi", "django")
]


@pytest.fixture(scope="module", params=FRAMEWORKS)
def project(
    request: pytest.FixtureRequest, template_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Return a repository that is set up."""
    row = template.row("blank", architecture="monolith", framework=request.param, database="sqlite", auth="oauth2")
    project = prepared(row, template_dir, tmp_path_factory.mktemp("provider"))
    yield project
    shutil.rmtree(project)


@dataclass
class World:
    """A service, and the provider that it trusts."""

    url: str
    provider: Provider

    def status(self, token: str) -> int:
        """Return what a request with a token is answered with."""
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}/api/v1/users/me", headers=headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code


@pytest.fixture
def world(project: Path) -> Iterator[World]:
    """Return a service that was started just now, and its provider."""
    with started() as provider, running(project, provider.settings) as service:
        yield World(service.url, provider)


def test_a_new_key_is_good_at_once_and_the_old_one_as_long_as_it_is_published(world: World) -> None:
    before = world.provider.token("ada")
    assert world.status(before) == 200

    world.provider.rotate(keep=True)

    assert world.status(world.provider.token("ada")) == 200
    assert world.status(before) == 200


def test_a_key_that_was_withdrawn_is_good_no_more_once_another_is_known(world: World) -> None:
    before = world.provider.token("ada")
    assert world.status(before) == 200

    world.provider.rotate()

    assert world.status(world.provider.token("ada")) == 200
    assert world.status(before) == 401


def test_people_go_on_while_the_provider_is_away(world: World) -> None:
    ada, grace = world.provider.token("ada"), world.provider.token("grace")
    assert world.status(ada) == 200

    world.provider.stop()

    assert world.status(ada) == 200
    assert world.status(grace) == 200
    world.provider.start()
    assert world.status(world.provider.token("alan")) == 200


def test_a_service_that_starts_without_the_provider_takes_tokens_as_soon_as_it_is_back(project: Path) -> None:
    with started() as provider:
        token = provider.token("ada")
        provider.stop()
        with running(project, provider.settings) as service:
            world = World(service.url, provider)
            assert world.status(token) == 503

            provider.start()

            eventually(lambda: world.status(token) == 200)
