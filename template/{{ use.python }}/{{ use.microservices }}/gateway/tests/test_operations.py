"""What the gateway serves itself, and what it says of itself."""

import json
from collections.abc import Callable

import pytest

from tests.gateways import Gateway
from tests.services import Service, answering

Start = Callable[..., Gateway]
OWN = ["/health/live", "/health/ready", "/openapi.json", "/metrics"]


def test_it_lives(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/health/live")

    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})


@pytest.mark.parametrize("status", ["200 OK", "503 Service Unavailable"])
def test_it_is_as_ready_as_the_services_say(gateway: Gateway, users: Service, status: str) -> None:
    body = b'{"status":"as they say","checks":{}}'
    users.behaviour = lambda seen: answering(status, body)

    answer = gateway.ask("GET", "/health/ready")

    assert f"{answer.status}" == status[:3]
    assert answer.body == body
    assert [seen.target for seen in users.seen] == ["/internal/v1/readiness"]


def test_it_is_not_ready_when_nobody_can_say(gateway: Gateway, users: Service) -> None:
    users.behaviour = lambda seen: b""

    answer = gateway.ask("GET", "/health/ready")

    assert answer.status == 503
    assert json.loads(answer.body) == {
        "status": "unavailable",
        "checks": {"users": {"status": "unavailable"}},
    }


@pytest.mark.parametrize("target", OWN)
def test_they_say_what_they_take(gateway: Gateway, users: Service, target: str) -> None:
    answer = gateway.ask("OPTIONS", target)

    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Allow") == "GET, HEAD, OPTIONS"
    assert answer.header("X-Request-ID")
    assert users.seen == []


@pytest.mark.parametrize("target", OWN)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "NONSENSE"])
def test_they_take_nothing_else(gateway: Gateway, users: Service, target: str, method: str) -> None:
    answer = gateway.ask(method, target)

    assert answer.status == 405
    assert answer.error["code"] == "METHOD_NOT_ALLOWED"
    assert answer.header("Allow") == "GET, HEAD, OPTIONS"
    assert users.seen == []


@pytest.mark.parametrize("target", ["/health/live", "/openapi.json", "/metrics"])
def test_they_are_kept_by_nobody(gateway: Gateway, target: str) -> None:
    answer = gateway.ask("GET", target, {"If-Modified-Since": "Sun, 06 Nov 2044 08:49:37 GMT"})

    assert answer.status == 200
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("ETag") is None
    assert answer.header("Last-Modified") is None


def test_requests_are_counted_by_route(start: Start, users: Service) -> None:
    gateway = start()
    for number in range(3):
        gateway.ask("GET", f"/api/v1/users/{number}?secret=1")
    gateway.ask("NONSENSE", "/api/v1/users/1")
    gateway.ask("GET", "/nothing/of/the/kind")

    answer = gateway.ask("GET", "/metrics")
    text = answer.body.decode()

    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    labels = 'method="GET",route="/api/v1/users/{id}",status="200"'
    assert f"http_requests_total{{{labels}}} 3\n" in text
    assert f'http_request_duration_seconds_bucket{{{labels},le="+Inf"}} 3\n' in text
    assert f"http_request_duration_seconds_count{{{labels}}} 3\n" in text
    assert 'http_requests_total{method="other",route="/api/v1/users/{id}",status="200"} 1\n' in text
    assert 'http_requests_total{method="GET",route="unmatched",status="404"} 1\n' in text
    assert "secret" not in text
    assert "kind" not in text


def test_every_request_is_one_line_of_the_log(start: Start, users: Service) -> None:
    gateway = start()
    gateway.ask("GET", "/api/v1/users?token=secret", {"X-Request-ID": "for-the-log"})
    gateway.ask("GET", '/no"thing', {"X-Request-ID": "for-the-log"})
    gateway.stop()

    lines = gateway.output.read_text(encoding="utf-8").splitlines()
    served, missed = [json.loads(line) for line in lines if "for-the-log" in line]

    assert (served["status"], served["path"], served["service"]) == (200, "/api/v1/users", "users")
    assert served["upstream"] == f"127.0.0.1:{users.port}"
    assert served["upstream_status"] == "200"
    assert served["seconds"] >= 0
    assert float(served["upstream_seconds"]) >= 0
    assert (missed["status"], missed["path"], missed["service"]) == (404, '/no"thing', "")
    assert not any("secret" in line for line in lines)
