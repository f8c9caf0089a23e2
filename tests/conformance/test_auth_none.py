"""No authentication: every route is open, nothing asks who somebody is, and nothing that somebody brings counts."""

from __future__ import annotations

import json

import pytest

from conformance.client import Client
from conformance.contract import Resource
from conformance.described import Document, operations
from conformance.methods import method_of
from conformance.rows import Rows
from conformance.values import fresh_uuid

BROUGHT = [headers for name in ("jwt", "session", "api_key") for headers in method_of(name).strangers]


def test_the_document_speaks_of_nobody(document: Document) -> None:
    text = json.dumps(document)

    assert "securitySchemes" not in document["components"]
    for method, path in operations(document):
        assert not document["paths"][path][method].get("security")
        assert not {"401", "403"} & set(document["paths"][path][method]["responses"])
    for word in ("owner_id", "Account", "password", "Bearer", "roles"):
        assert word not in text


def test_every_operation_is_open(document: Document, anonymous: Client) -> None:
    for method, template in operations(document):
        body = {"body": {}} if method in ("post", "put", "patch") else {}

        answer = anonymous.send(method.upper(), template.replace("{id}", fresh_uuid()), **body)

        assert answer.status not in (401, 403), answer
        assert answer.header("WWW-Authenticate") is None
        assert answer.header("Set-Cookie") is None


@pytest.mark.parametrize("headers", BROUGHT, ids=str)
def test_what_somebody_brings_counts_for_nothing(resource: Resource, rows: Rows, headers: dict[str, str]) -> None:
    client = rows.admin
    row = rows.create(resource, client)
    path = f"{resource.path}/{row['id']}"

    assert client.get(path, headers=headers).data == row
    client.patch(path, {}, headers=headers).expect(200)
    client.post(resource.path, rows.minimal(resource, client), headers=headers).expect(201)
    client.delete(path, headers=headers).expect(204)


def test_rows_belong_to_nobody(resource: Resource, rows: Rows) -> None:
    row = rows.create(resource, rows.admin)

    assert set(row) == set(resource.shown)
    assert "owner_id" not in row
    assert rows.admin.get(resource.path, {"filter[owner_id]": fresh_uuid()}).expect(400).fields == {"filter[owner_id]"}


@pytest.mark.parametrize(
    "path",
    ["/api/v1/users", "/api/v1/users/me", *(f"/api/v1/auth/{name}" for name in ("register", "login", "csrf", "logout")),
     "/api/v1/api-keys"],
)  # fmt: skip
def test_there_are_no_accounts(anonymous: Client, path: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        anonymous.send(method, path, {}).expect(404)
