"""The gateway's routing table: every path of every domain, each with its service and its methods."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import template

forms = template.extension("gateway_forms")
openapi = template.extension("openapi")
JWT = openapi.read_accounts(template.ROOT / "catalogue" / "auth" / "jwt" / "openapi.yml")

SHOP = """
catalog:
  category:
    name: string(80)
  product:
    name: string(80)
    category: ref(category)?
    substitute: ref(product)?
    twin: ref(product)?
ordering:
  order:
    _owned: true
    product: ref(catalog.product)
    approver: ref(users.user)?
users:
  user:
    favourite: ref(catalog.product)?
"""


def build(domain: str, **answers: str) -> Any:
    """Return the Blueprint of services."""
    return template.build(domain, architecture="microservices", broker="nats", **answers)


def routes(domain: str) -> list[Any]:
    """Return the routes of a domain."""
    built = build(domain)
    found: list[Any] = forms.routes(built, openapi.document(built, JWT))
    return found


def resolved(path: str, found: list[Any]) -> str:
    """Return the route of a path, as nginx finds it by the emitted patterns."""
    if path in forms.fixed_paths(found):
        return path
    pattern = r"(?P<collection>/api/v1/[a-z0-9-]+)/[^/]+(?P<nested>/[a-z0-9-]+)?"
    match = re.fullmatch(pattern, path)
    return f"{match['collection']}/{{id}}{match['nested'] or ''}" if match else path


@pytest.mark.parametrize(
    ("path", "service", "allowed"),
    [
        ("/api/v1/products", "catalog", "GET, HEAD, POST, OPTIONS"),
        ("/api/v1/products/{id}", "catalog", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/api/v1/categories/{id}/products", "catalog", "GET, HEAD, OPTIONS"),
        ("/api/v1/products/{id}/products", "catalog", "GET, HEAD, OPTIONS"),
        ("/api/v1/products/{id}/products-by-twin", "catalog", "GET, HEAD, OPTIONS"),
        ("/api/v1/products/{id}/orders", "ordering", "GET, HEAD, OPTIONS"),
        ("/api/v1/users/{id}/orders", "ordering", "GET, HEAD, OPTIONS"),
        ("/api/v1/users/{id}/orders-by-approver", "ordering", "GET, HEAD, OPTIONS"),
        ("/api/v1/products/{id}/users", "users", "GET, HEAD, OPTIONS"),
        ("/api/v1/users", "users", "GET, HEAD, OPTIONS"),
        ("/api/v1/users/me", "users", "GET, HEAD, PATCH, OPTIONS"),
        ("/api/v1/users/{id}", "users", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("/api/v1/auth/login", "users", "POST, OPTIONS"),
    ],
)
def test_a_path_belongs_to_the_service_of_its_rows(path: str, service: str, allowed: str) -> None:
    (route,) = [route for route in routes(SHOP) if route.path == path]

    assert (route.service, route.allowed) == (service, allowed)


@pytest.mark.parametrize("name", template.samples())
def test_every_path_is_found_again_by_its_pattern(name: str) -> None:
    domain = template.sample(name)["domain"]
    built = build(domain)
    found = routes(domain)

    assert [route.path for route in found] == list(openapi.document(built, JWT)["paths"])
    assert {route.service for route in found} <= {service.name for service in built.services}
    for route in found:
        assert resolved(route.path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057"), found) == route.path


def test_only_what_would_be_taken_for_a_resource_is_fixed() -> None:
    fixed = forms.fixed_paths(routes(SHOP))

    entrance = ("email/confirm", "email/confirmation", "login", "logout", "logout/everywhere")
    secrets = ("password", "password/forgotten", "password/reset", "refresh", "register")
    assert fixed == [*(f"/api/v1/auth/{rest}" for rest in (*entrance, *secrets)), "/api/v1/users/me"]


@pytest.mark.parametrize("path", ["/api/v1/a/{id}/b/{id}", "/api/v1/a/{id}/b/c", "/api/v1/{id}", "/other/{id}"])
def test_a_path_that_no_pattern_tells_apart_is_refused(path: str) -> None:
    built = build(SHOP)

    with pytest.raises(ValueError, match="cannot route"):
        forms.routes(built, {"paths": {path: {"get": {}}}})


def test_json_keeps_every_character() -> None:
    document = {"a": "é<>&'\"\\\u2028", "b": [{}, [], None, 1.5]}

    assert json.loads(forms.json_text(document)) == document
    assert "é<>&'" in forms.json_text(document)


def test_without_accounts_every_path_is_that_of_an_entity() -> None:
    built = build(template.domain("ledger"), auth="none")
    found = forms.routes(built, openapi.document(built, {}))

    assert {route.service for route in found} == {"books", "archive"}
    assert forms.fixed_paths(found) == []
    assert not any("/users" in route.path or "/auth" in route.path for route in found)
