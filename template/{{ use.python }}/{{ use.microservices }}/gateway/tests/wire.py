"""HTTP as bytes: what a client library would mend on the way is sent as it is."""

import json
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Answer:
    """An answer: its head, its body, whether all of it came, and what it took in seconds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    complete: bool
    seconds: float

    def header(self, name: str) -> str | None:
        """Return the only header of a name, None where there is none."""
        found = [text for key, text in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} was sent twice"
        return found[0] if found else None

    @property
    def error(self) -> dict[str, Any]:
        """The error in the envelope."""
        envelope: dict[str, Any] = json.loads(self.body)
        assert set(envelope) == {"error"}
        error: dict[str, Any] = envelope["error"]
        return error


def request(
    method: str, target: str, headers: Mapping[str, str] = NOTHING, body: bytes = b""
) -> bytes:
    """Return a request in good order."""
    fields = {"Host": "shop.example"} | dict(headers)
    if body and "Transfer-Encoding" not in fields:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def chunked(*chunks: bytes) -> bytes:
    """Return a body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def exchange(port: int, sent: bytes, seconds: float = 10) -> Answer:
    """Send bytes on a connection of their own and return the answer; one that is cut off is not `complete`."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        # An answer can come, and the connection end, before all is sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        return read_answer(connection, started, with_body=not sent.startswith(b"HEAD "))


def read_answer(connection: socket.socket, started: float, *, with_body: bool = True) -> Answer:
    """Read one answer; raises `EOFError` where the connection ends before its head does."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection) or _end()
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple(
        (name, text.strip()) for name, _, text in (line.partition(":") for line in lines)
    )
    fields = {name.lower(): text for name, text in headers}
    body, complete = rest, True
    if with_body and fields.get("transfer-encoding") == "chunked":
        body, complete = _until_end(connection, rest, lambda text: text.endswith(b"0\r\n\r\n"))
    elif with_body:
        length = int(fields.get("content-length", 0))
        body, complete = _until_end(connection, rest, lambda text: len(text) >= length)
    return Answer(int(first.split()[1]), headers, body, complete, time.monotonic() - started)


def _until_end(connection: socket.socket, body: bytes, is_whole: Any) -> tuple[bytes, bool]:
    while not is_whole(body):
        more = _more(connection)
        if not more:
            return body, False
        body += more
    return body, True


def _more(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def _end() -> bytes:
    raise EOFError("The connection ended without an answer.")
