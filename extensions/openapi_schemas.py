"""The JSON Schemas of the domain: how entities look in answers, and what requests about them may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from copier_template_extensions.blueprint_model import Entity, Field
from copier_template_extensions.openapi_parts import Json, schema_of
from jinja2.ext import Extension

_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_EMAIL = r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+$"
_URL = r"^https?://[^\s\x00-\x1f\x7f-\x9f]+$"
_TEXTS: dict[str, Json] = {
    "string": {"pattern": _LINE},
    "text": {"pattern": _PROSE},
    "email": {"maxLength": 254, "pattern": _EMAIL},
    "url": {"maxLength": 2048, "pattern": _URL},
}
# In any script, as they were given: the formats `email` and `uri` know ASCII alone.
_SHOWN: dict[str, Json] = {"email": {"pattern": _EMAIL}, "url": {"pattern": _URL}}
_NULL: Json = {"type": "null"}

RESOURCE: dict[str, Json] = {
    "id": schema_of("uuid"),
    "version": schema_of("integer"),
    "created_at": schema_of("datetime"),
    "updated_at": schema_of("datetime"),
}
"""What every resource carries."""


def reference(name: str) -> Json:
    """Return the reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def an_object(description: str, properties: Json, required: Iterable[str] = (), *, closed: bool = False) -> Json:
    """Return the schema of an object; a closed one refuses other properties."""
    names = list(required)
    schema: Json = {"description": description} if description else {}
    schema |= {"type": "object"} | ({"required": names} if names else {}) | {"properties": properties}
    return schema | ({"additionalProperties": False} if closed else {})


def entity_schemas(entity: Entity) -> Iterator[tuple[str, Json]]:
    """Yield the schemas of an entity by name, in no order: representation, bodies, enums and envelopes."""
    a = entity.name.a
    yield from enum_schemas(entity)
    own: Json = {"owner_id": schema_of("uuid")} if entity.owned else {}
    properties = RESOURCE | own | {field.attr: shown(field) for field in entity.fields}
    yield entity.pascal, an_object(entity.description or f"{_capital(a)}.", properties, properties)
    yield from expanded(entity, properties)
    body = {field.attr: _with_default(taken(field, entity), field) for field in entity.fields}
    required = [field.attr for field in entity.fields if field.required]
    description = f"{_capital(a)} to create, or to put in the place of another."
    yield f"{entity.pascal}In", an_object(description, body, required, closed=True)
    changes = {field.attr: taken(field, entity) for field in entity.fields}
    yield f"{entity.pascal}Patch", an_object(f"Changes to {a}: what is absent stays.", changes, closed=True)


def expanded(entity: Entity, properties: Json) -> Iterator[tuple[str, Json]]:
    """Yield the representation with embedded objects, where the entity refers to any."""
    if entity.references:
        embedded = {
            field.name: {"anyOf": [reference(field.target.class_name), _NULL], "default": None}
            for field in entity.references
        }
        description = f"{_capital(entity.name.a)}, with what it refers to where `include` asks for it."
        yield f"Expanded{entity.pascal}", an_object(description, properties | embedded, properties)


def enum_schemas(entity: Entity) -> Iterator[tuple[str, Json]]:
    """Yield the closed sets of an entity by name."""
    for field in entity.enums:
        description = f"The {field.words} of {entity.name.a}."
        yield entity.pascal + field.pascal, {"description": description} | closed_set(field.members)


def closed_set(members: Iterable[str]) -> Json:
    """Return the schema of one of several texts."""
    return {"type": "string", "enum": list(members)}


def single(name: str) -> Json:
    """Return the envelope of one resource."""
    return an_object("", {"data": reference(name)}, ["data"])


def listed(name: str) -> Json:
    """Return the envelope of a page."""
    data = {"type": "array", "items": reference(name)}
    properties = {"data": data, "meta": reference("Meta"), "links": reference("Links")}
    return an_object("", properties, properties)


def shown(field: Field) -> Json:
    """Return the schema of a field in an answer."""
    schema = _plain(field) | _SHOWN.get(field.type, {})
    if field.members:
        schema |= {"enum": list(field.members)} if len(field.members) > 1 else {"const": field.members[0]}
    return _described(field) | _or_null(field, schema)


def taken(field: Field, entity: Entity) -> Json:
    """Return the schema of a field in a body."""
    schema = reference(entity.pascal + field.pascal) if field.type == "enum" else _plain(field) | _bounds(field)
    examples = {"examples": [wire(field.example)]} if field.has_example and field.example is not None else {}
    return _ranked(_described(field) | _or_null(field, schema) | examples)


def listed_fields(entity: Entity) -> dict[str, tuple[str, Json]]:
    """Return what lists can be filtered and sorted by, beside what every resource has: type and schema by name."""
    owner = {"owner_id": ("uuid", schema_of("uuid"))} if entity.owned else {}
    return owner | {field.attr: (field.type, _compared(field)) for field in entity.fields if field.filterable}


def wire(value: Any) -> Any:
    """Return a value of the domain as it travels in JSON."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _plain(field: Field) -> Json:
    return {} if field.type == "json" else schema_of(field.type)


def _compared(field: Field) -> Json:
    if field.type == "enum":
        return closed_set(field.members)
    return _plain(field) | (_bounds(field) if field.type == "decimal" else {})


def _bounds(field: Field) -> Json:
    if field.type in _TEXTS:
        limits = [value for value in (field.length, field.max) if value is not None]
        bounds = {"maxLength": min(limits)} if limits else {}
        bounds |= {"minLength": field.min} if field.min else {}
        return _TEXTS[field.type] | bounds | ({"pattern": field.pattern} if field.pattern is not None else {})
    if field.type == "decimal":
        fraction = rf"(\.[0-9]{{1,{field.scale}}})?" if field.scale else ""
        return {"pattern": rf"^-?[0-9]{{1,{max(field.precision - field.scale, 1)}}}{fraction}$"}
    if field.type not in ("integer", "float"):
        return {}
    bounds = {"maximum": 2**63 - 1, "minimum": -(2**63)} if field.type == "integer" else {}
    bounds |= {"maximum": field.max} if field.max is not None else {}
    return bounds | ({"minimum": field.min} if field.min is not None else {})


def _with_default(schema: Json, field: Field) -> Json:
    # Structures are made anew for each body, so pydantic and its like do not show them as a default.
    if field.required or isinstance(field.default, dict | list):
        return schema
    return _ranked(schema | {"default": wire(field.default)})


def _or_null(field: Field, schema: Json) -> Json:
    return {"anyOf": [_ranked(schema), _NULL]} if field.optional else schema


def _described(field: Field) -> Json:
    return {"description": field.description} if field.description else {}


_RANKS = {"description": 0, "type": 1, "format": 2}


def _ranked(schema: Json) -> Json:
    """Return a schema that says first what it is, and then its details in the order of the alphabet."""
    return {key: schema[key] for key in sorted(schema, key=lambda key: (_RANKS.get(key, len(_RANKS)), key))}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class OpenapiSchemasExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
