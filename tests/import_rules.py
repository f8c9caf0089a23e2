"""Rules of imports in emitted Python: what is imported is emitted, or declared. None of what they return is good.

Imports are read from the source, so nothing has to be installed.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "nats": "nats-py",
    "ninja": "django-ninja",
    "opentelemetry": "opentelemetry-sdk",
    "psycopg_pool": "psycopg[pool]",
    "pydantic_core": "pydantic",
    "swagger_ui_bundle": "swagger-ui-bundle-v2",
    "typing_extensions": "pydantic",
    "yaml": "pyyaml",
}
"""What is not installed under the name under which it is imported, or comes with something else for certain."""

ALONGSIDE = {"cryptography": "pyjwt[crypto]", "httptools": "uvicorn[standard]"}
"""What another library brings along for certain."""

# What is there without being installed: the standard library, and what type checkers alone know.
PROVIDED = sys.stdlib_module_names | {"_typeshed"}

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?")

Files = Mapping[str, bytes]


class Import(NamedTuple):
    """A module that is imported, and a name of it, or nothing where the module itself is meant."""

    line: int
    level: int
    module: str
    name: str


class Facts(NamedTuple):
    """What a file of Python imports, and the names that it has at its top."""

    imports: tuple[Import, ...]
    names: frozenset[str]


@functools.cache
def facts(data: bytes) -> Facts:
    """Read a file of Python."""
    tree = ast.parse(data)
    imports: list[Import] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [Import(node.lineno, 0, alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports += [Import(node.lineno, node.level, node.module or "", alias.name) for alias in node.names]
    return Facts(tuple(imports), frozenset(_bound(tree.body)))


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements bind, also where they stand under a condition."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            case _:
                for part in ast.walk(node):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        yield part.id
                for block in ("body", "orelse", "finalbody"):
                    yield from _bound(getattr(node, block, []))


class Tree:
    """The modules of a repository, by the folders that Python looks for them in."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._folders = {parent.as_posix() for path in files for parent in PurePosixPath(path).parents}
        self._sources = sorted(folder for folder in self._folders if PurePosixPath(folder).name == "src")
        self._deployables = sorted(
            (PurePosixPath(path).parent.as_posix() for path in files if PurePosixPath(path).name == "pyproject.toml"),
            key=len,
            reverse=True,
        )

    def roots(self, path: str) -> list[str]:
        """Return the folders in which the imports of a file are looked up."""
        inside = (d for d in self._deployables if d == "." or path.startswith(f"{d}/"))
        return [next(inside, "."), *self._sources]

    def has(self, root: str, dotted: str) -> bool:
        """Return whether there is a module or a package of this name."""
        return self._module(root, dotted) is not None or self._at(root, dotted) in self._folders

    def names(self, root: str, dotted: str) -> frozenset[str]:
        """Return the names at the top of a module."""
        path = self._module(root, dotted)
        return facts(self._files[path]).names if path else frozenset()

    def _module(self, root: str, dotted: str) -> str | None:
        place = self._at(root, dotted)
        return next((path for path in (f"{place}.py", f"{place}/__init__.py") if path in self._files), None)

    def _at(self, root: str, dotted: str) -> str:
        place = dotted.replace(".", "/")  # asked some hundred thousand times: a path object would take longer
        return place or root if root == "." or not place else f"{root}/{place}"


def _python(files: Files) -> Iterator[tuple[str, Facts]]:
    for path, data in files.items():
        if path.endswith(".py"):
            yield path, facts(data)


def unresolved(files: Files) -> list[str]:
    """Find imports of the repository's own modules that lead to no file, or to no name of one."""
    tree = Tree(files)
    return [
        f"{path}:{line}: {'.' * level}{module}{' ' + name if name else ''}"
        for path, (imports, _) in _python(files)
        for line, level, module, name in imports
        if not _resolves(tree, path, level, module, name)
    ]


def _resolves(tree: Tree, path: str, level: int, module: str, name: str) -> bool:
    if level:
        folder = PurePosixPath(path).parents[level - 1].as_posix()
        return tree.has(folder, module) and _has_name(tree, folder, module, name)
    first = module.partition(".")[0]
    own = [root for root in tree.roots(path) if tree.has(root, first)]
    return not own or any(tree.has(root, module) and _has_name(tree, root, module, name) for root in own)


def _has_name(tree: Tree, root: str, module: str, name: str) -> bool:
    return not name or name == "*" or name in tree.names(root, module) or tree.has(root, f"{module}.{name}".lstrip("."))


def undeclared(files: Files) -> list[str]:
    """Find imports of libraries that no `pyproject.toml` of the repository names."""
    tree = Tree(files)
    declared = {name for path, data in files.items() if path.endswith("pyproject.toml") for name in _declared(data)}
    return [
        f"{path}:{line}: {module}"
        for path, (imports, _) in _python(files)
        for line, level, module, _ in imports
        if not level
        and (first := module.partition(".")[0]) not in PROVIDED
        and not any(tree.has(root, first) for root in tree.roots(path))
        and not {DISTRIBUTIONS.get(first, first.replace("_", "-")), ALONGSIDE.get(first, "")} & declared
    ]


@functools.cache
def _declared(pyproject: bytes) -> frozenset[str]:
    """Return the names of what a project needs, for whatever, and those of the extras that it asks for."""
    settings = tomllib.loads(pyproject.decode())
    groups = [settings.get("project", {}).get("dependencies", []), *settings.get("dependency-groups", {}).values()]
    names = set()
    for text in (text for group in groups for text in group if isinstance(text, str)):
        name, extras = _REQUIREMENT.match(text.replace(" ", "")).groups()  # type: ignore[union-attr]
        names |= {name.lower(), *(f"{name.lower()}[{extra}]" for extra in (extras or "").split(",") if extra)}
    return frozenset(names)
