"""Promises about the protocol below, and how one is broken: between client and service, bytes are bent.

A proxy that reads requests as requests would refuse what is to be refused itself; this one knows no more than lines.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

Bend = Callable[[bytes], bytes]

MOST_BYTES = 4 * 1024 * 1024
"""The largest piece that is read at once; who sends a request at once has it bent as a whole."""

SETTLED_SECONDS = 0.05
"""A request has come as a whole when nothing more has come for so long."""


def _without_second(name: bytes) -> Bend:
    """Let the first of several headers count."""
    line = re.compile(rb"(?im)^%b:[^\r\n]*\r\n" % name)

    def bend(raw: bytes) -> bytes:
        first = line.search(raw)
        return raw if first is None else raw[: first.end()] + line.sub(b"", raw[first.end() :], count=1)

    return bend


def _without(name: bytes, beside: bytes) -> Bend:
    """Leave out a header where another one stands."""

    def bend(raw: bytes) -> bytes:
        return re.sub(rb"(?im)^%b:[^\r\n]*\r\n" % name, b"", raw) if beside in raw else raw

    return bend


def _with_host(raw: bytes) -> bytes:
    return raw if b"Host:" in raw else raw.replace(b"\r\n", b"\r\nHost: a.example\r\n", 1)


def _trailers_first(raw: bytes) -> bytes:
    """Let what follows a body stand before it."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    chunks, end, trailers = rest.partition(b"\r\n0\r\n")
    return raw if not end else head + b"\r\n" + trailers.removesuffix(b"\r\n") + b"\r\n" + chunks + end + b"\r\n"


def _replaced(old: bytes, new: bytes) -> Bend:
    return lambda raw: re.sub(old, new, raw)


def _nothing(raw: bytes) -> bytes:
    return raw


def _bare(raw: bytes) -> bytes:
    """Answer what is no request as servers do by themselves."""
    if not raw.startswith(b"HTTP/1.1 400"):
        return raw
    text = b"Invalid HTTP request received."
    return b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(text), text)


Wires = dict[str, tuple[str, Bend, Bend]]

WIRES: Wires = {
    # what is broken: the tests that have to find it, how requests are bent, and how answers are
    "a second host passes": ("test_what_is_no_request_is_refused and hosts", _without_second(b"Host"), _nothing),
    "no host passes": ("test_what_is_no_request_is_refused and no", _with_host, _nothing),
    "folded headers pass": (
        "test_what_is_no_request_is_refused and folded",
        _replaced(rb"\r\n[ \t]+", b" "),
        _nothing,
    ),
    "a length beside chunks passes": (
        "test_without_a_clear_end_are_refused and length and chunks",
        _without(b"Content-Length", b"Transfer-Encoding: chunked"),
        _nothing,
    ),
    "a second length passes": (
        "test_without_a_clear_end_are_refused and two and lengths",
        _without_second(b"Content-Length"),
        _nothing,
    ),
    "who comes in after the body is let in": ("test_do_not_come_after_the_body", _trailers_first, _nothing),
    "heads are of any size": ("test_what_is_too_large", _replaced(rb"a{1000,}", b"a"), _nothing),
    "errors below are bare": ("test_what_is_no_request_is_refused", _nothing, _bare),
}


@contextmanager
def bent(upstream: str, request: Bend, answer: Bend) -> Iterator[str]:
    """Serve a service whose bytes are bent in between; yield where it answers."""
    place = urlsplit(upstream)
    assert place.hostname
    assert place.port
    target = (place.hostname, place.port)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                service = socket.create_connection(target)
                for source, sink, bend in ((client, service, request), (service, client, answer)):
                    threading.Thread(target=_pass_on, args=(source, sink, bend), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _pass_on(source: socket.socket, sink: socket.socket, bend: Bend) -> None:
    with contextlib.suppress(OSError):
        while raw := _piece(source):
            sink.sendall(bend(raw))
        sink.shutdown(socket.SHUT_WR)


def _piece(source: socket.socket) -> bytes:
    """Return what comes together."""
    source.settimeout(None)
    raw = source.recv(MOST_BYTES)
    source.settimeout(SETTLED_SECONDS)
    with contextlib.suppress(TimeoutError):
        while raw and len(raw) < MOST_BYTES and (more := source.recv(MOST_BYTES)):
            raw += more
    return raw
