"""Emitted repositories that are set up once, and the servers that they need."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import covering
import demo
import template
from cluster import Cluster, eventually
from emitted.running import Provider, prepared, provided
from emitted.servers import KINDS, Servers
from http_client import Client

HERE = Path(__file__).parent

# One that serves with an event loop, and one that serves with threads and keeps its queues by other means.
CLUSTERS = [
    pytest.param(name, id=name, marks=pytest.mark.xdist_group(f"faults-{name}")) for name in ("fastapi", "django")
]
ADMIN = {"email": "admin@example.org", "password": "a long enough passphrase 7"}


def emitted_rows() -> list[template.Row]:
    """Return the combinations that are really set up, checked, tested, started and held to the contract.

    EMITTED_ROWS names others, separated by blanks: names of rows, or patterns such as `monolith-*-shop`. Or it says
    `nightly`: what a night has time for.
    """
    asked = os.environ.get("EMITTED_ROWS", "").split()
    if not asked:
        return list(covering.rows())
    if asked == ["nightly"]:
        return list(covering.nightly())
    return [row for row in template.rows() if any(fnmatch.fnmatchcase(row.id, pattern) for pattern in asked)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a `row` the combinations of this tier, one after the other.

    A module may say `ROWS`, which are its own; modules that name the same row share its repository.
    """
    if "row" in metafunc.fixturenames:
        rows = getattr(metafunc.module, "ROWS", None) or emitted_rows()
        metafunc.parametrize("row", [_marked(row) for row in rows], scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups that take longest: what begins last should be over soon.

    Within a group, the tests of a module follow each other: the next one empties the database that they share.
    """
    places: dict[tuple[str, Path], int] = {}
    for item in items:
        places.setdefault(_place(item), len(places))
    items.sort(key=lambda item: (_turn(item), places[_place(item)]))


def _place(item: pytest.Item) -> tuple[str, Path]:
    group = item.get_closest_marker("xdist_group")
    return (str(group.args[0]) if group else "", item.path)


def _turn(item: pytest.Item) -> int:
    """Return when the group of a test has its turn; those of one turn keep their order."""
    if item.path.parent != HERE:
        return 4
    if item.path.name in ("test_faults.py", "test_links.py"):
        return 0
    if "bite" in item.path.name:
        return 2
    row = item.callspec.params.get("row") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    return 4 if row is None else 1 if row.architecture == "microservices" else 3


def _marked(row: template.Row) -> object:
    marks = [pytest.mark.emitted, pytest.mark.xdist_group(row.id)]
    if row.database in KINDS:
        marks.append(getattr(pytest.mark, KINDS[row.database].mark))
    return pytest.param(row, id=row.id, marks=marks)


@pytest.fixture(scope="session")
def repository(row: template.Row, template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the repository of a row, rendered by the command line and set up by its own Makefile."""
    project = prepared(row, template_dir, tmp_path_factory.mktemp("emitted"))
    yield project
    shutil.rmtree(project)


@pytest.fixture(scope="session")
def provider(row: template.Row) -> Iterator[Provider | None]:
    """Return the provider that the service trusts, where it trusts one."""
    with provided(row) as found:
        yield found


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Return what starts servers; those that were started are ended at the end."""
    started = Servers()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def new_database(row: template.Row, repository: Path, servers: Servers) -> Callable[[], dict[str, str]]:
    """Return a function that empties the database and returns the settings that name it; a file needs no name.

    Services find an empty database each, of their own name, on the same server.
    """
    domain = template.extension("domain").parse(template.sample(row.sample)["domain"])
    several = row.architecture == "microservices"
    names = ["users", *(module.name for module in domain.modules)] if several else []

    def settings() -> dict[str, str]:
        if row.database in KINDS:
            return {"DATABASE_URL": servers.url(row.database, names)}
        for file in repository.rglob("var/data.db*"):
            file.unlink()
        return {}

    return settings


@pytest.fixture(scope="session")
def migrated(repository: Path, new_database: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """Return a function that empties the database, makes its tables, and returns the settings that name it."""

    def settings() -> dict[str, str]:
        found = new_database()
        demo.make(repository, "migrate", **found)
        return found

    return settings


@pytest.fixture(scope="session", params=CLUSTERS)
def cluster(
    request: pytest.FixtureRequest, template_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Return a shop of services, set up, migrated and running."""
    row = template.row("shop", architecture="microservices", framework=request.param)
    project = prepared(row, template_dir, tmp_path_factory.mktemp("faults"))
    demo.make(project, "migrate")
    demo.make(project, "admin", f"EMAIL={ADMIN['email']}", ADMIN_PASSWORD=ADMIN["password"])
    cluster = Cluster(project, ["users", "catalog", "ordering"])
    try:
        cluster.start()
        cluster.wait_until_ready()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(project)


@pytest.fixture
def administrator(cluster: Cluster) -> Client:
    """Return somebody who may do everything; every process runs."""
    client = Client(cluster.client.base)
    client.token = client.post("/api/v1/auth/login", ADMIN, expect=200, quiet=True).data["access_token"]
    eventually(lambda: client.get_status("/api/v1/products") == 200)
    return client
