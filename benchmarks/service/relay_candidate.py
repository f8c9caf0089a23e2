"""One way to empty an outbox, in a process of its own: `relay_candidate.py NAME FOLDER KERNEL DATABASE_URL BROKER_URL`.

NAME is `limit` (a hand-written loop), `kept` (the emitted relay before a broker that takes everything at once) or a
broker of the emitted code. FOLDER is what holds the emitted kernel, KERNEL its dotted name. Prints the seconds and the
CPU seconds that the events took, as JSON.
"""

import asyncio
import json
import sys
import time
from importlib import import_module
from typing import Any

import asyncpg

EVENTS = 20_000
SUBJECTS = 5_000
BATCH = 100

TABLE = "CREATE TABLE bench_outbox (position bigint PRIMARY KEY, data text NOT NULL, published_at timestamptz)"
INDEX = "CREATE INDEX ON bench_outbox (position) WHERE published_at IS NULL"
ROWS = "INSERT INTO bench_outbox SELECT n, repeat('x', 300) FROM generate_series(1, $1::int) AS n"
TAKE = (
    "SELECT position, data FROM bench_outbox WHERE published_at IS NULL"
    " ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED"
)
MARK = "UPDATE bench_outbox SET published_at = now() WHERE position = ANY($1::bigint[])"


async def limit(url: str) -> int:
    """Take, do nothing, mark, commit: what a loop costs that keeps no order and speaks to no broker."""
    connection = await asyncpg.connect(url)
    while True:
        async with connection.transaction():
            rows = await connection.fetch(TAKE, BATCH)
            await connection.execute(MARK, [row["position"] for row in rows])
        if not rows:
            break
    left = await connection.fetchval("SELECT count(*) FROM bench_outbox WHERE published_at IS NULL")
    await connection.close()
    return int(left)


class Kept:
    """A broker that has everything at once."""

    async def publish(self, event: Any) -> None:
        """Take an event."""


async def emitted(name: str, kernel: str, url: str, broker_url: str) -> int:
    """Let the emitted relay publish everything; return how many events it left."""

    def part(path: str) -> Any:
        return import_module(f"{kernel}.{path}")

    database = await part("infrastructure.sql.opening").open_database(url, 10)
    consuming: asyncio.Task[None] | None = None
    broker: Any = Kept()
    if name != "kept":
        broker = await part("infrastructure.messaging.opening").open_broker(broker_url, "bench", {"product.created"})
        work = part("infrastructure.sql.work").SqlWork
        consumer = part("infrastructure.messaging.consumer").Consumer("bench", "product.created", work, _ignore)
        inbox = part("infrastructure.messaging.inbox").Inbox(database, [consumer])
        # Over a broker events arrive elsewhere; in process they are in the inbox before they leave the outbox.
        if name == "in_process":
            consuming = asyncio.create_task(broker.consume(inbox.receive))
    relay = part("infrastructure.messaging.relay").Relay(database, broker)
    while await relay.advance():
        pass
    if consuming is not None:
        consuming.cancel()
    if name != "kept":
        await broker.close()
    await database.close()
    connection = await asyncpg.connect(url)
    left = await connection.fetchval("SELECT count(*) FROM outbox_events WHERE is_waiting")
    await connection.close()
    return int(left)


async def _ignore(work: Any, event: Any) -> None:
    """React to nothing: the relay is measured, not the reactions."""


async def fill(name: str, kernel: str, url: str) -> None:
    """Make the tables, and an outbox full of events: a few for each subject, all due."""
    connection = await asyncpg.connect(url)
    if name == "limit":
        for statement in (TABLE, INDEX):
            await connection.execute(statement)
        await connection.execute(ROWS, EVENTS)
    else:
        import_module(f"{kernel}.infrastructure.messaging.tables")
        metadata = import_module(f"{kernel}.infrastructure.sql.metadata").metadata
        engine = import_module(f"{kernel}.infrastructure.sql.opening").create_migration_engine(url)
        async with engine.begin() as making:
            await making.run_sync(metadata.create_all)
        await engine.dispose()
        await connection.execute(
            "INSERT INTO outbox_events (id, source, type, subject, time, data, is_waiting, due_at, attempts)"
            " SELECT gen_random_uuid(), '/bench/catalog', 'product.created', (n % $2::int)::text, now(),"
            " json_build_object('id', n, 'name', repeat('x', 200))::text, true, now(), 0"
            " FROM generate_series(1, $1::int) AS n",
            EVENTS,
            SUBJECTS,
        )
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def main() -> None:
    """Fill, measure, print."""
    name, folder, kernel, url, broker_url = sys.argv[1:]
    sys.path.insert(0, folder)
    asyncio.run(fill(name, kernel, url))
    started, used = time.perf_counter(), time.process_time()
    left = asyncio.run(limit(url) if name == "limit" else emitted(name, kernel, url, broker_url))
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    print(json.dumps({"events": EVENTS - left, "left": left, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
