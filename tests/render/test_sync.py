"""What serves with threads is what serves with an event loop, without the words of the latter: in every file of both.

Compared are the files that one source writes for both; whatever else a stack has is its own. The comparison knows its
words from here, not from the filter, and looks at syntax where the filter looks at text.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import pytest

import covering
import synchronous
import template
from rendering import Render, Rendered, grouped

ASYNCHRONOUS, SYNCHRONOUS = "fastapi", ("flask", "django")

NAMES = {
    **synchronous.RENAMED,
    "AsyncBaseTransport": "BaseTransport",
    "AsyncClient": "Client",
    "AsyncConnection": "Connection",
    "AsyncEngine": "Engine",
    "AsyncRetrying": "Retrying",
    "aiosqlite": "pysqlite",
    "aiter_bytes": "iter_bytes",
    "asyncmy": "pymysql",
    "create_async_engine": "create_engine",
    "handle_async_request": "handle_request",
    "redis.asyncio": "redis",
    "sqlalchemy.ext.asyncio": "sqlalchemy",
}
"""What libraries call the same thing in their two worlds."""

WORDS = re.compile(r"\b(?:async|await(?:s|ed|able)?|asyncio|coroutines?|Async[A-Z]\w*|aio\w+)\b", re.IGNORECASE)
PROSE = re.compile(r"asynchron|asyncapi", re.IGNORECASE)

OF_A_SECRET = {"settings.py", "issuing.py", "test_process.py", "test_settings.py"}
"""Files that name the secret of a repository, where it has one."""

OF_AN_ADMIN_SITE = {"accounts.py"}
"""Files that provide what Django's admin site needs beside the API."""

# Nothing that is particular to a database is particular to an authentication as well.
STACKS = [
    pytest.param(row.architecture, row.framework, row.database, row.auth, id=row.id, marks=grouped(row).marks)
    for row in covering.rendered()
    if row.framework in SYNCHRONOUS
    and row.sample == row.richest_sample
    and (row.auth == "jwt" or row.database == "sqlite")
]


