"""What does not depend on a framework or a database is the same with all of them: core, contracts and documents."""

from __future__ import annotations

import fnmatch
from collections import Counter

import pytest

import covering
import rendering
import synchronous
import template
from rendering import Render, Rendered

# Where the core lies, whatever the architecture: each layer of each module, and the kernel's share in it.
OF_AN_ADMIN_SITE = ("*/application/sign_on.py", "*/application/users/sign_on.py")
"""What Django's admin site needs beside the API: signing on without tokens."""

CORE = ("*/domain/*.py", "*/application/*.py", "*/contracts.py", "*/contracts/*.py", "*/peers/*.py")
NOT_CORE = ("*/infrastructure/*", "*/api/*", "*/tests/*", "tests/*", *OF_AN_ADMIN_SITE)
DOCUMENTS = ("openapi.yaml", "*/openapi.yaml", "*/openapi.json", "*/asyncapi.yaml", "*/consumes/*.yaml")

FRAMEWORKS = template.catalogue().names("framework")
DATABASES = template.catalogue().names("database")
COUNTED = Counter((row.architecture, row.auth, row.sample) for row in covering.rendered())
GROUPS = sorted(group for group, count in COUNTED.items() if count == len(FRAMEWORKS) * len(DATABASES))
"""Architecture, authentication and sample where every framework and every database is rendered."""


def grouped(architecture: str, auth: str, sample: str, *more: str) -> object:
    """Return a group as a parameter, for the process that looks at its rows."""
    id_ = "-".join((architecture, auth, *more, sample))
    marks = pytest.mark.xdist_group(rendering.group(architecture, auth, sample))
    return pytest.param(architecture, auth, sample, *more, id=id_, marks=marks)


def found(emitted: Rendered, patterns: tuple[str, ...], but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the files whose path matches a pattern, and none of others."""
    return {
        path: data
        for path, data in emitted.files.items()
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)
        and not any(fnmatch.fnmatchcase(path, pattern) for pattern in but)
    }


def repositories(render: Render, architecture: str, auth: str, sample: str, **choices: str) -> dict[str, Rendered]:
    """Return every repository of a group, by its name."""
    wanted = {"architecture": architecture, "auth": auth, "sample": sample, **choices}
    rows = [row for row in covering.rendered() if all(getattr(row, name) == value for name, value in wanted.items())]
    return {row.id: render(**row.answers) for row in rows}


def test_every_combination_is_in_a_group() -> None:
    assert {(row.architecture, row.auth) for row in template.rows()} == {(one, other) for one, other, _ in GROUPS}


@pytest.mark.parametrize(("architecture", "auth", "sample"), [grouped(*group) for group in GROUPS])
def test_documents_are_the_same_to_the_byte(render: Render, architecture: str, auth: str, sample: str) -> None:
    documents = {
        name: found(emitted, DOCUMENTS) for name, emitted in repositories(render, architecture, auth, sample).items()
    }
    first = next(iter(documents.values()))

    assert len(documents) == len(FRAMEWORKS) * len(DATABASES)
    assert {"openapi.yaml", "docs/asyncapi.yaml"} <= set(first)
    for name, other in documents.items():
        assert set(other) == set(first), name
        assert [path for path in first if other[path] != first[path]] == [], name


@pytest.mark.parametrize(
    ("architecture", "auth", "sample", "database"),
    [grouped(*group, database) for group in GROUPS for database in DATABASES],
)
def test_the_core_is_the_same_but_for_the_words_of_asynchrony(
    render: Render, architecture: str, auth: str, sample: str, database: str
) -> None:
    emitted = repositories(render, architecture, auth, sample, database=database)
    cores = {name: found(repository, CORE, NOT_CORE) for name, repository in emitted.items()}
    first = next(iter(cores.values()))

    assert len(cores) == len(FRAMEWORKS)
    assert len(first) > 10
    for name, core in cores.items():
        assert synchronous.differences(first, core) == [], name


@pytest.mark.parametrize(
    ("architecture", "auth", "sample", "framework"),
    [grouped(*group, framework) for group in GROUPS for framework in FRAMEWORKS],
)
def test_the_core_is_the_same_to_the_byte_on_every_database(
    render: Render, architecture: str, auth: str, sample: str, framework: str
) -> None:
    emitted = repositories(render, architecture, auth, sample, framework=framework)
    cores = {name: found(repository, CORE, NOT_CORE) for name, repository in emitted.items()}
    first = next(iter(cores.values()))

    assert len(cores) == len(DATABASES)
    for name, core in cores.items():
        assert [path for path in {**first, **core} if first.get(path) != core.get(path)] == [], name


@pytest.mark.parametrize(("auth", "sample"), sorted({(auth, sample) for _, auth, sample in GROUPS}))
def test_the_public_document_is_the_same_in_every_architecture(render: Render, auth: str, sample: str) -> None:
    architectures = sorted({one for one, *rest in GROUPS if rest == [auth, sample]})
    rows = [template.row(sample, architecture=architecture, auth=auth) for architecture in architectures]

    assert architectures == sorted(template.catalogue().names("architecture"))
    assert len({render(**row.answers).files["openapi.yaml"] for row in rows}) == 1


ASYNCHRONOUS = '''\
"""Words."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

Check = Callable[[], Awaitable[None]]


@asynccontextmanager
async def opened(checks: list[Check]) -> AsyncIterator[int]:
    """Words."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(checks[0])
        async for check in each(checks):  # one by one
            await check()
        yield len([check async for check in each(checks)])
'''

SYNCHRONOUS = '''\
"""Words."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

Check = Callable[[], None]


@contextmanager
def opened(checks: list[Check]) -> Iterator[int]:
    """Words."""
    with ExitStack() as stack:
        stack.callback(checks[0])
        for check in each(checks):  # one by one
            check()
        yield len([check for check in each(checks)])
'''


def test_two_forms_of_one_source_say_the_same() -> None:
    assert synchronous.differences({"a.py": ASYNCHRONOUS.encode()}, {"a.py": SYNCHRONOUS.encode()}) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("checks[0]", "checks[1]"),
        ("# one by one", "# in turn"),
        ("def opened", "def closed"),
        ("Iterator[int]", "Iterator[str]"),
        ("Callable[[], None]", "Callable[[], int]"),
        ("            check()\n", "            pass\n"),
        ('"""Words."""\n\nfrom', '"""Other words."""\n\nfrom'),
        ("with ExitStack()", "with closing()"),
    ],
)
def test_another_difference_is_found(before: str, after: str) -> None:
    assert before in SYNCHRONOUS
    planted = SYNCHRONOUS.replace(before, after).encode()

    assert synchronous.differences({"a.py": ASYNCHRONOUS.encode()}, {"a.py": planted}) == ["a.py"]


def test_a_file_that_only_one_has_is_found() -> None:
    assert synchronous.differences({"a.py": b"", "b.py": b""}, {"a.py": b""}) == ["b.py"]
    assert synchronous.differences({"a.md": b"one"}, {"a.md": b"two"}) == ["a.md"]
