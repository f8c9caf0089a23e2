"""Derive synchronous Python from asynchronous.

The core of what is emitted is written once, asynchronously. For stacks that serve with threads this filter takes the
words away that asynchrony brings, as httpcore and psycopg do for their own sources: `async` and `await` go, names that
exist in both worlds become those of the synchronous one, and types say what is returned instead of what is awaited.
Nothing else changes, so whoever reads either form knows the other.
"""

from __future__ import annotations

import re

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context

AS_WRITTEN = "{{ as_written }}"
"""The folder part of templates that stay asynchronous whatever serves."""

NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncBaseTransport": "BaseTransport",
    "AsyncClient": "Client",
    "AsyncConnection": "Connection",
    "AsyncEngine": "Engine",
    "AsyncExitStack": "ExitStack",
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "AsyncRetrying": "Retrying",
    "aclose": "close",
    "aiosqlite": "pysqlite",
    "asyncmy": "pymysql",
    "aiter_bytes": "iter_bytes",
    "asynccontextmanager": "contextmanager",
    "create_async_engine": "create_engine",
    "enter_async_context": "enter_context",
    "handle_async_request": "handle_request",
    "push_async_callback": "callback",
    "redis.asyncio": "redis",
    "sqlalchemy.ext.asyncio": "sqlalchemy",
}
"""What a name of the asynchronous world is called in the synchronous one."""


def _alone(word: str, then: str = "") -> re.Pattern[str]:
    """Return what finds a word that is no part of another; it begins with a letter, so that `re` can skip to that."""
    return re.compile(rf"{re.escape(word)}(?<!\w{re.escape(word)}){then}")


_ASYNC = _alone("async ", "(?=(?:def|with|for)\\b)")
_AWAIT = _alone("await ", "\\s*")
_HINTS = ("sync", "__a", "aclose", "aiosqlite", "aiter_bytes")
"""One of them is part of every name; most texts hold few of them, and finding that out takes no time."""

