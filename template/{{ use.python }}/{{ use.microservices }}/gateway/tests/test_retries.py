"""What is tried again, and what never is."""

from collections.abc import Callable

import pytest

from tests.gateways import Gateway
from tests.services import Seen, Service, well

Start = Callable[..., Gateway]


@pytest.fixture
def gateway(start: Start) -> Gateway:
    """Return a gateway that has no connection to a service yet."""
    return start()


def closing_when_used_again(seen: Seen) -> bytes:
    """Answer the first request of a connection, and end it at the second."""
    return well(seen) if seen.turn == 1 else b""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_is_tried_again(gateway: Gateway, users: Service, method: str) -> None:
    gateway.ask("GET", "/api/v1/users")
    users.behaviour = closing_when_used_again

    assert gateway.ask(method, "/api/v1/users/me").status == 200
    assert [(seen.method, seen.turn) for seen in users.seen[1:]] == [(method, 2), (method, 1)]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_is_sent_once(gateway: Gateway, users: Service, method: str) -> None:
    gateway.ask("GET", "/api/v1/users")
    users.behaviour = closing_when_used_again

    assert gateway.ask(method, "/api/v1/users/me").status == 503
    assert [(seen.method, seen.turn) for seen in users.seen[1:]] == [(method, 2)]


def test_connections_are_used_again(gateway: Gateway, users: Service) -> None:
    for _ in range(3):
        gateway.ask("GET", "/api/v1/users")

    assert [seen.turn for seen in users.seen] == [1, 2, 3]
