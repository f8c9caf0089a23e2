"""Where cells lie: the same modules in three architectures."""

from __future__ import annotations

from typing import Any

import pytest

from template import build, domain

SERVICES = {"architecture": "microservices", "broker": "nats"}
MODULES = {"architecture": "modular_monolith"}


def catalog(**answers: str) -> Any:
    """Return the module catalog of the shop."""
    return build(domain("shop"), **answers).modules[0]


@pytest.mark.parametrize(
    ("answers", "path", "dotted"),
    [
        ({}, "src/shop/domain/catalog", "shop.domain.catalog"),
        (MODULES, "src/shop/catalog/domain", "shop.catalog.domain"),
        (SERVICES, "services/catalog/src/catalog/domain", "catalog.domain"),
    ],
)
def test_a_layer_of_a_module_has_one_place(answers: dict[str, str], path: str, dotted: str) -> None:
    mount = catalog(**answers).domain

    assert (mount.path, mount.py) == (path, dotted)


@pytest.mark.parametrize(
    ("answers", "shared"),
    [({}, "src/shop/shared"), (MODULES, "src/shop/shared"), (SERVICES, "libs/shared/src/shop_shared")],
)
def test_the_kernel_lies_in_the_package_or_in_a_library(answers: dict[str, str], shared: str) -> None:
    assert build(domain("shop"), **answers).shared.path == shared


class TestTables:
    @pytest.mark.parametrize("answers", [{}, SERVICES, {**SERVICES, "database": "postgresql"}])
    def test_are_plain_where_a_database_has_one_owner_or_one_module(self, answers: dict[str, str]) -> None:
        assert (catalog(**answers).schema, catalog(**answers).table_prefix) == (None, "")

    def test_of_modules_in_one_database_have_a_schema_where_there_are_schemas(self) -> None:
        blueprint = build(domain("shop"), **MODULES, database="postgresql")

        assert blueprint.schemas == ("catalog", "ordering", "users")
        assert {module.table_prefix for module in blueprint.all_modules} == {""}

    def test_of_modules_in_one_file_have_a_prefix(self) -> None:
        assert (catalog(**MODULES).schema, catalog(**MODULES).table_prefix) == (None, "catalog_")


class TestServices:
    def test_are_one_for_each_module_and_one_for_the_accounts(self) -> None:
        services = build(domain("shop"), **SERVICES).services

        assert [(service.name, service.path, service.port) for service in services] == [
            ("users", "services/users", 8101),
            ("catalog", "services/catalog", 8102),
            ("ordering", "services/ordering", 8103),
        ]
        assert [service.hosts_users for service in services] == [True, False, False]

    def test_know_those_that_they_call(self) -> None:
        ordering = build(domain("shop"), **SERVICES).services[2]

        assert [(peer.name, peer.env) for peer in ordering.peers] == [
            ("catalog", "CATALOG_URL"),
            ("users", "USERS_URL"),
        ]

    def test_own_a_copy_of_what_they_use_of_a_contract(self) -> None:
        copies = build(domain("shop"), **SERVICES).copies

        shown = {copy.contracts.path: [entity.snake for entity in copy.entities] for copy in copies}
        assert shown["services/ordering/src/ordering/peers/catalog"] == ["product"]

    def test_are_one_where_there_is_one_deployable(self) -> None:
        (service,) = build(domain("shop"), **MODULES).services

        assert (service.path, service.root.path, service.peers) == (".", "src/shop", ())
        assert [module.name for module in service.all_modules] == ["catalog", "ordering", "users"]

    @pytest.mark.parametrize("name", ["calendar", "platform", "nats", "shop_shared"])
    def test_never_hide_a_package_of_somebody_else(self, name: str) -> None:
        assert build(f"{name}: {{item: {{name: text}}}}", **SERVICES).services[1].root.py == f"{name}_service"

    @pytest.mark.parametrize("name", ["accounts", "tables", "commands", "consumers", "peers"])
    def test_files_of_a_deployable_are_not_hidden_by_modules(self, name: str) -> None:
        assert build(f"{name}: {{item: {{name: text}}}}", **MODULES).modules[0].home.py == f"shop.{name}_module"


class TestReactions:
    DOMAIN = """
    shop:
      item: {name: text}
      _listens: {item.created: count, user.deleted: forget, weather.changed: close}
    """

    def test_know_who_says_what_they_listen_to(self) -> None:
        reactions = build(self.DOMAIN).modules[0].reactions

        assert [(reaction.event, reaction.function, reaction.module) for reaction in reactions] == [
            ("item.created", "count", "shop"),
            ("user.deleted", "forget", "users"),
            ("weather.changed", "close", None),
        ]

    def test_an_entity_says_three_things(self) -> None:
        events = build(self.DOMAIN).entities[0].events

        assert [(event.type, event.pascal) for event in events] == [
            ("item.created", "ItemCreated"),
            ("item.updated", "ItemUpdated"),
            ("item.deleted", "ItemDeleted"),
        ]


class TestWithoutAccounts:
    @pytest.mark.parametrize("answers", [{}, MODULES, SERVICES])
    def test_there_is_no_module_of_them(self, answers: dict[str, str]) -> None:
        blueprint = build(domain("ledger"), **answers, auth="none")

        assert (blueprint.users, blueprint.account) == (None, None)
        assert [module.name for module in blueprint.all_modules] == ["books", "archive"]
        assert not any(service.hosts_users for service in blueprint.services)
        assert not any("users" in str(package) for service in blueprint.services for package in service.packages)

    def test_the_first_service_speaks_for_all(self) -> None:
        blueprint = build(domain("ledger"), **SERVICES, auth="none")

        assert [(service.name, service.port) for service in blueprint.services] == [("books", 8101), ("archive", 8102)]
        assert blueprint.front.name == "books"
        assert [[peer.name for peer in service.peers] for service in blueprint.services] == [["archive"], ["books"]]

    def test_with_accounts_that_is_their_service(self) -> None:
        assert build(domain("ledger"), **SERVICES).front.name == "users"

    @pytest.mark.parametrize("answers", [{}, MODULES])
    def test_a_blank_domain_is_a_deployable_all_the_same(self, answers: dict[str, str]) -> None:
        [service] = build("", **answers, auth="none").services

        assert (service.modules, service.entities, service.root.path) == ((), (), "src/shop")
