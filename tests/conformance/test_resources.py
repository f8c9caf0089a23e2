"""Create, read, replace, change and delete: what each answers where all is well, and where something is missing."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.client import Client
from conformance.contract import COMMON, Resource
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import fresh_uuid, is_moment, moment, same, wire

NOT_FOR_BODIES = ("id", "version", "created_at", "updated_at", "owner_id", "surprise")


def shows(resource: Resource, row: dict[str, Any], sent: dict[str, Any]) -> None:
    """Assert that a row shows what was sent, and defaults for what was not."""
    assert set(row) == set(resource.shown)
    for field in resource.fields:
        expected = sent[field.wire] if field.wire in sent else wire(field.default)
        assert same(field, row[field.wire], expected), (field.wire, row[field.wire], expected)


class TestCreate:
    def test_answers_with_the_row(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        body = rows.full(resource, ada)

        answer = writer.post(resource.path, body).expect(201)

        shows(resource, answer.data, body)
        assert answer.data["version"] == 1
        assert answer.etag == '"1"'
        assert answer.header("Location") == f"{resource.path}/{answer.data['id']}"
        assert writer.get(f"{resource.path}/{answer.data['id']}").data == answer.data

    def test_takes_defaults_where_a_field_is_absent(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows
    ) -> None:
        body = rows.minimal(resource, ada)

        shows(resource, writer.post(resource.path, body).expect(201).data, body)

    def test_says_when(self, resource: Resource, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)

        assert is_moment(row["created_at"])
        assert row["created_at"] == row["updated_at"]

    def test_belongs_to_its_creator(self, owned: Resource, ada: Person, rows: Rows) -> None:
        assert rows.create(owned, ada)["owner_id"] == ada.id

    def test_identifiers_grow(self, resource: Resource, ada: Person, rows: Rows) -> None:
        first, second = (rows.create(resource, ada)["id"] for _ in range(2))

        assert first != second
        assert first[:8] <= second[:8]

    def test_names_everything_that_is_missing(self, resource: Resource, writer: Client) -> None:
        required = {field.wire for field in resource.required}
        if required:
            assert writer.post(resource.path, {}).expect(400).fields == required

    @pytest.mark.parametrize("name", NOT_FOR_BODIES)
    def test_refuses_what_it_does_not_know(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows, name: str
    ) -> None:
        body = rows.minimal(resource, ada, **{name: ada.id})

        assert writer.post(resource.path, body).expect(400).fields == {name}

    def test_names_every_fault_at_once(self, resource: Resource, writer: Client) -> None:
        wrong = {field.wire: {"wrong": True} for field in resource.fields if field.type != "json"}
        missing = {field.wire for field in resource.required if field.type == "json"}

        answer = writer.post(resource.path, {**wrong, "surprise": 1}).expect(400)

        assert answer.fields == {*wrong, *missing, "surprise"}


class TestRead:
    def test_of_nothing(self, resource: Resource, writer: Client) -> None:
        writer.get(f"{resource.path}/{fresh_uuid()}").expect(404)

    def test_shows_what_was_created(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)

        answer = writer.get(f"{resource.path}/{row['id']}").expect(200)

        assert answer.data == row
        assert answer.etag == '"1"'

    def test_a_list_shows_the_same(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)

        answer = writer.get(resource.path, {"filter[id]": row["id"]})

        assert answer.data == [row]
        assert answer.total == 1


class TestReplace:
    def test_changes_everything(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)
        body = rows.full(resource, ada)

        answer = writer.put(f"{resource.path}/{row['id']}", body).expect(200)

        shows(resource, answer.data, body)
        assert answer.etag == '"2"'
        kept = {name for name in ("id", "created_at", "owner_id") if name in row}
        assert {name: answer.data[name] for name in kept} == {name: row[name] for name in kept}
        assert moment(answer.data["updated_at"]) >= moment(row["updated_at"])
        assert writer.get(f"{resource.path}/{row['id']}").data == answer.data

    def test_an_absent_field_falls_back_to_its_default(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows
    ) -> None:
        row = rows.create(resource, ada, **rows.full(resource, ada))
        body = rows.minimal(resource, ada)

        shows(resource, writer.put(f"{resource.path}/{row['id']}", body).data, body)

    def test_names_everything_that_is_missing(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows
    ) -> None:
        required = {field.wire for field in resource.required}
        row = rows.create(resource, ada)

        if required:
            assert writer.put(f"{resource.path}/{row['id']}", {}).expect(400).fields == required
            assert writer.get(f"{resource.path}/{row['id']}").data == row

    @pytest.mark.parametrize("name", NOT_FOR_BODIES)
    def test_refuses_what_it_does_not_know(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows, name: str
    ) -> None:
        row = rows.create(resource, ada)
        body = rows.minimal(resource, ada, **{name: row.get(name, 1)})

        assert writer.put(f"{resource.path}/{row['id']}", body).expect(400).fields == {name}

    def test_of_nothing(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        writer.put(f"{resource.path}/{fresh_uuid()}", rows.minimal(resource, ada)).expect(404)


class TestChange:
    def test_leaves_what_is_absent(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada, **rows.full(resource, ada))
        path = f"{resource.path}/{row['id']}"
        for version, field in enumerate(resource.fields, 2):
            value = rows.value(field, ada)

            answer = writer.patch(path, {field.wire: value}).expect(200)

            assert same(field, answer.data[field.wire], value)
            rest = {"version": version, "updated_at": answer.data["updated_at"], field.wire: answer.data[field.wire]}
            assert answer.data == {**row, **rest}
            assert answer.etag == f'"{version}"'
            row = answer.data
        assert writer.get(path).data == row

    def test_null_clears_what_is_optional(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada, **rows.full(resource, ada))
        optional = [field.wire for field in resource.fields if field.optional]

        answer = writer.patch(f"{resource.path}/{row['id']}", dict.fromkeys(optional)).expect(200)

        assert [answer.data[name] for name in optional] == [None] * len(optional)

    def test_null_is_refused_elsewhere(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)
        firm = {field.wire for field in resource.fields if not field.optional}

        if firm:
            answer = writer.patch(f"{resource.path}/{row['id']}", dict.fromkeys(firm))
            assert answer.expect(400).fields == firm

    @pytest.mark.parametrize("name", NOT_FOR_BODIES)
    def test_refuses_what_it_does_not_know(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows, name: str
    ) -> None:
        row = rows.create(resource, ada)

        answer = writer.patch(f"{resource.path}/{row['id']}", {name: row.get(name, 1)})

        assert answer.expect(400).fields == {name}
        assert writer.get(f"{resource.path}/{row['id']}").data == row

    @pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
    def test_takes_both_media_types(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows, media_type: str
    ) -> None:
        row = rows.create(resource, ada)

        writer.patch(f"{resource.path}/{row['id']}", {}, headers={"Content-Type": media_type}).expect(200)

    def test_of_nothing(self, resource: Resource, writer: Client) -> None:
        writer.patch(f"{resource.path}/{fresh_uuid()}", {}).expect(404)


class TestDelete:
    def test_leaves_nothing(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)
        path = f"{resource.path}/{row['id']}"

        writer.delete(path).expect(204)

        writer.get(path).expect(404)
        writer.delete(path).expect(404)
        writer.patch(path, {}).expect(404)
        writer.put(path, rows.minimal(resource, ada)).expect(404)
        assert writer.get(resource.path, {"filter[id]": row["id"]}).total == 0

    def test_of_nothing(self, resource: Resource, writer: Client) -> None:
        writer.delete(f"{resource.path}/{fresh_uuid()}").expect(404)


def test_representations_are_whole_in_lists_too(resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
    rows.create(resource, ada)

    for row in writer.get(resource.path, {"sort": "created_at", "order": "desc"}).data:
        assert set(row) == set(resource.shown)
        assert set(COMMON) <= set(row)
