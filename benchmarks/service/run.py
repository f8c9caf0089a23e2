"""Measure the emitted service, on every framework, beside hand-written ones: one PostgreSQL, one interpreter.

    python benchmarks/service/run.py [--quick] [--shop FOLDER] [--only shop,flask,hand_flask,django,hand_django]

Every candidate runs on one core, wrk and PostgreSQL on another. The candidates take turns within each round, so that
a noisy neighbour meets them all; the table holds medians over the rounds.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from candidates import SECRET_KEY, STYLES, Candidate, Style, emitted, rivals
from checks import check
from client import Client
from database import execute, fetch_value
from entrances import entrance
from load import OPERATIONS, Load, Sample, require_wrk
from machine import Process, core_of_load, core_of_server, free_port, run
from report import rows_of, table
from yaml import safe_load

ROOT = Path(__file__).resolve().parents[2]
ROWS = 1000
PRODUCTS = "SELECT table_schema || '.' || table_name FROM information_schema.columns WHERE column_name = 'sku'"
OWNED = "    _owned: true\n"
FIRST_PORT = 18100
CANDIDATES = (*(rival.name for rival in rivals()), *STYLES)


def say(text: str) -> None:
    """Tell what is going on, without spoiling the table on standard output."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Service:
    """A candidate that is running, seeded and checked."""

    candidate: Candidate
    process: Process
    port: int
    url: str
    products: str
    ids: Path
    faults: str = ""

    def remove(self, skus: str) -> None:
        """Remove the products whose sku is LIKE `skus`, and what they leave behind in the table."""
        execute(self.url, f"DELETE FROM {self.products} WHERE sku LIKE '{skus}'; VACUUM ANALYZE {self.products}")

    def measure(self, load: Load, seconds: float, warm_up: float) -> Sample:
        """Warm up, measure, and leave the rows as they were.

        Raises:
            RuntimeError: The service ended, or wrk failed.
        """
        if not self.process.alive:
            raise RuntimeError(f"it ended: {self.process.last_words()}")
        credentials = self.candidate.login(self.port)
        answered = 0
        if warm_up:
            answered += load.put(self.port, self.process.pid, self.ids, credentials, warm_up).requests
        sample = load.put(self.port, self.process.pid, self.ids, credentials, seconds)
        if not self.process.alive:
            raise RuntimeError(f"it ended under this load: {self.process.last_words()}")
        if load.operation == "create":
            answered += sample.requests
            counted = fetch_value(self.url, f"SELECT count(*) FROM {self.products} WHERE sku LIKE 'load-%'")
            stored = int(str(counted))
            if stored < answered and not sample.faults:
                sample = replace(sample, faults=f"{answered - stored} rows answered for but not stored")
            self.remove("load-%")
        return sample


def start(candidate: Candidate, server_url: str, folder: Path, stack: ExitStack) -> Service:
    """Prepare, start, check and seed a candidate; `stack` ends it.

    Raises:
        RuntimeError, OSError: It did not come so far.
    """
    say(f"{candidate.name}: {candidate.title}")
    execute(server_url, f"DROP DATABASE IF EXISTS bench_{candidate.name}; CREATE DATABASE bench_{candidate.name}")
    port = free_port(FIRST_PORT)
    url = f"{server_url.rpartition('/')[0]}/bench_{candidate.name}"
    environment = {"DATABASE_URL": url, "PORT": str(port), "SECRET_KEY": SECRET_KEY, **candidate.environment}
    candidate.prepare(environment)
    command = [part.format(port=port) for part in candidate.command]
    process = Process(command, core_of_server(), candidate.folder, environment, folder / f"{candidate.name}.log")
    stack.callback(process.stop)
    wait_until_it_answers(process, port)

    credentials = candidate.login(port)
    client = Client(port, credentials)
    ids = folder / f"{candidate.name}.ids"
    ids.write_text("\n".join(seed(client)))
    products = str(fetch_value(url, PRODUCTS))
    service = Service(candidate, process, port, url, products, ids)
    service.faults = "; ".join(check(client, Client(port) if credentials else None, ROWS, candidate.counts))
    if service.faults:
        say(f"{candidate.name} is not right: {service.faults}")
    service.remove("check-%")
    return service


