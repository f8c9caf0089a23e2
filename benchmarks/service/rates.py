"""Measure what limiting callers costs: the shop with its limit off, counting in memory, and counting in Redis.

    python benchmarks/service/rates.py [--rounds 3] [--seconds 4] [--connections 32] [--framework flask] [--shop DIR]

One shop on PostgreSQL runs three times, with a limit that nobody reaches; the three take turns within each round. Redis
shares a core with wrk and PostgreSQL, so the CPU times are those of the service alone.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

from candidates import STYLES, emitted
from entrances import entrance
from load import OPERATIONS, Load, Sample, require_wrk
from run import FIRST_PORT, Service, install, postgresql, rendered, say, server, start

ENDLESS = "500000/second"
TITLES = {"off": "RATE_LIMIT=off", "memory": "counted in memory", "redis": "counted in Redis"}


def started(style: str, shop: Path, folder: Path, stack: ExitStack) -> dict[str, Service]:
    """Start the shop three times; `stack` ends all of it.

    Raises:
        RuntimeError, OSError: One of them did not come so far.
    """
    server_url, redis_url = stack.enter_context(postgresql()), stack.enter_context(server("redis", FIRST_PORT + 600))
    settings = {
        "off": {"RATE_LIMIT": "off"},
        "memory": {"RATE_LIMIT": ENDLESS},
        "redis": {"RATE_LIMIT": ENDLESS, "REDIS_URL": redis_url},
    }
    services = {}
    for name, said in settings.items():
        candidate = emitted(style, shop, "warning", entrance(STYLES[style].auth, stack))
        candidate = replace(candidate, name=name, title=TITLES[name], environment={**candidate.environment, **said})
        services[name] = start(candidate, server_url, folder, stack)
    return services


def main() -> None:
    """Run the comparison and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take medians of (3)")
    parser.add_argument("--seconds", type=int, default=4, metavar="S", help="time of one cell (4)")
    parser.add_argument("--connections", type=int, default=32, metavar="N", help="open at the same time (32)")
    parser.add_argument("--framework", default="fastapi", choices=("fastapi", "flask", "django"))
    parser.add_argument("--shop", type=Path, metavar="FOLDER", help="a shop on PostgreSQL, rendered before")
    options = parser.parse_args()
    require_wrk()
    style = next(
        name
        for name, style in STYLES.items()
        if (style.architecture, style.framework) == ("monolith", options.framework)
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplan-rates-")))
        shop = options.shop.resolve() if options.shop else rendered(folder / "shop", STYLES[style])
        install(shop)
        services = started(style, shop, folder, stack)
        loads = [Load(operation, options.connections) for operation in OPERATIONS]
        samples: dict[tuple[Load, str], list[Sample]] = {(load, name): [] for load in loads for name in services}
        for number in range(1, options.rounds + 1):
            for load, name in samples:
                say(f"round {number}/{options.rounds}: {load.operation}, {name}")
                samples[load, name].append(services[name].measure(load, options.seconds, 1))
    print(f"{'':8}{'':20}{'req/s':>8}{'CPU us':>9}{'off/':>7}{'added us':>10}{'p50':>7}{'p99':>7}")
    for load in loads:
        usual = median(sample.cpu for sample in samples[load, "off"])
        for name in services:
            columns = ("rate", "cpu", "p50", "p99")
            rate, cpu, p50, p99 = (median(getattr(each, column) for each in samples[load, name]) for column in columns)
            print(
                f"{load.operation:8}{TITLES[name]:20}{rate:8.0f}{cpu:9.0f}{usual / cpu:7.2f}{cpu - usual:10.0f}"
                f"{p50:7.1f}{p99:7.1f}"
            )
    faults = {sample.faults for seen in samples.values() for sample in seen} - {""}
    faults |= {service.faults for service in services.values()} - {""}
    if faults:
        raise SystemExit("; ".join(sorted(faults)))


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, OSError) as error:
        sys.exit(f"benchmark: {error}")
