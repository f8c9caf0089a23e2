"""What is emitted stands on its own: its checks and tests pass, it starts, it answers, it stops."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import demo
import template
from emitted import known_types
from emitted.running import Provider, running
from emitted.servers import Servers
from http_client import Client

NewDatabase = Callable[[], dict[str, str]]


@pytest.fixture
def types(row: template.Row, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where all processes keep what mypy has learned of the libraries of a framework.

    Its plugin for Django reads all of them anew where the model of accounts is another.
    """
    folder = tmp_path_factory.getbasetemp()
    return (
        folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    ) / f"types-{row.framework}-{row.has_accounts}"


def test_its_checks_pass(row: template.Row, repository: Path, types: Path) -> None:
    if not known_types.lend(repository, types) and row.architecture == "microservices":
        demo.make(repository, "check", f"SERVICE={known_types.parts(repository)[0].name}")
        known_types.keep(repository, types)
        known_types.lend(repository, types)

    demo.make(repository, "check")

    known_types.keep(repository, types)


def test_its_checks_find_what_is_wrong(repository: Path) -> None:
    part = known_types.parts(repository)[0]
    planted = next((part / "src").glob("*/__init__.py")).with_name("planted.py")
    planted.write_text('"""Wrong."""\n\nNUMBER: int = "one"\n', encoding="utf-8")
    try:
        done = subprocess.run(
            ["uv", "run", "--no-sync", "mypy"], cwd=part, env=demo.environment(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    finally:
        planted.unlink()
    assert done.returncode == 1, done.stdout
    assert "planted.py:3: error: Incompatible types in assignment" in done.stdout


def test_its_migrations_run_and_have_nothing_to_do_the_second_time(repository: Path, new_database: NewDatabase) -> None:
    settings = new_database()

    demo.make(repository, "migrate", **settings)
    demo.make(repository, "migrate", **settings)


def test_its_tests_pass(repository: Path, new_database: NewDatabase, servers: Servers) -> None:
    database = {f"TEST_{name}": value for name, value in new_database().items()}

    demo.make(repository, "test", **database, **servers.redis_settings())


def test_its_documents_are_what_the_application_says(repository: Path) -> None:
    documents = [file for file in repository.rglob("openapi.*") if ".venv" not in file.parts and file.suffix != ".py"]
    before = [file.read_bytes() for file in documents]

    demo.make(repository, "openapi")

    assert before
    assert [file.read_bytes() for file in documents] == before


def test_it_serves_its_clients(
    row: template.Row, repository: Path, new_database: NewDatabase, provider: Provider | None
) -> None:
    settings = {**new_database(), **(provider.settings if provider else {})}

    with demo.served(repository, **settings) as client:
        client.get("/health/live", expect=200)
        client.get("/openapi.json", expect=200)
        if (row.auth, row.sample) == ("jwt", "shop"):
            demo.talk(client, repository, **settings)


def secrets_of(row: template.Row) -> set[str]:
    """Return the settings of its own without which production does not start; none where there is no secret to keep."""
    is_spread = row.architecture == "microservices"
    keeps_a_secret = row.auth in ("jwt", "session") or row.framework == "django" or (is_spread and row.auth != "none")
    names = {
        "SECRET_KEY": keeps_a_secret,
        "SIGNING_KEY": is_spread and row.auth == "jwt",
        "OIDC_ISSUER": row.auth == "oauth2",
        "OIDC_AUDIENCE": row.auth == "oauth2",
    }
    return {name for name, is_needed in names.items() if is_needed}


def test_production_starts_without_a_secret_only_where_none_is_kept(
    row: template.Row, repository: Path, new_database: NewDatabase
) -> None:
    if secrets_of(row):
        assert secrets_of(row) <= refused(repository, {"ENVIRONMENT": "production", **new_database()})
        return
    with running(repository, {"ENVIRONMENT": "production", **new_database()}) as service:
        assert Client(service.url).is_ready()


def test_all_that_keeps_production_from_starting_is_named_at_once(row: template.Row, repository: Path) -> None:
    wrong = {"LOG_LEVEL": "chatty", "LOG_FORMAT": "parchment"}
    needed = secrets_of(row) | ({"DATABASE_URL"} if row.database != "sqlite" else set())

    assert refused(repository, {"ENVIRONMENT": "production", **wrong}) == {*wrong, *needed}


def refused(repository: Path, settings: dict[str, str]) -> set[str]:
    """Return the variables that `make run` names when it does not start; a wrong value is never repeated."""
    done = subprocess.run(
        ["make", "run"],
        cwd=repository,
        env=demo.environment(PORT=str(demo.free_port()), **demo.inner_ports(repository), **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert [word for word in ("chatty", "parchment", "Traceback") if word in said] == []
    return set(re.findall(r"^([A-Z_]+): ", said, re.MULTILINE))


def test_it_ignores_what_it_makes(repository: Path) -> None:
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=repository, check=True, capture_output=True)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.splitlines()

    unwanted = re.compile(r"(^|/)(__pycache__|\.venv|\.env|\.hypothesis|\w*_cache)(/|$)|\.(db|db-wal|db-shm|log|pyc)$")
    assert [path for path in listed if unwanted.search(path)] == []
    assert "uv.lock" in listed