def wait_until_it_answers(process: Process, port: int) -> None:
    """Return once the service answers a request.

    Raises:
        RuntimeError: It ended, or has not answered within 30 seconds.
    """
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not process.alive:
            raise RuntimeError(f"it ended at once: {process.last_words()}")
        try:
            Client(port).send("GET", "/api/v1/products")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"it has not answered within 30 seconds: {process.last_words()}")


def seed(client: Client) -> Iterator[str]:
    """Create the products through the service itself, and yield their ids."""
    for number in range(ROWS):
        product = {"name": f"Walnut desk {number}", "sku": f"seed-{number}", "price": "19.90", "status": "active"}
        answer = client.send("POST", "/api/v1/products", {**product, "stock": 5})
        if answer.status != 201:
            raise RuntimeError(f"creating product {number} was answered with {answer.status}: {answer.body}")
        yield answer.body["data"]["id"]


@contextmanager
def server(name: str, port: int) -> Iterator[str]:
    """Run a throw-away server of `scripts/NAME` beside the load generator, from this port on, and give its URL."""
    script = str(ROOT / "scripts" / name)
    with tempfile.TemporaryDirectory(prefix=f"groundplan-bench-{name}-") as folder:
        output = run([script, "start", folder, str(free_port(port))], core_of_load(), ROOT)
        try:
            yield output.splitlines()[-1]
        finally:
            run([script, "stop", folder], core_of_load(), ROOT)


def postgresql() -> AbstractContextManager[str]:
    """Run a throw-away PostgreSQL, and give its URL."""
    return server("postgresql", FIRST_PORT + 400)


def rendered(folder: Path, style: Style) -> Path:
    """Render the shop on PostgreSQL from this repository as it stands.

    Raises:
        RuntimeError: Rendering failed.
    """
    say(f"rendering the shop as a {style.architecture.replace('_', ' ')} on {style.framework} with {style.auth}")
    data = ("project_name=Shop", "package_name=shop", "database=postgresql", f"auth={style.auth}")
    data += (f"architecture={style.architecture}", f"framework={style.framework}")
    shop = safe_load((ROOT / "samples" / "shop.yml").read_text())["domain"]
    # Where there are no accounts, nothing belongs to one.
    data += (f"domain={shop.replace(OWNED, '')}",) if style.auth == "none" else ("domain_preset=shop",)
    options = [option for item in data for option in ("--data", item)]
    copier = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    run([*copier, *options, str(ROOT), str(folder)], core_of_load(), ROOT)
    return folder


