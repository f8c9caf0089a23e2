"""The protocol below: messages that are no HTTP, that contradict themselves or never end are refused, and harm nobody.

What one reader takes for the end of a message and another for its middle lets strangers slip requests past a gateway;
so a message that can be read in two ways is refused, and its connection ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from conformance.client import Answer, Client
from conformance.people import ME, Person
from conformance.target import Target
from conformance.wire import Wire

LIVE = "/health/live"
LIMIT = 1024 * 1024
SILENCE_SECONDS = 30
"""How long somebody may begin a request and say nothing more, at the very most."""

PAUSE_SECONDS = 0.1
"""How long somebody waits who sends what is left of a message by itself."""

BROKEN_HEADS = {
    "no host": b"GET /health/live HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
    "the same host twice": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
    "a host that is none": b"GET /health/live HTTP/1.1\r\nHost: a b/<>\r\n\r\n",
    "a path without its slash": b"GET health/live HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "a blank in the path": b"GET /health /live HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "NUL in the path": b"GET /health\x00/live HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "a method in small letters": b"get /health/live HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "a method that is no word": b"G@T /health/live HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "another version": b"GET /health/live HTTP/9.9\r\nHost: a.example\r\n\r\n",
    "the next version": b"GET /health/live HTTP/2.0\r\nHost: a.example\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "a folded header": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A: b\r\n c\r\n\r\n",
    "a blank before the colon": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A : b\r\n\r\n",
    "a header without a name": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\n: b\r\n\r\n",
    "NUL in a header": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A: b\x00c\r\n\r\n",
    "a bare CR in a header": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A: b\rX-B: c\r\n\r\n",
}
"""What is no request: 400, and the connection ends."""

ODD_HEADS = {
    "a control character in a header": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A: b\x01c\r\n\r\n",
    "a header without a colon": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nsurprise\r\n\r\n",
    "lines that end in LF": b"GET /health/live HTTP/1.1\nHost: a.example\n\n",
    "the host in the path": b"GET http://evil.example/health/live HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "a part of a page": b"GET /health/live#part HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "a body that nobody asked for": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
    "headers with underscores": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nContent_Length: 9\r\n\r\n",
    "another protocol is wished for": (
        b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    ),
}
"""What is odd, and can be read in one way only: taken or refused."""

TOO_LARGE_HEADS = {
    "a path of a hundred thousand characters": b"GET /%b HTTP/1.1\r\nHost: a.example\r\n\r\n" % (b"a" * 100_000),
    "a header of a hundred thousand characters": (
        b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A: %b\r\n\r\n" % (b"a" * 100_000)
    ),
    "thousands of headers": (
        b"GET /health/live HTTP/1.1\r\nHost: a.example\r\n"
        + b"".join(b"X-Header-%d: value\r\n" % number for number in range(8000))
        + b"\r\n"
    ),
    "headers without end": (
        b"GET /health/live HTTP/1.1\r\nHost: a.example\r\n" + b"X-A: %b\r\n" % (b"a" * 1000) * 2000
    ),
    "a header without end": b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A: " + b"a" * 2_000_000,
}

CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"
CONTRADICTIONS = {
    "a length and chunks": (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKS),
    "chunks and a length": (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", CHUNKS),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}"),
    "a list of lengths": (b"Content-Length: 2, 3\r\n", b"{}"),
    "a length below nothing": (b"Content-Length: -2\r\n", b"{}"),
    "a length with a sign": (b"Content-Length: +2\r\n", b"{}"),
    "a length in words": (b"Content-Length: two\r\n", b"{}"),
    "a length in hexadecimal": (b"Content-Length: 0x2\r\n", b"{}"),
    "a length with a blank": (b"Content-Length: 2 2\r\n", b"{}"),
    "no length after all": (b"Content-Length: \r\n", b"{}"),
    "another coding": (b"Transfer-Encoding: xchunked\r\n", CHUNKS),
    "another coding at last": (b"Transfer-Encoding: chunked, identity\r\n", CHUNKS),
    "two codings": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", CHUNKS),
    "chunks of chunks": (b"Transfer-Encoding: chunked, chunked\r\n", CHUNKS),
    "no coding": (b"Transfer-Encoding: identity\r\n", CHUNKS),
    "a coding behind a tab": (b"Transfer-Encoding: \x0bchunked\r\n", CHUNKS),
    "a coding before its colon": (b"Transfer-Encoding : chunked\r\n", CHUNKS),
    "a chunk of no size": (b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk below nothing": (b"Transfer-Encoding: chunked\r\n", b"-2\r\n{}\r\n0\r\n\r\n"),
    "a chunk with a prefix": (b"Transfer-Encoding: chunked\r\n", b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a chunk that goes on": (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}{}\r\n0\r\n\r\n"),
}
"""Bodies whose end is not clear: 400, and what follows is no request."""


@pytest.fixture
def wire(target: Target) -> Iterator[Wire]:
    """A connection."""
    with Wire(target.base_url) as found:
        yield found


@pytest.fixture(autouse=True)
def go_on_as_before(anonymous: Client) -> Iterator[None]:
    """Whatever was sent, others are served."""
    yield
    anonymous.get(LIVE).expect(200)


Head = Callable[..., bytes]


@pytest.fixture
def change(ada: Person, known: str) -> Head:
    """Return a function that returns the head of a change that Ada may make, with lines of its caller's."""
    credentials = "".join(f"{name}: {value}\r\n" for name, value in ada.credentials("PATCH").items())

    def head(lines: bytes = b"") -> bytes:
        start = f"PATCH {known} HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n{credentials}"
        return start.encode() + lines + b"\r\n"

    return head


