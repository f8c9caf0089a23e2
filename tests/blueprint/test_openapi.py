"""The OpenAPI document of a Blueprint: complete, consistent, and read back as it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

import template
from template import references_in

blueprint = template.extension("blueprint")
domain = template.extension("domain")
openapi = template.extension("openapi")
yaml_text = template.extension("yaml_text").yaml_text
catalogue = template.extension("catalogue").load(template.ROOT / "catalogue")
JWT = openapi.read_accounts(template.ROOT / "catalogue" / "auth" / "jwt" / "openapi.yml")

API_KEY = openapi.read_accounts(template.ROOT / "catalogue" / "auth" / "api_key" / "openapi.yml")

Document = dict[str, Any]

ACCOUNTS = {
    ("post", "/api/v1/auth/register"),
    ("post", "/api/v1/auth/login"),
    ("post", "/api/v1/auth/refresh"),
    ("post", "/api/v1/auth/logout"),
    ("post", "/api/v1/auth/logout/everywhere"),
    ("post", "/api/v1/auth/password"),
    ("post", "/api/v1/auth/password/forgotten"),
    ("post", "/api/v1/auth/password/reset"),
    ("post", "/api/v1/auth/email/confirmation"),
    ("post", "/api/v1/auth/email/confirm"),
    ("get", "/api/v1/users"),
    ("get", "/api/v1/users/me"),
    ("patch", "/api/v1/users/me"),
    ("get", "/api/v1/users/{id}"),
    ("patch", "/api/v1/users/{id}"),
    ("delete", "/api/v1/users/{id}"),
}


def answers(text: str) -> Document:
    """Return answers with this domain."""
    return {**template.ANSWERS, "description": "Sells.", "domain": text}


def described(text: str, accounts: Document = JWT, **others: str) -> Document:
    """Return the document of a domain; `others` are answers beside it."""
    document: Document = openapi.document(blueprint.build(answers(text) | others, catalogue), accounts)
    return document


def operations_in(document: Document) -> set[tuple[str, str]]:
    return {(method, path) for path, item in document["paths"].items() for method in item}


def operations_of_contract(text: str) -> set[tuple[str, str]]:
    """What the contract promises of a domain, without the Blueprint."""
    parsed = domain.parse(text)
    entities = [entity for module in parsed.modules for entity in module.entities]
    collections = {(entity.module, entity.name): _collection(entity.plural) for entity in entities}
    collections["users", "user"] = "/api/v1/users"
    promised = set(ACCOUNTS)
    for entity in entities:
        path = _collection(entity.plural)
        promised |= {("get", path), ("post", path)}
        promised |= {(method, f"{path}/{{id}}") for method in ("get", "put", "patch", "delete")}
        targets = [("users", "user", "owner")] if entity.owned else []
        targets += [(*field.target, field.name) for field in entity.fields if field.target]
        promised |= {("get", nested) for nested in _nested(path, targets, collections)}
    targets = [(*field.target, field.name) for field in parsed.account_fields if field.target]
    return promised | {("get", nested) for nested in _nested("/api/v1/users", targets, collections)}


def _collection(plural: str) -> str:
    return f"/api/v1/{plural.replace('_', '-')}"


def _nested(path: str, targets: list[tuple[str, str, str]], collections: dict[tuple[str, str], str]) -> Iterator[str]:
    taken = set()
    for module, entity, name in targets:
        by = f"-by-{name.replace('_', '-')}" if (module, entity) in taken else ""
        taken.add((module, entity))
        yield f"{collections[module, entity]}/{{id}}/{path.rpartition('/')[2]}{by}"


@pytest.fixture(params=template.samples())
def sample(request: pytest.FixtureRequest) -> Document:
    """Return the answers of a sample."""
    return template.sample(request.param)


@pytest.fixture
def document(sample: Document) -> Document:
    return described(sample["domain"])


class TestSamples:
    def test_every_operation_of_the_contract_is_there_and_no_other(self, sample: Document, document: Document) -> None:
        assert operations_in(document) == operations_of_contract(sample["domain"])

    def test_every_operation_has_a_name_of_its_own(self, document: Document) -> None:
        names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]

        assert len(names) == len(set(names))

    def test_every_reference_leads_somewhere(self, document: Document) -> None:
        for reference in set(references_in(document)):
            place: Any = document
            for part in reference.removeprefix("#/").split("/"):
                place = place[part]

    def test_every_schema_is_referred_to(self, document: Document) -> None:
        referred = {reference.rpartition("/")[2] for reference in references_in(document)}

        assert set(document["components"]["schemas"]) == referred - set(document["components"]["parameters"]) - set(
            document["components"]["responses"]
        )

    def test_every_path_parameter_is_declared(self, document: Document) -> None:
        for path, item in document["paths"].items():
            for operation in item.values():
                declared = {"$ref": "#/components/parameters/Id"} in operation.get("parameters", [])
                assert declared == ("{id}" in path), path

    def test_parameters_of_an_operation_differ(self, document: Document) -> None:
        for item in document["paths"].values():
            for operation in item.values():
                names = [str(parameter.get("name", parameter)) for parameter in operation.get("parameters", [])]
                assert len(names) == len(set(names))

    def test_required_properties_are_properties(self, document: Document) -> None:
        for name, schema in document["components"]["schemas"].items():
            assert set(schema.get("required", [])) <= set(schema.get("properties", {})), name

    def test_only_the_entrance_needs_no_credentials(self, document: Document) -> None:
        opened = {
            path
            for path, item in document["paths"].items()
            for operation in item.values()
            if operation.get("security") != [{"bearer": []}]
        }

        entrance = ("register", "login", "refresh", "logout")
        by_mail = ("password/forgotten", "password/reset", "email/confirmation", "email/confirm")
        assert opened == {f"/api/v1/auth/{name}" for name in (*entrance, *by_mail)}

    def test_it_is_read_back_as_it_was_meant(self, document: Document) -> None:
        assert template.read_yaml(yaml_text(document)) == document

    def test_its_keys_stand_in_one_order(self, document: Document) -> None:
        assert list(document) == ["openapi", "info", "paths", "components"]
        for part in (document["paths"], *document["components"].values()):
            if part is not document["components"]["securitySchemes"]:
                assert list(part) == sorted(part)


TYPES = {
    "string(9)": {"type": "string", "maxLength": 9, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"},
    "string(9) min=2 max=3": {
        "type": "string",
        "maxLength": 3,
        "minLength": 2,
        "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$",
    },
    'string(9) pattern="^a+$"': {"type": "string", "maxLength": 9, "pattern": "^a+$"},
    "text": {"type": "string", "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"},
    "integer": {"type": "integer", "maximum": 2**63 - 1, "minimum": -(2**63)},
    "integer min=0 max=9007199254740993": {"type": "integer", "maximum": 9007199254740993, "minimum": 0},
    "integer default=5": {"type": "integer", "default": 5, "maximum": 2**63 - 1, "minimum": -(2**63)},
    "float min=-1e300 max=0.5": {"type": "number", "maximum": 0.5, "minimum": -1e300},
    "decimal(10,2)": {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]{1,8}(\.[0-9]{1,2})?$"},
    "decimal(4,0) default=7": {"type": "string", "format": "decimal", "default": "7", "pattern": "^-?[0-9]{1,4}$"},
    "decimal(9,9) default=0.000000001": {
        "type": "string",
        "format": "decimal",
        "default": "0.000000001",
        "pattern": r"^-?[0-9]{1,1}(\.[0-9]{1,9})?$",
    },
    "boolean default=false": {"type": "boolean", "default": False},
    "boolean?": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None},
    "date default=0999-12-31": {"type": "string", "format": "date", "default": "0999-12-31"},
    "datetime default=2000-02-29T23:59:59.5+02:00": {
        "type": "string",
        "format": "date-time",
        "default": "2000-02-29T21:59:59.500000Z",
    },
    "uuid": {"type": "string", "format": "uuid"},
    "json": {},
    """json default='{"a": null}'""": {},
    "json? example=[]": {"anyOf": [{}, {"type": "null"}], "default": None, "examples": [[]]},
    "enum(a, b) default=b": {"$ref": "#/components/schemas/ThingField", "default": "b"},
    "enum(a, b)?": {"anyOf": [{"$ref": "#/components/schemas/ThingField"}, {"type": "null"}], "default": None},
}


@pytest.mark.parametrize("text", TYPES)
def test_a_body_says_what_a_field_may_hold(text: str) -> None:
    document = described(yaml.safe_dump({"shop": {"thing": {"field": text}}}))

    schema = document["components"]["schemas"]["ThingIn"]

    assert schema["properties"]["field"] == TYPES[text]
    assert schema.get("required") == (["field"] if "default" not in text and "?" not in text else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "string(9) min=2": {"type": "string"},
        "email": {"type": "string", "pattern": r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+$"},
        "url?": {"anyOf": [{"type": "string", "pattern": r"^https?://[^\s\x00-\x1f\x7f-\x9f]+$"}, {"type": "null"}]},
        "decimal(10,2) default=1": {"type": "string", "format": "decimal"},
        "enum(a, b)": {"type": "string", "enum": ["a", "b"]},
        "enum(a)": {"type": "string", "const": "a"},
        "json": {},
    }.items(),
)
def test_an_answer_says_how_a_field_looks(text: str, expected: Document) -> None:
    document = described(yaml.safe_dump({"shop": {"thing": {"field": text}}}))

    assert document["components"]["schemas"]["Thing"]["properties"]["field"] == expected


OPERATORS = {
    "string(9)": ["", "gte", "gt", "lte", "lt", "in", "contains"],
    "integer": ["", "gte", "gt", "lte", "lt", "in"],
    "boolean": [""],
    "enum(a, b)": ["", "in"],
    "uuid": ["", "in"],
    "text": [],
    "json": [],
}


@pytest.mark.parametrize("text", OPERATORS)
def test_lists_are_filtered_by_what_the_type_allows(text: str) -> None:
    operation = described(yaml.safe_dump({"shop": {"thing": {"field": text}}}))["paths"]["/api/v1/things"]["get"]

    names = [parameter["name"] for parameter in operation["parameters"] if "name" in parameter]
    sort = next(parameter for parameter in operation["parameters"] if parameter.get("name") == "sort")

    found = [re.fullmatch(r"filter\[field\](?:\[(\w+)\])?", name) for name in names]
    assert [match[1] or "" for match in found if match] == OPERATORS[text]
    assert ("field" in sort["schema"]["enum"]) == bool(OPERATORS[text])


def test_a_representation_that_nobody_embeds_is_shown_with_its_references_alone() -> None:
    document = described("shop:\n  thing:\n    name: text\n  part:\n    thing: ref(thing)\n")

    schemas = document["components"]["schemas"]

    assert "Part" not in schemas
    assert schemas["ExpandedPart"]["properties"]["thing"]["anyOf"][0] == {"$ref": "#/components/schemas/Thing"}
    assert "thing" not in schemas["ExpandedPart"]["required"]


def test_fields_that_the_domain_adds_to_the_account_stand_in_their_place() -> None:
    document = described("users:\n  user:\n    size: integer default=1\n    boss: ref(user)?\n")

    schemas = document["components"]["schemas"]

    assert list(schemas["AccountPatch"]["properties"]) == ["email", "name", "size", "boss_id", "roles", "is_active"]
    assert schemas["Account"]["required"][-2:] == ["size", "boss_id"]
    assert "size" not in schemas["RegisterIn"]["properties"]
    assert schemas["SingleExpandedAccount"]["properties"]["data"] == {"$ref": "#/components/schemas/ExpandedAccount"}
    assert ("get", "/api/v1/users/{id}/users") in operations_in(document)


def test_roles_of_the_domain_can_be_given_like_the_others() -> None:
    document = described("_roles: {clerk: write:thing, boss: read:*}\nshop: {thing: {name: text}}")

    schemas = document["components"]["schemas"]

    assert schemas["Role"]["enum"] == ["member", "clerk", "boss", "admin"]
    assert schemas["AccountPatch"]["properties"]["roles"]["maxItems"] == 4
    assert described("shop: {thing: {name: text}}")["components"]["schemas"]["Role"]["enum"] == ["member", "admin"]


def test_without_accounts_nothing_is_guarded() -> None:
    document = described("shop:\n  thing:\n    name: text\n", accounts={})

    assert {path for path in document["paths"] if not path.startswith("/api/v1/things")} == set()
    assert "securitySchemes" not in document["components"]
    assert not {"Unauthenticated", "Forbidden"} & set(document["components"]["responses"])
    for operation in (operation for item in document["paths"].values() for operation in item.values()):
        assert "security" not in operation
        assert not {"401", "403"} & set(operation["responses"])


def test_a_project_without_a_description_has_none() -> None:
    assert "description" not in described("", description="")["info"]


@pytest.mark.parametrize("name", ["Thing", "ThingIn", "SingleThing", "Meta"])
def test_two_schemas_of_one_name_are_refused(name: str) -> None:
    accounts = JWT | {"schemas": JWT["schemas"] | {name: {"type": "object"}}}

    with pytest.raises(ValueError, match=rf"two schemas {name}; rename"):
        described("shop:\n  thing:\n    name: text\n", accounts=accounts)


def test_two_operations_of_one_name_are_refused() -> None:
    operation = {"method": "get", "path": "/other", "name": "get_thing", "tag": "auth", "summary": "Get it"}
    accounts = JWT | {"operations": [*JWT["operations"], operation]}

    with pytest.raises(ValueError, match="two operations get_thing; rename"):
        described("shop:\n  thing:\n    name: text\n", accounts=accounts)


def test_an_operation_can_name_further_errors() -> None:
    login = openapi.Operation("post", "/login", "login", "auth", "Log in", guarded=False)

    assert "401" not in login.written([])["responses"]
    assert "401" in replace(login, errors=(401,)).written([])["responses"]


AWKWARD = [
    *("", " ", "a ", " a", "yes", "No", "null", "~", "y", "on", "1", "1e3", "0x1f", "1:30", "2000-01-01", ".inf"),
    *("- a", "a: b", "a #b", "#", "'", '"', "a'b", 'a"b', "\\n", "{a}", "[a]", "a, b", "*a", "&a", "!a", "|", ">", "%"),
    *("@", "`", "a:", "?", "---", "<<", "=", "é", "🏺", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "a\nb", "\t"),
    *("/api/{id}", "$ref", "filter[a][in]", "it's fine", "x" * 2000, "a - b", "a*", "Infinity", "NaN", "true", "OFF"),
]
VALUES: list[object] = [None, True, 0, -1, 2**63, 0.5, 1e22, 1e300, 1e-7, -0.0, {}, [], [[]], [[1, [2]], {"a": {}}]]


@pytest.mark.parametrize("value", [*AWKWARD, *VALUES], ids=repr)
def test_awkward_values_survive_yaml(value: object) -> None:
    document = {"value": value, "list": [value, [value, {"key": value}]]}
    if isinstance(value, str) and len(value) < 1000:
        document[value] = 1

    text = yaml_text(document)

    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        assert repr(yaml.load(text, Loader=loader)) == repr(document)  # noqa: S506 - both are safe


def test_the_emitted_command_writes_the_same_yaml() -> None:
    (source,) = (template.ROOT / "template").glob("*python*/*shared*/api/yaml_text.py.jinja")
    emitted: dict[str, Any] = {}
    exec(compile(source.read_text(encoding="utf-8"), str(source), "exec"), emitted)  # noqa: S102 - our own source

    for value in (*AWKWARD, *VALUES):
        document = {"key": value, str(value): [value, {"key": [value]}]}
        assert emitted["yaml_text"](document) == yaml_text(document)


def test_what_is_no_account_is_listed_by_fields_of_its_own() -> None:
    listing = described("", API_KEY, auth="api_key")["paths"]["/api/v1/api-keys"]["get"]["parameters"]

    names = {parameter["name"]: parameter for parameter in listing if "name" in parameter}
    assert {"filter[user_id][in]", "filter[expires_at][gte]", "filter[prefix][contains]"} <= set(names)
    assert "filter[is_active]" not in names
    assert names["sort"]["schema"]["enum"][-2:] == ["expires_at", "last_used_at"]


class TestServices:
    """Under microservices each service says its own part, and all parts together are what a monolith says."""

    @pytest.fixture
    def built(self, sample: Document) -> Any:
        """Return the Blueprint of a sample as microservices."""
        return blueprint.build(
            answers(sample["domain"]) | {"architecture": "microservices", "broker": "nats"}, catalogue
        )

    def test_together_say_what_the_whole_says(self, built: Any, document: Document) -> None:
        parts = [openapi.document(built, JWT, service) for service in built.services]

        assert openapi.document(built, JWT) == document
        assert _union(part["paths"] for part in parts) == document["paths"]
        for kind, named in document["components"].items():
            assert _union(part["components"][kind] for part in parts) == named

    def test_say_nothing_of_each_other(self, built: Any) -> None:
        parts = [openapi.document(built, JWT, service) for service in built.services]

        operations = [operations_in(part) for part in parts]
        assert sum(map(len, operations)) == len(set().union(*operations))
        for service, part in zip(built.services, parts, strict=True):
            assert part["info"]["title"] == service.title
            assert ("/api/v1/auth/login" in part["paths"]) == service.hosts_users

    def test_are_complete_alone(self, built: Any) -> None:
        for service in built.services:
            part = openapi.document(built, JWT, service)
            named = {f"#/components/{kind}/{name}" for kind, group in part["components"].items() for name in group}
            assert set(references_in(part)) <= named

    def test_a_single_one_says_everything(self, sample: Document, document: Document) -> None:
        whole = blueprint.build(answers(sample["domain"]), catalogue)

        assert openapi.document(whole, JWT, whole.services[0]) == document


def _union(parts: Iterator[Document]) -> Document:
    found: Document = {}
    for part in parts:
        assert all(found.get(name, value) == value for name, value in part.items())
        found |= part
    return found
