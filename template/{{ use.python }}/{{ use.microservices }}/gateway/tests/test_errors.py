"""Errors that the gateway answers alone: one shape, whatever went wrong."""

import re
import threading
from collections.abc import Callable, Mapping

import pytest

from tests.gateways import Gateway
from tests.services import Seen, Service, answering
from tests.wire import Answer, chunked, exchange, request

Start = Callable[..., Gateway]
HEAD = "GET /api/v1/users HTTP/1.1\r\nHost: shop.example\r\n"
POST = HEAD.replace("GET", "POST")
LIMIT = 1_048_576


def is_error(answer: Answer, status: int, code: str) -> bool:
    """Say whether an answer is an error as every error is; what is not makes a test fail here."""
    assert answer.status == status
    error = answer.error
    assert set(error) == {"code", "details", "message", "request_id"}
    assert (error["code"], error["details"]) == (code, [])
    assert error["message"]
    assert error["request_id"] == answer.header("X-Request-ID")
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", error["request_id"])
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Location") is None
    assert "nginx" not in repr(answer)
    return True


MALFORMED = {
    "no request line": "nonsense\r\n\r\n",
    "no method": " /api/v1/users HTTP/1.1\r\n\r\n",
    "a method in lower case": HEAD.replace("GET", "get") + "\r\n",
    "another version": HEAD.replace("1.1", "3.0") + "\r\n",
    "a version that is none": HEAD.replace("1.1", "x") + "\r\n",
    "a blank in the path": HEAD.replace("users", "us ers") + "\r\n",
    "a control character in the path": HEAD.replace("users", "us\x01ers") + "\r\n",
    "half an escape": HEAD.replace("users", "users%2") + "\r\n",
    "an escaped NUL": HEAD.replace("users", "users%00") + "\r\n",
    "no host": "GET /api/v1/users HTTP/1.1\r\n\r\n",
    "two hosts": HEAD + "Host: other.example\r\n\r\n",
    "a host that is none": HEAD.replace("shop.example", "a b") + "\r\n",
    "a blank after a header's name": HEAD + "X-Thing : 1\r\n\r\n",
    "a folded header": HEAD + "X-Thing: 1\r\n 2\r\n\r\n",
    "a header without a name": HEAD + ": 1\r\n\r\n",
    "NUL in a header": HEAD + "X-Thing: a\x00b\r\n\r\n",
    "a long header": HEAD + f"X-Thing: {'x' * 9000}\r\n\r\n",
    "many headers": HEAD + "".join(f"X-Thing-{n}: {'x' * 4000}\r\n" for n in range(10)) + "\r\n",
    "a long path": HEAD.replace("users", "u" * 9000) + "\r\n",
    "a length that is no number": POST + "Content-Length: x\r\n\r\n",
    "a negative length": POST + "Content-Length: -1\r\n\r\n",
    "a length with a sign": POST + "Content-Length: +1\r\n\r\nx",
    "two lengths": POST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "two lengths in one": POST + "Content-Length: 1, 2\r\n\r\nxx",
    "a length and chunks": POST
    + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST
    + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding before chunks": POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace("1.1", "1.0")
    + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": POST + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
    "a chunk that is longer than it says": POST
    + "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("shape", MALFORMED)
def test_a_malformed_request_reaches_nobody(
    gateway: Gateway, services: Mapping[str, Service], shape: str
) -> None:
    answer = exchange(gateway.port, MALFORMED[shape].encode("latin-1"))

    assert is_error(answer, 400, "VALIDATION_ERROR")
    assert not any(service.seen for service in services.values())


def test_what_follows_a_malformed_request_is_not_read(gateway: Gateway, users: Service) -> None:
    smuggled = "GET /api/v1/users/me HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    shape = POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled

    answer = exchange(gateway.port, shape.encode())

    assert is_error(answer, 400, "VALIDATION_ERROR")
    assert answer.header("Connection") == "close"
    assert users.seen == []


def test_an_unknown_path(gateway: Gateway) -> None:
    assert is_error(gateway.ask("GET", "/nothing"), 404, "NOT_FOUND")
    assert is_error(gateway.ask("POST", "/nothing", body=b"x" * (LIMIT + 1)), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/api/v1/auth/login", "POST, OPTIONS"),
        ("/api/v1/users/me", "GET, HEAD, PATCH, OPTIONS"),
        ("/health/live", "GET, HEAD, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
    ],
)
def test_trace_is_for_nothing(gateway: Gateway, users: Service, target: str, allowed: str) -> None:
    answer = gateway.ask("TRACE", target)

    assert is_error(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.header("Allow") == allowed
    assert users.seen == []


def test_trace_of_an_unknown_path(gateway: Gateway) -> None:
    assert is_error(gateway.ask("TRACE", "/nothing"), 404, "NOT_FOUND")


def test_a_tunnel_is_refused(gateway: Gateway) -> None:
    answer = exchange(
        gateway.port, b"CONNECT shop.example:80 HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    )

    assert answer.status in (400, 404, 405)
    assert answer.error["request_id"] == answer.header("X-Request-ID")


def test_a_body_may_be_as_large_as_the_limit(gateway: Gateway, users: Service) -> None:
    assert gateway.ask("POST", "/api/v1/users", body=b"x" * LIMIT).status == 200
    assert len(users.seen[0].body) == LIMIT


def test_a_larger_body_is_refused(gateway: Gateway, users: Service) -> None:
    answer = gateway.ask("POST", "/api/v1/users", body=b"x" * (LIMIT + 1))

    assert is_error(answer, 413, "PAYLOAD_TOO_LARGE")
    assert users.seen == []


def test_a_larger_body_in_chunks_is_refused(gateway: Gateway, users: Service) -> None:
    headers = {"Transfer-Encoding": "chunked"}
    sent = request("POST", "/api/v1/users", headers, chunked(*[b"x" * 65_536] * 17))

    assert is_error(exchange(gateway.port, sent), 413, "PAYLOAD_TOO_LARGE")
    assert users.seen == []


def test_the_limit_of_bodies_is_a_setting(start: Start, users: Service) -> None:
    gateway = start(MAX_BODY_BYTES="10")

    assert gateway.ask("POST", "/api/v1/users", body=b"x" * 10).status == 200
    assert is_error(gateway.ask("POST", "/api/v1/users", body=b"x" * 11), 413, "PAYLOAD_TOO_LARGE")


def dying(seen: Seen) -> bytes:
    """End the connection instead of an answer."""
    return b""


def babbling(seen: Seen) -> bytes:
    """Answer with two lengths, and end the connection."""
    return answering("200 OK", b"{}", "Content-Length: 5", length=1000)


@pytest.mark.parametrize("behaviour", [dying, babbling])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_service_that_fails(
    gateway: Gateway, users: Service, method: str, behaviour: Callable[[Seen], bytes]
) -> None:
    users.behaviour = behaviour

    answer = gateway.ask(method, "/api/v1/users/me")

    assert is_error(answer, 503, "UNAVAILABLE")
    assert answer.header("Retry-After") == "1"


def test_a_service_that_hangs_is_given_up(gateway: Gateway, users: Service) -> None:
    users.behaviour = users.hanging

    answer = gateway.ask("GET", "/api/v1/users")

    assert is_error(answer, 503, "UNAVAILABLE")
    assert answer.header("Retry-After") == "1"
    assert answer.seconds < 5
    assert len(users.seen) == 1


def test_a_service_may_take_its_time(start: Start, users: Service) -> None:
    gateway = start()
    users.behaviour = users.hanging
    threading.Timer(5.5, users.open.set).start()

    answer = gateway.ask("GET", "/api/v1/users")

    assert answer.status == 200
    assert answer.seconds > 5


def test_a_service_that_is_not_there(start: Start, services: Mapping[str, Service]) -> None:
    nobody = Service()
    nobody.close()
    gateway = start(USERS_URL=f"http://127.0.0.1:{nobody.port}")

    answer = gateway.ask("GET", "/api/v1/users")

    assert is_error(answer, 503, "UNAVAILABLE")
    assert answer.header("Retry-After") == "1"
    assert answer.seconds < 1


def test_an_answer_that_breaks_off_can_be_told_from_a_whole_one(
    gateway: Gateway, users: Service
) -> None:
    users.behaviour = lambda seen: answering("200 OK", b'{"data"', length=1000)

    answer = gateway.ask("GET", "/api/v1/users")

    assert answer.status == 200
    assert answer.body == b'{"data"'
    assert not answer.complete
    assert len(users.seen) == 1


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "405 Method Not Allowed"])
def test_errors_of_services_are_left_alone(gateway: Gateway, users: Service, status: str) -> None:
    users.behaviour = lambda seen: answering(status, b'{"error":"its own"}', "Allow: GET")

    answer = gateway.ask("PUT", "/api/v1/users")

    assert f"{answer.status}" == status[:3]
    assert answer.body == b'{"error":"its own"}'
    assert answer.header("Allow") == "GET"


@pytest.mark.parametrize("status", ["413 Too Large", "429 Too Many", "500 Oops", "503 Gone"])
def test_failures_of_services_are_left_alone(gateway: Gateway, users: Service, status: str) -> None:
    users.behaviour = lambda seen: answering(status, b'{"error":"its own"}', "Retry-After: 7")

    answer = gateway.ask("GET", "/api/v1/users")

    assert f"{answer.status}" == status[:3]
    assert answer.body == b'{"error":"its own"}'
    assert answer.header("Retry-After") == "7"


@pytest.mark.parametrize("target", ["/nothing", "/health/live", "/openapi.json", "/metrics"])
def test_head_has_the_headers_alone(gateway: Gateway, target: str) -> None:
    got = gateway.ask("GET", target)
    headed = gateway.ask("HEAD", target)

    assert headed.status == got.status
    assert headed.body == b""
    assert headed.header("Content-Type") == got.header("Content-Type")
    assert headed.header("X-Request-ID")


def test_a_head_that_fails_has_no_body_either(gateway: Gateway, users: Service) -> None:
    users.behaviour = dying

    answer = gateway.ask("HEAD", "/api/v1/users")

    assert (answer.status, answer.body) == (503, b"")


def test_pages_of_known_origins_may_read_errors(start: Start, users: Service) -> None:
    gateway = start(CORS_ORIGINS="https://app.example,http://localhost:3000")
    users.behaviour = dying
    known = {"Origin": "http://localhost:3000"}

    for answer in (gateway.ask("GET", "/no", known), gateway.ask("GET", "/api/v1/users", known)):
        assert answer.header("Access-Control-Allow-Origin") == "http://localhost:3000"
        assert "X-Request-ID" in (answer.header("Access-Control-Expose-Headers") or "")
        assert answer.header("Vary") == "Origin"
    for origin in ("https://evil.example", "https://app.example.evil", "null"):
        answer = gateway.ask("GET", "/no", {"Origin": origin})
        assert answer.header("Access-Control-Allow-Origin") is None
        assert answer.header("Vary") == "Origin"


def test_without_origins_nothing_is_said_of_them(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/no", {"Origin": "https://app.example"})

    assert answer.header("Access-Control-Allow-Origin") is None
    assert answer.header("Vary") is None
