"""Show the whole road: render the shop, run its own checks and tests, start it, and be its client.

`make demo` runs this. DEST (build/shop) says where to, DATA ("database=postgresql") which answers differ from the
defaults. It ends with 0 only if all of it was right.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from http_client import Client, Wrong
from render import ROOT, Refused, answers, clear, render

START_SECONDS = 60
STOP_SECONDS = 30

INNER_PORT = re.compile(r"^run: export (\w+_PORT) \?=", re.MULTILINE)
WORKER = re.compile(r"^(\S*worker):", re.MULTILINE)
AT_WORK = re.compile(r"^\S+ (\S*worker)\.1 +\| .*\bworking\b", re.MULTILINE)
STOPPED = re.compile(r"system +\| (\S+)\.1 stopped \(rc=(-?\d+)\)")

# Settings of some other service in this shell must not reach the one that is shown here; neither must this make's.
FOREIGN = (
    "CORS_ORIGINS", "DATABASE_POOL_SIZE", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "ENVIRONMENT", "GUNICORN_CMD_ARGS",
    "HOST", "LOG_FORMAT", "LOG_LEVEL", "OIDC_AUDIENCE", "OIDC_CLIENT_ID", "OIDC_ISSUER", "OIDC_ROLES_CLAIM",
    "RATE_LIMIT", "REDIS_URL", "SECRET_KEY", "TEST_DATABASE_URL", "TEST_REDIS_URL", "TRUSTED_PROXIES",
    "WEB_CONCURRENCY", "WEB_THREADS",
)  # fmt: skip
# Nor what an image may say of Python: each of a hundred processes would compile everything anew.
OUTER = (
    "ARGS", "DATA", "DEST", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONDONTWRITEBYTECODE", "ROWS", "SAMPLE",
    "VIRTUAL_ENV",
)  # fmt: skip


def main() -> int:
    """Run the demonstration; return the exit code."""
    destination = Path(os.environ.get("DEST") or ROOT / "build" / "shop")
    try:
        options = answers()
        if any(option.startswith(("domain=", "domain_preset=")) for option in options):
            raise Refused("DATA: the demonstration speaks to the shop; for another domain run `make render`.")
        if any(option.startswith("auth=") and option != "auth=jwt" for option in options):
            raise Refused("DATA: the demonstration logs in by tokens; for another authentication run `make render`.")
        clear(destination)
        title(f"1  Render the sample shop into {destination}")
        render("shop", destination, *options)
        count = sum(1 for path in destination.rglob("*") if path.is_file())
        print(f"{count} files. The answers are in .copier-answers.yml.")
        title("2  Run its own checks and tests")
        make(destination, "setup", "check", "test")
        title("3  Start it")
        with served(destination) as client:
            title("4  Be its client")
            talk(client, destination)
            title("5  Stop it")
    except (Refused, Wrong) as fault:
        print(f"\nThe demonstration ends here. {fault}", file=sys.stderr)
        return 1
    print(farewell(destination))
    return 0


def title(text: str) -> None:
    """Print the title of a part."""
    print(f"\n{text}\n{'─' * len(text)}", flush=True)


def environment(**additions: str) -> dict[str, str]:
    """Return the environment of the emitted repository's commands: uv is found, nothing of ours leaks in."""
    kept = {name: value for name, value in os.environ.items() if name not in (*FOREIGN, *OUTER)}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}", **additions}


def make(destination: Path, *targets: str, **additions: str) -> None:
    """Run targets of the emitted Makefile; raise `Wrong` if one fails."""
    print(f"$ make {' '.join(targets)}", flush=True)
    done = subprocess.run(["make", *targets], cwd=destination, env=environment(**additions), check=False)
    if done.returncode != 0:
        raise Wrong(f"`make {' '.join(targets)}` in {destination} ended with {done.returncode}; see its output above.")


@contextlib.contextmanager
def served(destination: Path, **settings: str) -> Iterator[Client]:
    """Start what was emitted on free ports by `make run`; stop it in the end and see that all of it exits with 0.

    `settings` are environment variables of the service; without any it runs on its embedded database.
    """
    port = free_port()
    log_path = destination / "var" / "demo.log"
    log_path.parent.mkdir(exist_ok=True)
    print(f"$ PORT={port} make run", flush=True)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=destination,
            env=environment(PORT=str(port), HOST="127.0.0.1", **inner_ports(destination), **settings),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that the signal at the end reaches every process, and none of ours
        )
    client = Client(f"http://127.0.0.1:{port}")
    workers = set(WORKER.findall((destination / "Procfile").read_text(encoding="utf-8")))
    try:
        wait_until_ready(client, workers, process, log_path)
        yield client
        os.killpg(process.pid, signal.SIGINT)
        process.wait(STOP_SECONDS)
        stopped = STOPPED.findall(said(log_path))
        print(f"Ctrl-C: {', '.join(f'{name} ended with {code}' for name, code in stopped)}.")
        if not stopped or any(code != "0" for _, code in stopped):
            raise Wrong(f"Every process should end with 0 after Ctrl-C. {tail(log_path)}")
    except subprocess.TimeoutExpired as error:
        raise Wrong(f"It did not stop within {STOP_SECONDS} seconds. {tail(log_path)}") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)


