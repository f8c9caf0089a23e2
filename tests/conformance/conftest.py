"""Options, and the people and rows of a run. Without a service to speak to nothing is collected."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_ASSERTING = (
    "client",
    "rows",
    "people",
    "lists",
    "described",
    "permitted",
    "methods",
    *(f"methods.{name}" for name in ("passwords", "session")),
)
pytest.register_assert_rewrite(*(f"conformance.{name}" for name in _ASSERTING))

from conformance.client import Client  # noqa: E402 - after its asserts were given words
from conformance.contract import Domain, Resource, Role, domain_of  # noqa: E402
from conformance.described import Document  # noqa: E402
from conformance.methods import NEEDS, Method, method_of  # noqa: E402
from conformance.people import ME, Person  # noqa: E402
from conformance.permitted import cases  # noqa: E402
from conformance.rows import Rows  # noqa: E402
from conformance.target import OPTIONS, Incomplete, Target, target_of  # noqa: E402
from conformance.witness import WITNESS  # noqa: E402

HERE = Path(__file__).parent
RATES = "test_rates.py"
"""The tests of limits: these run where callers are limited, and the others where they are not."""

OPTIONAL = {"believed": "--trusted-address", "second": "--second-url"}
"""Fixtures, and the options without which there is nothing to give."""

LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what the suite is pointed at."""
    group = parser.getgroup("conformance", "the service whose conformance is tested")
    for option, words in OPTIONS.items():
        group.addoption(f"--{option}", dest=_dest(option), default=None, help=words)


def _dest(option: str) -> str:
    return f"conformance_{option.replace('-', '_')}"


def pytest_configure(config: pytest.Config) -> None:
    """Explain the mark."""
    config.addinivalue_line("markers", "needs(*what): what the method of authentication must have for this test")
    config.stash[LEFT_OUT] = Counter()


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
    if (collection_path.name == RATES) != (target.limit is not None):
        return True
    method = collection_path.stem.partition("test_auth_")[2]
    return True if method and method != target.auth else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what was kept secret; say what is missing where the suite alone was asked for."""
    target = _target(session.config)
    if target is not None and target.secrets_file:
        WITNESS.keep(Path(target.secrets_file))
    only_here = all(HERE in (path := Path(argument).resolve(), *path.parents) for argument in session.config.args)
    if only_here and not session.testscollected and not session.config.option.help and _target(session.config) is None:
        raise pytest.UsageError("conformance: say where the service answers: --base-url http://127.0.0.1:8000")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test what it asks for of the domain."""
    target = _target(metafunc.config)
    if target is None:
        return
    domain, method = domain_of(target.domain, target.auth), method_of(target.auth)
    texts = [(one.name, (one, f)) for one in domain.resources if (f := _free_text(one))]
    given: dict[str, list[tuple[str, Any]]] = {
        "resource": [(one.name, one) for one in domain.resources],
        "owned": [(one.name, one) for one in domain.resources if one.owned],
        "shared": [(one.name, one) for one in domain.resources if not one.owned],
        "field_of": [(f"{one.name}.{f.name}", (one, f)) for one in domain.resources for f in one.fields],
        "account_field": [(f.name, f) for f in domain.account.fields],
        "unique_of": [(f"{one.name}.{f.name}", (one, f)) for one in domain.resources for f in one.fields if f.unique],
        "reference": [(one.id, one) for one in domain.references],
        "to_owned": [(one.id, one) for one in domain.references if one.end.owned],
        "role": [(one.name, one) for one in domain.roles],
        "nested": [(one.id, one) for one in domain.nested],
        "sorted_by": [(f"{one.name}.{wire}", (one, wire)) for one in domain.resources for wire in one.listed],
    }
    for name, values in given.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [pytest.param(value, id=id_) for id_, value in values])
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", [pytest.param(one, id=one.id) for one in cases(domain, method)])
    for name in {"place", "some_list"} & {*metafunc.fixturenames}:
        places = ["me"] * method.has_accounts + ["rows"] * bool(domain.resources)
        metafunc.parametrize(name, places, indirect=True)
    # Where a caller finds what is its own: the account, or where there is none a row.
    if "known" in metafunc.fixturenames:
        found = [("me", None)] if method.has_accounts else [(one.name, one) for one in domain.resources[:1]]
        metafunc.parametrize("known", [pytest.param(one, id=id_) for id_, one in found], indirect=True)
    if "limited" in metafunc.fixturenames:
        paths = [ME] * method.has_accounts + [one.path for one in domain.resources[:1]]
        metafunc.parametrize("limited", [pytest.param(path, id=path.rpartition("/")[2]) for path in paths])
    if "said" in metafunc.fixturenames:
        holding = [("me", None)] if "names" in method.has else texts[:1]
        metafunc.parametrize("said", [pytest.param(one, id=id_) for id_, one in holding], indirect=True)


