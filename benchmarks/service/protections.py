"""Measure what protections cost: the shop as it is emitted, beside copies of it in which one of them is taken away.

    python benchmarks/service/protections.py [--rounds 3] [--seconds 3] [--only context,plain] [--shop DIR]

All copies of one shop on FastAPI and PostgreSQL run at the same time and take turns within each round. `plain` has none
of the protections. A copy is changed by texts that are replaced; one that is not there once ends the program.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from candidates import STYLES, emitted
from entrances import entrance
from load import OPERATIONS, Load, Sample, require_wrk
from run import Service, install, postgresql, rendered, say, start

KEYED = "keyed"
DEAREST = 0.25
"""What all of them together may add to a request."""

Change = tuple[str, str, str]
"""A file below the package, a text in it, and what takes its place."""


@dataclass(frozen=True)
class Without:
    """A protection that is taken away."""

    title: str
    changes: tuple[Change, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


PASSED_ON = """\
if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = """
TAKEN_AWAY = {
    "limits": Without("limits of callers", environment={"RATE_LIMIT": "off"}),
    "log": Without("log line", environment={"LOG_LEVEL": "warning"}),
    "metrics": Without(
        "metrics", (("shared/api/access.py", "metrics.observe(method, route, status, seconds)", "pass"),)
    ),
    "headers": Without(
        "headers of security and limits",
        (("shared/api/middleware.py", 'if message["type"] == "http.response.start":', "if False:"),),
    ),
    "context": Without(
        "request id, trace, log line, metrics, headers",
        (
            (
                "shared/api/middleware.py",
                PASSED_ON + "time.perf_counter()",
                PASSED_ON.replace('if scope["type"] != "http":', 'if scope.setdefault("request_id", "req_none"):')
                + "time.perf_counter()",
            ),
        ),
    ),
    "timeout": Without(
        "time limit of a request and last line of defence",
        (
            (
                "shared/api/middleware.py",
                PASSED_ON + "False",
                PASSED_ON.replace('scope["type"] != "http"', "True") + "False",
            ),
        ),
    ),
    "json": Without(
        "strict JSON",
        (
            ("shared/api/strict_json.py", "    check(value, 0)\n", ""),
            ("shared/api/strict_json.py", "_DECODER.decode(", "json.loads("),
        ),
    ),
    "repetition": Without(
        "another attempt after a conflict",
        (("shared/api/guard.py", "await repeated(partial(handle, request))", "await handle(request)"),),
    ),
}


def copies(shop: Path, folder: Path, wanted: list[str]) -> dict[str, Without]:
    """Make the copies of a shop that are wanted, in folders of their names; return what each goes without.

    Raises:
        RuntimeError: A text that should be replaced is not there once.
    """
    needless = ("log", "metrics", "headers")  # they go with the context
    rest = [one for name, one in TAKEN_AWAY.items() if name not in needless]
    everything = Without(
        "all of them",
        tuple(change for one in rest for change in one.changes),
        {name: value for one in TAKEN_AWAY.values() for name, value in one.environment.items()},
    )
    found = {"emitted": Without("nothing"), KEYED: Without("nothing, each request with a key of its own"), **TAKEN_AWAY}
    found["plain"] = everything
    found = {name: one for name, one in found.items() if name in wanted}
    for name, one in found.items():
        copied = shutil.copytree(shop, folder / name, ignore=shutil.ignore_patterns(".venv", "*_cache", "__pycache__"))
        for place, text, other in one.changes:
            file = copied / "src" / "shop" / place
            said = file.read_text(encoding="utf-8")
            if said.count(text) != 1:
                raise RuntimeError(f"{place} holds {said.count(text)} times what {name} replaces: {text!r}")
            file.write_text(said.replace(text, other), encoding="utf-8")
    return found


def started(found: Mapping[str, Without], folder: Path, stack: ExitStack) -> dict[str, Service]:
    """Start every copy; `stack` ends all of it.

    Raises:
        RuntimeError, OSError: One of them did not come so far.
    """
    server_url = stack.enter_context(postgresql())
    services = {}
    for name, one in found.items():
        candidate = emitted("shop", folder / name, "info", entrance(STYLES["shop"].auth, stack))
        settings = {**candidate.environment, "RATE_LIMIT": "500000/second", **one.environment}
        candidate = replace(candidate, name=f"without_{name}", title=f"without {one.title}", environment=settings)
        services[name] = start(candidate, server_url, folder, stack)
    if keyed := services.get(KEYED):
        way = keyed.candidate.login
        keyed.candidate = replace(keyed.candidate, login=lambda port: {**way(port), "Idempotency-Key": "new"})
    return services


def main() -> None:
    """Run the comparison and print the table."""
    names = ["emitted", *TAKEN_AWAY, "plain", KEYED]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take medians of (3)")
    parser.add_argument("--seconds", type=int, default=3, metavar="S", help="time of one cell (3)")
    parser.add_argument("--connections", type=int, default=32, metavar="N", help="open at the same time (32)")
    parser.add_argument("--only", default=",".join(names), metavar="A,B", help="copies beside the emitted one (all)")
    parser.add_argument("--shop", type=Path, metavar="FOLDER", help="a shop on FastAPI and PostgreSQL, rendered before")
    options = parser.parse_args()
    require_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplan-protections-")))
        shop = options.shop.resolve() if options.shop else rendered(folder / "shop", STYLES["shop"])
        install(shop)
        found = copies(shop, folder, ["emitted", *options.only.split(",")])
        services = started(found, folder, stack)
        loads = [Load(operation, options.connections) for operation in OPERATIONS]
        cells = [(load, name) for load in loads for name in services if name != KEYED or load.operation == "create"]
        samples: dict[tuple[Load, str], list[Sample]] = {cell: [] for cell in cells}
        for number in range(1, options.rounds + 1):
            for load, name in cells:
                say(f"round {number}/{options.rounds}: {load.operation}, {name}")
                samples[load, name].append(services[name].measure(load, options.seconds, 1))
    print(f"{'':8}{'without':50}{'req/s':>8}{'CPU us':>9}{'of it':>8}{'/emitted':>10}")
    dear = []
    for load in loads:
        whole = median(sample.cpu for sample in samples[load, "emitted"])
        usual = median(sample.rate for sample in samples[load, "emitted"])
        for name in (name for other, name in cells if other == load):
            cpu, rate = (median(getattr(each, column) for each in samples[load, name]) for column in ("cpu", "rate"))
            title = found[name].title
            print(f"{load.operation:8}{title:50}{rate:8.0f}{cpu:9.0f}{1 - cpu / whole:8.1%}{rate / usual:10.2f}")
            if name == "plain" and whole / cpu - 1 > DEAREST:
                dear.append(f"{load.operation} takes {whole / cpu - 1:.0%} more with all protections than without")
    dear += sorted({sample.faults for seen in samples.values() for sample in seen} - {""})
    if dear:
        raise SystemExit("; ".join(dear))


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, OSError) as error:
        sys.exit(f"benchmark: {error}")
