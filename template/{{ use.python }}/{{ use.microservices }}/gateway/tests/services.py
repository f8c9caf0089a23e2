"""Services that do what a test asks of them, and note what reaches them."""

import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A request as a service saw it; `turn` counts those on one connection, from 1."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    turn: int


Behaviour = Callable[[Seen], bytes]
"""Returns what is sent in answer; the connection stays open unless that is nothing, or less than it says."""


def answering(status: str, body: bytes = b"{}", *headers: str, length: int | None = None) -> bytes:
    """Return the bytes of an answer; it breaks off where `length` says more than there is."""
    size = len(body) if length is None else length
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {size}")
    return "\r\n".join((*lines, *headers, "", "")).encode() + body


def well(seen: Seen) -> bytes:
    """Answer as a service in good order does."""
    body = b"" if seen.method == "HEAD" else json.dumps({"path": seen.target}).encode()
    return answering("200 OK", body, f"X-Request-ID: {seen.headers['x-request-id']}")


class Service:
    """A service on a port of its own, until it is closed."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = well
        self.seen: list[Seen] = []
        self.open = threading.Event()
        service = self

        class Connection(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                turn = 0
                while seen := service.read(self, turn := turn + 1):
                    service.seen.append(seen)
                    sent = service.behaviour(seen)
                    self.wfile.write(sent)
                    if not sent or b"Content-Length: 1000\r\n" in sent:
                        return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 512

        self._server = Server(("127.0.0.1", 0), Connection)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def read(self, connection: socketserver.StreamRequestHandler, turn: int) -> Seen | None:
        """Return the next request of a connection, None at its end."""
        try:
            line = connection.rfile.readline().decode("latin-1")
        except ConnectionResetError:
            return None
        if not line:
            return None
        headers: dict[str, str] = {}
        while (field := connection.rfile.readline().decode("latin-1")) != "\r\n":
            name, _, text = field.partition(":")
            assert name.lower() not in headers, f"{name} was sent twice"
            headers[name.lower()] = text.strip()
        method, target, _ = line.split(" ")
        body = connection.rfile.read(int(headers.get("content-length", 0)))
        return Seen(method, target, headers, body, turn)

    def hanging(self, seen: Seen) -> bytes:
        """Answer nothing until `open` is set."""
        self.open.wait(30)
        return well(seen)

    def reset(self) -> None:
        """Forget what was seen, and be in good order again."""
        self.open.set()
        self.open = threading.Event()
        self.behaviour = well
        self.seen.clear()

    def close(self) -> None:
        """Stop listening."""
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
