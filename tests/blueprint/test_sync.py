"""`synchronous`: what it makes of asynchronous Python is what one writes for threads."""

from __future__ import annotations

import time

import pytest

import template

IMPORT = "from a.concurrency import run\n"


def synchronous(text: str) -> str:
    """Return what the filter makes of a text."""
    result: str = template.extension("sync").synchronous(text)
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("async def a() -> None: ...\n", "def a() -> None: ...\n"),
        ("async with a as b, c:\n", "with a as b, c:\n"),
        ("async for a in b:\n", "for a in b:\n"),
        ("[a async for a in b]\n", "[a for a in b]\n"),
        ("return await a(await b())\n", "return a(b())\n"),
        ("(await a(b)).c\n", "a(b).c\n"),
        ("(await a(b))[0]\n", "a(b)[0]\n"),
        ("assert (await a.list(Query())).total == 1\n", "assert a.list(Query()).total == 1\n"),
        ("f((await a()))\n", "f(a())\n"),
        ("f(await a())\n", "f(a())\n"),
        ("x = (await a() or b)\n", "x = (a() or b)\n"),
        ("{**(await a()), 'b': 1}\n", "{**a(), 'b': 1}\n"),
    ],
)
def test_statements(text: str, expected: str) -> None:
    assert synchronous(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Callable[[], Awaitable[None]]", "Callable[[], None]"),
        ("Callable[[A], Awaitable[Sequence[A] | None]]", "Callable[[A], Sequence[A] | None]"),
        ("Coroutine[Any, Any, dict[str, int]]", "dict[str, int]"),
        ("Awaitable[Awaitable[A]]", "A"),
        ("AsyncIterator[A]", "Iterator[A]"),
        ("AbstractAsyncContextManager[A]", "AbstractContextManager[A]"),
    ],
)
def test_types(text: str, expected: str) -> None:
    assert synchronous(f"a: {text}\n") == f"a: {expected}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("async def __aenter__(self) -> Self:\n", "def __enter__(self) -> Self:\n"),
        ("from sqlalchemy.ext.asyncio import AsyncEngine\n", "from sqlalchemy import Engine\n"),
        ("class ApiClient(AsyncClient):\n", "class ApiClient(Client):\n"),
        ("await self._client.aclose()\n", "self._client.close()\n"),
        ('event.listen(engine.sync_engine, "connect", prepare)\n', 'event.listen(engine, "connect", prepare)\n'),
        ("await connection.run_sync(migrate)\n", "migrate(connection)\n"),
        ("await connection.run_sync(all_of(it).create)\n", "all_of(it).create(connection)\n"),
        ('url.replace("sqlite:", "sqlite+aiosqlite:")\n', 'url.replace("sqlite:", "sqlite+pysqlite:")\n'),
    ],
)
def test_names(text: str, expected: str) -> None:
    assert synchronous(text) == expected


def test_every_name_is_known_by_a_hint() -> None:
    sync = template.extension("sync")

    assert {name: synchronous(f"{name}\n") for name in sync.NAMES} == {
        name: f"{other}\n" for name, other in sync.NAMES.items()
    }


def test_what_begins_an_event_loop_goes() -> None:
    assert synchronous(f"{IMPORT}print(run(main(a, [b])))\n") == f"{IMPORT}print(main(a, [b]))\n"
    assert synchronous(f"{IMPORT}async def run(a): ...\nb.run(c)\n") == f"{IMPORT}def run(a): ...\nb.run(c)\n"
    assert synchronous("run(main())\n") == "run(main())\n"


def test_contexts_of_one_kind_are_one_statement() -> None:
    nested = "def f():\n    with a:\n        async with b as c:\n            d()\n\n            e()\n    g()\n"
    assert synchronous(nested) == "def f():\n    with a, b as c:\n        d()\n\n        e()\n    g()\n"
    assert synchronous("async with a:\n    with b:\n        c()\n") == "with a, b:\n    c()\n"


@pytest.mark.parametrize(
    "text",
    [
        "with a:\n    with b:\n        c()\n",
        "with a:\n    with b:\n        c()\n    d()\n",
        '"""The asynchronous form, async as one says; coroutines are awaited."""\n',
        "awaited = is_async(run_sync, AsyncClientele, raclose)\n",
        "def plain(a: list[int]) -> dict[str, int]:\n    return {str(b): b for b in a}\n",
    ],
)
def test_what_is_synchronous_stays(text: str) -> None:
    assert synchronous(text) == text


def test_contexts_with_something_between_stay_apart() -> None:
    text = "with a:\n    async with b:\n        c()\n    d()\n"
    assert synchronous(text) == text.replace("async ", "")


def test_twice_is_once() -> None:
    once = synchronous("async def a(b: Callable[[], Awaitable[int]]) -> int:\n    return (await b()).real\n")
    assert synchronous(once) == once


def test_it_is_fast() -> None:
    statement = (
        "async def a(b: Awaitable[int]) -> None:\n    async with c(await b) as d:\n        (await d.e()).f()\n\n\n"
    )
    text = statement * 200
    started = time.perf_counter()
    synchronous(text)
    assert time.perf_counter() - started < 0.5
