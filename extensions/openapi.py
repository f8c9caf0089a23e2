"""The Blueprint as an OpenAPI document: the same, to the byte, that the emitted application says of itself.

The domain's operations follow from its entities. Those of accounts belong to the choice of authentication, which
describes them in `catalogue/auth/NAME/openapi.yml`; a choice without such a file has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from copier_template_extensions.blueprint_model import Blueprint, Entity, Module, Name, Service
from copier_template_extensions.openapi_parts import (
    ETAG,
    LOCATION,
    REPLAYED,
    Json,
    component_parameters,
    component_responses,
    component_schemas,
    error,
    include_parameters,
    list_parameters,
    schema_of,
    shared,
)
from copier_template_extensions.openapi_schemas import (
    entity_schemas,
    enum_schemas,
    expanded,
    listed,
    listed_fields,
    reference,
    shown,
    single,
    taken,
)
from jinja2 import Environment
from jinja2.ext import Extension

_VERSION = "0.1.0"
_METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMAS = "#/components/schemas/"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OpenapiExtension(Extension):
    """Gives templates the function `openapi`."""

    def __init__(self, environment: Environment) -> None:
        """Register the function, which finds the catalogue beside this folder."""
        super().__init__(environment)
        environment.globals["openapi"] = self._openapi

    def _openapi(self, blueprint: Blueprint, service: Service | None = None) -> Json:
        return document(blueprint, accounts_of(blueprint), service)


def accounts_of(blueprint: Blueprint) -> Json:
    """Return what the chosen authentication says of accounts; nothing where it has none."""
    name = next(choice.name for choice in blueprint.choices if choice.axis == "auth")
    file = Path(__file__).resolve().parent.parent / "catalogue" / "auth" / name / "openapi.yml"
    return read_accounts(file) if file.exists() else {}


def read_accounts(file: Path) -> Json:
    """Return what a choice of authentication says of accounts: security, listed, operations, schemas.

    Each scheme of `security` is enough by itself, but where something changes: there all of `unsafe_security` is
    needed besides.
    """
    with file.open("rb") as stream:
        accounts: Json = yaml.load(stream, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    return accounts


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    `body` and `answer` name schemas; an answer is one object, or a page of them where the operation is `listed`.
    A `tagged` answer has a version, which travels as `ETag`. What is `guarded` needs credentials, and what is
    `idempotent` takes an `Idempotency-Key`. `parameters` are those of the query; path and headers follow from the rest.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    description: str = ""
    body: str = ""
    answer: str = ""
    status: int = 200
    listed: bool = False
    tagged: bool = True
    guarded: bool = True
    idempotent: bool = False
    parameters: tuple[Json, ...] = ()
    errors: tuple[int, ...] = ()

    @property
    def envelope(self) -> str:
        """The name of the schema of a successful answer, empty where it has no body."""
        return f"{'Listed' if self.listed else 'Single'}{self.answer}" if self.answer else ""

    @property
    def changes(self) -> bool:
        """Whether it changes one resource, which `If-Match` can guard."""
        return self.method in ("put", "patch", "delete")

    @property
    def is_resource(self) -> bool:
        """Whether it answers with one resource, which has a version."""
        return bool(self.answer) and self.tagged and not self.listed

    @property
    def is_shown(self) -> bool:
        """Whether it shows one resource, which the caller may have already."""
        return self.is_resource and self.method == "get"

    def written(self, security: list[Json]) -> Json:
        """Return the operation in OpenAPI's words."""
        operation: Json = {"tags": [self.tag], "summary": self.summary}
        if self.description:
            operation["description"] = self.description
        operation["operationId"] = self.name
        if self.guarded and security:
            operation["security"] = security
        if parameters := list(self._parameters()):
            operation["parameters"] = parameters
        if self.body:
            operation["requestBody"] = {"required": True, "content": self._content(self.body, self.method == "patch")}
        return operation | {"responses": dict(sorted(self._responses(is_closed=self.guarded and bool(security))))}

    def _parameters(self) -> Iterator[Json]:
        if "{id}" in self.path:
            yield shared("id")
        yield from self.parameters
        if self.idempotent:
            yield shared("Idempotency-Key")
        if self.changes:
            yield shared("If-Match")
        if self.is_shown:
            yield shared("If-None-Match")

    def _content(self, schema: str, patch: bool = False) -> Json:
        media = {"schema": reference(schema)}
        return {"application/json": media} | ({"application/merge-patch+json": media} if patch else {})

    def _responses(self, *, is_closed: bool) -> Iterator[tuple[str, Json]]:
        success: Json = {"description": HTTPStatus(self.status).phrase}
        if self.envelope:
            success["content"] = self._content(self.envelope)
        if self.is_resource:
            headers = {"ETag": ETAG} | ({"Idempotency-Replayed": REPLAYED} if self.idempotent else {})
            success["headers"] = headers | ({"Location": LOCATION} if self.status == 201 else {})
        yield str(self.status), success
        if self.is_shown:
            yield "304", {"description": HTTPStatus.NOT_MODIFIED.phrase}
        for status in {*self._errors(is_closed=is_closed), *self.errors}:
            yield str(status), error(status)

    def _errors(self, *, is_closed: bool) -> Iterator[int]:
        if self.body or self.parameters or self.changes or self.idempotent or self.is_shown:
            yield 400
        if is_closed:
            yield from (401, 403)
        if "{id}" in self.path:
            yield 404
        if self.method != "get":
            yield 409
        if self.changes:
            yield 412
        if self.body:
            yield from (413, 415)
        if self.idempotent:
            yield 422
        yield 429
        yield 503