def inner_ports(destination: Path) -> dict[str, str]:
    """Return a free port for each that `make run` would use beside `PORT`, by its variable."""
    text = (destination / "Makefile").read_text(encoding="utf-8")
    return {name: str(free_port()) for name in INNER_PORT.findall(text)}


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on, below those that the kernel hands out itself."""
    for port in random.sample(range(8000, 32000), 50):  # two demonstrations at once should not look at the same one
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise Wrong("There is no free port among fifty between 8000 and 32000.")


def wait_until_ready(client: Client, workers: set[str], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the service is ready and its workers say that they work; raise `Wrong` if that takes too long.

    Workers are waited for because a process that is told to stop while it starts is just ended, not asked.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Wrong(f"The service ended at once, with {process.returncode}. {tail(log)}")
        if workers.issubset(AT_WORK.findall(said(log))) and client.is_ready():
            print(f"It answers at {client.base}.")
            return
        time.sleep(0.1)
    raise Wrong(f"The service was not ready after {START_SECONDS} seconds. {tail(log)}")


def said(log: Path) -> str:
    """Return what a log holds by now."""
    return log.read_text(encoding="utf-8", errors="replace")


def tail(log: Path) -> str:
    """Return the sentence that ends an error: where the log is, and what it said last."""
    return f"{log} says:\n{said(log)[-2000:]}"


def talk(client: Client, destination: Path, **settings: str) -> None:
    """Do what clients do, and look at every answer. `settings` are those that the service was started with."""
    client.say("Is it alive, and are its dependencies?")
    client.get("/health/live", expect=200)
    client.get("/health/ready", expect=200)

    client.say("Without credentials nothing is shown; the error has the same shape everywhere.")
    client.get("/api/v1/products", expect=401)

    client.say("Ada registers and logs in: a member.")
    password = secrets.token_urlsafe(16)
    ada = {"email": "ada@example.org", "password": password}
    client.post("/api/v1/auth/register", {**ada, "name": "Ada"}, expect=201)
    member = client.post("/api/v1/auth/login", ada, expect=200).data["access_token"]

    client.say("A member may read products, not write them.")
    client.token = member
    mug = {"name": "Mug", "sku": "MUG-0042", "price": "19.90", "stock": 3, "status": "active"}
    client.post("/api/v1/products", mug, expect=403)

    client.say("The first administrator comes from a command.")
    admin = {"email": "admin@example.org", "password": secrets.token_urlsafe(16)}
    make(destination, "admin", f"EMAIL={admin['email']}", ADMIN_PASSWORD=admin["password"], **settings)
    client.token = client.post("/api/v1/auth/login", admin, expect=200).data["access_token"]

    client.say("The administrator creates a category and three products.")
    category = client.post("/api/v1/categories", {"name": "Kitchen"}, expect=201).data["id"]
    product = client.post("/api/v1/products", {**mug, "category_id": category}, expect=201)
    for name, sku, price in (("Bowl", "BOWL-0007", "7.50"), ("Teapot", "POT-0001", "49.00")):
        more = {"name": name, "sku": sku, "price": price, "status": "active", "category_id": category}
        client.post("/api/v1/products", more, expect=201, quiet=True)

    client.say("Ada orders a mug. The order is hers: nobody else but an administrator sees it.")
    client.token, administrator = member, client.token
    order = client.post("/api/v1/orders", {"product_id": product.data["id"], "quantity": 2}, expect=201)
    client.require(order.data["owner_id"], "the order names its owner")

    client.say("What costs less than 20.00, dearest first, with its category?")
    query = "filter[price][lt]=20.00&sort=price&order=desc&include=category&limit=2"
    found = client.get(f"/api/v1/products?{query}", expect=200)
    client.require([row["name"] for row in found.body["data"]] == ["Mug", "Bowl"], "the mug comes before the bowl")
    client.require(found.body["meta"]["total"] == 2, "the total counts two products")

    client.say("A faulty product: every fault at once, each with its field.")
    client.token = administrator
    faulty = client.post("/api/v1/products", {"name": 7, "price": "-1", "colour": "red"}, expect=400)
    fields = {detail["field"] for detail in faulty.body["error"]["details"]}
    client.require({"name", "sku", "price", "colour"} <= fields, "name, sku, price and colour are named")

    client.say("Two clients change the same product. The second one has an old version, and is told so.")
    path = f"/api/v1/products/{product.data['id']}"
    client.patch(path, {"stock": 2}, expect=200, if_match=product.etag)
    client.patch(path, {"stock": 1}, expect=412, if_match=product.etag)


def farewell(destination: Path) -> str:
    """Return what to do next."""
    folder = shlex.quote(os.path.relpath(destination))
    return f"""
All of it was right. Next:

  cd {folder} && make run
      starts it again; its documents are at http://127.0.0.1:8000/docs
  less {folder}/README.md
      says where things are, and where to add what
  .venv/bin/copier copy --trust . ~/mine
      asks you the questions for a project of your own"""


if __name__ == "__main__":
    sys.exit(main())
