"""What a Blueprint comes to in a cluster."""

from __future__ import annotations

from typing import Any

import pytest

import template

forms = template.extension("deploy_forms")
catalogue = template.extension("catalogue").load(template.ROOT / "catalogue")

SHOP = """
catalog:
  product:
    name: string(80)
order_taking:
  order:
    _owned: true
    product: ref(catalog.product)
"""

REDIS = ""
"""It is reached wherever it is, so that its rule names nobody."""


def shop(architecture: str, database: str) -> Any:
    """Return the Blueprint of the shop."""
    broker = "nats" if architecture == "microservices" else "in_process"
    return template.build(SHOP, architecture=architecture, database=database, broker=broker)


def deployed(found: Any, name: str) -> Any:
    """Return a service as it is deployed."""
    service = next(service for service in found.services if service.name == name)
    return forms.deployed(found, service, (*catalogue.offered("common"), *found.choices))


def named(rules: tuple[str, ...]) -> list[str]:
    """Return whom rules name."""
    return [rule.partition("app.kubernetes.io/name: ")[2].rstrip("}]") for rule in rules]


def test_everybody_is_called_through_the_gateway_or_by_who_refers_to_it() -> None:
    found = shop("microservices", "sqlite")

    assert named(deployed(found, "catalog").ingress) == ["gateway", "users", "order-taking"]
    assert named(deployed(found, "order_taking").ingress) == ["gateway", "users"]
    assert named(deployed(found, "users").ingress) == ["gateway", "catalog", "order-taking"]


def test_everybody_calls_whom_it_refers_to_and_the_accounts_all() -> None:
    found = shop("microservices", "sqlite")

    assert named(deployed(found, "catalog").egress) == ["users", "nats", REDIS]
    assert named(deployed(found, "order_taking").egress) == ["users", "catalog", "nats", REDIS]
    assert named(deployed(found, "users").egress) == ["catalog", "order-taking", "nats", REDIS]


def test_without_accounts_the_first_asks_all_others_whether_they_are_ready() -> None:
    found = template.build(template.domain("ledger"), architecture="microservices", broker="nats", auth="none")

    assert named(deployed(found, "books").ingress) == ["gateway", "archive"]
    assert named(deployed(found, "books").egress) == ["archive", "nats", REDIS]
    assert "SECRET_KEY" not in deployed(found, "books").secrets


def test_one_deployable_is_open_and_calls_its_database_and_redis_alone() -> None:
    (to_redis,) = deployed(shop("monolith", "sqlite"), "shop").egress
    assert "6379" in to_redis
    to_database, to_redis = deployed(shop("monolith", "postgresql"), "shop").egress
    assert "5432" in to_database
    assert "6379" in to_redis
    assert named(deployed(shop("monolith", "sqlite"), "shop").ingress) == [""]


@pytest.mark.parametrize(
    ("architecture", "database", "name", "secrets"),
    [
        ("monolith", "sqlite", "shop", {"SECRET_KEY"}),
        ("modular_monolith", "postgresql", "shop", {"SECRET_KEY", "DATABASE_URL"}),
        ("microservices", "sqlite", "catalog", {"SECRET_KEY"}),
        ("microservices", "postgresql", "catalog", {"SECRET_KEY", "DATABASE_URL"}),
        ("microservices", "postgresql", "users", {"SECRET_KEY", "DATABASE_URL", "SIGNING_KEY"}),
    ],
)
def test_secrets_are_what_production_refuses_to_start_without(
    architecture: str, database: str, name: str, secrets: set[str]
) -> None:
    assert set(deployed(shop(architecture, database), name).secrets) == secrets


def test_what_is_secret_and_not_needed_may_be_told_as_well() -> None:
    found = shop("microservices", "postgresql")

    assert "REDIS_URL" in deployed(found, "catalog").optional_secrets
    assert "SMTP_URL" not in deployed(found, "catalog").optional_secrets
    assert {"REDIS_URL", "SMTP_URL"} <= set(deployed(found, "users").optional_secrets)
    assert "BROKER_URL" not in deployed(found, "catalog").optional_secrets
    assert not set(deployed(found, "users").secrets) & set(deployed(found, "users").optional_secrets)


def test_everybody_is_told_where_the_others_are() -> None:
    told = forms.settings(shop("microservices", "sqlite"))

    assert told["ORDER_TAKING_URL"] == "http://order-taking:8000"
    assert told["BROKER_URL"] == "nats://nats:4222"
    assert not any(name.endswith("_URL") for name in forms.settings(shop("monolith", "postgresql")))


def test_images_are_those_of_the_parts() -> None:
    assert forms.images(shop("monolith", "sqlite")) == ["shop-migrate", "shop-web", "shop-worker"]
    assert "shop-gateway" in forms.images(shop("microservices", "sqlite"))
    assert "shop-order-taking-web" in forms.images(shop("microservices", "sqlite"))


def test_a_container_that_no_choice_has_is_not_found() -> None:
    with pytest.raises(LookupError, match="broker"):
        forms.backing(shop("monolith", "sqlite").choices, "broker")
