"""Every field takes what the domain allows, keeps it as it is, and refuses everything else, whatever the request."""

from __future__ import annotations

import json

from conformance.client import Client
from conformance.contract import Field, Resource
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import ECHO, accepted, refused, same, wire

FieldOf = tuple[Resource, Field]


def test_takes_what_is_allowed(field_of: FieldOf, writer: Client, ada: Person, rows: Rows) -> None:
    resource, field = field_of
    if field.target:
        values = [rows.referred(field, ada)] + [None] * field.optional
    elif field.unique:
        values = [rows.value(field, ada) for _ in range(3)] + [None] * field.optional
    else:
        values = accepted(field)
    for value in values:
        body = rows.minimal(resource, ada, **{field.wire: value})

        row = writer.post(resource.path, body).expect(201).data

        assert same(field, row[field.wire], value), (row[field.wire], value)
        path = f"{resource.path}/{row['id']}"
        assert writer.get(path).data == row
        if not field.unique:
            assert same(field, writer.put(path, body).data[field.wire], value)
            assert same(field, writer.patch(path, {field.wire: value}).data[field.wire], value)


def test_refuses_everything_else(field_of: FieldOf, writer: Client, ada: Person, rows: Rows) -> None:
    resource, field = field_of
    row = rows.create(resource, ada)
    path = f"{resource.path}/{row['id']}"
    for value in refused(field):
        body = {**rows.minimal(resource, ada), field.wire: value}
        for answer in (
            writer.post(resource.path, body),
            writer.put(path, body),
            writer.patch(path, {field.wire: value}),
        ):
            assert answer.status == 400, (value, answer)
            assert {name.partition(".")[0] for name in answer.fields} <= {field.wire, "body"}, (value, answer)
            assert answer.fields, answer
            assert ECHO not in answer.text
    assert writer.get(path).data == row


def test_what_is_optional_may_be_absent_and_null(field_of: FieldOf, writer: Client, ada: Person, rows: Rows) -> None:
    resource, field = field_of
    body = rows.minimal(resource, ada)
    if field.optional:
        for value, given in ((wire(field.default), {}), (None, {field.wire: None})):
            shown = writer.post(resource.path, {**rows.minimal(resource, ada), **given}).expect(201).data
            assert same(field, shown[field.wire], value)
    elif field.required:
        del body[field.wire]
        assert writer.post(resource.path, body).expect(400).fields == {field.wire}


def test_numbers_are_kept_to_64_bits(field_of: FieldOf, writer: Client, ada: Person, rows: Rows) -> None:
    resource, field = field_of
    if field.type in ("integer", "float"):
        for digits in ("9223372036854775808", "-9223372036854775809", "1e999", "NaN", "Infinity", "-Infinity"):
            marker = "MARKER"
            body = rows.minimal(resource, ada, **{field.wire: marker})

            raw = _json_with(body, marker, digits)

            writer.post(resource.path, raw=raw, headers={"Content-Type": "application/json"}).expect(400)


def _json_with(body: dict[str, object], marker: str, digits: str) -> bytes:
    return json.dumps(body).replace(f'"{marker}"', digits).encode()
