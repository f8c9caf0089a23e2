"""How much, how long, and how many at once."""

import socket
import threading
import time
from collections.abc import Callable

from tests.gateways import Gateway
from tests.services import Service
from tests.wire import Answer, exchange, request

Start = Callable[..., Gateway]


def test_one_address_has_so_many_requests_at_a_time(start: Start, users: Service) -> None:
    gateway = start(MAX_CONNECTIONS_PER_ADDRESS="2")
    users.behaviour = users.hanging
    answers: list[Answer] = []
    asked = request("GET", "/api/v1/users")
    waiting = [
        threading.Thread(target=lambda: answers.append(exchange(gateway.port, asked)))
        for _ in range(2)
    ]
    for thread in waiting:
        thread.start()
    while len(users.seen) < 2:
        time.sleep(0.01)

    refused = exchange(gateway.port, asked)
    users.open.set()
    for thread in waiting:
        thread.join()

    assert refused.status == 429
    assert refused.error["code"] == "RATE_LIMITED"
    assert refused.error["request_id"] == refused.header("X-Request-ID")
    assert refused.header("Retry-After") == "1"
    assert [answer.status for answer in answers] == [200, 200]
    assert gateway.ask("GET", "/api/v1/users").status == 200


def test_requests_that_do_not_end_are_given_up(gateway: Gateway, users: Service) -> None:
    head = "GET /api/v1/users HTTP/1.1\r\nHost: shop"
    body = "POST /api/v1/users HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\nx"
    started = time.monotonic()
    connections = [
        socket.create_connection(("127.0.0.1", gateway.port), timeout=15) for _ in range(2)
    ]

    for connection, beginning in zip(connections, (head, body), strict=True):
        connection.sendall(beginning.encode())
    for connection in connections:
        with connection:
            assert ended(connection)

    assert 8 < time.monotonic() - started < 13
    assert users.seen == []


def ended(connection: socket.socket) -> bool:
    """Wait for the end of a connection, and say whether nothing came before it."""
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True
