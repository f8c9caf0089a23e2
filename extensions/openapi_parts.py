"""What every OpenAPI document has, whatever the domain: errors, headers, and the parameters that operations share."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2.ext import Extension

Json = dict[str, Any]

ETAG: Json = {"description": "The version in quotes.", "schema": {"type": "string"}}
LOCATION: Json = {"description": "Path of the new resource.", "schema": {"type": "string"}}
REPLAYED: Json = {
    "description": "Present where the answer is the one that the first request with the key was given.",
    "schema": {"type": "boolean"},
}

_ERRORS = {
    400: ("ValidationError", "The request does not satisfy the contract; all faults at once."),
    401: ("Unauthenticated", "No credentials, or they do not hold."),
    403: ("Forbidden", "The permission is missing."),
    404: ("NotFound", "There is no such resource for the caller."),
    405: ("MethodNotAllowed", "The method is not allowed."),
    409: ("Conflict", "The state of things does not allow it."),
    412: ("PreconditionFailed", "The resource has changed since it was read."),
    413: ("PayloadTooLarge", "The body is too large."),
    415: ("UnsupportedMediaType", "The body is no JSON, or is compressed."),
    422: ("IdempotencyKeyReused", "The idempotency key belongs to a different request."),
    429: ("RateLimited", "Too many requests; `Retry-After` says when to try again."),
    500: ("InternalError", "Something unforeseen."),
    503: ("Unavailable", "A dependency is down or saturated."),
}
_OF_CALLERS = (401, 403)
"""Errors that only those can see who must prove who they are."""

_TEXT: Json = {"type": "string"}
_TAG = r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS: Json = {"type": "string", "pattern": rf"^\s*(\*|{_TAG}(\s*,\s*{_TAG})*)\s*$"}
_OPTIONAL_TEXT: Json = {"anyOf": [_TEXT, {"type": "null"}]}
_FAULT: Json = {"type": "object", "required": ["field", "message"], "properties": {"field": _TEXT, "message": _TEXT}}
_ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "details", "message", "request_id"],
            "properties": {
                "code": _TEXT,
                "message": _TEXT,
                "details": {"type": "array", "items": _FAULT},
                "request_id": _TEXT,
            },
        }
    },
}
_META: Json = {
    "description": "Where a page lies in its list; where it was read by cursor, there is nothing but the limit.",
    "type": "object",
    "required": ["limit"],
    "properties": {"page": {"type": "integer"}, "limit": {"type": "integer"}, "total": {"type": "integer"}},
}
_LINKS: Json = {
    "description": "The page itself and its neighbours, relative to the origin.",
    "type": "object",
    "required": ["self", "next", "prev"],
    "properties": {"self": _TEXT, "next": _OPTIONAL_TEXT, "prev": _OPTIONAL_TEXT},
}

_ORDERED = ("gte", "gt", "lte", "lt", "in")
_OPERATORS = {
    "string": (*_ORDERED, "contains"),
    "email": (*_ORDERED, "contains"),
    "url": (*_ORDERED, "contains"),
    "boolean": (),
    "enum": ("in",),
    "uuid": ("in",),
    "ref": ("in",),
}
_COMMON_FIELDS = {"id": "uuid", "version": "integer", "created_at": "datetime", "updated_at": "datetime"}
_SCHEMAS: dict[str, Json] = {
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "string", "format": "decimal"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "ref": {"type": "string", "format": "uuid"},
}
_FILTERED: dict[str, Json] = {
    **{kind: {"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"} for kind in ("string", "email", "url")},
    "integer": {"maximum": 2**63 - 1, "minimum": -(2**63)},
}
"""What a value to compare with must be besides, where the field itself may say more or less."""

_PAGE: Json = {"type": "integer", "default": 1, "maximum": 1_000_000, "minimum": 1}
_LIMIT: Json = {"type": "integer", "default": 20, "maximum": 100, "minimum": 1}
_ORDER: Json = {"type": "string", "default": "asc", "enum": ["asc", "desc"]}


def schema_of(kind: str) -> Json:
    """Return the JSON Schema of a type of the domain language, without anything that a field adds."""
    return _SCHEMAS.get(kind, _TEXT)


def error(status: int) -> Json:
    """Return the reference to the answer of an error."""
    return {"$ref": f"#/components/responses/{_ERRORS[status][0]}"}


def shared(name: str) -> Json:
    """Return the reference to a parameter that many operations have."""
    return {"$ref": f"#/components/parameters/{_component(name)}"}


def query(name: str, schema: Json) -> Json:
    """Return a query parameter; a list travels in one value, separated by commas."""
    listed = {"explode": False, "schema": schema, "style": "form"}
    return {"name": name, "in": "query"} | (listed if schema["type"] == "array" else {"schema": schema})


def filters(field: str, kind: str, schema: Json) -> list[Json]:
    """Return the parameters that filter by a field of a type of the domain language, equality first."""
    schema = schema | _FILTERED.get(kind, {})
    several: Json = {"type": "array", "items": schema, "maxItems": 50, "minItems": 1}
    return [query(f"filter[{field}]", schema)] + [
        query(f"filter[{field}][{operator}]", several if operator == "in" else schema)
        for operator in _OPERATORS.get(kind, _ORDERED)
    ]


def list_parameters(fields: dict[str, tuple[str, Json]], references: list[str]) -> list[Json]:
    """Return the parameters of a list; `fields` are a resource's own, by name, with their type and schema."""
    sortable = {"type": "string", "default": "created_at", "enum": [*_COMMON_FIELDS, *fields]}
    return [
        shared("page"),
        shared("cursor"),
        shared("limit"),
        query("sort", sortable),
        shared("order"),
        *include_parameters(references),
        *(shared(parameter["name"]) for parameter in _COMMON_FILTERS),
        *(parameter for name, (kind, schema) in fields.items() for parameter in filters(name, kind, schema)),
    ]


