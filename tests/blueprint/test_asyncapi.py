"""The AsyncAPI document of a Blueprint: valid, complete, and true to the domain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

import template
from template import references_in

domain = template.extension("domain")
asyncapi = template.extension("asyncapi")
openapi = template.extension("openapi")
yaml_text = template.extension("yaml_text").yaml_text

Document = dict[str, Any]
VERBS = ("created", "updated", "deleted")
STACKS = [("monolith", "in_process"), ("modular_monolith", "in_process"), ("microservices", "nats")]


def closed(required: Document, **optional: Document) -> Document:
    """Return the schema of an object with these properties and no other."""
    properties = required | optional
    return {"type": "object", "required": [*required], "properties": properties, "additionalProperties": False}


def named(schema: Document, names: str = r"^[\w.-]+$") -> Document:
    """Return the schema of a mapping from names to what has this schema."""
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": schema}


FORMATS = FormatChecker(["uuid", "date-time"])
FORMATS.checks("date-time", raises=ValueError)(lambda text: datetime.fromisoformat(text).tzinfo is not None)

TEXT: Document = {"type": "string", "minLength": 1}
REFERENCE = closed({"$ref": {"type": "string", "pattern": r"^#/[\w./-]+$"}})
OPERATION = closed(
    {"action": {"enum": ["send", "receive"]}, "channel": REFERENCE, "messages": {"type": "array", "items": REFERENCE}},
    summary=TEXT,
    tags={"type": "array", "items": closed({"name": TEXT})},
)
MESSAGE = closed(
    {
        "name": TEXT,
        "contentType": {"const": "application/cloudevents+json"},
        "payload": closed({"allOf": {"type": "array", "minItems": 2}}),
    },
    title=TEXT,
    summary=TEXT,
    examples={"type": "array", "minItems": 1, "items": closed({"payload": {"type": "object"}})},
)
# What AsyncAPI 3.0 says of the parts that the documents have, written down from its specification.
SPECIFICATION = closed(
    {
        "asyncapi": {"const": "3.0.0"},
        "info": closed({"title": TEXT, "version": TEXT}, description=TEXT),
        "channels": named(closed({"address": TEXT, "messages": named(REFERENCE)}, title=TEXT)),
        "operations": named(OPERATION),
        "components": closed({"messages": named(MESSAGE), "schemas": named({"type": "object"})}),
    },
    defaultContentType=TEXT,
    servers=named(closed({"host": TEXT, "protocol": {"enum": ["nats"]}}, description=TEXT)),
)


def faults(document: Document) -> list[str]:
    """Say everything that is wrong with a document."""
    shape = [error.message for error in Draft7Validator(SPECIFICATION).iter_errors(document)]
    if shape:
        return shape
    lost = [reference for reference in references_in(document) if not leads_somewhere(reference, document)]
    return lost or [*faults_of_operations(document), *faults_of_schemas(document), *left_over(document)]


def faults_of_operations(document: Document) -> Iterator[str]:
    for name, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        if not channel.startswith("#/channels/"):
            yield f"{name}: {channel} is no channel"
        for message in operation["messages"]:
            if not message["$ref"].startswith(f"{channel}/messages/"):
                yield f"{name}: {message['$ref']} is no message of its channel"


def faults_of_schemas(document: Document) -> Iterator[str]:
    schemas = document["components"]["schemas"]
    for name, schema in [*schemas.items(), *((n, m["payload"]) for n, m in document["components"]["messages"].items())]:
        for dialect in (Draft7Validator, Draft202012Validator):
            try:
                dialect.check_schema(schema)
            except SchemaError as error:
                yield f"{name}: {error.message}"
                return
    for name, message in document["components"]["messages"].items():
        payload = message["payload"] | {"components": document["components"]}
        for example in message.get("examples", ()):
            validator = Draft202012Validator(payload, format_checker=FORMATS)
            yield from (f"{name}: {error.message}" for error in validator.iter_errors(example["payload"]))


def left_over(document: Document) -> Iterator[str]:
    """Name what nothing refers to."""
    referred = set(references_in(document))
    parts = [f"#/channels/{name}" for name in document["channels"]]
    parts += [f"#/components/{kind}/{name}" for kind, these in document["components"].items() for name in these]
    yield from (f"{part} is of no use" for part in parts if part not in referred)


def leads_somewhere(reference: str, document: Document) -> bool:
    place: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True


def built(text: str, architecture: str = "monolith", broker: str = "in_process", **others: str) -> Any:
    """Return the Blueprint of a domain."""
    return template.build(text, architecture=architecture, broker=broker, **{"description": "Sells", **others})


def types(document: Document, action: str) -> set[str]:
    """Return the types of the events that are sent or received."""
    operations = [operation for operation in document["operations"].values() if operation["action"] == action]
    return {operation["channel"]["$ref"].removeprefix("#/channels/") for operation in operations}


def data_of(document: Document, event: str) -> Document:
    """Return the schema of an event's data."""
    payload = document["components"]["messages"][event]["payload"]
    data: Document = payload["allOf"][1]["properties"]["data"]
    return document["components"]["schemas"][data["$ref"].rpartition("/")[2]] if "$ref" in data else data