class Normal(synchronous.Synchronous, ast.NodeTransformer):
    """Writes either form as neither: without asynchrony, and with nested contexts as one statement."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Call it as the synchronous world does."""
        return ast.Name(NAMES.get(node.id, node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Call it as the synchronous world does, where an engine is no pair of engines."""
        if node.attr == "sync_engine":
            return self.visit(node.value)
        return ast.Attribute(self.visit(node.value), NAMES.get(node.attr, node.attr), node.ctx)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """Import it from where the synchronous world has it."""
        node.module = NAMES.get(node.module or "", node.module)
        node.names = [
            ast.alias(NAMES.get(alias.name, alias.name), alias.asname)
            for alias in node.names
            if (node.module or "").rpartition(".")[2] != "concurrency" or alias.name != "run"
        ]
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Drivers are named in URLs, and types in quotes."""
        if isinstance(node.value, str) and "\n" not in node.value:
            for name, other in NAMES.items():
                node.value = node.value.replace(name, other)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """No event loop begins, and nothing runs on the synchronous side of one."""
        match node:
            case ast.Call(func=ast.Name(id="run"), args=[main], keywords=[]):
                return self.visit(main)
            case ast.Call(func=ast.Attribute(value=connection, attr="run_sync"), args=[function], keywords=[]):
                return ast.Call(self.visit(function), [self.visit(connection)], [])
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A method may have another name as well."""
        node.name = NAMES.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """Make it a block."""
        return self.visit_With(ast.With(**dict(ast.iter_fields(node))))

    def visit_With(self, node: ast.With) -> ast.AST:
        """Make one block of it and a block that is all there is in it."""
        self.generic_visit(node)
        match node.body:
            case [ast.With(items=items, body=body)]:
                return ast.With([*node.items, *items], body)
        return node


@functools.cache
def normal(source: str) -> tuple[str, list[str], list[str]]:
    """Return what a module says whichever form it has: statements, names that it imports, comments."""
    tree = Normal().visit(ast.parse(source))
    body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {word for node in ast.walk(tree) if isinstance(node, ast.Constant) for word in _words(node.value)}
    imports = sorted({line for line, name in _imports(tree.body) if name in used})
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, []))), imports, re.findall(r"(?m) # .*$", source)


def _words(value: object) -> list[str]:
    return re.findall(r"\w+", value) if isinstance(value, str) else []


def _imports(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node in body:
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            module = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
            name = alias.asname or alias.name
            yield f"{module}import {alias.name} as {name}", name.partition(".")[0]


def derived(one: Rendered, other: Rendered) -> list[str]:
    """Return the Python that one source has written in two repositories, unless it is written as it is."""
    sources = {destination: source for source, destination in other.writes}
    return [
        destination
        for source, destination in one.writes
        if source.endswith(".py.jinja") and sources.get(destination) == source and "as_written" not in source
    ]


def differing(paths: list[str], one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Return the paths whose two files do not say the same."""
    changed = [path for path in paths if one[path] != other[path]]
    return [path for path in changed if normal(one[path].decode()) != normal(other[path].decode())]


def signs(files: Mapping[str, bytes]) -> bool:
    """Return whether a repository signs something with a secret, as Django always does."""
    return any(path.endswith("settings/auth.py") for path in files)


def words_of_asynchrony(files: Mapping[str, bytes], paths: list[str]) -> list[str]:
    """Return every word that belongs to an event loop, with its place."""
    return [
        f"{path}:{number}: {match[0]}"
        for path in paths
        for number, line in enumerate(files[path].decode().splitlines(), 1)
        for match in WORDS.finditer(PROSE.sub("", line))
    ]


@pytest.fixture
def pair(render: Render, architecture: str, framework: str, database: str, auth: str) -> tuple[Rendered, Rendered]:
    """Return the repository of an event loop, and that of threads."""
    choices = {"architecture": architecture, "database": database, "auth": auth}
    one, other = (render(**template.row(**choices, framework=name).answers) for name in (ASYNCHRONOUS, framework))
    return one, other


@pytest.mark.parametrize(("architecture", "framework", "database", "auth"), STACKS)
def test_both_say_the_same(pair: tuple[Rendered, Rendered], framework: str, auth: str) -> None:
    one, other = pair
    paths = derived(one, other)

    assert len(paths) > 100
    assert sum(one.files[path] != other.files[path] for path in paths) > 50
    expected = OF_A_SECRET if signs(other.files) > signs(one.files) else set()
    expected |= OF_AN_ADMIN_SITE if (framework, auth) == ("django", "jwt") else set()
    assert {PurePosixPath(path).name for path in differing(paths, one.files, other.files)} <= expected


@pytest.mark.parametrize(("architecture", "framework", "database", "auth"), STACKS)
def test_threads_know_no_word_of_asynchrony(pair: tuple[Rendered, Rendered]) -> None:
    one, other = pair
    as_written = {destination for source, destination in other.writes if "as_written" in source}
    texts = (".py", ".toml", ".md", ".cfg", ".ini", "Makefile", "Dockerfile")
    paths = [
        path
        for path in other.files
        if path.endswith(texts) and path not in as_written and "docs/decisions/" not in path
    ]

    assert words_of_asynchrony(other.files, paths) == []
    assert words_of_asynchrony(one.files, derived(one, other)) != []


BEFORE = '''\
"""Words."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine
from shop.shared.concurrency import run


@asynccontextmanager
async def opened(engine: AsyncEngine, check: Callable[[], Awaitable[int]]) -> AsyncIterator[int]:
    """Words."""
    with translated():
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            listen(engine.sync_engine, "sqlite+aiosqlite:")
            yield (await check()).real  # one by one


def main() -> None:
    print(run(work()))
'''

AFTER = '''\
"""Words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine


@contextmanager
def opened(engine: Engine, check: Callable[[], int]) -> Iterator[int]:
    """Words."""
    with translated(), engine.connect() as connection:
        migrate(connection)
        listen(engine, "sqlite+pysqlite:")
        yield check().real  # one by one


def main() -> None:
    print(work())
'''


def test_two_forms_of_one_source_say_the_same() -> None:
    assert differing(["a.py"], {"a.py": BEFORE.encode()}, {"a.py": AFTER.encode()}) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("migrate(connection)", "migrate(engine)"),
        ("# one by one", "# in turn"),
        ("def opened", "def closed"),
        ("Iterator[int]", "Iterator[str]"),
        ("Callable[[], int]", "Callable[[], None]"),
        ("        migrate(connection)\n", ""),
        ('"""Words."""\n\nfrom', '"""Other words."""\n\nfrom'),
        ("with translated(), engine", "with engine"),
        ("+pysqlite", "+other"),
        ("from sqlalchemy import", "from sqlalchemy.engine import"),
        ("print(work())", "print(run(work))"),
        ("@contextmanager\n", ""),
    ],
)
def test_another_difference_is_found(before: str, after: str) -> None:
    assert before in AFTER
    planted = AFTER.replace(before, after).encode()

    assert differing(["a.py"], {"a.py": BEFORE.encode()}, {"a.py": planted}) == ["a.py"]


@pytest.mark.parametrize(
    "line",
    [
        "async def a(): ...",
        "return await a()",
        "import asyncio",
        "# a coroutine",
        "a: Awaitable[int]",
        "client: AsyncClient",
        "url = 'sqlite+aiosqlite:'",
        "from sqlalchemy.ext.asyncio import b",
    ],
)
def test_a_word_of_asynchrony_is_found(line: str) -> None:
    assert words_of_asynchrony({"a.py": f"a\n{line}\n".encode()}, ["a.py"])


def test_prose_may_speak_of_it() -> None:
    assert words_of_asynchrony({"a.md": b"Not asynchronous; see asyncapi.yaml.\n"}, ["a.md"]) == []