def document(blueprint: Blueprint, accounts: Json, service: Service | None = None) -> Json:
    """Return the OpenAPI document of a Blueprint; `accounts` is what its authentication adds, as in its file.

    The document of one `service` holds its own part: what it answers, and the schemas that this needs.
    Raises `ValueError` where the names of entities would give two schemas or two operations one name.
    """
    answered: dict[str, list[Operation]] = {}
    schemas: Json = {}
    if blueprint.users and blueprint.account:
        answered[blueprint.users.name] = [*_account_operations(blueprint.account, accounts)]
        schemas |= account_schemas(blueprint.account, accounts)
    for module in blueprint.modules:
        answered[module.name] = []
        for entity in module.entities:
            answered[module.name] += _entity_operations(module, entity)
            _add(schemas, entity_schemas(entity))
    operations = [operation for found in answered.values() for operation in found]
    envelopes = {
        operation.envelope: (listed if operation.listed else single)(operation.answer)
        for operation in operations
        if operation.answer
    }
    _add(schemas, envelopes.items())
    _add(schemas, component_schemas().items())
    _require_names_of_their_own(operations)
    if service:
        operations = [operation for module in service.all_modules for operation in answered[module.name]]
    used = {"Error", *(name for operation in operations for name in (operation.body, operation.envelope) if name)}
    _add_referenced(used, schemas)
    _name_roles(schemas, blueprint.roles)
    security: Json = accounts.get("security", {})
    unsafe: Json = accounts.get("unsafe_security", {})
    project = blueprint.project
    title, description = (service.title, service.description) if service else (project.name, project.description)
    described = {"description": description} if description else {}
    components: Json = {
        "parameters": component_parameters(),
        "responses": component_responses(is_closed=bool(security)),
        "schemas": {name: schemas[name] for name in sorted(used)},
    }
    if security:
        components["securitySchemes"] = dict(sorted((security | unsafe).items()))
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": _VERSION} | described,
        "paths": _paths(operations, security, unsafe),
        "components": components,
    }


def _name_roles(schemas: Json, roles: tuple[Name, ...]) -> None:
    """Let accounts have the roles of the domain too, in the order in which the emitted code has them."""
    if roles and "Role" in schemas:
        names = ["member", *(role.snake for role in roles), "admin"]
        schemas["Role"] = schemas["Role"] | {"enum": names}
        for name, schema in schemas.items():
            granted = schema.get("properties", {}).get("roles", {})
            if "maxItems" in granted:
                properties = schema["properties"] | {"roles": granted | {"maxItems": len(names)}}
                schemas[name] = schema | {"properties": properties}


def _add(schemas: Json, more: Iterable[tuple[str, Json]]) -> None:
    for name, schema in more:
        if name in schemas:
            raise ValueError(f"openapi.yaml would have two schemas {name}; rename the entity behind one of them.")
        schemas[name] = schema


def _require_names_of_their_own(operations: Iterable[Operation]) -> None:
    names = Counter(operation.name for operation in operations)
    if shared_names := sorted(name for name, count in names.items() if count > 1):
        raise ValueError(
            f"openapi.yaml would have two operations {shared_names[0]}; rename the entity behind one of them."
        )


def _add_referenced(names: set[str], schemas: Json) -> None:
    """Add to `names` what the schemas with these names refer to, directly or not."""
    waiting: list[Any] = [schemas[name] for name in names]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            name = str(value.get("$ref", "")).removeprefix(_SCHEMAS)
            if name in schemas and name not in names:
                names.add(name)
                waiting.append(schemas[name])


