"""The Blueprint: what the answers come to, before any file is rendered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

import template
from template import build, domain

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(path.stem for path in (template.ROOT / "samples").glob("*.yml"))


def summary(blueprint: Any) -> dict[str, Any]:
    """Return what of a Blueprint decides the emitted tree, in plain values."""
    return {module.name: module_summary(module) for module in blueprint.all_modules}


def module_summary(module: Any) -> dict[str, Any]:
    """Return a module in plain values."""
    entities = module.entities or ((module.account,) if module.account else ())
    return {
        "mounts": {layer: str(getattr(module, layer)) for layer in ("domain", "application", "api", "contracts")},
        "peers": {peer.name: [target.name.snake for target in peer.entities] for peer in module.peers},
        "shown": [entity.snake for entity in module.shown],
        "tables": [step.entity.table for step in module.migrations],
        "later": [f"{step.entity.table}.{field.attr}" for step in module.migrations for field in step.later],
        "entities": {entity.snake: entity_summary(entity) for entity in entities},
    }


def entity_summary(entity: Any) -> dict[str, Any]:
    """Return an entity in plain values."""
    return {
        "class": entity.pascal,
        "collection": entity.collection,
        "path": entity.path,
        "owned": entity.owned,
        "fields": {field.attr: field.type + ("?" if field.optional else "") for field in entity.fields},
        "nested": [nested.path for nested in entity.nested],
        "indexes": [index.name for index in entity.indexes],
        "permissions": [", ".join((line.name, *map(str, line.roles))) for line in entity.permissions],
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_as_recorded(name: str) -> None:
    """UPDATE_GOLDEN=1 records them anew; read the difference before it is committed."""
    found = yaml.safe_dump(summary(build(domain(name))), sort_keys=False, allow_unicode=True)
    file = GOLDEN / f"{name}.yml"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


class TestReferences:
    DOMAIN = """
    staff:
      employee:
        name: string(80)
        manager: ref(employee)?
        mentor: ref(employee)?
    work_orders:
      task:
        _owned: true
        assignee: ref(users.user)?
        employee: ref(employee)
    """

    def entity(self, module: int, entity: int = 0) -> Any:
        return build(self.DOMAIN).modules[module].entities[entity]

    def test_within_a_module_they_are_foreign_keys(self) -> None:
        assert [field.attr for field in self.entity(0).local_references] == ["manager_id", "mentor_id"]

    def test_across_modules_they_lead_to_peers(self) -> None:
        assert [peer.name for peer in self.entity(1).peers] == ["staff", "users"]

    def test_the_first_to_a_target_has_the_plain_nested_path(self) -> None:
        assert [nested.path for nested in self.entity(0).nested] == [
            "/api/v1/employees/{id}/employees",
            "/api/v1/employees/{id}/employees-by-mentor",
        ]

    def test_owners_come_before_references_to_accounts(self) -> None:
        assert [nested.path for nested in self.entity(1).nested] == [
            "/api/v1/users/{id}/tasks",
            "/api/v1/users/{id}/tasks-by-assignee",
            "/api/v1/employees/{id}/tasks",
        ]

    def test_a_module_shows_only_what_others_refer_to(self) -> None:
        assert [entity.snake for entity in build(self.DOMAIN).modules[0].shown] == ["employee"]
        assert build(self.DOMAIN).modules[1].shown == ()


class TestTables:
    def test_come_after_those_that_they_refer_to(self) -> None:
        blueprint = build("m: {a_b: {c: ref(d)}, d: {e: ref(f)}, f: {name: text}}")
        assert [step.entity.table for step in blueprint.modules[0].migrations] == ["fs", "ds", "a_bs"]

    def test_of_a_cycle_wait_for_each_other(self) -> None:
        blueprint = build("m: {left: {other: ref(right)?}, right: {other: ref(left)?}}")
        steps = blueprint.modules[0].migrations
        assert [[field.attr for field in step.later] for step in steps] == [["other_id"], []]

    def test_have_names_that_every_database_keeps(self) -> None:
        long = "x" * 30
        blueprint = build(f"m: {{{long}: {{{'y' * 30}: integer indexed, {'z' * 30}: ref({long})?}}}}")
        names = [index.name for index in blueprint.modules[0].entities[0].indexes]
        assert all(len(name) <= 63 for name in names)
        assert len(set(names)) == len(names)


class TestNames:
    @pytest.mark.parametrize("name", ["page", "table", "document", "request", "query"])
    def test_of_classes_do_not_clash_with_imports(self, name: str) -> None:
        entity = build(f"m: {{{name}: {{title: text}}}}").modules[0].entities[0]
        assert entity.pascal == f"{name.capitalize()}Entity"

    def test_that_are_plural_already_give_another_collection(self) -> None:
        entity = build("m: {lecture_series: {title: text}}").modules[0].entities[0]
        assert entity.collection == "LectureSeriesCollection"


class TestRoles:
    DOMAIN = """
    _roles:
      manager: [read:*, write:product]
      auditor: read:order
      support: [write:user]
    shop:
      product:
        name: string(80)
      order:
        _owned: true
        product: ref(product)
      line:
        order: ref(order)
      wish:
        _owned: true
        name: string(80)
    users:
      user:
        wish: ref(wish)?
    """

    def permissions(self, name: str, text: str = DOMAIN) -> dict[str, tuple[str, list[str]]]:
        blueprint = build(text)
        entity = next(one for one in (*blueprint.entities, blueprint.account) if one.snake == name)
        return {line.name: (line.members, [str(role) for role in line.roles]) for line in entity.permissions}

    def test_add_to_what_every_member_may(self) -> None:
        assert self.permissions("product") == {"read:products": ("yes", []), "write:products": ("no", ["manager"])}

    def test_open_the_rows_of_everybody(self) -> None:
        assert self.permissions("order") == {
            "read:orders": ("own rows", []),
            "write:orders": ("own rows", []),
            "read_all:orders": ("no", ["manager", "auditor"]),
            "write_all:orders": ("no", []),
        }

    def test_look_after_accounts_only_where_they_are_named(self) -> None:
        assert self.permissions("account") == {
            "read:users": ("own account", ["support"]),
            "write:users": ("own account", ["support"]),
        }

    def test_that_may_write_may_read(self) -> None:
        text = "_roles: {clerk: write:order}\nshop: {order: {_owned: true, name: text}}"
        assert self.permissions("order", text)["read_all:orders"] == ("no", ["clerk"])

    def test_leave_everything_else_as_it_is(self) -> None:
        text = "_roles: {editor: write:note}\nm: {note: {name: text}, order: {_owned: true, name: text}}"
        assert list(self.permissions("order", text)) == ["read:orders", "write:orders"]
        assert not build(text).opened

    def test_are_known_where_a_reference_leads_to_what_they_open(self) -> None:
        line = next(one for one in build(self.DOMAIN).entities if one.snake == "line")
        assert [field.target.read_all for field in line.references] == ["read_all:orders"]

    def test_are_told_service_by_service(self) -> None:
        blueprint = build(self.DOMAIN, architecture="microservices")
        added = {
            service.name: {str(role): service.added_by(role) for role in blueprint.roles}
            for service in blueprint.services
        }
        assert added["users"] == {"manager": (), "auditor": (), "support": ("read:users", "write:users")}
        assert added["shop"]["manager"] == ("write:products", "read_all:orders", "read_all:wishes")
        assert added["shop"]["auditor"] == ("read_all:orders",)

    def test_without_any_there_is_no_file_of_them(self) -> None:
        assert build("m: {note: {name: text}}").role_files == ()
        assert build(self.DOMAIN).role_files == ("roles",)


def test_what_is_not_chosen_has_no_overlay() -> None:
    use = build("", database="postgresql").use
    assert (use["postgresql"], use["sqlite"], use["python"]) == (".", "", ".")


def test_a_bad_domain_is_refused_with_all_its_problems() -> None:
    with pytest.raises(ValueError, match="did you mean") as refused:
        build("catalog: {product: {category: ref(categry), name: strng(3)}, category: {name: text}}")
    assert len(str(refused.value).splitlines()) == 2
