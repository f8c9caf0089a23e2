"""What the services promise when processes die: no event is lost, none has two effects, and trouble stays where it is.

Everything runs as `make run` would run it, and each part can be killed by itself (`kill -9`).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import nats
import pytest
from nats.js.api import ConsumerConfig, DeliverPolicy

from cluster import Cluster, eventually, happening
from http_client import Client

pytestmark = pytest.mark.emitted

OUTAGE_SECONDS = 12


def member(cluster: Cluster) -> tuple[Client, str]:
    """Register somebody; return a client with their token, and their identifier."""
    client = Client(cluster.client.base)
    login = {"email": f"{uuid.uuid4().hex}@example.org", "password": secrets.token_urlsafe(16)}
    account = client.post("/api/v1/auth/register", {**login, "name": "Grace"}, expect=201, quiet=True)
    client.token = client.post("/api/v1/auth/login", login, expect=200, quiet=True).data["access_token"]
    return client, account.data["id"]


def product(client: Client) -> dict[str, Any]:
    """Make a product."""
    body = {"name": "Mug", "sku": f"MUG-{secrets.token_hex(6).upper()}", "price": "19.90", "status": "active"}
    return client.post("/api/v1/products", body, expect=201, quiet=True).data


def published(cluster: Cluster) -> list[dict[str, Any]]:
    """Return every event that the broker keeps, in the order in which it got them."""

    async def read() -> list[dict[str, Any]]:
        connection = await nats.connect(cluster.broker_url, allow_reconnect=False)
        try:
            stream = connection.jetstream()
            (info,) = await stream.streams_info()
            everything = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
            reader = await stream.pull_subscribe(">", stream=info.config.name, config=everything)
            events: list[dict[str, Any]] = []
            while len(events) < info.state.messages:
                for message in await reader.fetch(100, timeout=5):
                    events.append(json.loads(message.data))
                    await message.ack()
            return events
        finally:
            await connection.close()

    return asyncio.run(read())


def publish(cluster: Cluster, *events: bytes) -> None:
    """Publish events as somebody outside would."""

    async def send() -> None:
        connection = await nats.connect(cluster.broker_url, allow_reconnect=False)
        try:
            for event in events:
                await connection.jetstream().publish(f"shop.events.{json.loads(event)['type']}", event)
        finally:
            await connection.close()

    asyncio.run(send())


def waiting(cluster: Cluster, service: str) -> int:
    """Return how many events a service has not published yet."""
    ((count,),) = cluster.rows(service, "SELECT count(*) FROM outbox_events WHERE is_waiting")
    return int(count)


def versions(cluster: Cluster, subject: str) -> list[int]:
    """Return the versions of a product that were published, in their order."""
    return [event["data"]["version"] for event in published(cluster) if event["subject"] == subject]


def test_a_worker_killed_between_commit_and_publishing_loses_nothing(cluster: Cluster, administrator: Client) -> None:
    made = []
    for _ in range(3):
        made += [product(administrator)["id"] for _ in range(10)]
        cluster.kill("catalog-worker")
        made += [product(administrator)["id"] for _ in range(5)]
        cluster.start("catalog-worker")

    eventually(lambda: waiting(cluster, "catalog") == 0)

    subjects = [event["subject"] for event in published(cluster) if event["type"] == "product.created"]
    assert sorted(subject for subject in subjects if subject in made) == sorted(made)


@contextmanager
def _killed(cluster: Cluster) -> Iterator[None]:
    cluster.kill("broker")
    yield
    cluster.start("broker")


@contextmanager
def _unreachable(cluster: Cluster) -> Iterator[None]:
    cluster.links["broker"].blackhole()
    yield
    cluster.links["broker"].passing()


OUTAGES: dict[str, Callable[[Cluster], AbstractContextManager[None]]] = {
    "killed": _killed,
    "unreachable": _unreachable,
    "frozen": lambda cluster: cluster.frozen("broker"),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_broker_that_is_down_stops_no_write_and_afterwards_everything_arrives_in_order(
    cluster: Cluster, administrator: Client, outage: str
) -> None:
    changed = product(administrator)
    grace, grace_id = member(cluster)
    order = grace.post("/api/v1/orders", {"product_id": changed["id"]}, expect=201).data["id"]

    with OUTAGES[outage](cluster):
        changes = 0
        down_until = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < down_until:
            changes += 1
            administrator.patch(f"/api/v1/products/{changed['id']}", {"stock": changes}, expect=200, if_match="*")
            if changes == 1:
                assert administrator.delete_status(f"/api/v1/users/{grace_id}") == 204
            time.sleep(1)
        assert administrator.get_status(f"/api/v1/orders/{order}") == 200

    eventually(lambda: waiting(cluster, "catalog") == 0, seconds=60)
    assert versions(cluster, changed["id"]) == list(range(1, changes + 2))
    eventually(lambda: administrator.get_status(f"/api/v1/orders/{order}") == 404, seconds=60)


def test_an_event_is_kept_once_where_the_broker_could_not_say_so(cluster: Cluster, administrator: Client) -> None:
    dropped = cluster.links["broker"].drop_reply(lambda said: b"HPUB shop.events.product" in said)

    changed = product(administrator)
    for stock in range(1, 4):
        administrator.patch(f"/api/v1/products/{changed['id']}", {"stock": stock}, expect=200, if_match="*")

    assert dropped.wait(10)
    eventually(lambda: waiting(cluster, "catalog") == 0)
    assert versions(cluster, changed["id"]) == [1, 2, 3, 4]


def test_a_second_delivery_has_no_second_effect(cluster: Cluster, administrator: Client) -> None:
    subject, twice, after = (str(uuid.uuid4()) for _ in range(3))
    event = happening("payment.completed", subject, twice, {"order_id": subject})

    publish(cluster, event, event, event, happening("payment.completed", subject, after, {}))

    done = "SELECT count(*) FROM inbox_events WHERE replace(id, '-', '') = ? AND done_at IS NOT NULL"
    eventually(lambda: cluster.rows("ordering", done, after.replace("-", "")) == [(1,)])
    assert cluster.rows("ordering", done, twice.replace("-", "")) == [(1,)]
    assert cluster.log("ordering-worker").count(twice) == 1


def test_a_poison_event_blocks_nothing_and_can_be_looked_at(cluster: Cluster, administrator: Client) -> None:
    poison, fine = str(uuid.uuid4()), str(uuid.uuid4())
    publish(cluster, happening("user.deleted", "no identifier", poison, {}))
    publish(cluster, happening("payment.completed", str(uuid.uuid4()), fine, {}))

    state = "SELECT attempts, done_at IS NOT NULL, dead_at IS NOT NULL FROM inbox_events WHERE replace(id, '-', '') = ?"
    eventually(lambda: cluster.rows("ordering", state, fine.replace("-", "")) == [(0, 1, 0)])
    eventually(lambda: cluster.rows("ordering", state, poison.replace("-", "")) == [(5, 0, 1)], seconds=60)


def test_a_service_that_is_down_harms_only_what_needs_it(cluster: Cluster, administrator: Client) -> None:
    grace, _ = member(cluster)
    mug = product(administrator)["id"]
    order = grace.post("/api/v1/orders", {"product_id": mug}, expect=201).data["id"]
    cluster.kill("catalog-web")

    for _ in range(8):
        began = time.monotonic()
        refused = grace.post("/api/v1/orders", {"product_id": mug}, expect=503)
        assert time.monotonic() - began < 5
        assert refused.body["error"]["code"] == "UNAVAILABLE"
        grace.get(f"/api/v1/orders/{order}", expect=200)
        grace.get("/api/v1/users/me", expect=200)
    grace.get("/api/v1/products", expect=503)
    checks = grace.get("/health/ready", expect=503).body["checks"]
    assert {name for name, check in checks.items() if check["status"] != "ok"} == {"catalog"}

    cluster.start("catalog-web")
    cluster.wait_until_ready()
    eventually(lambda: grace.post_status("/api/v1/orders", {"product_id": mug}) == 201)


def test_tokens_hold_while_the_accounts_are_down_and_no_longer_than_they_should(
    cluster: Cluster, administrator: Client
) -> None:
    grace, grace_id = member(cluster)
    eventually(lambda: grace.get_status("/api/v1/products") == 200)
    cluster.kill("users-web")
    for _ in range(5):
        grace.get("/api/v1/products", expect=200)
    cluster.start("users-web")
    cluster.wait_until_ready()

    assert administrator.delete_status(f"/api/v1/users/{grace_id}") == 204

    eventually(lambda: grace.get_status("/api/v1/products") == 401, seconds=5)
