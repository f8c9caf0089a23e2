"""The OpenAPI document is valid, says all that the domain promises, and is true."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from conformance.client import Answer, Client
from conformance.contract import Domain, Reference, Resource
from conformance.people import AUTH, ME, Person, log_in, register
from conformance.rows import Rows
from conformance.values import fresh_uuid

METHODS = ("get", "post", "put", "patch", "delete")
Document = dict[str, Any]


@pytest.fixture(scope="session")
def document(anonymous: Client) -> Document:
    """The document that the service shows."""
    found: Document = anonymous.get("/openapi.json").expect(200).json
    return found


def operations(document: Document) -> list[tuple[str, str]]:
    """Return every method and path."""
    return [(method, path) for path, item in document["paths"].items() for method in METHODS if method in item]


def conforms(document: Document, method: str, template: str, answer: Answer) -> None:
    """Assert that an answer is one that the document describes."""
    operation = document["paths"][template][method.lower()]
    assert str(answer.status) in operation["responses"], answer
    response = _resolved(document, operation["responses"][str(answer.status)])
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        assert not answer.body, answer
        return
    faults = [fault.message for fault in _validator(document, schema).iter_errors(answer.json)]
    assert not faults, f"{answer}\n{faults}"
    for name in response.get("headers", {}):
        # A representation that embeds others has no tag, and a description of both does not say so.
        assert answer.header(name) or "include=" in answer.query, f"{answer}\nhas no {name}"


def _validator(document: Document, schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def _resolved(document: Document, part: dict[str, Any]) -> dict[str, Any]:
    found: Any = part
    while "$ref" in found:
        place: Any = document
        for name in found["$ref"].removeprefix("#/").split("/"):
            place = place[name.replace("~1", "/").replace("~0", "~")]
        found = place
    resolved: dict[str, Any] = found
    return resolved


def test_is_valid(document: Document) -> None:
    validate(document)


def test_says_all_that_the_domain_promises(document: Document, domain: Domain) -> None:
    expected = {
        ME: {"get", "patch"},
        "/api/v1/users": {"get"},
        "/api/v1/users/{id}": {"get", "patch", "delete"},
        **{f"{AUTH}/{name}": {"post"} for name in ("register", "login", "refresh", "logout", "password")},
    }
    for resource in domain.resources:
        expected[resource.path] = {"get", "post"}
        expected[f"{resource.path}/{{id}}"] = {"get", "put", "patch", "delete"}
    for nested in domain.nested:
        expected[nested.path("{id}")] = {"get"}

    found = {path: {*item} & {*METHODS} for path, item in document["paths"].items() if path.startswith("/api/")}

    assert found == expected


def test_says_what_lists_can_be_asked_for(document: Document, domain: Domain) -> None:
    for resource in (*domain.resources, domain.account):
        listed = document["paths"][resource.path]["get"]
        names = {_resolved(document, parameter)["name"] for parameter in listed["parameters"]}

        assert {"page", "limit", "sort", "order", *(f"filter[{wire}]" for wire in resource.listed)} <= names
        assert ("include" in names) == bool(resource.references)


def test_every_operation_answers(document: Document, admin: Person) -> None:
    for method, template in operations(document):
        path = template.replace("{id}", fresh_uuid())
        body = {} if method in ("post", "put", "patch") else None

        answer = admin.send(method.upper(), path, **({"body": body} if body is not None else {}))

        assert answer.status not in (405, 415), answer
        assert not (answer.status == 404 and "{id}" not in template), answer
        conforms(document, method, template, answer)


def test_what_is_guarded_says_so(document: Document, anonymous: Client) -> None:
    for method, template in operations(document):
        guarded = bool(document["paths"][template][method].get("security"))
        body = {"body": {}} if method in ("post", "put", "patch") else {}

        answer = anonymous.send(method.upper(), template.replace("{id}", fresh_uuid()), **body)

        assert (answer.status == 401) == guarded, answer
        conforms(document, method, template, answer)


def test_describes_resources(document: Document, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
    one, body = f"{resource.path}/{{id}}", rows.full(resource, ada)
    created = writer.post(resource.path, body)
    path = f"{resource.path}/{created.data['id']}"

    conforms(document, "post", resource.path, created)
    conforms(document, "get", resource.path, writer.get(resource.path))
    conforms(document, "get", one, writer.get(path))
    conforms(document, "get", one, writer.get(path, headers={"If-None-Match": "*"}))
    conforms(document, "put", one, writer.put(path, rows.minimal(resource, ada)))
    conforms(document, "patch", one, writer.patch(path, rows.full(resource, ada)))
    conforms(document, "patch", one, writer.patch(path, {}, headers={"If-Match": '"1"'}))
    conforms(document, "patch", one, writer.patch(path, {"surprise": 1}))
    conforms(document, "delete", one, writer.delete(path))
    conforms(document, "get", one, writer.get(path))


def test_describes_bodies(document: Document, resource: Resource, ada: Person, rows: Rows) -> None:
    operation = document["paths"][resource.path]["post"]
    validator = _validator(document, operation["requestBody"]["content"]["application/json"]["schema"])

    assert validator.is_valid(rows.full(resource, ada))
    assert validator.is_valid(rows.minimal(resource, ada))
    assert not validator.is_valid({**rows.minimal(resource, ada), "surprise": 1})
    if resource.required:
        assert not validator.is_valid({})


def test_describes_embedded_objects(
    document: Document, reference: Reference, writer: Client, ada: Person, rows: Rows
) -> None:
    path, field = reference.rows.path, reference.field
    row = rows.create(reference.rows, ada, **{field.wire: rows.referred(field, ada)})

    single = writer.get(f"{path}/{row['id']}", {"include": field.name})
    listed = writer.get(path, {"filter[id]": row["id"], "include": field.name})

    conforms(document, "get", f"{path}/{{id}}", single)
    conforms(document, "get", path, listed)


def test_describes_accounts(document: Document, admin: Person, ada: Person, anonymous: Client) -> None:
    conforms(document, "get", ME, ada.get(ME))
    conforms(document, "patch", ME, ada.patch(ME, {"name": "Ada"}))
    conforms(document, "get", "/api/v1/users", admin.get("/api/v1/users"))
    conforms(document, "get", "/api/v1/users/{id}", admin.get(f"/api/v1/users/{ada.id}"))
    conforms(document, "post", f"{AUTH}/register", register(anonymous).expect(201))
    conforms(document, "post", f"{AUTH}/login", log_in(anonymous, ada.email, ada.password).expect(200))
