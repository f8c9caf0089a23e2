"""The provider that compose.yaml brings works at once: its realm, its people, and the page's client."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import template
from emitted.keycloak import Keycloak, started
from emitted.running import prepared, running

pytestmark = [pytest.mark.emitted, pytest.mark.nightly, pytest.mark.xdist_group("keycloak")]

CLIENT = "service-docs"


@pytest.fixture(scope="module")
def project(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository that is set up."""
    row = template.row("blank", architecture="monolith", framework="fastapi", database="sqlite", auth="oauth2")
    return prepared(row, template_dir, tmp_path_factory.mktemp("keycloak"))


@pytest.fixture(scope="module")
def keycloak(project: Path) -> Iterator[Keycloak]:
    """Return the provider with the realm of the repository."""
    with started(project) as found:
        yield found


@pytest.fixture(scope="module")
def url(project: Path, keycloak: Keycloak) -> Iterator[str]:
    """Return the address of the service, which trusts the provider as its settings have it by themselves."""
    settings = {"OIDC_ISSUER": keycloak.issuer, "OIDC_AUDIENCE": "service-api"}
    with running(project, settings) as service:
        yield service.url


@pytest.mark.parametrize(("username", "roles"), [("ada", ["member", "admin"]), ("grace", ["member"])])
def test_people_of_the_realm_have_their_account_and_their_roles(
    url: str, keycloak: Keycloak, username: str, roles: list[str]
) -> None:
    token = keycloak.token(username, CLIENT, "http://localhost:8000/docs/assets/oauth2-redirect.html")

    account = get(f"{url}/api/v1/users/me", token)["data"]

    assert (account["email"], account["roles"]) == (f"{username}@example.org", roles)


def test_the_page_of_documents_is_told_where_people_log_in(url: str, keycloak: Keycloak) -> None:
    with urllib.request.urlopen(f"{url}/docs/page.js") as answer:  # noqa: S310 - loopback
        script = answer.read().decode()

    assert f'"{keycloak.issuer}/protocol/openid-connect/auth"' in script
    assert f'"{CLIENT}"' in script


def get(url: str, token: str) -> Any:
    """Return what a request with a token is answered with."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
        return json.load(answer)
