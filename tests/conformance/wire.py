"""A connection as a stranger uses it who keeps no rules: bytes go out as they are, and answers are read one by one."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
from http.client import HTTPResponse
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from conformance import oracle
from conformance.client import Answer

ANSWER_SECONDS = 30
"""How long an answer is waited for, or the end of a connection: what is asked here is refused at once, or served."""

HTTP_PORTS = {"http": 80, "https": 443}


class Wire:
    """One connection to a service; it ends with the block that it is used in."""

    def __init__(self, base_url: str, timeout_seconds: float = ANSWER_SECONDS) -> None:
        origin = urlsplit(base_url)
        host, port = origin.hostname or "", origin.port or HTTP_PORTS[origin.scheme]
        self.host = origin.netloc.encode()
        self._socket = socket.create_connection((host, port), timeout=timeout_seconds)
        if origin.scheme == "https":
            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
        self._reader = _Unclosed(socket.SocketIO(self._socket, "r"))

    def __enter__(self) -> Self:
        """Return the connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """Send bytes; that the service has heard enough is seen by what it answers."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(raw)

    def say_no_more(self) -> None:
        """Close the half of the connection that this side speaks on."""
        self._socket.shutdown(socket.SHUT_WR)

    def line(self) -> bytes:
        """Return the next line, whatever it is."""
        return self._reader.readline()

    def answer(self, method: str = "GET", target: str = "/") -> Answer | None:
        """Return the next answer, to a request for this; None where the connection has ended in its place.

        Interim answers are passed over. Every answer is looked at as all of them are.
        """
        response = HTTPResponse(_Held(self._reader), method=method)  # type: ignore[arg-type]
        try:
            if not self._reader.peek(1):
                return None
            response.begin()
            answer = Answer(method, target, response.status, tuple(response.getheaders()), response.read())
        except ConnectionResetError:
            return None
        oracle.inspect(answer)
        return answer

    def has_ended(self) -> bool:
        """Return whether the service has closed the connection, and said nothing more."""
        try:
            return not self._reader.read(1)
        except ConnectionResetError:
            return True


class _Unclosed(io.BufferedReader):
    """A reader that goes on after an answer was read to its end."""

    def close(self) -> None:
        """Go on."""


class _Held:
    """What an answer is read from, in place of a socket."""

    def __init__(self, reader: io.BufferedReader) -> None:
        self._reader = reader

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return the reader that all answers of the connection share."""
        return self._reader
