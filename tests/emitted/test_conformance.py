"""Whatever is chosen, what runs keeps the contract: one suite for all architectures, frameworks, databases, methods.

Each row runs it in a random order of its own, against two processes of each service. And what runs keeps to itself what
it was told in confidence: its whole log, as talkative as can be, is searched for it.
"""

from __future__ import annotations

import datetime
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import template
from emitted.running import Provider, running, suite, way_in

MOST_SHOWN = 20

SEED = os.environ.get("EMITTED_SEED") or datetime.datetime.now(datetime.UTC).date().isoformat()
"""Of the orders of this day. EMITTED_SEED names another; a failed run says of which order it was."""

TWICE = (
    template.row(),
    template.row("shop", architecture="modular_monolith", framework="flask", database="postgresql"),
)
"""Rows that take little time, and run the suite in two orders."""

PROCESSES = {"WEB_CONCURRENCY": "2"}


def orders(row: template.Row) -> Iterator[str]:
    """Yield what the order of each run of a row follows from."""
    for turn in range(1 + (row in TWICE)):
        yield f"{SEED}-{row.id}-{turn}"


def test_it_keeps_the_contract(
    row: template.Row,
    repository: Path,
    new_database: Callable[[], dict[str, str]],
    provider: Provider | None,
    tmp_path: Path,
) -> None:
    trusted = provider.settings if provider else {}
    for turn, seed in enumerate(orders(row)):
        own = {"SECRET_KEY": secrets.token_urlsafe(48), "DATABASE_PASSWORD": secrets.token_urlsafe(24)}
        database = with_password(new_database(), own["DATABASE_PASSWORD"])
        settings = {**database, **trusted, **PROCESSES, "SECRET_KEY": own["SECRET_KEY"], "LOG_LEVEL": "debug"}
        told = tmp_path / f"secrets-{turn}.txt"
        with running(repository, settings) as service:
            who = way_in(service, row.auth, provider)
            done = suite(service.url, row.sample, "--tb=short", auth=row.auth, seed=seed, secrets_file=str(told), **who)

            assert done.returncode == 0, done.stdout[-20_000:]
            assert " passed" in done.stdout
            assert f"--seed={seed}" in done.stdout
            assert "skipped" not in done.stdout
        with told.open("a", encoding="utf-8") as file:
            file.writelines(f"{secret}\n" for secret in own.values())
        assert lines_with(told, service.log) == []


def with_password(settings: dict[str, str], password: str) -> dict[str, str]:
    """Return settings whose database is opened with a password, where it is one that minds none."""
    url = settings.get("DATABASE_URL", "")
    given = url.replace("@", f":{password}@", 1) if url.startswith("postgresql") else url
    return {**settings, "DATABASE_URL": given} if url else settings


def lines_with(secrets_file: Path, log: Path) -> list[str]:
    """Return lines of a log that hold one of the secrets."""
    assert secrets_file.stat().st_size
    assert log.stat().st_size
    done = subprocess.run(
        ["grep", "--text", "--fixed-strings", f"--max-count={MOST_SHOWN}", f"--file={secrets_file}", str(log)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()
