"""What a service asks of another and hears from it, as documents that both are tested against.

A consumer keeps one document for each provider: an excerpt of OpenAPI with the calls that it makes and the fields
that it reads. What it hears is a list of event types, each with the JSON Schema of the data that it reads.
"""

from __future__ import annotations

from collections.abc import Iterator

from copier_template_extensions.asyncapi import data_schema
from copier_template_extensions.blueprint_model import Blueprint, Entity, Module, Service, ServicePeer, Target
from copier_template_extensions.openapi import account_schemas, accounts_of
from copier_template_extensions.openapi_parts import Json, schema_of
from copier_template_extensions.openapi_schemas import an_object, entity_schemas, reference
from jinja2 import Environment
from jinja2.ext import Extension

_VERSION = "0.1.0"
_INTERNAL = "/internal/v1"
_MOST_IDS = 100


class ConsumesExtension(Extension):
    """Gives templates the documents, and which of them there are."""

    def __init__(self, environment: Environment) -> None:
        """Register every function under its own name."""
        super().__init__(environment)
        for function in _FUNCTIONS:
            environment.globals[function.__name__] = function


def asked_peers(service: Service) -> list[ServicePeer]:
    """Return the services that one asks about what they hold."""
    return [peer for peer in service.peers if peer.entities]


def consumers_of(blueprint: Blueprint, service: Service) -> list[str]:
    """Return the folders of the services that ask this one."""
    return [other.kebab for other in blueprint.services if service.name in {peer.name for peer in asked_peers(other)}]


def heard_modules(blueprint: Blueprint, service: Service) -> list[Module]:
    """Return the modules of other services whose events one reacts to."""
    heard = {name for name, _ in _heard(service)}
    return [module for module in blueprint.all_modules if module.name in heard and module.service != service.name]


def listeners_of(blueprint: Blueprint, service: Service) -> list[str]:
    """Return the folders of the services that hear of this one."""
    return [
        other.kebab
        for other in blueprint.services
        if service.name in {module.service for module in heard_modules(blueprint, other)}
    ]


def heard_elsewhere(service: Service, module: Module) -> list[str]:
    """Return the types of the events that a service reacts to, but those of one module."""
    outside = {("", item.event) for own in service.all_modules for item in own.reactions if not item.module}
    return sorted(event for name, event in {*_heard(service), *outside} if name != module.name)


def asked_files(blueprint: Blueprint, service: Service) -> list[str]:
    """Return the file that tests what others ask of a service, where anybody does."""
    return ["test_consumers"] if consumers_of(blueprint, service) else []


def heard_files(blueprint: Blueprint, service: Service) -> list[str]:
    """Return the file that tests what others hear of a service, where anybody does."""
    return ["test_listeners"] if listeners_of(blueprint, service) else []


def provider_files(blueprint: Blueprint, service: Service) -> list[str]:
    """Return the file that compares schemas, where others count on any."""
    return ["compatibility"] if [*asked_files(blueprint, service), *heard_files(blueprint, service)] else []


def consumed_calls(blueprint: Blueprint, service: Service, peer: ServicePeer) -> Json:
    """Return what a service asks of another, in OpenAPI's words: the calls, and what is read of their answers."""
    paths: Json = {}
    for target in peer.entities:
        path = f"{_INTERNAL}/{target.plural.kebab}"
        paths[f"{path}/{{id}}"] = {"get": _existence(target)}
        paths[path] = {"get": _several(target)}
    schemas = {target.class_name: _schema(blueprint, target) for target in peer.entities}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"What {service.words} asks of {peer.words}",
            "version": _VERSION,
            "description": "Every call, on behalf of a caller, and every field that is read; answers may hold more.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def consumed_events(blueprint: Blueprint, service: Service, module: Module) -> Json:
    """Return what a service hears of a module of another: event types, each with the schema of its data."""
    types = sorted({event for name, event in _heard(service) if name == module.name})
    known = {event.type: entity for entity in _entities(module) for event in entity.events}
    return {
        "title": f"What {service.words} hears of {module.words}",
        "version": _VERSION,
        "description": "The types of the events, and what is read of their data, which may hold more.",
        "source": f"/{blueprint.project.slug}/{module.name}",
        "events": {event: data_schema(known[event]) for event in types},
    }


def _heard(service: Service) -> Iterator[tuple[str, str]]:
    """Yield the module that publishes and the type of every event that a service reacts to."""
    for module in service.all_modules:
        for reaction in module.reactions:
            if reaction.module:
                yield reaction.module, reaction.event
        if module.owned:
            yield "users", "user.deleted"


def _entities(module: Module) -> tuple[Entity, ...]:
    return (module.account,) if module.account else module.entities


def _existence(target: Target) -> Json:
    return {
        "operationId": f"has_{target.name.snake}",
        "summary": f"Is there such {target.name.a} for the caller?",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": schema_of("uuid")}],
        "responses": {"204": {"description": "There is."}, "404": {"description": "There is not."}},
    }


def _several(target: Target) -> Json:
    ids = {"type": "array", "items": schema_of("uuid"), "minItems": 1, "maxItems": _MOST_IDS}
    data = {"type": "array", "items": reference(target.class_name)}
    answer = an_object("", {"data": data}, ["data"])
    return {
        "operationId": f"find_{target.plural.snake}",
        "summary": f"How do those of the {target.plural.words} look that exist for the caller?",
        "parameters": [
            {"name": "ids", "in": "query", "required": True, "style": "form", "explode": False, "schema": ids}
        ],
        "responses": {
            "200": {"description": "Those.", "content": {"application/json": {"schema": answer}}},
        },
    }


def _schema(blueprint: Blueprint, target: Target) -> Json:
    if target.is_account and blueprint.account:
        return dict(account_schemas(blueprint.account, accounts_of(blueprint)))[target.class_name]
    entity = next(entity for entity in blueprint.entities if entity.name == target.name)
    return dict(entity_schemas(entity))[entity.pascal]


_FUNCTIONS = (
    asked_peers,
    heard_modules,
    heard_elsewhere,
    consumers_of,
    listeners_of,
    asked_files,
    heard_files,
    provider_files,
    consumed_calls,
    consumed_events,
)
