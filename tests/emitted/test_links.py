"""What services promise while others do not answer them: refusals at once, and nobody else is harmed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cluster import Cluster, eventually
from conformance.client import Answer
from conformance.client import Client as Stranger
from emitted.fault_proxy import FaultProxy
from emitted.test_faults import member, product
from http_client import Client

pytestmark = pytest.mark.emitted

SLACK_SECONDS = 1.5
"""What a machine may take longer that does other things as well."""

ANSWER_SECONDS = 5.0 + SLACK_SECONDS
AT_ONCE_SECONDS = SLACK_SECONDS

CALLERS = 8
"""As many calls as have to fail before nobody asks any more, and some that do not wait for it."""

PAUSE_SECONDS = 5.0
"""So long a service is spared that does not answer."""

FAULTS: dict[str, Callable[[FaultProxy], None]] = {
    "refuses": FaultProxy.refusing,
    "resets": FaultProxy.resetting,
    "is silent": FaultProxy.blackhole,
    "is slow": lambda link: link.latency(3),
}


class Troubled(Stranger):
    """Somebody who asks services that cannot help it."""

    in_trouble = True


def known(cluster: Cluster, client: Client) -> Stranger:
    """Return somebody with the credentials of a client."""
    return Troubled(cluster.client.base, lambda method: {"Authorization": f"Bearer {client.token}"})


def timed(ask: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return an answer, and how many seconds it took."""
    began = time.monotonic()
    return ask(), time.monotonic() - began


def refusals(answers: list[tuple[Answer, float]], within: float) -> list[Any]:
    """Return the answers that are no refusals, or late ones."""
    return [(answer, seconds) for answer, seconds in answers if answer.status != 503 or seconds > within]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_peer_that_does_not_answer_is_spared_and_asked_again(
    cluster: Cluster, administrator: Client, fault: str
) -> None:
    grace, _ = member(cluster)
    mug = product(administrator)["id"]
    order = grace.post("/api/v1/orders", {"product_id": mug}, expect=201, quiet=True).data["id"]
    link, accounts = cluster.links["catalog"], cluster.links["users"]
    caller = known(cluster, grace)
    asking: list[Callable[[], Answer]] = [
        lambda: caller.post("/api/v1/orders", {"product_id": mug}),
        lambda: caller.get("/api/v1/orders", {"include": "product"}),
    ]

    FAULTS[fault](link)
    FAULTS[fault](accounts)  # tokens go on holding meanwhile
    try:
        with ThreadPoolExecutor(CALLERS) as pool:
            answers = list(pool.map(timed, asking * (CALLERS // 2)))
        assert refusals(answers, ANSWER_SECONDS) == []
        tried = link.accepted
        answers = [timed(ask) for ask in asking]
        assert refusals(answers, AT_ONCE_SECONDS) == []
        assert link.accepted == tried
        for path in (f"/api/v1/orders/{order}", "/api/v1/orders", "/api/v1/products"):
            answer, seconds = timed(lambda path=path: caller.get(path))
            assert answer.status == 200
            assert seconds < AT_ONCE_SECONDS
    finally:
        link.passing()
        accounts.passing()

    eventually(lambda: asking[0]().status == 201, seconds=PAUSE_SECONDS + 2 * SLACK_SECONDS)
    assert asking[1]().status == 200


def test_a_service_that_goes_on_asking_is_found(cluster: Cluster, administrator: Client) -> None:
    file = cluster.repository / "libs" / "shared" / "src" / "shop_shared" / "infrastructure" / "peers" / "breaker.py"
    sound = file.read_text(encoding="utf-8")
    broken = sound.replace("MOST_FAILURES = 5", "MOST_FAILURES = 1000")
    assert broken != sound
    try:
        file.write_text(broken, encoding="utf-8")
        cluster.kill("ordering-web")
        cluster.start("ordering-web")
        cluster.wait_until_ready()
        with pytest.raises(AssertionError):
            test_a_peer_that_does_not_answer_is_spared_and_asked_again(cluster, administrator, "resets")
    finally:
        file.write_text(sound, encoding="utf-8")
        cluster.kill("ordering-web")
        cluster.start("ordering-web")
        cluster.wait_until_ready()


def test_a_service_that_is_frozen_is_unavailable_to_everybody(cluster: Cluster, administrator: Client) -> None:
    grace, _ = member(cluster)
    mug = product(administrator)["id"]
    caller = known(cluster, grace)

    with cluster.frozen("catalog-web"):
        asking = [
            lambda: caller.get("/api/v1/products"),
            lambda: caller.get(f"/api/v1/products/{mug}"),
            lambda: caller.post("/api/v1/orders", {"product_id": mug}),
        ]
        with ThreadPoolExecutor(len(asking)) as pool:
            answers = list(pool.map(timed, asking))
        assert refusals(answers, ANSWER_SECONDS) == []
        answer, seconds = timed(lambda: caller.get("/api/v1/orders"))
        assert answer.status == 200
        assert seconds < AT_ONCE_SECONDS

    eventually(lambda: all(ask().status < 300 for ask in asking), seconds=PAUSE_SECONDS + 3)
