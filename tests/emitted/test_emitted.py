"""What is emitted stands on its own: its checks and tests pass, it starts, it answers, it stops."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

import demo
import template

NewDatabase = Callable[[], dict[str, str]]


def test_its_checks_pass(repository: Path) -> None:
    demo.make(repository, "check")


def test_its_migrations_run_and_have_nothing_to_do_the_second_time(repository: Path, new_database: NewDatabase) -> None:
    settings = new_database()

    demo.make(repository, "migrate", **settings)
    demo.make(repository, "migrate", **settings)


def test_its_tests_pass(repository: Path, new_database: NewDatabase) -> None:
    demo.make(repository, "test", **{f"TEST_{name}": value for name, value in new_database().items()})


def test_its_documents_are_what_the_application_says(repository: Path) -> None:
    documents = [file for file in repository.rglob("openapi.*") if ".venv" not in file.parts and file.suffix != ".py"]
    before = [file.read_bytes() for file in documents]

    demo.make(repository, "openapi")

    assert before
    assert [file.read_bytes() for file in documents] == before


def test_it_serves_its_clients(row: template.Row, repository: Path, new_database: NewDatabase) -> None:
    settings = new_database()

    with demo.served(repository, **settings) as client:
        if row.sample == "shop":
            demo.talk(client, repository, **settings)
        else:
            account = {"email": "ada@example.org", "password": secrets.token_urlsafe(16)}
            client.post("/api/v1/auth/register", {**account, "name": "Ada"}, expect=201)
            client.token = client.post("/api/v1/auth/login", account, expect=200).data["access_token"]
            client.get("/api/v1/users/me", expect=200)
            client.get("/openapi.json", expect=200)


def test_production_refuses_to_start_without_a_secret(repository: Path, new_database: NewDatabase) -> None:
    done = subprocess.run(
        ["make", "run"],
        cwd=repository,
        env=demo.environment(
            ENVIRONMENT="production", PORT=str(demo.free_port()), **demo.inner_ports(repository), **new_database()
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "SECRET_KEY" in done.stdout + done.stderr


def test_it_ignores_what_it_makes(repository: Path) -> None:
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=repository, check=True, capture_output=True)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.splitlines()

    unwanted = re.compile(r"(^|/)(__pycache__|\.venv|\.env|\.hypothesis|\w*_cache)(/|$)|\.(db|db-wal|db-shm|log|pyc)$")
    assert [path for path in listed if unwanted.search(path)] == []
    assert "uv.lock" in listed
