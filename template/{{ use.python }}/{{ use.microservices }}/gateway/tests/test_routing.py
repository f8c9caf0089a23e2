"""Which service a path leads to."""

import json
from collections.abc import Mapping

import pytest

from document import DOCUMENT, documents, merged
from tests.gateways import Gateway
from tests.services import Service

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
ROUTES = [(name, path) for name, document in documents().items() for path in document["paths"]]


@pytest.mark.parametrize(("name", "path"), ROUTES)
def test_a_path_leads_to_the_service_that_describes_it(
    gateway: Gateway, services: Mapping[str, Service], name: str, path: str
) -> None:
    target = path.replace("{id}", ID) + "?page=2&filter[name]=a%20b"

    answer = gateway.ask("GET", target)

    assert answer.status == 200
    assert {other for other, service in services.items() if service.seen} == {name}
    assert [seen.target for seen in services[name].seen] == [target]


def test_the_document_is_that_of_all_services(gateway: Gateway) -> None:
    served = json.loads(gateway.ask("GET", "/openapi.json").body)

    assert served == merged(served["info"], documents())
    assert served == json.loads(DOCUMENT.read_text(encoding="utf-8"))


def test_two_meanings_of_one_name_are_refused() -> None:
    one = {"paths": {}, "components": {"schemas": {"Thing": {"type": "string"}}}}
    other = {"paths": {}, "components": {"schemas": {"Thing": {"type": "integer"}}}}

    with pytest.raises(ValueError, match="other describes Thing"):
        merged({}, {"one": one, "other": other})


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v1/users/",
        f"/api/v1/users/{ID}/",
        f"/api/v1/users/{ID}/nothing",
        f"/api/v1/users/{ID}/nothing/more",
        "//api/v1/users",
        "/api//v1/users",
        "/api/v1/users//",
        "/api/v1/users/me/",
        "/api/v1/auth/login/",
        "/api/v1/auth/nothing",
        "/API/v1/users",
        "/api/v1/users/../users",
        "/api/v1/users/%2e%2E/users",
        "/api/v1/users/.",
        "/internal/v1/users",
        "/internal/v1/readiness",
        "/api/v1/users/../../../internal/v1/users",
        "/internal/../api/v1/users",
        "/docs/",
        "/docs//page.js",
        "/health",
        "/health/live/",
        "/metrics/",
        "/openapi.yaml",
        "/nginx.conf",
        "/-/malformed",
        "/-/change",
        "/-/options",
    ],
)
def test_no_other_path_leads_anywhere(
    gateway: Gateway, services: Mapping[str, Service], target: str
) -> None:
    answer = gateway.ask("GET", target)

    assert answer.status == 404
    assert answer.error["code"] == "NOT_FOUND"
    assert answer.header("Location") is None
    assert not any(service.seen for service in services.values())


@pytest.mark.parametrize("target", ["/docs", "/docs/page.js", "/docs/assets/swagger-ui.css"])
def test_the_page_of_the_document_comes_from_a_service(
    gateway: Gateway, users: Service, target: str
) -> None:
    assert gateway.ask("GET", target).status == 200
    assert [seen.target for seen in users.seen] == [target]


@pytest.mark.parametrize("target", ["/api/v1/%75sers", "http://shop.example/api/v1/users"])
def test_another_spelling_of_a_path_is_the_same_path(
    gateway: Gateway, users: Service, target: str
) -> None:
    assert gateway.ask("GET", target).status == 200
    assert len(users.seen) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_is_passed_on_as_it_is(gateway: Gateway, users: Service, method: str) -> None:
    answer = gateway.ask(method, "/api/v1/users")

    assert answer.status == 200
    assert [(seen.method, seen.target) for seen in users.seen] == [(method, "/api/v1/users")]


@pytest.mark.parametrize("kind", ["length", "chunks"])
def test_a_body_is_passed_on_whole(gateway: Gateway, users: Service, kind: str) -> None:
    body = b"x" * 200_000
    if kind == "length":
        gateway.ask("POST", "/api/v1/users", body=body)
    else:
        headers = {"Transfer-Encoding": "chunked"}
        chunks = b"".join(b"4e20\r\n%s\r\n" % body[:20_000] for _ in range(10)) + b"0\r\n\r\n"
        gateway.ask("POST", "/api/v1/users", headers, chunks)

    assert [seen.body for seen in users.seen] == [body]