@pytest.fixture(params=template.samples())
def text(request: pytest.FixtureRequest) -> str:
    """Return the domain of a sample."""
    return str(template.sample(request.param)["domain"])


@pytest.fixture(params=STACKS, ids=[architecture for architecture, _ in STACKS])
def whole(request: pytest.FixtureRequest, text: str) -> Any:
    """Return the Blueprint of a sample in an architecture."""
    architecture, broker = request.param
    return built(text, architecture, broker)


class TestSamples:
    def test_the_document_is_valid(self, whole: Any) -> None:
        assert faults(asyncapi.document(whole)) == []

    def test_the_document_of_each_service_is_valid(self, whole: Any) -> None:
        for service in whole.services:
            assert faults(asyncapi.document(whole, service)) == []

    def test_yaml_says_the_same(self, whole: Any) -> None:
        document = asyncapi.document(whole)

        assert template.read_yaml(yaml_text(document)) == document
        assert json.loads(json.dumps(document)) == document

    def test_every_change_is_sent_and_nothing_else(self, text: str, whole: Any) -> None:
        entities = [entity.name for module in domain.parse(text).modules for entity in module.entities]

        sent = types(asyncapi.document(whole), "send")

        assert sent == {f"{name}.{verb}" for name in [*entities, "user"] for verb in VERBS}

    def test_everything_that_is_listened_to_is_received(self, text: str, whole: Any) -> None:
        parsed = domain.parse(text)
        owning = any(entity.owned for module in parsed.modules for entity in module.entities)
        listened = {listen.event for module in parsed.modules for listen in module.listens}

        assert types(asyncapi.document(whole), "receive") == listened | ({"user.deleted"} if owning else set())

    def test_services_together_say_what_the_whole_says(self, whole: Any) -> None:
        document, parts = asyncapi.document(whole), [asyncapi.document(whole, each) for each in whole.services]

        together = {name: operation for part in parts for name, operation in part["operations"].items()}

        assert together == document["operations"]
        assert sum(len(part["operations"]) for part in parts) == len(together)
        for kind in ("messages", "schemas"):
            found: Document = {}
            for part in parts:
                found |= part["components"][kind]
            assert found == document["components"][kind]

    def test_data_is_what_the_api_shows(self, whole: Any) -> None:
        schemas = openapi.document(whole, {})["components"]["schemas"]
        document = asyncapi.document(whole)

        for entity in whole.entities:
            if not entity.references:
                assert data_of(document, f"{entity.snake}.updated") == schemas[entity.pascal]


class TestShop:
    text = str(template.sample("shop")["domain"])

    def test_an_account_tells_nobody_who_it_is(self) -> None:
        document = asyncapi.document(built(self.text))

        for verb in VERBS:
            assert set(data_of(document, f"user.{verb}")["properties"]) == {"id", "roles", "is_active", "version"}
        assert "email" not in json.dumps(document)

    def test_an_event_from_outside_may_hold_any_object(self) -> None:
        document = asyncapi.document(built(self.text))

        assert data_of(document, "payment.completed")["type"] == "object"
        assert "properties" not in data_of(document, "payment.completed")
        payload = document["components"]["messages"]["payment.completed"]["payload"]["allOf"][1]
        assert set(payload["properties"]) == {"type", "data"}

    def test_addresses_are_subjects_of_the_broker(self) -> None:
        document = asyncapi.document(built(self.text, "microservices", "nats", project_slug="corner-shop"))

        assert document["channels"]["order.created"]["address"] == "corner-shop.events.order.created"
        assert document["servers"]["broker"]["protocol"] == "nats"

    def test_within_one_process_there_is_no_broker(self) -> None:
        document = asyncapi.document(built(self.text))

        assert document["channels"]["order.created"]["address"] == "order.created"
        assert "servers" not in document
        assert "nats" not in json.dumps(document).lower()

    def test_a_service_speaks_of_its_own_events_only(self) -> None:
        whole = built(self.text, "microservices", "nats")

        by_name = {service.name: asyncapi.document(whole, service) for service in whole.services}

        assert types(by_name["ordering"], "send") == {"order.created", "order.updated", "order.deleted"}
        assert types(by_name["ordering"], "receive") == {"payment.completed", "user.deleted"}
        assert types(by_name["catalog"], "receive") == set()
        assert "Product" not in by_name["ordering"]["components"]["schemas"]
        assert set(by_name["users"]["components"]["schemas"]) == {"Account", "cloudevent"}

    def test_a_reaction_bears_the_name_that_the_inbox_knows(self) -> None:
        operations = asyncapi.document(built(self.text))["operations"]

        assert operations["ordering.mark_order_paid"]["channel"] == {"$ref": "#/channels/payment.completed"}
        assert operations["ordering.remove_belongings"]["channel"] == {"$ref": "#/channels/user.deleted"}

    def test_source_and_type_are_fixed(self) -> None:
        payload = asyncapi.document(built(self.text))["components"]["messages"]["order.deleted"]["payload"]["allOf"][1]

        assert payload["properties"]["source"] == {"const": "/shop/ordering"}
        assert payload["properties"]["type"] == {"const": "order.deleted"}


