"""Emitted repositories that are set up once, and the servers that they need."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import demo
import template

# Each worker looks for free ports in a range of its own.
FIRST_PORT = 15432 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
SERVER_PORTS = range(FIRST_PORT, FIRST_PORT + 100)
BESIDES = {
    ("monolith", "sqlite", "blank"),
    ("modular_monolith", "sqlite", "blog"),
    ("monolith", "postgresql", "museum"),
}
"""What is set up beside the shop on every stack: each sample somewhere, the one with every type on the server."""


def emitted_rows() -> list[template.Row]:
    """Return the combinations that are really set up, checked, tested and started."""
    return [
        row
        for row in template.rows()
        if row.sample == "shop" or (row.architecture, row.database, row.sample) in BESIDES
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a `row` the combinations of this tier, one after the other."""
    chosen = any(mark.args[0] == "row" for mark in metafunc.definition.iter_markers("parametrize"))
    if "row" in metafunc.fixturenames and not chosen:
        metafunc.parametrize("row", [_marked(row) for row in emitted_rows()], scope="session")


def _marked(row: template.Row) -> object:
    marks = [pytest.mark.emitted, pytest.mark.xdist_group(row.id)]
    if row.database == "postgresql":
        marks.append(pytest.mark.needs_postgresql)
    return pytest.param(row, id=row.id, marks=marks)


@pytest.fixture(scope="session")
def repository(row: template.Row, template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the repository of a row, rendered by the command line and set up by its own Makefile."""
    project = tmp_path_factory.mktemp("emitted") / row.sample
    answers = {**template.sample(row.sample), **row.choices, "domain_preset": row.sample}
    answers.pop("domain")
    data = [f"--data={name}={value}" for name, value in answers.items()]
    done = template.copier("copy", "--trust", "--defaults", "--quiet", *data, str(template_dir), str(project))
    assert done.returncode == 0, done.stderr
    demo.make(project, "setup")
    yield project
    shutil.rmtree(project)


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Return a function that starts an empty PostgreSQL server and returns its URL.

    Where there is no server to start, tests are skipped aloud; in CI that is a failure.
    """
    folders: list[Path] = []
    script = str(template.ROOT / "scripts" / "postgresql")

    def started() -> str:
        # Directly below the temporary folder: the server's user must reach it.
        folders.append(Path(tempfile.mkdtemp(prefix="groundplan-postgresql-")))
        done = None
        for port in SERVER_PORTS:
            done = subprocess.run(
                [script, "start", str(folders[-1]), str(port)], capture_output=True, text=True, check=False
            )
            if "in use" not in done.stderr:
                break
        assert done is not None
        if done.returncode != 0:
            if os.environ.get("CI"):
                pytest.fail(f"CI needs a PostgreSQL server: {done.stderr.strip()}")
            pytest.skip(f"needs a PostgreSQL server: {done.stderr.strip()}")
        return done.stdout.splitlines()[-1]

    yield started
    for folder in folders:
        subprocess.run([script, "stop", str(folder)], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url(row: template.Row, new_database: Callable[[], str]) -> Callable[[], str]:
    """Return a function that returns the URL of an empty database as the row's driver writes it; empty for SQLite.

    Services find an empty database each, of their own name, on the same server.
    """

    def url() -> str:
        if row.database == "sqlite":
            return ""
        catalogue = template.extension("catalogue").load(template.ROOT / "catalogue")
        settings = {setting.name: setting for setting in catalogue.choice("database", row.database).settings}
        scheme = settings["DATABASE_URL"].example.partition("://")[0]
        server = new_database()
        if row.architecture == "microservices":
            domain = template.extension("domain").parse(template.sample(row.sample)["domain"])
            for name in ("users", *(module.name for module in domain.modules)):
                subprocess.run(["psql", server, "--quiet", "--command", f'CREATE DATABASE "{name}"'], check=True)
        return f"{scheme}://{server.partition('://')[2]}"

    return url
