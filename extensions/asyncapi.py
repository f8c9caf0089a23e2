"""The Blueprint as an AsyncAPI 3 document: which events are published, which are listened to, and what is in them.

One document describes the whole backend, and under microservices another one each service. Every event is a
CloudEvents 1.0 envelope in JSON, whose `data` is the resource as the API shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from copier_template_extensions.blueprint_model import Blueprint, Entity, Module, Service
from copier_template_extensions.openapi_parts import Json, schema_of
from copier_template_extensions.openapi_schemas import an_object, entity_schemas, reference, wire
from copier_template_extensions.samples_forms import example_of
from jinja2 import Environment
from jinja2.ext import Extension

_VERSION = "0.1.0"
_ENVELOPE = "cloudevent"
"""In lower case, as no entity's schema is."""

_DELIVERY = (
    "Every event arrives at least once, and those of one subject in the order in which they happened. "
    "An event that arrives again has the same id."
)
_WORDS = {"created": "was created", "updated": "has changed", "deleted": "was deleted"}
_ACCOUNT: Json = {
    "id": schema_of("uuid"),
    "roles": {"type": "array", "items": {"type": "string"}},
    "is_active": {"type": "boolean"},
    "version": schema_of("integer"),
}
_EXAMPLE_ID = "01936f2a-7c00-7000-8000-{:012d}"
_EXAMPLE_TIME = "2026-01-02T03:04:05Z"
_TRACEPARENT = "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"


class AsyncapiExtension(Extension):
    """Gives templates the function `asyncapi`."""

    def __init__(self, environment: Environment) -> None:
        """Register the function under its name."""
        super().__init__(environment)
        environment.globals["asyncapi"] = document


@dataclass(frozen=True)
class Event:
    """What can be said: its type, the module that says it and the entity that it is about; neither from outside."""

    type: str
    module: str = ""
    verb: str = ""
    entity: Entity | None = None

    @property
    def words(self) -> str:
        """`Order created`."""
        text = self.type.replace(".", " ").replace("_", " ")
        return text[:1].upper() + text[1:]

    @property
    def summary(self) -> str:
        """What has happened, as a sentence."""
        if self.entity is None:
            return f"{self.words}, as somebody outside says."
        a = self.entity.name.a
        return f"{a[:1].upper()}{a[1:]} {_WORDS[self.verb]}."

    @property
    def schema(self) -> str:
        """The name of the schema of its data, empty where only the one who says it knows."""
        if self.entity is None:
            return ""
        return "Account" if self.entity.module == "users" else self.entity.pascal


@dataclass(frozen=True)
class Reception:
    """A function of a module that runs whenever an event arrives."""

    event: str
    module: str
    function: str
    summary: str


def document(blueprint: Blueprint, service: Service | None = None) -> Json:
    """Return the document of the whole backend, or of one service of it."""
    modules = service.all_modules if service else blueprint.all_modules
    sent = [event for module in modules for event in _events_of(module)]
    received = [reception for module in modules for reception in _receptions_of(module)]
    known = {event.type: event for module in blueprint.all_modules for event in _events_of(module)}
    named = [*(event.type for event in sent), *(reception.event for reception in received)]
    events = [known.get(name, Event(name)) for name in dict.fromkeys(named)]
    addresses = _addresses(blueprint)
    return {
        "asyncapi": "3.0.0",
        "info": _info(blueprint, service),
        "defaultContentType": "application/cloudevents+json",
        **_servers(blueprint),
        "channels": {event.type: _channel(event, addresses) for event in events},
        "operations": dict([*map(_sending, sent), *map(_receiving, received)]),
        "components": {
            "messages": {event.type: _message(event, blueprint.project.slug) for event in events},
            "schemas": dict(_schemas(events)),
        },
    }


def _events_of(module: Module) -> Iterator[Event]:
    for entity in (module.account,) if module.account else module.entities:
        for event in entity.events:
            yield Event(event.type, module.name, event.verb, entity)


def _receptions_of(module: Module) -> Iterator[Reception]:
    for reaction in module.reactions:
        summary = f"What {module.words} does when it hears of it."
        yield Reception(reaction.event, module.name, reaction.function, summary)
    if module.owned:
        summary = f"Removes what the account owned in {module.words}."
        yield Reception("user.deleted", module.name, "remove_belongings", summary)


def _info(blueprint: Blueprint, service: Service | None) -> Json:
    about = service or blueprint.project
    title = service.title if service else blueprint.project.name
    return {"title": title, "version": _VERSION, "description": " ".join([*_sentence(about.description), _DELIVERY])}


def _sentence(text: str) -> list[str]:
    return [text if text.endswith((".", "!", "?")) else f"{text}."] if text else []