def ask(wire: Wire, raw: bytes, method: str = "GET", path: str = LIVE) -> Answer | None:
    """Send a request; return what comes of it."""
    wire.send(raw)
    return wire.answer(method, path)


def refused(wire: Wire, answer: Answer | None, *statuses: int) -> None:
    """Assert that a message was refused, that its connection ended, and that nothing else was answered."""
    assert answer is not None
    answer.expect(*statuses or (400,))
    assert wire.has_ended()


@pytest.mark.parametrize("what", BROKEN_HEADS)
def test_what_is_no_request_is_refused(wire: Wire, what: str) -> None:
    refused(wire, ask(wire, BROKEN_HEADS[what]))


@pytest.mark.parametrize("what", ODD_HEADS)
def test_what_is_odd_is_read_in_one_way(wire: Wire, what: str) -> None:
    answer = ask(wire, ODD_HEADS[what])

    assert answer is not None
    assert answer.expect(200, 400).status == 400 or answer.json == {"status": "ok"}
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("what", TOO_LARGE_HEADS)
def test_what_is_too_large_is_not_read_to_its_end(wire: Wire, what: str) -> None:
    answer = ask(wire, TOO_LARGE_HEADS[what])

    # Who goes on sending may lose the connection before the answer.
    if answer is not None:
        answer.expect(400)
    assert wire.has_ended()


