"""The OpenAPI document is valid, says all that the domain promises, and is true."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openapi_spec_validator import validate

from conformance.client import Client
from conformance.contract import Domain, Reference, Resource
from conformance.described import METHODS, Document, conforms, operations, resolved, validator_of
from conformance.methods import Method
from conformance.people import AUTH, ME, Person
from conformance.rows import Rows
from conformance.values import fresh_uuid


def test_is_valid(document: Document) -> None:
    validate(document)


def test_says_all_that_domain_and_method_promise(document: Document, domain: Domain, method: Method) -> None:
    expected = {path: set(methods) for path, methods in method.operations.items()}
    for resource in domain.resources:
        expected[resource.path] = {"get", "post"}
        expected[f"{resource.path}/{{id}}"] = {"get", "put", "patch", "delete"}
    for nested in domain.nested:
        expected[nested.path("{id}")] = {"get"}

    found = {path: {*item} & {*METHODS} for path, item in document["paths"].items() if path.startswith("/api/")}

    assert found == expected


def test_says_what_lists_can_be_asked_for(document: Document, domain: Domain) -> None:
    for resource in (*domain.resources, *([domain.account] if domain.has_accounts else [])):
        listed = document["paths"][resource.path]["get"]
        names = {resolved(document, parameter)["name"] for parameter in listed["parameters"]}

        assert {"page", "limit", "sort", "order", *(f"filter[{wire}]" for wire in resource.listed)} <= names
        assert ("include" in names) == bool(resource.references)


def test_every_operation_answers(document: Document, admin: Person, a_member: Callable[[], Person]) -> None:
    for method, template in operations(document):
        # Whoever runs this suite is not logged out by it.
        client = a_member() if template.startswith(AUTH) else admin
        path = template.replace("{id}", fresh_uuid())
        body = {} if method in ("post", "put", "patch") else None

        answer = client.send(method.upper(), path, **({"body": body} if body is not None else {}))

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


def test_says_that_there_can_be_too_many_requests(document: Document) -> None:
    for method, template in operations(document):
        assert "429" in document["paths"][template][method]["responses"], f"{method} {template}"


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
    validator = validator_of(document, operation["requestBody"]["content"]["application/json"]["schema"])

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


@pytest.mark.needs("accounts")
def test_describes_accounts(document: Document, admin: Person, ada: Person) -> None:
    one = "/api/v1/users/{id}"
    conforms(document, "get", ME, ada.get(ME).expect(200))
    conforms(document, "patch", ME, ada.patch(ME, {}).expect(200))
    conforms(document, "get", "/api/v1/users", admin.get("/api/v1/users").expect(200))
    conforms(document, "get", one, admin.get(f"/api/v1/users/{ada.id}").expect(200))
    conforms(document, "patch", one, admin.patch(f"/api/v1/users/{ada.id}", {}).expect(200))
    conforms(document, "patch", one, ada.patch(f"/api/v1/users/{ada.id}", {}).expect(403))
    conforms(document, "get", ME, Client(ada.base_url).get(ME).expect(401))
