"""No two rows have the same value of a unique field, however they are made."""

from __future__ import annotations

import pytest

from conformance.client import Client, at_once
from conformance.contract import Field, Resource
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import same

UniqueOf = tuple[Resource, Field]
RACERS = 20


@pytest.fixture
def taken(unique_of: UniqueOf, ada: Person, rows: Rows) -> dict[str, object]:
    """A row whose value others want."""
    resource, field = unique_of
    return rows.create(resource, ada, **{field.wire: rows.value(field, ada)})


def test_a_second_creation_is_a_conflict(
    unique_of: UniqueOf, taken: dict[str, object], writer: Client, ada: Person, rows: Rows
) -> None:
    resource, field = unique_of
    body = rows.minimal(resource, ada, **{field.wire: taken[field.wire]})

    writer.post(resource.path, body).expect(409)

    assert writer.get(resource.path, {f"filter[{field.wire}]": taken[field.wire]}).total == 1


def test_a_change_to_it_is_a_conflict(
    unique_of: UniqueOf, taken: dict[str, object], writer: Client, ada: Person, rows: Rows
) -> None:
    resource, field = unique_of
    other = rows.create(resource, ada)
    path = f"{resource.path}/{other['id']}"

    writer.patch(path, {field.wire: taken[field.wire]}).expect(409)
    writer.put(path, rows.minimal(resource, ada, **{field.wire: taken[field.wire]})).expect(409)

    assert writer.get(path).data == other


def test_a_row_may_keep_its_own(unique_of: UniqueOf, taken: dict[str, object], writer: Client) -> None:
    resource, field = unique_of

    answer = writer.patch(f"{resource.path}/{taken['id']}", {field.wire: taken[field.wire]}).expect(200)

    assert same(field, answer.data[field.wire], taken[field.wire])


def test_what_is_free_again_can_be_taken(
    unique_of: UniqueOf, taken: dict[str, object], writer: Client, ada: Person, rows: Rows
) -> None:
    resource, field = unique_of

    writer.delete(f"{resource.path}/{taken['id']}").expect(204)

    writer.post(resource.path, rows.minimal(resource, ada, **{field.wire: taken[field.wire]})).expect(201)


def test_absence_is_shared(unique_of: UniqueOf, writer: Client, ada: Person, rows: Rows) -> None:
    resource, field = unique_of
    if field.optional:
        for _ in range(2):
            writer.post(resource.path, rows.minimal(resource, ada, **{field.wire: None})).expect(201)


def test_one_of_many_at_once_wins(unique_of: UniqueOf, writer: Client, ada: Person, rows: Rows) -> None:
    resource, field = unique_of
    value = rows.value(field, ada)
    bodies = [rows.minimal(resource, ada, **{field.wire: value}) for _ in range(RACERS)]

    answers = at_once([lambda body=body: writer.post(resource.path, body) for body in bodies])

    assert sorted(answer.status for answer in answers) == [201] + [409] * (RACERS - 1)
    assert writer.get(resource.path, {f"filter[{field.wire}]": value}).total == 1
