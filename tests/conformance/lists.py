"""A few rows that differ in everything, and what a list of them should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.client import Client
from conformance.contract import Field, Resource
from conformance.people import Person
from conformance.rows import Row, Rows
from conformance.values import TEXTS_THAT_TELL, comparable, fits, valid

SIZE = 12
"""Rows of a gallery: enough for ties, absent values and several pages; a filter takes 50 identifiers."""


class Gallery:
    """Rows of one resource, in the order of their creation, and who reads them."""

    def __init__(self, resource: Resource, reader: Client, rows: list[Row]) -> None:
        self.resource = resource
        self.reader = reader
        self.rows = rows

    @property
    def only(self) -> dict[str, str]:
        """The parameter that narrows a list to these rows."""
        return {"filter[id][in]": ",".join(row["id"] for row in self.rows)}

    def values(self, wire: str) -> list[Any]:
        """Return the distinct values of a field, as they are shown."""
        found: list[Any] = []
        for row in self.rows:
            if row[wire] is not None and row[wire] not in found:
                found.append(row[wire])
        return found

    def sorted(self, wire: str, *, descending: bool) -> list[str]:
        """Return the identifiers as a field orders them: absent values last, ties by `id`; descending the reverse."""
        kind = self.resource.listed[wire]

        def place(row: Row) -> tuple[bool, Any, str]:
            value = row[wire]
            return (value is None, 0 if value is None else comparable(kind, value), row["id"])

        return [row["id"] for row in sorted(self.rows, key=place, reverse=descending)]

    def matching(self, wire: str, holds: Callable[[Any], bool]) -> list[str]:
        """Return the identifiers of the rows whose value is there and for which the condition holds."""
        return [row["id"] for row in self.rows if row[wire] is not None and holds(row[wire])]


def gallery(resource: Resource, rows: Rows, person: Person) -> Gallery:
    """Make rows that tell from each other by every field what a list does."""
    client = rows.writer(resource, person)
    columns = {field.wire: _column(field, rows, person) for field in resource.fields}
    bodies = [{wire: column[number] for wire, column in columns.items()} for number in range(SIZE)]
    made = [client.post(resource.path, body).expect(201).data for body in bodies]
    for number in range(0, SIZE, 5):  # a few rows have changed since
        path = f"{resource.path}/{made[number]['id']}"
        made[number] = client.patch(path, {}).expect(200).data
    return Gallery(resource, client, made)


def _column(field: Field, rows: Rows, person: Person) -> list[Any]:
    """Return a value for each row, in no order, some absent where that is allowed."""
    if field.unique:
        values = [rows.value(field, person) for _ in range(SIZE)]
    elif field.target:
        end = rows.domain.end(field)
        some = [rows.new_id(end, person) for _ in range(1 if end.is_account else 3)]
        values = [some[number % len(some)] for number in range(SIZE)]
    else:
        telling = [text for text in TEXTS_THAT_TELL if field.type == "string" and fits(field, text)]
        some = telling or valid(field, 5)
        # A stride that shares no divisor with the number of rows mixes them, ties included.
        values = [some[number * 5 % len(some)] for number in range(SIZE)]
        if telling and len(telling) > SIZE:
            values = [telling[number] for number in range(SIZE - 1)] + [telling[0]]
    if field.optional:
        values[2] = values[7] = None
    return values
