"""A process may die at any moment (`kill -9`): whoever repeats a request with its key gets one row, and one event.

Several processes serve over one database, and are killed in turn while clients have rows made. Each client repeats
each request, at whichever process, until it is answered.
"""

from __future__ import annotations

import itertools
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import template
from emitted import servers
from emitted.killing import Create, Stream, Web, kill_now_and_then, several
from emitted.running import Running, entrance
from http_client import Client

ROWS = (
    template.row("shop", framework="fastapi", database="postgresql"),
    template.row("shop", framework="flask", database="mysql"),
    template.row("ledger", framework="django", database="postgresql", auth="none"),
)

PROCESSES = 3
CLIENTS = 12
KILLS = 10
PAUSES = (0.1, 0.6)
REFUSED_EVERY = 5
"""So often a client asks for what is there already: what was begun for it is undone."""


@dataclass(frozen=True)
class Kind:
    """Rows that nothing keeps from being made twice, the event that tells of one, and rows that can be made once."""

    path: str
    event: str
    body: Callable[[str], dict[str, Any]]
    key_of: Callable[[dict[str, Any]], str]
    unique_path: str
    unique: dict[str, Any]
    unique_event: str


def orders(client: Client) -> Kind:
    """Orders of one product."""
    mug = {"name": "Mug", "sku": "MUG-0042", "price": "19.90"}
    product = client.post("/api/v1/products", mug, expect=201, quiet=True).data["id"]
    return Kind(
        "/api/v1/orders",
        "order.created",
        lambda key: {"product_id": product, "note": key},
        lambda row: str(row["note"]),
        "/api/v1/products",
        mug,
        "product.created",
    )


def partners(client: Client) -> Kind:
    """Partners, of whom nobody knows more than the name."""
    year = {"name": "2026", "begins_on": "2026-01-01"}
    client.post("/api/v1/periods", year, expect=201, quiet=True)
    return Kind(
        "/api/v1/partners",
        "partner.created",
        lambda key: {"name": key},
        lambda row: str(row["name"]),
        "/api/v1/periods",
        year,
        "period.created",
    )


KINDS = {"shop": orders, "ledger": partners}


def wishes(kind: Kind) -> Iterator[Create]:
    """Return what clients want, without end: something new, or now and then what is there already."""
    for number in itertools.count(1):
        if number % REFUSED_EVERY:
            new = Create(kind.path, {})
            new.body.update(kind.body(new.key))
            yield new
        else:
            yield Create(kind.unique_path, kind.unique)


def entered(row: template.Row, repository: Path, web: Web, settings: dict[str, str]) -> Client:
    """Return a client who may do everything."""
    client = Client(f"http://127.0.0.1:{web.port}")
    if row.auth == "jwt":
        who = entrance(Running(client.base, repository, settings), row.auth)
        login = {"email": who["admin_email"], "password": who["admin_password"]}
        client.token = client.post("/api/v1/auth/login", login, expect=200, quiet=True).data["access_token"]
    return client


def everything(client: Client, path: str) -> list[dict[str, Any]]:
    """Return all rows of a collection."""
    rows: list[dict[str, Any]] = []
    following: str | None = f"{path}?cursor=&limit=100"
    while following:
        page = client.get(following, expect=200).body
        rows += page["data"]
        following = page["links"]["next"]
    return rows


def faults(
    row: template.Row,
    repository: Path,
    settings: dict[str, str],
    chance: random.Random,
    kills: int,
    source: Path | None = None,
) -> list[str]:
    """Have rows made while processes are killed; return what is not as it should be."""
    with several(PROCESSES, repository, settings, source) as processes:
        client = entered(row, repository, processes[0], settings)
        kind = KINDS[row.sample](client)
        headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
        with Stream(processes, headers, wishes(kind), CLIENTS) as stream:
            kill_now_and_then(processes, kills, PAUSES, chance)
        made = [wish for wish in stream.done if wish.path == kind.path]
        lost = [wish for wish in stream.done if wish.lost]
        assert lost, "no request was ever in the way of a kill"
        found = [f"{wish.path} {wish.status} {wish.answer!r}" for wish in made if wish.status != 201]
        found += [f"refused by {wish.status}" for wish in stream.done if wish not in made and wish.status != 409]
        rows = everything(client, kind.path)
        found += _differences(made, rows, kind)
        for wish in [wish for wish in lost if wish in made]:
            before = wish.answer
            stream.repeat(wish)
            if wish.answer != before or not wish.is_replayed:
                found.append(f"{wish.key} is answered otherwise later: {wish.answer!r}")
        unique = everything(client, kind.unique_path)
    url = settings["DATABASE_URL"]
    for event, things in ((kind.event, rows), (kind.unique_event, unique)):
        query = f"SELECT subject FROM outbox_events WHERE type = '{event}'"  # noqa: S608 - names of our own
        told = servers.values(row.database, url, query)
        found += _untold(event, [thing["id"] for thing in things], told)
    return found


def _differences(made: list[Create], rows: list[dict[str, Any]], kind: Kind) -> list[str]:
    counts = Counter(kind.key_of(row) for row in rows)
    ids = {kind.key_of(row): row["id"] for row in rows}
    found = [f"{counts[wish.key]} rows of {wish.key}" for wish in made if counts[wish.key] != 1]
    found += [f"another row than was told of {wish.key}" for wish in made if ids.get(wish.key) != wish.id]
    return [*found, *(f"nobody asked for {key}" for key in counts.keys() - {wish.key for wish in made})]


def _untold(event: str, ids: list[str], told: list[str]) -> list[str]:
    """Return which rows have no event, and which events no row."""
    found = [f"no {event} of {row}" for row in ids if row not in told]
    return [*found, *(f"{event} of {row}, which does not exist" for row in told if row not in ids)]


def test_who_repeats_gets_one_row_and_one_event(
    row: template.Row, repository: Path, migrated: Callable[[], dict[str, str]]
) -> None:
    seed = secrets.randbelow(1_000_000)

    found = faults(row, repository, migrated(), random.Random(seed), KILLS)  # noqa: S311 - so that it can be repeated

    assert found == [], f"seed {seed}"
