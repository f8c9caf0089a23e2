"""Options, and the people and rows of a run. Without a service to speak to nothing is collected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("conformance.client", "conformance.rows", "conformance.people", "conformance.lists")

from conformance import people  # noqa: E402 - after its asserts were given words
from conformance.client import Client  # noqa: E402
from conformance.contract import Domain, Resource, domain_of  # noqa: E402
from conformance.people import Person  # noqa: E402
from conformance.rows import Rows  # noqa: E402
from conformance.target import OPTIONS, Incomplete, Target, target_of  # noqa: E402

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what the suite is pointed at."""
    group = parser.getgroup("conformance", "the service whose conformance is tested")
    for option, words in OPTIONS.items():
        group.addoption(f"--{option}", dest=_dest(option), default=None, help=words)


def _dest(option: str) -> str:
    return f"conformance_{option.replace('-', '_')}"


def _target(config: pytest.Config) -> Target | None:
    try:
        return target_of({option: config.getoption(_dest(option), None) for option in OPTIONS})
    except Incomplete as fault:
        raise pytest.UsageError(f"conformance: {fault}") from None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the suite alone where no service is named, and methods of authentication that were not chosen."""
    if not collection_path.name.startswith("test_"):
        return None
    target = _target(config)
    if target is None:
        return True
    method = collection_path.stem.partition("test_auth_")[2]
    return True if method and method != target.auth else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say what is missing where the suite alone was asked for."""
    only_here = all(HERE in (path := Path(argument).resolve(), *path.parents) for argument in session.config.args)
    if only_here and not session.testscollected and not session.config.option.help and _target(session.config) is None:
        raise pytest.UsageError("conformance: say where the service answers: --base-url http://127.0.0.1:8000")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test what it asks for of the domain."""
    target = _target(metafunc.config)
    if target is None:
        return
    domain = domain_of(target.domain)
    given: dict[str, list[tuple[str, Any]]] = {
        "resource": [(one.name, one) for one in domain.resources],
        "owned": [(one.name, one) for one in domain.resources if one.owned],
        "shared": [(one.name, one) for one in domain.resources if not one.owned],
        "field_of": [(f"{one.name}.{f.name}", (one, f)) for one in domain.resources for f in one.fields],
        "account_field": [(f.name, f) for f in domain.account.fields],
        "unique_of": [(f"{one.name}.{f.name}", (one, f)) for one in domain.resources for f in one.fields if f.unique],
        "reference": [(one.id, one) for one in domain.references],
        "nested": [(one.id, one) for one in domain.nested],
        "sorted_by": [(f"{one.name}.{wire}", (one, wire)) for one in domain.resources for wire in one.listed],
    }
    for name, values in given.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [pytest.param(value, id=id_) for id_, value in values])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of what the domain does not have."""
    if _target(config) is not None:
        items[:] = [item for item in items if not (HERE in item.path.parents and _has_nothing(item))]


def _has_nothing(item: pytest.Item) -> bool:
    return any(
        mark.name == "skip" and "empty parameter set" in mark.kwargs.get("reason", "") for mark in item.iter_markers()
    )


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """What the suite is pointed at."""
    found = _target(request.config)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def domain(target: Target) -> Domain:
    """What the service is about."""
    return domain_of(target.domain)


@pytest.fixture(scope="session")
def anonymous(target: Target) -> Client:
    """Nobody."""
    return Client(target.base_url)


@pytest.fixture(scope="session")
def admin(target: Target) -> Person:
    """The administrator."""
    return people.the_administrator(target)


@pytest.fixture(scope="session")
def ada(target: Target) -> Person:
    """A member, who writes what belongs to somebody."""
    return people.a_member(target.base_url, "Ada")


@pytest.fixture(scope="session")
def eve(target: Target) -> Person:
    """Another member, who may see nothing of Ada's."""
    return people.a_member(target.base_url, "Eve")


@pytest.fixture
def a_member(target: Target) -> Callable[[], Person]:
    """Return a function that returns somebody new."""
    return lambda: people.a_member(target.base_url)


@pytest.fixture(scope="session")
def rows(domain: Domain, admin: Person) -> Rows:
    """Makes rows."""
    return Rows(domain, admin)


@pytest.fixture
def writer(request: pytest.FixtureRequest, ada: Person, rows: Rows) -> Client:
    """Who writes rows of the resource that the test is about."""
    about: Any = next(
        request.getfixturevalue(name)
        for name in ("resource", "owned", "shared", "field_of", "unique_of", "reference", "sorted_by", "nested")
        if name in request.fixturenames
    )
    if isinstance(about, tuple):
        about = about[0]
    resource = about if isinstance(about, Resource) else about.rows
    return rows.writer(resource, ada)
