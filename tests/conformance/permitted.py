"""The matrix: who may do what, as the tables in `matrix/` say it, and what of it there is to try in a domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conformance.contract import Domain, Nested, Resource, Role
from conformance.methods import Method

FOLDER = Path(__file__).parent / "matrix"
WHO = "who asks"
NO_CASE = "-"

Subject = Resource | Nested | None


@dataclass(frozen=True)
class Cell:
    """One answer of a table: a request, and the status that it gets.

    Attributes:
        method: The method of the request.
        path: The path of the route, with `{rows}` and `{parent}` for the collections that the table is about.
        whose: Whose row it is that `{id}` names, in the words of the table; empty where there is none.
        status: What is answered.
    """

    method: str
    path: str
    whose: str
    status: int

    @property
    def name(self) -> str:
        """What the line of the table is called."""
        return f"{self.method} {self.path} {self.whose}".rstrip()

    def route(self, subject: Subject) -> str:
        """Return the path of the route as the OpenAPI document writes it."""
        if isinstance(subject, Nested):
            return subject.path("{id}")
        return self.path if subject is None else self.path.replace("/api/v1/{rows}", subject.path)


@dataclass(frozen=True)
class Table:
    """A table of the matrix: for each who asks, what comes of each request."""

    name: str
    columns: dict[str, tuple[Cell, ...]]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that there is a case for."""
        return tuple(cell for column in self.columns.values() for cell in column)


@dataclass(frozen=True)
class Case:
    """Somebody who asks for everything that a table is about.

    Attributes:
        table: Which table it is.
        subject: The rows that it is about; None where the table names its routes itself.
        who: Who asks, in the words of the table.
        role: The role of the domain that makes them that; None where none does.
        cells: What they ask, and what comes of it.
    """

    table: str
    subject: Subject
    who: str
    role: Role | None
    cells: tuple[Cell, ...]

    @property
    def id(self) -> str:
        """Return the name that reports show."""
        about = self.table if self.subject is None else self.subject.id if isinstance(self.subject, Nested) else ""
        return f"{about or getattr(self.subject, 'name', '')}-{self.who}"


@cache
def tables(method: str, has_accounts: bool) -> dict[str, Table]:
    """Return the tables that hold for a method of authentication, by their names."""
    files = ["operations", *(["entities", "accounts"] if has_accounts else []), method]
    found: dict[str, Table] = {}
    for file in files:
        path = FOLDER / f"{file}.yaml"
        for name, lines in (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}).items():
            assert name not in found, f"{path}: there is a table {name} already"
            found[name] = Table(name, _columns(f"{path.name}: {name}", lines))
    return found


def _columns(place: str, lines: dict[str, list[Any]]) -> dict[str, tuple[Cell, ...]]:
    who = lines[WHO]
    columns: dict[str, list[Cell]] = {one: [] for one in who}
    for line, statuses in lines.items():
        if line == WHO:
            continue
        assert len(statuses) == len(who), f"{place}: {line} has {len(statuses)} answers for {len(who)} who ask"
        method, path, whose = (*line.split(" ", 2), "")[:3]
        for one, status in zip(who, statuses, strict=True):
            if status != NO_CASE:
                columns[one].append(Cell(method, path, whose, int(status)))
    return {one: tuple(cells) for one, cells in columns.items()}


def _subjects(domain: Domain, found: dict[str, Table]) -> Iterator[tuple[Table, Subject]]:
    """Yield each table with everything that it is about."""
    for table in found.values():
        if not any("{rows}" in cell.path for cell in table.cells):
            yield table, None
    for subject in (*domain.resources, *domain.nested):
        if (kind := _kind(subject)) in found:
            yield found[kind], subject


def _kind(subject: Resource | Nested) -> str:
    """Return the name of the table that holds for a collection; none has the name of what no table foresees."""
    if isinstance(subject, Resource):
        return "rows of somebody" if subject.owned else "rows of nobody"
    if subject.wire == "owner_id":
        return "rows below their owner"
    rows = "accounts" if subject.rows.is_account else "rows"
    owner = "itself" if subject.parent.is_account else "somebody" if subject.parent.owned else "nobody"
    return f"{rows} below what belongs to {owner}"


def _decides(subject: Subject) -> str:
    """Return the name of what a role must say something of, to be more than another one."""
    if isinstance(subject, Nested):
        return subject.rows.name if subject.wire == "owner_id" or subject.rows.is_account else subject.parent.name
    return "user" if subject is None else subject.name


def _roles(domain: Domain, subject: Subject) -> dict[str, Role | None]:
    """Return who asks, each with the first role of the domain that makes somebody that."""
    found: dict[str, Role | None] = {"nobody": None, "member": None, "admin": None}
    name = _decides(subject)
    is_read_by_all = isinstance(subject, Resource) and not subject.owned
    for role in domain.roles:
        reads = name in role.reads and not is_read_by_all
        found.setdefault("writer" if name in role.writes else "reader" if reads else "another", role)
    return found


def routes(domain: Domain, method: Method) -> set[tuple[str, str]]:
    """Return the method and path of every route that has a line in the matrix."""
    found = tables(method.name, method.has_accounts)
    return {(cell.method, cell.route(subject)) for table, subject in _subjects(domain, found) for cell in table.cells}


def cases(domain: Domain, method: Method) -> list[Case]:
    """Return everything that there is to try, one case for each who asks."""
    found = tables(method.name, method.has_accounts)
    return [
        Case(table.name, subject, who, role, table.columns[who])
        for table, subject in _subjects(domain, found)
        for who, role in _roles(domain, subject).items()
        if who in table.columns
    ]