class TestWords:
    def test_a_project_without_description(self) -> None:
        info = asyncapi.document(built("", description=""))["info"]

        assert info["title"] == "Shop"
        assert info["description"].startswith("Every event arrives")

    def test_a_description_ends_as_a_sentence(self) -> None:
        assert asyncapi.document(built(""))["info"]["description"].startswith("Sells. Every")

    def test_two_modules_may_listen_to_the_same(self) -> None:
        listening = "{}:\n  {}:\n    name: string(9)\n  _listens:\n    payment.completed: {}\n"
        text = listening.format("alpha", "letter", "note") + listening.format("beta", "number", "note")

        document = asyncapi.document(built(text))

        assert faults(document) == []
        assert {"alpha.note", "beta.note"} <= set(document["operations"])

    def test_names_that_look_alike_stay_apart(self) -> None:
        listens = "  _listens:\n    b.created_c: send_b_created\n    b_created.c: other\n"
        text = f"a:\n  send_b:\n    name: string(9)\n{listens}"

        document = asyncapi.document(built(text))

        assert faults(document) == []
        assert {"send_send_b_created", "a.send_b_created", "a.other"} <= set(document["operations"])


def _without(*path: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        for part in path[:-1]:
            document = document[part]
        del document[path[-1]]

    return spoil


def _with(value: Any, *path: str) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        for part in path[:-1]:
            document = document[int(part)] if isinstance(document, list) else document[part]
        document[path[-1]] = value

    return spoil


ORDER = ("components", "messages", "order.created")
DATA = (*ORDER, "examples", "0", "payload", "data")


@pytest.mark.parametrize(
    "spoil",
    [
        _with("2.6.0", "asyncapi"),
        _without("info", "title"),
        _with({}, "surprise"),
        _with("publish", "operations", "send_order_created", "action"),
        _without("channels", "order.created"),
        _without("channels", "order.created", "address"),
        _without("components", "messages", "order.created"),
        _without("components", "schemas", "Order"),
        _with({"$ref": "#/channels/nowhere"}, "operations", "send_order_created", "channel"),
        _with({"$ref": "#/components/messages/order.created"}, "operations", "send_order_created", "channel"),
        _with(
            [{"$ref": "#/channels/order.deleted/messages/order.deleted"}],
            "operations", "send_order_created", "messages",
        ),
        _with({"type": "thing"}, "components", "schemas", "Order"),
        _with({"type": "object"}, "components", "schemas", "Orphan"),
        _with("text/plain", *ORDER, "contentType"),
        _with([], *ORDER, "examples"),
        _with("many", *DATA, "quantity"),
        _with("no identifier", *DATA, "id"),
        _without(*ORDER, "payload", "allOf"),
        _with("yesterday", *DATA, "created_at"),
        _with("2026-01-02T03:04:05", *DATA[:-1], "time"),
        _with("yesterday", *DATA[:-1], "time"),
        _with("0.3", *DATA[:-1], "specversion"),
        _with("product.created", *DATA[:-1], "type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(spoil: Callable[[Document], None]) -> None:
    document = json.loads(json.dumps(asyncapi.document(built(TestShop.text))))
    assert faults(document) == []

    spoil(document)

    assert faults(document)