@pytest.mark.parametrize("path", [LIVE, "/api/v1/surprise", "known"])
@pytest.mark.parametrize("verb", ["SURPRISE", "QUERY", "PURGE", "M-SEARCH", "X"])
def test_methods_that_nobody_knows(wire: Wire, known: str, verb: str, path: str) -> None:
    path = known if path == "known" else path
    answer = ask(wire, f"{verb} {path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode(), verb, path)

    assert answer is not None
    answer.expect(404 if path.endswith("surprise") else 405, 400)


@pytest.mark.parametrize("target_form", ["*", "a.example:443", LIVE])
def test_nobody_is_led_elsewhere(wire: Wire, target_form: str) -> None:
    answer = ask(wire, f"CONNECT {target_form} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode(), "PUT", "/")

    assert answer is not None
    answer.expect(400, 404, 405)


class TestBodies:
    @pytest.mark.parametrize("what", CONTRADICTIONS)
    def test_without_a_clear_end_are_refused(self, wire: Wire, change: Head, known: str, what: str) -> None:
        lines, body = CONTRADICTIONS[what]
        smuggled = b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-Request-ID: smuggled\r\n\r\n"

        refused(wire, ask(wire, change(lines) + body + smuggled, "PATCH", known))

    def test_in_chunks_are_of_the_newer_version(self, wire: Wire, change: Head, known: str) -> None:
        head = change(b"Transfer-Encoding: chunked\r\n").replace(b"HTTP/1.1", b"HTTP/1.0", 1)

        refused(wire, ask(wire, head + CHUNKS, "PATCH", known))

    def test_are_refused_before_they_come(self, wire: Wire, change: Head, known: str) -> None:
        answer = ask(wire, change(b"Content-Length: %d\r\n" % (LIMIT + 1)), "PATCH", known)

        assert answer is not None
        answer.expect(413)

    def test_are_refused_before_they_end(self, wire: Wire, change: Head, known: str) -> None:
        wire.send(change(b"Transfer-Encoding: chunked\r\n"))
        for _ in range(LIMIT // 65536 + 1):
            wire.send(b"10000\r\n%b\r\n" % (b" " * 65536))

        answer = wire.answer("PATCH", known)

        # Who goes on sending may lose the connection before the answer.
        if answer is not None:
            answer.expect(413)

    def test_are_refused_however_they_come(self, wire: Wire, change: Head, known: str) -> None:
        wire.send(change(b"Transfer-Encoding: chunked\r\n") + b"%x\r\n%b\r\n2\r\n " % (LIMIT, b" " * LIMIT))
        time.sleep(PAUSE_SECONDS)
        wire.send(b" \r\n0\r\n\r\n")

        answer = wire.answer("PATCH", known)

        if answer is not None:
            answer.expect(413)

    def test_are_asked_for(self, wire: Wire, change: Head, known: str) -> None:
        wire.send(change(b"Content-Length: 2\r\nExpect: 100-continue\r\n"))
        assert wire.line().startswith(b"HTTP/1.1 100 ")
        assert wire.line() == b"\r\n"

        answer = ask(wire, b"{}", "PATCH", known)

        assert answer is not None
        answer.expect(200)

    def test_are_not_waited_for_where_they_are_too_large(self, wire: Wire, change: Head, known: str) -> None:
        lines = b"Content-Length: %d\r\nExpect: 100-continue\r\n" % (2 * LIMIT)

        answer = ask(wire, change(lines), "PATCH", known)

        assert answer is not None
        answer.expect(413)

    def test_that_break_off_change_nothing(self, wire: Wire, change: Head, ada: Person, known: str) -> None:
        before = ada.get(known).data
        wire.send(change(b"Content-Length: 50\r\n") + b"{}")
        wire.say_no_more()

        answer = wire.answer("PATCH", known)

        if answer is not None:
            answer.expect(400)
        assert wire.has_ended()
        assert ada.get(known).data == before

    def test_say_once_what_they_are(self, wire: Wire, change: Head, known: str) -> None:
        answer = ask(wire, change(b"Content-Type: text/plain\r\nContent-Length: 2\r\n") + b"{}", "PATCH", known)

        assert answer is not None
        answer.expect(400, 415)


class TestCredentials:
    @pytest.mark.needs("accounts")
    def test_do_not_come_after_the_body(self, wire: Wire, ada: Person) -> None:
        credentials = "".join(f"{name}: {value}\r\n" for name, value in ada.credentials("PATCH").items())
        head = f"PATCH {ME} HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n"
        raw = f"{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n{credentials}\r\n"

        answer = ask(wire, raw.encode(), "PATCH", ME)

        assert answer is not None
        answer.expect(400, 401)

    @pytest.mark.needs("accounts")
    def test_are_one(self, wire: Wire, ada: Person) -> None:
        credentials = [f"{name}: {value}\r\n" for name, value in ada.credentials("GET").items()]
        name, _, value = credentials[0].partition(":")
        others = f"{name}: {value.strip()[:-4]}none\r\n"

        answer = ask(wire, f"GET {ME} HTTP/1.1\r\nHost: a.example\r\n{others}{''.join(credentials)}\r\n".encode())

        assert answer is not None
        answer.expect(400, 401)


class TestConnections:
    def test_serve_requests_in_their_order(self, wire: Wire, change: Head, known: str) -> None:
        wire.send(
            b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-Request-ID: first\r\n\r\n"
            + change(b"Content-Length: 2\r\nX-Request-ID: second\r\n")
            + b"{}GET /surprise HTTP/1.1\r\nHost: a.example\r\nX-Request-ID: third\r\n\r\n"
        )
        for name, status, method, path in (
            ("first", 200, "GET", LIVE),
            ("second", 200, "PATCH", known),
            ("third", 404, "GET", "/surprise"),
        ):
            answer = wire.answer(method, path)

            assert answer is not None
            assert answer.expect(status).header("X-Request-ID") == name

    def test_end_with_the_older_version(self, wire: Wire) -> None:
        answer = ask(wire, b"GET /health/live HTTP/1.0\r\n\r\n")

        assert answer is not None
        answer.expect(200)
        assert wire.has_ended()

    def test_end_when_they_are_told_to(self, wire: Wire) -> None:
        answer = ask(wire, b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")

        assert answer is not None
        answer.expect(200)
        assert wire.has_ended()

    def test_may_be_closed_by_half(self, wire: Wire) -> None:
        wire.send(b"GET /health/live HTTP/1.1\r\nHost: a.example\r\n\r\n")
        wire.say_no_more()

        answer = wire.answer("GET", LIVE)

        assert answer is not None
        answer.expect(200)
        assert wire.has_ended()

    def test_stay_with_the_protocol(self, wire: Wire, ada: Person, known: str) -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in ada.credentials("GET").items())
        wish = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

        answer = ask(wire, f"GET {known} HTTP/1.1\r\nHost: a.example\r\n{wish}{key}{lines}\r\n".encode(), path=known)

        assert answer is not None
        answer.expect(200, 400)


class TestAnswers:
    @pytest.mark.parametrize("path", ["/api/v1/surprise%0d%0aSet-Cookie:%20a=b", "/%0d%0aSet-Cookie:%20a=b"])
    def test_hold_no_header_of_a_path(self, wire: Wire, path: str) -> None:
        answer = ask(wire, f"GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode(), path=path)

        assert answer is not None
        assert answer.expect(400, 404).header("Set-Cookie") is None

    def test_hold_no_header_of_an_identifier(self, wire: Wire) -> None:
        raw = b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-Request-ID: a\x0bSet-Cookie: a=b\r\n\r\n"

        answer = ask(wire, raw)

        assert answer is not None
        assert answer.expect(200, 400).header("Set-Cookie") is None

    def test_repeat_no_host(self, wire: Wire, ada: Person, known: str) -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in ada.credentials("GET").items())
        raw = f"GET http://evil.example{known} HTTP/1.1\r\nHost: evil.example\r\n{lines}\r\n"

        answer = ask(wire, raw.encode(), path=known)

        assert answer is not None
        assert "evil.example" not in answer.expect(200).text
        assert not any("evil.example" in value for _, value in answer.headers)


STARTS = (b"GET /health", b"GET /health/live HTTP/1.1\r\nHost: a.example\r\nX-A")
"""Beginnings of requests."""

Begun = tuple[float, list[Wire]]


@pytest.fixture(autouse=True, scope="module")
def begun(target: Target) -> Iterator[Begun]:
    """Connections on which a request has begun, and when; meanwhile the other tests run."""
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(target.base_url, SILENCE_SECONDS)) for _ in STARTS]
        for wire, start in zip(wires, STARTS, strict=True):
            wire.send(start)
        yield time.monotonic(), wires


def test_who_goes_silent_keeps_a_place_for_a_while_only(begun: Begun) -> None:
    since, wires = begun
    for wire in wires:
        answer = wire.answer("GET", LIVE)

        assert answer is None or answer.status == 400
        assert time.monotonic() - since < SILENCE_SECONDS
