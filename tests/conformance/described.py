"""The OpenAPI document of a service, and whether answers are those that it describes."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from conformance.client import Answer

METHODS = ("get", "post", "put", "patch", "delete")
Document = dict[str, Any]


def operations(document: Document) -> list[tuple[str, str]]:
    """Return every method and path."""
    return [(method, path) for path, item in document["paths"].items() for method in METHODS if method in item]


def conforms(document: Document, method: str, template: str, answer: Answer) -> None:
    """Assert that an answer is one that the document describes."""
    operation = document["paths"][template][method.lower()]
    assert str(answer.status) in operation["responses"], answer
    response = resolved(document, operation["responses"][str(answer.status)])
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        assert not answer.body, answer
        return
    faults = [fault.message for fault in validator_of(document, schema).iter_errors(answer.json)]
    assert not faults, f"{answer}\n{faults}"
    for name in response.get("headers", {}):
        # A representation that embeds others has no tag, and an answer that is given for the first time is no replay; a
        # description of both does not say so.
        is_optional = "include=" in answer.query or name == "Idempotency-Replayed"
        assert answer.header(name) or is_optional, f"{answer}\nhas no {name}"


def validator_of(document: Document, schema: dict[str, Any]) -> Draft202012Validator:
    """Return what holds values to a schema of the document."""
    return Draft202012Validator({**schema, "components": document["components"]})


def resolved(document: Document, part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the document, or what it refers to."""
    found: Any = part
    while "$ref" in found:
        place: Any = document
        for name in found["$ref"].removeprefix("#/").split("/"):
            place = place[name.replace("~1", "/").replace("~0", "~")]
        found = place
    whole: dict[str, Any] = found
    return whole
