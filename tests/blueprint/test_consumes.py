"""What services count on in each other, as documents: valid, and the same seen from both sides."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import template

consumes = template.extension("consumes")

DOMAIN = """\
catalog:
  product:
    name: string(40)
    hidden: integer
  shelf:
    name: string(40)
ordering:
  order:
    _owned: true
    product: ref(product)
  _listens:
    product.deleted: forget
    payment.completed: mark_paid
auditing:
  note:
    text: text
"""


def built(text: str, **others: str) -> Any:
    """Return the Blueprint of a domain."""
    services = {"architecture": "microservices", "broker": "nats", "description": "Sells"}
    return template.build(text, **{**services, **others})


def service_of(whole: Any, name: str) -> Any:
    """Return the service of this name."""
    return next(service for service in whole.services if service.name == name)


@pytest.fixture(params=template.samples())
def sample(request: pytest.FixtureRequest) -> Any:
    """Return the Blueprint of a sample."""
    return built(str(template.sample(request.param)["domain"]))


@pytest.fixture
def whole() -> Any:
    """Return the Blueprint of a small domain."""
    return built(DOMAIN)


class TestSamples:
    def test_calls_are_valid_documents(self, sample: Any) -> None:
        for service in sample.services:
            for peer in consumes.asked_peers(service):
                validate(consumes.consumed_calls(sample, service, peer))

    def test_events_have_valid_schemas(self, sample: Any) -> None:
        for service in sample.services:
            for module in consumes.heard_modules(sample, service):
                document = consumes.consumed_events(sample, service, module)
                assert document["events"]
                for schema in document["events"].values():
                    Draft202012Validator.check_schema(schema)

    def test_every_provider_is_tested_against_every_consumer(self, sample: Any) -> None:
        for service in sample.services:
            for provider in sample.services:
                asks = provider.name in {peer.name for peer in consumes.asked_peers(service)}
                hears = provider.name in {module.service for module in consumes.heard_modules(sample, service)}
                assert (service.kebab in consumes.consumers_of(sample, provider)) == asks
                assert (service.kebab in consumes.listeners_of(sample, provider)) == hears
                assert bool(consumes.provider_files(sample, provider)) >= (asks or hears)

    def test_one_deployable_counts_on_nobody(self, sample: Any) -> None:
        one = built(DOMAIN, architecture="monolith", broker="in_process").services[0]
        assert consumes.asked_peers(one) == []


def test_calls_are_about_what_is_referred_to_alone(whole: Any) -> None:
    ordering = service_of(whole, "ordering")
    catalog, users = consumes.asked_peers(ordering)

    asked = consumes.consumed_calls(whole, ordering, catalog)
    accounts = consumes.consumed_calls(whole, ordering, users)

    assert list(asked["paths"]) == ["/internal/v1/products", "/internal/v1/products/{id}"]
    assert list(asked["components"]["schemas"]) == ["Product"]
    assert list(accounts["components"]["schemas"]) == ["Account"]


def test_events_are_those_with_a_reaction_alone(whole: Any) -> None:
    ordering = service_of(whole, "ordering")
    heard = {module.name: module for module in consumes.heard_modules(whole, ordering)}

    assert sorted(heard) == ["catalog", "users"]
    document = consumes.consumed_events(whole, ordering, heard["catalog"])
    assert list(document["events"]) == ["product.deleted"]
    assert document["source"] == "/shop/catalog"
    assert list(consumes.consumed_events(whole, ordering, heard["users"])["events"]) == ["user.deleted"]
    assert consumes.heard_elsewhere(ordering, heard["catalog"]) == ["payment.completed", "user.deleted"]


def test_whom_nobody_needs_has_no_document(whole: Any) -> None:
    auditing = service_of(whole, "auditing")

    assert consumes.asked_peers(auditing) == consumes.heard_modules(whole, auditing) == []
    assert consumes.provider_files(whole, auditing) == []