def _paths(operations: list[Operation], security: Json, unsafe: Json) -> Json:
    reading: list[Json] = [{name: []} for name in security]
    changing: list[Json] = [{name: [] for name in sorted((scheme, *unsafe))} for scheme in security]
    paths: dict[str, Json] = {}
    for operation in sorted(operations, key=lambda operation: (operation.path, _METHODS.index(operation.method))):
        written = operation.written(reading if operation.method == "get" else changing)
        paths.setdefault(operation.path, {})[operation.method] = written
    return paths


def _entity_operations(module: Module, entity: Entity) -> Iterator[Operation]:
    a, plural, one = entity.name.a, entity.plural, f"{entity.path}/{{id}}"
    answer = _answer(entity)
    references = [field.name for field in entity.references]
    asked = tuple(list_parameters(listed_fields(entity), references))
    include = tuple(include_parameters(references))

    def operation(method: str, path: str, name: str, summary: str, **rest: Any) -> Operation:
        return Operation(method, path, name, module.name, summary, **rest)

    body = f"{entity.pascal}In"
    page: Json = {"answer": answer, "listed": True, "parameters": asked}
    yield operation("get", entity.path, f"list_{plural.snake}", f"List {plural.words}", **page)
    made: Json = {"body": body, "answer": answer, "status": 201, "idempotent": True}
    yield operation("post", entity.path, f"create_{entity.snake}", f"Create {a}", **made)
    yield operation("get", one, f"get_{entity.snake}", f"Get {a}", answer=answer, parameters=include)
    yield operation("put", one, f"replace_{entity.snake}", f"Replace {a}", body=body, answer=answer)
    yield operation(
        "patch",
        one,
        f"update_{entity.snake}",
        f"Change some fields of {a}",
        body=f"{entity.pascal}Patch",
        answer=answer,
    )
    yield operation("delete", one, f"delete_{entity.snake}", f"Delete {a}", status=204)
    for nested in entity.nested:
        by = f", by its {nested.by}" if nested.by else ""
        summary = f"List the {plural.words} of {nested.parent.name.a}{by}"
        yield operation("get", nested.path, nested.function, summary, **page)


def _answer(entity: Entity) -> str:
    return f"Expanded{entity.pascal}" if entity.references else entity.pascal


def _account_operations(account: Entity, accounts: Json) -> Iterator[Operation]:
    references = [field.name for field in account.references]
    fields = {name: (kind, schema_of(kind)) for name, kind in accounts.get("listed", {}).items()}
    asked = tuple(list_parameters(fields | listed_fields(account), references))
    include = tuple(include_parameters(references))
    for entry in accounts.get("operations", ()):
        words = dict(entry)
        if words.pop("expands", False):
            words["answer"] = _answer(account)
            if words["method"] == "get":
                words["parameters"] = asked if words.get("listed") else include
        if listed_by := words.pop("lists", {}):
            words["parameters"] = tuple(
                list_parameters({name: (kind, schema_of(kind)) for name, kind in listed_by.items()}, [])
            )
        yield Operation(**words | {"errors": tuple(words.get("errors", ()))})
    if accounts:
        for nested in account.nested:
            by = f", by their {nested.by}" if nested.by else ""
            summary = f"List the accounts of {nested.parent.name.a}{by}"
            page: Json = {"answer": _answer(account), "listed": True, "parameters": asked}
            yield Operation("get", nested.path, nested.function, "users", summary, **page)


def account_schemas(account: Entity, accounts: Json) -> Iterator[tuple[str, Json]]:
    """Yield the schemas of accounts by name, with the fields that the domain adds."""
    schemas: Json = accounts.get("schemas", {})
    for name, schema in schemas.items():
        yield name, _with_fields(schema, account)
    if account.pascal in schemas:
        yield from enum_schemas(account)
        yield from expanded(account, _with_fields(schemas[account.pascal], account)["properties"])


def _with_fields(schema: Json, account: Entity) -> Json:
    """Return a schema with the domain's fields of the account where `(fields)` stands."""
    if "(fields)" not in schema.get("properties", {}):
        return schema
    properties: Json = {}
    for name, property_schema in schema["properties"].items():
        if name != "(fields)":
            properties[name] = property_schema
        elif property_schema == "shown":
            properties |= {field.attr: shown(field) for field in account.fields}
        else:
            properties |= {field.attr: taken(field, account) for field in account.fields}
    extended = schema | {"properties": properties}
    return extended | ({"required": list(properties)} if "required" in schema else {})
