"""The fault proxy does what it is told, before a server that sends back what it hears."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from emitted.fault_proxy import LOCALHOST, FaultProxy, fault_proxy

SILENCE_SECONDS = 0.2
LATENCY_SECONDS = 0.5
PATIENCE_SECONDS = 5


class Echo(socketserver.BaseRequestHandler):
    """Answers with what it hears, and keeps it in mind."""

    heard: list[bytes]
    gone: threading.Event

    def handle(self) -> None:
        self.gone.clear()
        with contextlib.suppress(ConnectionError):
            while piece := self.request.recv(65536):
                self.heard.append(piece)
                self.request.sendall(piece)
        self.gone.set()


@pytest.fixture
def echo() -> type[Echo]:
    class Fresh(Echo):
        heard: list[bytes] = []  # noqa: RUF012 - of this test alone
        gone = threading.Event()

    return Fresh


@pytest.fixture
def proxy(echo: type[Echo]) -> Iterator[FaultProxy]:
    with socketserver.ThreadingTCPServer((LOCALHOST, 0), echo) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            with fault_proxy(LOCALHOST, server.server_address[1]) as found:
                yield found
        finally:
            server.shutdown()
            serving.join()


def connected(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection((LOCALHOST, proxy.port), timeout=PATIENCE_SECONDS)


def asked(client: socket.socket, what: bytes) -> bytes:
    client.sendall(what)
    return client.recv(65536)


def is_silent(client: socket.socket, what: bytes) -> bool:
    client.settimeout(SILENCE_SECONDS)
    try:
        asked(client, what)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE_SECONDS)
    return False


def test_passes_on_what_is_said_on_both_sides(proxy: FaultProxy) -> None:
    with connected(proxy) as one, connected(proxy) as other:
        assert asked(one, b"one") == b"one"
        assert asked(other, b"other") == b"other"
        one.shutdown(socket.SHUT_WR)
        assert one.recv(1) == b""
    assert proxy.accepted == 2


def test_passes_on_much(proxy: FaultProxy) -> None:
    much = bytes(range(256)) * 8000
    with connected(proxy) as client:
        sending = threading.Thread(target=client.sendall, args=(much,))
        sending.start()
        received = b""
        while len(received) < len(much):
            received += client.recv(65536)
        sending.join()
    assert received == much


def test_stands_in_place_of_its_upstream(proxy: FaultProxy) -> None:
    assert (
        proxy.before("mysql://me:secret@database:3306/shop?a=b") == f"mysql://me:secret@127.0.0.1:{proxy.port}/shop?a=b"
    )
    assert proxy.before("redis://cache:6379/0") == f"redis://127.0.0.1:{proxy.port}/0"


def test_refuses_and_listens_again_at_the_same_place(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        asked(client, b"before")
        proxy.refusing()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connected(proxy)

    proxy.passing()
    with connected(proxy) as client:
        assert asked(client, b"after") == b"after"


def test_is_a_black_hole_to_those_who_come_and_those_who_are_there(proxy: FaultProxy, echo: type[Echo]) -> None:
    with connected(proxy) as asking, connected(proxy) as idle:
        asked(asking, b"before")
        asked(idle, b"idle")
        proxy.blackhole()
        assert is_silent(asking, b"lost")
        with connected(proxy) as late:
            assert is_silent(late, b"late")

            proxy.passing()
            assert is_silent(late, b"and after")
            assert is_silent(asking, b"and after")
            assert asked(idle, b"as before") == b"as before"
        with connected(proxy) as client:
            assert asked(client, b"new") == b"new"
    assert echo.heard == [b"before", b"idle", b"as before", b"new"]


def test_keeps_a_server_waiting_in_a_black_hole_for_a_client_that_has_gone(proxy: FaultProxy, echo: type[Echo]) -> None:
    with connected(proxy) as client:
        asked(client, b"before")
        proxy.blackhole()
        assert is_silent(client, b"lost")
    assert not echo.gone.wait(SILENCE_SECONDS)

    proxy.passing()
    assert echo.gone.wait(PATIENCE_SECONDS)


def test_delays_answers(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        asked(client, b"before")
        proxy.latency(LATENCY_SECONDS)
        began = time.monotonic()
        assert asked(client, b"late") == b"late"
        assert time.monotonic() - began >= LATENCY_SECONDS

        proxy.passing()
        began = time.monotonic()
        assert asked(client, b"at once") == b"at once"
        assert time.monotonic() - began < LATENCY_SECONDS


def test_resets_those_who_come_and_those_who_are_there(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        asked(client, b"before")
        proxy.resetting()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionResetError), connected(proxy) as client:
        asked(client, b"new")

    proxy.passing()
    with connected(proxy) as client:
        assert asked(client, b"after") == b"after"


def test_resets_once(proxy: FaultProxy, echo: type[Echo]) -> None:
    with connected(proxy) as client:
        asked(client, b"before")
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert echo.gone.wait(PATIENCE_SECONDS)
    with connected(proxy) as client:
        assert asked(client, b"after") == b"after"


def test_drops_the_answer_to_one_request(proxy: FaultProxy, echo: type[Echo]) -> None:
    with connected(proxy) as one, connected(proxy) as other:
        asked(one, b"before")
        dropped = proxy.drop_reply(lambda said: b"COMMIT" in said)
        assert asked(other, b"SELECT") == b"SELECT"
        assert not dropped.is_set()

        with pytest.raises(ConnectionResetError):
            asked(one, b"COMMIT;")
        assert dropped.wait(PATIENCE_SECONDS)
        assert echo.heard[-1] == b"COMMIT;"
        assert asked(other, b"COMMIT") == b"COMMIT"


def test_breaks_off_what_its_upstream_breaks_off() -> None:
    with (
        socket.create_server((LOCALHOST, 0)) as server,
        fault_proxy(LOCALHOST, server.getsockname()[1]) as proxy,
        connected(proxy) as client,
    ):
        taken, _ = server.accept()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        taken.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_breaks_off_where_its_upstream_refuses() -> None:
    with socket.socket() as nobody:
        nobody.bind((LOCALHOST, 0))
        proxied = fault_proxy(LOCALHOST, nobody.getsockname()[1])
        with proxied as proxy, connected(proxy) as client, pytest.raises(ConnectionResetError):
            client.recv(1)


def test_leaves_nothing_behind(proxy: FaultProxy) -> None:
    with connected(proxy) as client:
        asked(client, b"before")
        proxy.stop()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert not any("fault-proxy" in thread.name for thread in threading.enumerate())