def install(folder: Path) -> None:
    """Install what the emitted service depends on beside the rivals' packages: one interpreter for all.

    Raises:
        RuntimeError: Installing failed.
    """
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    run([*uv, "-r", str(folder / "pyproject.toml")], core_of_load(), folder)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round of 2 s per cell: a look, not a result")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take medians of (3)")
    parser.add_argument("--seconds", type=int, default=4, metavar="S", help="time of one cell (4)")
    parser.add_argument("--warm-up", type=int, default=1, metavar="S", help="time before it that does not count (1)")
    parser.add_argument("--only", default=",".join(CANDIDATES), metavar="A,B", help="candidates (all)")
    parser.add_argument("--operations", default=",".join(OPERATIONS), metavar="A,B", help="of read,list,create (all)")
    parser.add_argument("--connections", default="32,64,256", metavar="A,B", help="open at the same time (32,64,256)")
    parser.add_argument("--shop", type=Path, metavar="FOLDER", help="a shop on PostgreSQL, rendered before")
    parser.add_argument("--log-level", default="info", help="of the emitted service (info: one line per request)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 2
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(CANDIDATES):
        parser.error(f"--only: there is no candidate {', '.join(sorted(unknown))}; there are {', '.join(CANDIDATES)}")
    options.operations = options.operations.split(",")
    if unknown := set(options.operations) - set(OPERATIONS):
        parser.error(f"--operations: there is no {', '.join(sorted(unknown))}; there are {', '.join(OPERATIONS)}")
    try:
        options.connections = [int(number) for number in options.connections.split(",")]
    except ValueError:
        parser.error("--connections: numbers, separated by commas, as in 32,256")
    if options.rounds < 1 or options.seconds < 1 or options.warm_up < 0 or min(options.connections) < 1:
        parser.error("rounds, seconds and connections are at least 1, the warm-up at least 0")
    return options


def head(services: Sequence[Service], server_url: str, options: argparse.Namespace) -> str:
    """Return what a reader must know about this run."""
    about = dict(line.split("\t: ", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if "\t: " in line)
    model = about.get("model name", platform.machine())
    names = ("fastapi", "uvicorn", "asyncpg", "sqlalchemy", "flask", "django", "django-ninja", "gunicorn", "psycopg")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    cores = (
        f"server on core {core_of_server()}, wrk and PostgreSQL on core {core_of_load()}"
        if core_of_server() != core_of_load()
        else "ONE core for all: the rates are no use, the CPU times are"
    )
    lines = [
        f"{model}, {os.cpu_count()} cores ({cores}); CPython {platform.python_version()}, {packages},",
        f"PostgreSQL {fetch_value(server_url, 'SHOW server_version')}; {ROWS} rows; "
        f"median of {options.rounds} x {options.seconds} s after {options.warm_up} s of warm-up.",
        "Ratios: 1.00 is as good as the limit, the rival on the same framework, the monolith on FastAPI;",
        "less is worse. Latencies in ms.",
        *(f"  {service.candidate.name:11} {service.candidate.title}" for service in services),
    ]
    return "\n".join(lines)


def measure_all(services: Sequence[Service], options: argparse.Namespace) -> dict[tuple[Load, str], list[Sample]]:
    """Go through the rounds and return every sample."""
    loads = [Load(operation, number) for operation in options.operations for number in options.connections]
    samples: dict[tuple[Load, str], list[Sample]] = {
        (load, service.candidate.name): [] for load in loads for service in services
    }
    for number in range(1, options.rounds + 1):
        for load in loads:
            for service in services:
                say(f"round {number}/{options.rounds}: {load.operation}, {load.connections}, {service.candidate.name}")
                try:
                    sample = service.measure(load, options.seconds, options.warm_up)
                except (RuntimeError, OSError) as error:
                    service.faults = f"round {number}: {error}"
                    say(f"{service.candidate.name}: {error}")
                else:
                    samples[load, service.candidate.name].append(sample)
    return samples


def main() -> int:
    """Run the comparison; return 0 when every candidate was right in every cell."""
    if not sys.platform.startswith("linux"):
        raise SystemExit("The benchmark reads CPU times from /proc, and so runs on Linux only.")
    options = arguments()
    require_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplan-bench-")))
        server_url = stack.enter_context(postgresql())
        services: list[Service] = []
        absent: list[str] = []
        for name in options.only:
            try:
                if name in STYLES:
                    given = options.shop if name == "shop" else None
                    shop = given.resolve() if given else rendered(folder / name, STYLES[name])
                    install(shop)
                    way_in = entrance(STYLES[name].auth, stack)
                    candidate = emitted(name, shop, options.log_level, way_in)
                else:
                    candidate = next(rival for rival in rivals() if rival.name == name)
                services.append(start(candidate, server_url, folder, stack))
            except (RuntimeError, OSError, KeyError, TypeError) as error:
                absent.append(f"{name} does not take part: {error}")
                say(absent[-1])
        samples = measure_all(services, options)
        rows = rows_of(
            samples,
            {service.candidate.name: service.faults for service in services},
            {service.candidate.name: service.candidate.rival for service in services},
        )
        print(head(services, server_url, options), table(rows), *absent, sep="\n\n")
        if options.json:
            options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 1 if absent or any(row.faults for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"benchmark: {error}")