_NAMES = {hint: {name: _alone(name, "(?!\\w)") for name in NAMES if hint in name} for hint in _HINTS}
_RUN_SYNC = re.compile(r"(?P<connection>\b\w+)\.run_sync(?=\()")
_RUN_IMPORT = re.compile(r"^from [\w.]+\.concurrency import (?:[\w, ]*, )?run\b", re.MULTILINE)
_RUN = re.compile(r"(?<![\w.])(?<!def )run(?=\()")
_NESTED = re.compile(
    r"^(?P<indent> *)(?P<outer>(?:async )?with) (?P<first>.+):\n"
    r"(?P=indent) {4}(?P<inner>(?:async )?with) (?P<second>.+):\n",
    re.MULTILINE,
)
_GROUP = re.compile(r"\(await (?<![\w)\]}]\(await )(?=[\w.]+[(\[])")
_WRAPPED = re.compile(r"\b(?:Awaitable|Coroutine)\[")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class SyncExtension(Extension):
    """Sends every template of Python through `synchronous` where threads serve; must come before the layout."""

    def __init__(self, environment: Environment) -> None:
        """Register the filter under the name that `preprocess` uses."""
        super().__init__(environment)
        environment.filters["for_its_stack"] = _for_its_stack

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Wrap the source of a Python template in the filter."""
        if name is not None and name.endswith(".py.jinja") and AS_WRITTEN not in name:
            return "{% filter for_its_stack %}" + source + "{% endfilter %}"
        return source


@pass_context
def _for_its_stack(context: Context, text: str) -> str:
    return synchronous(text) if context["use"]["threads"] else text


def synchronous(text: str) -> str:
    """Return Python source without the words that asynchrony brings; source without them comes back as it is."""
    if "async with " in text:
        text = _without_nesting(text)
    if "await " in text:
        text = _AWAIT.sub("", _without_groups(text))
    text = _ASYNC.sub("", text)
    for hint, names in _NAMES.items():
        if hint in text:
            for name, pattern in names.items():
                text = pattern.sub(NAMES[name], text)
    text = text.replace(".sync_engine", "")
    if ".run_sync(" in text:
        text = _without_run_sync(text)
    if ".concurrency import " in text:
        text = _without_run(text)
    return _unwrapped(text) if "Awaitable[" in text or "Coroutine[" in text else text


def _without_nesting(text: str) -> str:
    """Take `with a:` around `async with b:`, or the other way round, to `with a, b:`, as both are of one kind then."""
    start = 0
    while match := _NESTED.search(text, start):
        start = match.end()
        indent = match["indent"]
        block, rest = _block(text[match.end() :], indent)
        if match["outer"] != match["inner"] and not re.search(rf"^{indent} {{4}}\S", block, re.MULTILINE):
            head = f"{indent}with {match['first']}, {match['second']}:\n"
            text = text[: match.start()] + head + re.sub(r"^ {4}(?=\s)", "", block, flags=re.MULTILINE) + rest
            start = match.start() + len(head)
    return text


def _block(text: str, indent: str) -> tuple[str, str]:
    """Split a text after the lines that stand deeper than `indent`."""
    end = re.search(rf"^ {{0,{len(indent)}}}\S", text, re.MULTILINE)
    return (text, "") if end is None else (text[: end.start()], text[end.start() :])


def _without_groups(text: str) -> str:
    """Take `(await x()).y` to `x().y`: the brackets are there for `await` alone."""
    start = 0
    while match := _GROUP.search(text, start):
        end = _end_of(text, match.start())
        inner = text[match.end() : end]
        if _is_primary(inner):
            text = text[: match.start()] + inner + text[end + 1 :]
            start = match.start()
        else:
            start = match.end()
    return text


def _without_run_sync(text: str) -> str:
    """Take `connection.run_sync(do)` to `do(connection)`."""
    start = 0
    while match := _RUN_SYNC.search(text, start):
        end = _end_of(text, match.end())
        call = f"{text[match.end() + 1 : end]}({match['connection']})"
        text = text[: match.start()] + call + text[end + 1 :]
        start = match.start()
    return text


def _without_run(text: str) -> str:
    """Take `run(main())` to `main()`: the kernel's function that begins an event loop has nothing to do."""
    if not _RUN_IMPORT.search(text):
        return text
    start = 0
    while match := _RUN.search(text, start):
        end = _end_of(text, match.end())
        text = text[: match.start()] + text[match.end() + 1 : end] + text[end + 1 :]
        start = match.start()
    return text


def _unwrapped(text: str) -> str:
    """Take `Awaitable[T]` and `Coroutine[A, B, T]` to `T`."""
    start = 0
    while match := _WRAPPED.search(text, start):
        opening = match.end() - 1
        end = _end_of(text, opening)
        inner = text[opening + 1 : end]
        result = inner if match[0].startswith("A") else _last_item(inner)
        text = text[: match.start()] + result + text[end + 1 :]
        start = match.start()
    return text


def _end_of(text: str, opening: int) -> int:
    """Return where the bracket closes that opens at an index; strings in between hold no brackets of their own."""
    depth = 0
    for index in range(opening, len(text)):
        if text[index] in _CLOSING:
            depth += 1
        elif text[index] in _CLOSING.values():
            depth -= 1
            if depth == 0:
                return index
    return len(text)


def _is_primary(text: str) -> bool:
    """Whether an expression is calls and attributes alone, so that brackets around it say nothing."""
    depth = 0
    for character in text:
        depth += (character in _CLOSING) - (character in _CLOSING.values())
        if depth == 0 and character.isspace():
            return False
    return True


def _last_item(text: str) -> str:
    depth = 0
    last = 0
    for index, character in enumerate(text):
        depth += (character in _CLOSING) - (character in _CLOSING.values())
        if depth == 0 and character == ",":
            last = index + 1
    return text[last:].strip()
