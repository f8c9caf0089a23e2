"""What the gateway makes of headers on their way to a service."""

import re
from collections.abc import Callable

import pytest

from tests.gateways import Gateway
from tests.services import Seen, Service

MADE = re.compile(r"req_[0-9a-f]{32}")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MADE_TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")
Start = Callable[..., Gateway]


def seen_by(gateway: Gateway, users: Service, **headers: str) -> Seen:
    """Return what the service sees of a request with these headers; `_` stands for a hyphen."""
    gateway.ask("GET", "/api/v1/users", {n.replace("_", "-"): text for n, text in headers.items()})
    (seen,) = users.seen
    return seen


@pytest.mark.parametrize("identifier", ["a", "A-z.0_9", "x" * 128])
def test_an_identifier_is_kept(gateway: Gateway, users: Service, identifier: str) -> None:
    answer = gateway.ask("GET", "/api/v1/users", {"X-Request-ID": identifier})

    assert users.seen[0].headers["x-request-id"] == identifier
    assert answer.header("X-Request-ID") == identifier
    assert gateway.ask("GET", "/no", {"X-Request-ID": identifier}).error["request_id"] == identifier


@pytest.mark.parametrize("identifier", ["", "x" * 129, "a b", 'a"b', "a\\b", "ü", "a,b"])
def test_a_bad_identifier_is_replaced(gateway: Gateway, users: Service, identifier: str) -> None:
    answer = gateway.ask("GET", "/api/v1/users", {"X-Request-ID": identifier})

    made = users.seen[0].headers["x-request-id"]
    assert MADE.fullmatch(made)
    assert answer.header("X-Request-ID") == made


def test_two_identifiers_are_none(gateway: Gateway, users: Service) -> None:
    gateway.ask("GET", "/api/v1/users", {"X-Request-ID": "a\r\nX-Request-ID: b"})

    assert MADE.fullmatch(users.seen[0].headers["x-request-id"])


def test_every_request_has_another_identifier(gateway: Gateway) -> None:
    made = {gateway.ask("GET", "/no").header("X-Request-ID") for _ in range(5)}

    assert len(made) == 5


def test_a_trace_is_kept(gateway: Gateway, users: Service) -> None:
    seen = seen_by(gateway, users, traceparent=TRACE, tracestate="vendor=1")

    assert seen.headers["traceparent"] == TRACE
    assert seen.headers["tracestate"] == "vendor=1"


@pytest.mark.parametrize(
    "trace",
    [
        "",
        "no",
        TRACE.upper(),
        TRACE[:-1],
        f"ff{TRACE[2:]}",
        TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        TRACE.replace("b7ad6b7169203331", "0" * 16),
        f"{TRACE}\r\ntraceparent: {TRACE}",
    ],
)
def test_a_bad_trace_is_replaced(gateway: Gateway, users: Service, trace: str) -> None:
    seen = seen_by(gateway, users, traceparent=trace, tracestate="vendor=1")

    assert MADE_TRACE.fullmatch(seen.headers["traceparent"])
    assert "tracestate" not in seen.headers


@pytest.mark.parametrize(
    "name",
    [
        "X-Service-Token",
        "Forwarded",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Real-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "Proxy",
        "X_Service_Token",
        "Upgrade",
    ],
)
def test_what_services_trust_comes_from_nobody_outside(
    gateway: Gateway, users: Service, name: str
) -> None:
    gateway.ask("GET", "/api/v1/users", {name: "forged"})

    assert "forged" not in users.seen[0].headers.values()


def test_credentials_and_the_host_are_passed_on(gateway: Gateway, users: Service) -> None:
    seen = seen_by(gateway, users, Authorization="Bearer a.b.c", If_Match='"1"', Origin="https://a")

    assert seen.headers["authorization"] == "Bearer a.b.c"
    assert seen.headers["if-match"] == '"1"'
    assert seen.headers["origin"] == "https://a"
    assert seen.headers["host"] == "shop.example"


def test_nobody_says_where_he_comes_from(gateway: Gateway, users: Service) -> None:
    seen = seen_by(gateway, users, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")

    assert seen.headers["x-forwarded-for"] == "127.0.0.1"
    assert seen.headers["x-forwarded-proto"] == "http"


def test_a_trusted_proxy_says_where_others_come_from(start: Start, users: Service) -> None:
    gateway = start(TRUSTED_PROXIES="127.0.0.0/8,192.0.2.1")

    seen = seen_by(
        gateway, users, X_Forwarded_For="198.51.100.7, 203.0.113.9", X_Forwarded_Proto="https"
    )

    assert seen.headers["x-forwarded-for"] == "203.0.113.9"
    assert seen.headers["x-forwarded-proto"] == "https"


def test_headers_of_a_service_are_its_own(gateway: Gateway, users: Service) -> None:
    answer = gateway.ask("GET", "/api/v1/users", {"X-Request-ID": "mine"})

    names = {name.lower() for name, _ in answer.headers}
    assert names == {
        "connection",
        "content-length",
        "content-type",
        "date",
        "server",
        "x-request-id",
    }
    assert answer.header("Server") == "gateway"