def include_parameters(references: list[str]) -> list[Json]:
    """Return the parameter that asks for referenced objects, where there are references."""
    names: Json = {"type": "array", "items": {"type": "string", "enum": references}, "minItems": 1, "uniqueItems": True}
    return [query("include", names)] if references else []


def component_parameters() -> Json:
    """Return the shared parameters by name."""
    parameters: list[Json] = [
        {"name": "id", "in": "path", "required": True, "schema": schema_of("uuid")},
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A name for this request: however often it is sent with it, it has its effect once.",
            "schema": {"type": "string", "maxLength": 255, "minLength": 1, "pattern": "^[!-~]+$"},
        },
        {
            "name": "If-Match",
            "in": "header",
            "description": "The entity tags that the change may start from, or *.",
            "schema": _TAGS,
        },
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "The entity tags that the caller has already, or *.",
            "schema": _TAGS,
        },
        query("page", _PAGE),
        {
            "name": "cursor",
            "in": "query",
            "description": "Empty to begin; then what the page before has led on to. Not together with page.",
            "schema": _TEXT,
        },
        query("limit", _LIMIT),
        query("order", _ORDER),
        *_COMMON_FILTERS,
    ]
    by_name = {_component(parameter["name"]): parameter for parameter in parameters}
    return {name: by_name[name] for name in sorted(by_name)}


def component_responses(*, is_closed: bool) -> Json:
    """Return the answers of errors by name; those of who may do what only where something `is_closed`."""
    known = [error for status, error in _ERRORS.items() if is_closed or status not in _OF_CALLERS]
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {name: {"description": text, "content": content} for name, text in sorted(known)}


def component_schemas() -> Json:
    """Return the schemas that no domain adds, by name."""
    return {"Error": _ERROR, "Meta": _META, "Links": _LINKS}


@cache
def _component(name: str) -> str:
    return "".join(word.capitalize() for word in re.findall(r"[A-Za-z]+", name))


_COMMON_FILTERS = [
    parameter for name, kind in _COMMON_FIELDS.items() for parameter in filters(name, kind, schema_of(kind))
]


class OpenapiPartsExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
