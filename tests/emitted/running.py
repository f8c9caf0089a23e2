"""An emitted repository that runs: every process of it, from `make run` to SIGTERM."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import demo
import template
from conformance.people import command
from http_client import Client

READY_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A service that answers, where its repository lies, the settings that its commands need, and where it logs."""

    url: str
    repository: Path
    settings: dict[str, str]
    log: Path = Path(os.devnull)


def prepared(row: template.Row, template_dir: Path, folder: Path) -> Path:
    """Render a row by the command line and set it up by its own Makefile; return its folder."""
    repository = folder / row.sample
    answers = {**template.sample(row.sample), **row.choices, "domain_preset": row.sample}
    answers.pop("domain")
    data = [f"--data={name}={value}" for name, value in answers.items()]
    done = template.copier("copy", "--trust", "--defaults", "--quiet", *data, str(template_dir), str(repository))
    assert done.returncode == 0, done.stderr
    demo.make(repository, "setup")
    return repository


class Provider(Protocol):
    """An OpenID provider that runs.

    Attributes:
        settings: What a service must be told to trust it, as environment variables.
        token_command: A command that prints an access token, in the words of the suite's option.
    """

    settings: dict[str, str]
    token_command: str


@contextlib.contextmanager
def provided(row: template.Row) -> Iterator[Provider | None]:
    """Start the provider that the service of a row trusts; none where it trusts nobody."""
    if row.auth != "oauth2":
        yield None
        return
    from emitted import provider  # needs Node.js, and only here

    with provider.started() as found:
        yield found


@contextlib.contextmanager
def running(repository: Path, settings: dict[str, str]) -> Iterator[Running]:
    """Start all of a repository that is set up and wait until it is ready; stop it in the end, whatever happened.

    `settings` are environment variables of the service and of its commands.
    """
    port = demo.free_port()
    log_path = repository.parent / f"{repository.name}-{port}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=repository,
            env=demo.environment(
                PORT=str(port),
                HOST="127.0.0.1",
                **demo.inner_ports(repository),
                **{"RATE_LIMIT": "off", "LOG_LEVEL": "warning", **settings},
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that the signal at the end reaches every process, and none of ours
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process, log_path)
        yield Running(f"http://127.0.0.1:{port}", repository, settings, log_path)
    finally:
        _stop(process)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if Client(url).is_ready():
            return
        time.sleep(0.2)
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    state = "was not ready in time" if process.poll() is None else f"ended with {process.returncode}"
    raise AssertionError(f"`make run` {state}:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole session of processes: politely, then not."""
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        deadline = time.monotonic() + seconds
        while _lives(process.pid) and time.monotonic() < deadline:
            time.sleep(0.1)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def entrance(service: Running, auth: str, provider: Provider | None = None) -> dict[str, str]:
    """Make an administrator by the repository's own command; return the suite's options that bring them in."""
    if auth == "oauth2":
        assert provider is not None
        return {"token_command": provider.token_command}
    if auth == "none":
        return {}
    if auth == "api_key":
        return {"admin_key": command(admin_command(service, auth), {"NAME": "administrator", "ROLE": "admin"})}
    options = {"admin_email": "admin@example.org", "admin_password": secrets.token_urlsafe(16)}
    demo.make(
        service.repository,
        "admin",
        EMAIL=options["admin_email"],
        ADMIN_PASSWORD=options["admin_password"],
        **service.settings,
    )
    return options


def suite(url: str, sample: str, *arguments: str, file: str = "", **options: str) -> subprocess.CompletedProcess[str]:
    """Run the conformance suite, or one file of it, against a service.

    `arguments` are pytest's, `options` the suite's own, such as `admin_email`.
    """
    said = {"base_url": url, "domain": str(template.ROOT / "samples" / f"{sample}.yml"), **options}
    foreign = ("CONFORMANCE_", "PYTEST_")  # what this run of pytest was told is not for the other
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments, f"tests/conformance/{file}"],
        cwd=template.ROOT,
        env={**inherited, **{f"CONFORMANCE_{name.upper()}": value for name, value in said.items()}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


def way_in(service: Running, auth: str, provider: Provider | None = None) -> dict[str, str]:
    """Return the suite's options by which it makes an administrator itself, as people would."""
    if auth in ("oauth2", "none"):
        return entrance(service, auth, provider)
    return {"admin_command": admin_command(service, auth)}


def admin_command(service: Running, auth: str) -> str:
    """Return the command that makes an administrator, in the words of the suite's option."""
    target = "api-key" if auth == "api_key" else "admin"
    variables = demo.environment(**service.settings)
    told = ["PATH", *service.settings]
    return shlex.join(
        ["env", *(f"{name}={variables[name]}" for name in told), "make", "-s", "-C", str(service.repository), target]
    )
