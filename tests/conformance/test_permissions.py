"""Who may do what: everybody asks for everything that is in the matrix, for their own, that of others, and nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.client import ABSENT, Answer, Client
from conformance.contract import Domain, Nested, Resource, Role
from conformance.described import Document, operations
from conformance.methods import Method
from conformance.people import USERS, Person, new_name
from conformance.permitted import Case, Cell, routes
from conformance.rows import Row, Rows
from conformance.values import fresh_uuid

KEYS = "/api/v1/api-keys"
NO_BODY = {"surprise": 1}
"""What nobody takes who looks at it."""


def test_every_route_has_its_line(document: Document, domain: Domain, method: Method) -> None:
    described = {(method.upper(), path) for method, path in operations(document)}
    lines = {(method, path) for method, path in routes(domain, method) if path.startswith("/api/")}

    assert described - lines == set(), "routes of which tests/conformance/matrix says nothing"
    assert lines - described == set(), "lines of tests/conformance/matrix about routes that are not there"


class Asking:
    """Somebody who asks for everything that a table is about, and the rows that they ask for."""

    def __init__(self, case: Case, caller: Client, other: Person, rows: Rows, a_member: Callable[[], Person]) -> None:
        self.case = case
        self.caller = caller
        self.other = other
        self.rows = rows
        self.a_member = a_member
        self.unharmed: dict[str, Row] = {}
        self._ids: dict[str, str] = {}

    def ask(self, cell: Cell) -> Iterator[tuple[str, Answer]]:
        """Ask; yield the answer by what was asked. Where something can be read, its head can be as well."""
        # Whoever leaves is not needed any more.
        leaves = "/auth/" in cell.path and cell.status == 204
        caller = self.a_member() if leaves else self.caller
        path = cell.route(self.case.subject).replace("{id}", self._id(cell))
        headers = {"If-Match": '"7"'} if cell.status in (401, 403) and cell.method not in ("GET", "POST") else {}
        yield cell.name, caller.send(cell.method, path, self._body(cell), headers=headers)
        if cell.method == "GET":
            yield cell.name.replace("GET", "HEAD", 1), caller.send("HEAD", path)

    def _body(self, cell: Cell) -> Any:
        """Return a body that is taken where the request is; where it is not, one that must not be looked at."""
        if cell.method not in ("POST", "PUT", "PATCH"):
            return ABSENT
        if cell.status >= 400:
            return NO_BODY
        if isinstance(self.case.subject, Resource) and cell.method != "PATCH":
            return self.rows.minimal(self.case.subject, self._known)
        known = {USERS: {"name": new_name()}, KEYS: {"name": "a", "user_id": self._known.id}}
        return ABSENT if cell.status == 204 else known.get(cell.path, {})

    def _id(self, cell: Cell) -> str:
        """Return the identifier of what the cell is about: a new one where it will be gone."""
        if cell.whose in ("", "missing"):
            return fresh_uuid()
        if cell.whose not in self._ids or cell.status == 204:
            id_ = self._made(cell.whose)
            if cell.status == 204:
                return id_
            self._ids[cell.whose] = id_
        return self._ids[cell.whose]

    def _made(self, whose: str) -> str:
        subject = self.case.subject
        person = self._known if whose.startswith("own") else self.other
        if whose.endswith("key"):
            return str(self.rows.admin.post(KEYS, {"name": "a", "user_id": person.id}).expect(201).data["id"])
        if whose == "administrator":
            return self.rows.admin.id
        about = subject.parent if isinstance(subject, Nested) else subject
        if about is None:
            return person.id if whose == "own" else self.a_member().id
        if about.is_account:
            return person.id
        row = self.rows.create(about, person)
        if isinstance(subject, Resource) and whose != "own":
            self.unharmed[f"{subject.path}/{row['id']}"] = row
        return str(row["id"])

    @property
    def _known(self) -> Person:
        """Return who asks; whoever is nobody has nothing of its own, and what there is belongs to another."""
        return self.caller if isinstance(self.caller, Person) else self.other


@pytest.fixture
def asking(
    case: Case,
    method: Method,
    anonymous: Client,
    ada: Person,
    eve: Person,
    rows: Rows,
    holder_of: Callable[[Role], Person],
    a_member: Callable[[], Person],
) -> Asking:
    """Who asks, as the case says."""
    named = {"nobody": anonymous if method.has_accounts else rows.admin, "member": eve, "admin": rows.admin}
    return Asking(case, named[case.who] if case.role is None else holder_of(case.role), ada, rows, a_member)


def test_everybody_gets_what_the_matrix_says(case: Case, asking: Asking) -> None:
    expected = {cell.name: cell.status for cell in case.cells}
    expected |= {name.replace("GET", "HEAD", 1): status for name, status in expected.items() if name[:3] == "GET"}

    found = {name: answer.status for cell in case.cells for name, answer in asking.ask(cell)}

    assert found == expected
    if not any(cell.method in ("PUT", "PATCH", "DELETE") and cell.status < 400 for cell in case.cells):
        for path, row in asking.unharmed.items():
            assert asking.rows.admin.get(path).data == row