def _servers(blueprint: Blueprint) -> Json:
    """Return the broker, where events travel further than within one process."""
    if not blueprint.use.get("nats"):
        return {}
    description = "NATS with JetStream. Anybody who reaches it may publish an event in the form described here."
    return {"servers": {"broker": {"host": "localhost:4222", "protocol": "nats", "description": description}}}


def _addresses(blueprint: Blueprint) -> str:
    """Return what the address of every channel begins with."""
    return f"{blueprint.project.slug}.events." if blueprint.use.get("nats") else ""


def _channel(event: Event, addresses: str) -> Json:
    messages = {event.type: {"$ref": f"#/components/messages/{event.type}"}}
    return {"address": f"{addresses}{event.type}", "title": event.words, "messages": messages}


def _sending(event: Event) -> tuple[str, Json]:
    operation = _operation("send", event.type, event.module, event.summary)
    return f"send_{event.type.replace('.', '_')}", operation


def _receiving(reception: Reception) -> tuple[str, Json]:
    # A name with a dot, which that of no sending operation has.
    operation = _operation("receive", reception.event, reception.module, reception.summary)
    return f"{reception.module}.{reception.function}", operation


def _operation(action: str, event: str, module: str, summary: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{event}"},
        "summary": summary,
        "tags": [{"name": module}],
        "messages": [{"$ref": f"#/channels/{event}/messages/{event}"}],
    }


def _message(event: Event, slug: str) -> Json:
    data = reference(event.schema) if event.schema else {"type": "object", "description": "Whatever the sender says."}
    own = {"type": {"const": event.type}, "data": data}
    if event.module:
        own = {"source": {"const": f"/{slug}/{event.module}"}, "subject": schema_of("uuid"), **own}
    return {
        "name": event.type,
        "title": event.words,
        "summary": event.summary,
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [reference(_ENVELOPE), {"type": "object", "required": list(own), "properties": own}]},
        "examples": [{"payload": _example(event, slug)}],
    }


def _example(event: Event, slug: str) -> Json:
    data = _data(event)
    return {
        "specversion": "1.0",
        "id": _EXAMPLE_ID.format(1),
        "source": f"/{slug}/{event.module}" if event.module else "/outside",
        "type": event.type,
        "subject": data.get("id", _EXAMPLE_ID.format(2)),
        "time": _EXAMPLE_TIME,
        "datacontenttype": "application/json",
        "data": data,
    }


def _data(event: Event) -> Json:
    if event.entity is None:
        return {}
    common: Json = {"id": _EXAMPLE_ID.format(2), "version": 1 if event.verb == "created" else 2}
    if event.schema == "Account":
        return common | {"roles": ["member"], "is_active": True}
    owner = {"owner_id": _EXAMPLE_ID.format(3)} if event.entity.owned else {}
    fields = {
        field.attr: _EXAMPLE_ID.format(number) if field.target else wire(example_of(field))
        for number, field in enumerate(event.entity.fields, 4)
    }
    return common | {"created_at": _EXAMPLE_TIME, "updated_at": _EXAMPLE_TIME} | owner | fields


def _schemas(events: Iterable[Event]) -> Iterator[tuple[str, Any]]:
    """Return the envelope and what it holds, by name; entities look as they do in answers of the API."""
    found: Json = {_ENVELOPE: _envelope()}
    for event in events:
        if event.entity is not None and event.schema not in found:
            found[event.schema] = data_schema(event.entity)
    yield from sorted(found.items())


def data_schema(entity: Entity) -> Json:
    """Return the schema of the data of an entity's events: the entity as answers show it, of accounts less."""
    if entity.module == "users":
        return an_object("What others learn of an account.", _ACCOUNT, _ACCOUNT)
    schema: Json = dict(entity_schemas(entity))[entity.pascal]
    return schema


def _envelope() -> Json:
    text: Json = {"type": "string", "maxLength": 255, "minLength": 1}
    properties: Json = {
        "specversion": {"const": "1.0"},
        "id": {"description": "The same wherever and whenever the event arrives.", **schema_of("uuid")},
        "source": {"description": "Where it happened.", **text},
        "type": {"description": "What happened.", **text},
        "subject": {"description": "What it happened to.", **text},
        "time": {"description": "When it happened.", **schema_of("datetime")},
        "datacontenttype": {"const": "application/json"},
        "traceparent": {"description": "The trace that it belongs to.", "type": "string", "pattern": _TRACEPARENT},
        "data": {"type": "object"},
    }
    required = ["specversion", "id", "source", "type", "subject", "time", "data"]
    return an_object("An event in its envelope: CloudEvents 1.0, structured mode.", properties, required)
