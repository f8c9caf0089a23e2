"""The rules of the page on security. Like those of `rules`, each returns the places that break it, and none is good.

Links to files and headings are the concern of `document_rules`; here it is what the links promise: a test, or a rule
that the linter turns on.
"""

from __future__ import annotations

import functools
import posixpath
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping

PAGE = "docs/security.md"

_NUMBER = re.compile(r"(?<![\w.])(?:V[0-9]+\.[0-9]+\.[0-9]+|API[0-9]+)(?![\w.])")
_ANSWERED = re.compile(r"^(?:\| |- \*\*)((?:V|API)[0-9][^|*]*)", re.MULTILINE)
_LINK = re.compile(r"\[`([^`]+)`\]\(([^)]+)\)")
_LINTER = re.compile(r"[A-Z]+[0-9]+")
_MET = re.compile(r"^\| (?P<numbers>(?:V|API)[^|\n]*)\|(?:[^|\n]*\|){3}(?P<shown>[^|\n]*)\|$", re.MULTILINE)
_CLASS = re.compile(r"class (\w+)")
_TEST = re.compile(r"(    )?(?:async )?def (test_\w+)")


def dead_references(files: Mapping[str, bytes], page: str = PAGE) -> list[str]:
    """Find tests that a page names and its files do not hold, and rules that the linter does not turn on."""
    dead = []
    for name, link in _LINK.findall(files[page].decode("utf-8")):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
        if path not in files:
            dead.append(f"{path}: it is not there")
        elif _LINTER.fullmatch(name):
            dead += [f"{where}: {name} is not on" for where, data in _linted(files) if not _is_on(name, data)]
        elif name not in _tests(files[path]):
            dead.append(f"{path}: there is no {name}")
    return dead


def unanswered(page: str, numbers: Collection[str]) -> list[str]:
    """Find requirements that the page does not answer, answers more than once, or that do not exist."""
    answered = Counter(number for cell in _ANSWERED.findall(page) for number in _NUMBER.findall(cell))
    return sorted(number for number in {*numbers, *answered} if answered[number] != (1 if number in numbers else 0))


def unshown(page: str, documented: Collection[str]) -> list[str]:
    """Find requirements that are called met and name no test; those of `documented` ask for documents."""
    return [
        number
        for row in _MET.finditer(page)
        for number in _NUMBER.findall(row["numbers"])
        if number not in documented and not _LINK.search(row["shown"])
    ]


@functools.cache
def _tests(data: bytes) -> frozenset[str]:
    """Return the tests of a file, `Class.test` or `test`."""
    found, inside = set(), ""
    for line in data.decode("utf-8").splitlines():
        if match := _CLASS.match(line):
            inside = f"{match[1]}."
        elif match := _TEST.match(line):
            found.add(f"{inside if match[1] else ''}{match[2]}")
    return frozenset(found)


def _linted(files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """Return the files that say what the linter looks at; those that only go on from another say nothing new."""
    settings = ((path, data) for path, data in files.items() if path.endswith("pyproject.toml"))
    return [(path, data) for path, data in settings if path == "pyproject.toml" or _chooses(data)]


@functools.cache
def _chooses(data: bytes) -> bool:
    ruff = tomllib.loads(data.decode("utf-8")).get("tool", {}).get("ruff", {})
    return bool({"select", "ignore"} & ruff.get("lint", {}).keys()) or (bool(ruff) and "extend" not in ruff)


@functools.cache
def _is_on(rule: str, data: bytes) -> bool:
    lint = tomllib.loads(data.decode("utf-8"))["tool"]["ruff"].get("lint", {})
    chosen = any(rule.startswith(prefix) for prefix in lint.get("select", ()))
    return chosen and not any(rule.startswith(prefix) for prefix in lint.get("ignore", ()))