def _free_text(resource: Resource) -> Any:
    """Return a field that takes any text of ten characters."""
    texts = [f for f in resource.fields if f.type in ("string", "text") and not f.unique and not f.rules.pattern]
    return next((f for f in texts if (f.rules.min or 0) <= 1 and (f.rules.max or f.rules.length or 99) > 9), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of what the domain or the method does not have."""
    target = _target(config)
    if target is None:
        return
    method, left_out = method_of(target.auth), config.stash[LEFT_OUT]
    kept, deselected = [], []
    for item in items:
        if HERE not in item.path.parents:
            kept.append(item)
        elif missing := _missing(item, method) or _unsaid(item, target):
            left_out[missing] += 1
            deselected.append(item)
        elif not _has_nothing(item):
            kept.append(item)
    if target.seed:
        # By what the tests are called, so that a part of the suite has the same order wherever it is collected.
        kept.sort(key=lambda item: item.nodeid)
        random.Random(target.seed).shuffle(kept)  # noqa: S311 - an order that can be had again, no secret
    items[:] = kept
    if deselected:
        config.hook.pytest_deselected(items=deselected)


def _missing(item: pytest.Item, method: Method) -> str:
    """Return what a test needs and the method has not; nothing where it has all of it."""
    needed = {what for mark in item.iter_markers("needs") for what in mark.args}
    assert needed <= set(NEEDS), f"{item.nodeid} needs {sorted(needed - set(NEEDS))}, of which nobody knows"
    missing = min(needed - method.has, key=list(NEEDS).index, default="")
    return missing and f"{method.name} {NEEDS[missing]}"


def _unsaid(item: pytest.Item, target: Target) -> str:
    """Return which option a test needs that was not given; nothing where it has all of them."""
    given = {"believed": target.trusted_address, "second": target.second_url}
    asked = getattr(item, "fixturenames", ())
    return next(
        (f"{option} says nothing" for name, option in OPTIONAL.items() if name in asked and not given[name]), ""
    )


def _has_nothing(item: pytest.Item) -> bool:
    return any(
        mark.name == "skip" and "empty parameter set" in mark.kwargs.get("reason", "") for mark in item.iter_markers()
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and why."""
    target = _target(terminalreporter.config)
    if target is not None and target.seed:
        terminalreporter.write_line(f"conformance: in random order, the same again with --seed={target.seed}")
    if target is not None and target.limit is None:
        terminalreporter.write_line("conformance: the tests of limits left out: --rate-limit says nothing")
    for why, count in terminalreporter.config.stash[LEFT_OUT].items():
        terminalreporter.write_line(f"conformance: {count} tests left out: {why}")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """What the suite is pointed at."""
    found = _target(request.config)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def method(target: Target) -> Method:
    """How callers prove who they are."""
    return method_of(target.auth)


@pytest.fixture(scope="session")
def domain(target: Target) -> Domain:
    """What the service is about."""
    return domain_of(target.domain, target.auth)


@pytest.fixture(scope="session")
def anonymous(target: Target) -> Client:
    """Nobody."""
    return Client(target.base_url)


@pytest.fixture(scope="session")
def admin(target: Target, method: Method) -> Person:
    """The administrator."""
    return method.administrator(target)


@pytest.fixture(scope="session")
def ada(target: Target, method: Method) -> Person:
    """A member, who writes what belongs to somebody."""
    return method.member(target, "Ada")


@pytest.fixture(scope="session")
def eve(target: Target, method: Method) -> Person:
    """Another member, who may see nothing of Ada's."""
    return method.member(target, "Eve")


@pytest.fixture
def a_member(target: Target, method: Method) -> Callable[[], Person]:
    """Return a function that returns somebody new."""
    return lambda: method.member(target, "Somebody")


@pytest.fixture
def person_with(target: Target, method: Method) -> Callable[..., Person]:
    """Return a function that returns somebody new with the roles that it is called with."""
    return lambda *roles: method.having(target, roles)


@pytest.fixture(scope="session")
def holder_of(target: Target, method: Method) -> Callable[[Role], Person]:
    """Return a function that returns somebody who has a role, always the same one."""
    return cache(lambda role: method.having(target, [role.name]).again())


@pytest.fixture(scope="session")
def rows(domain: Domain, admin: Person) -> Rows:
    """Makes rows."""
    return Rows(domain, admin)


@pytest.fixture(scope="session")
def document(anonymous: Client) -> Document:
    """The document that the service shows."""
    found: Document = anonymous.get("/openapi.json").expect(200).json
    return found


@pytest.fixture
def paths(domain: Domain) -> list[str]:
    """A path of each module."""
    return [resource.path for resource in {one.module: one for one in domain.resources}.values()]


@pytest.fixture
def known(request: pytest.FixtureRequest, ada: Person, rows: Rows) -> str:
    """A path that Ada may read and change: her account, or a row where there are no accounts."""
    resource: Resource | None = request.param
    return ME if resource is None else f"{resource.path}/{rows.create(resource, ada)['id']}"


@pytest.fixture(scope="session")
def renamed(target: Target, method: Method) -> Person:
    """Somebody whose name is what the last test made of it."""
    return method.member(target, "Somebody")


@pytest.fixture
def some_list(
    request: pytest.FixtureRequest, domain: Domain, rows: Rows, admin: Person, ada: Person
) -> tuple[Client, str]:
    """Who may read a list, and its path: the accounts, and the first entity."""
    if request.param == "rows":
        rows.create(domain.resources[0], ada)
        return rows.writer(domain.resources[0], ada), domain.resources[0].path
    return admin, domain.account.path


@pytest.fixture
def said(request: pytest.FixtureRequest, ada: Person, rows: Rows) -> tuple[Client, str, str]:
    """Who may change a text, the path of what holds it, and the name of the field."""
    if request.param is None:
        return request.getfixturevalue("renamed"), ME, "name"
    resource, field = request.param
    return rows.writer(resource, ada), f"{resource.path}/{rows.create(resource, ada)['id']}", field.wire


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
