"""The domain as the contract shows it: collections, their fields as they travel, and what lies below what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from typing import Any

import template
from conformance.methods import Method, method_of

domain_language = template.extension("domain")

COMMON = ("id", "version", "created_at", "updated_at")
"""What every resource carries; in this order they are also what every list can be sorted by."""

ORDERED = ("gte", "gt", "lte", "lt", "in")
OPERATORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("string", "email", "url"), (*ORDERED, "contains")),
    **dict.fromkeys(("integer", "decimal", "float", "date", "datetime"), ORDERED),
    **dict.fromkeys(("enum", "uuid", "ref"), ("in",)),
    "boolean": (),
}
"""What a filter can do beside equality, by the type of the field."""


@dataclass(frozen=True)
class Target:
    """What a reference leads to."""

    module: str
    entity: str


@dataclass(frozen=True, eq=False)
class Field:
    """A field of the domain, with what the domain says of it, and the name under which it travels."""

    name: str
    type: str
    optional: bool
    unique: bool
    has_default: bool
    default: Any
    target: Target | None
    rules: Any
    """Everything else that the domain says, as the samples of values want it."""

    @property
    def wire(self) -> str:
        """Its name in JSON and in parameters."""
        return f"{self.name}_id" if self.target else self.name

    @property
    def required(self) -> bool:
        """Whether a body without it is refused."""
        return not self.optional and not self.has_default

    @property
    def listed(self) -> bool:
        """Whether lists can be filtered and sorted by it."""
        return self.type not in ("text", "json")


class Rules:
    """What a field of the domain language says, and its name in words, which samples of texts are made of."""

    def __init__(self, said: Any) -> None:
        for word in fields(said):
            setattr(self, word.name, getattr(said, word.name))
        self.words = said.name.replace("_", " ")


@dataclass(frozen=True)
class Nested:
    """A collection below another resource: the rows that refer to it through one field."""

    rows: Resource
    parent: Resource
    wire: str
    tail: str

    def path(self, parent_id: str) -> str:
        """Return the path of the rows of one parent."""
        return f"{self.parent.path}/{parent_id}/{self.tail}"

    @property
    def id(self) -> str:
        """Return the name that reports show."""
        return self.path("ID").removeprefix("/api/v1/")


@dataclass(frozen=True, eq=False)
class Resource:
    """A collection of the contract: an entity of the domain, or the accounts."""

    name: str
    module: str
    path: str
    owned: bool
    fields: tuple[Field, ...]
    account: Mapping[str, str] = field(default_factory=dict)
    """What an account shows that its method of authentication gives it, with its type."""

    @property
    def is_account(self) -> bool:
        """Whether these are the accounts, which are made in a way of their own."""
        return self.module == "users"

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that refer to another resource."""
        return tuple(field for field in self.fields if field.target)

    @property
    def required(self) -> tuple[Field, ...]:
        """The fields that no body may leave out."""
        return tuple(field for field in self.fields if field.required)

    @cached_property
    def shown(self) -> frozenset[str]:
        """The keys of a representation."""
        own = {"owner_id"} if self.owned else set()
        account = {"roles", *self.account} if self.is_account else set()
        return frozenset({*COMMON, *own, *account, *(field.wire for field in self.fields)})

    @cached_property
    def listed(self) -> dict[str, str]:
        """What lists can be filtered and sorted by: the type by the name of the parameter."""
        common = {"id": "uuid", "version": "integer", "created_at": "datetime", "updated_at": "datetime"}
        own = {"owner_id": "uuid"} if self.owned else {}
        return {**common, **own, **self.account, **{field.wire: field.type for field in self.fields if field.listed}}

    def field(self, wire: str) -> Field:
        """Return a field by the name under which it travels."""
        return next(field for field in self.fields if field.wire == wire)


@dataclass(frozen=True)
class Reference:
    """One reference: the rows that hold it, the field, and what it leads to."""

    rows: Resource
    field: Field
    end: Resource

    @property
    def within_module(self) -> bool:
        """Whether it is a foreign key, which holds on to what it refers to."""
        return self.rows.module == self.end.module

    @property
    def id(self) -> str:
        """Return the name that reports show."""
        return f"{self.rows.name}.{self.field.name}"


@dataclass(frozen=True)
class Role:
    """What some accounts may beside what every member may: names of entities, `user` for accounts."""

    name: str
    reads: frozenset[str]
    writes: frozenset[str]


class Domain:
    """All collections of a service, whose accounts are what `method` lets them be."""

    def __init__(self, text: str, method: Method) -> None:
        parsed = domain_language.parse(text)
        account_fields = _fields(parsed.account_fields)
        self.account = Resource("user", "users", "/api/v1/users", False, account_fields, method.account)
        self.has_accounts = method.has_accounts
        self.resources = tuple(
            Resource(
                entity.name,
                module.name,
                f"/api/v1/{entity.plural.replace('_', '-')}",
                entity.owned,
                _fields(entity.fields),
            )
            for module in parsed.modules
            for entity in module.entities
        )
        self.roles = tuple(Role(role.name, frozenset(role.reads), frozenset(role.writes)) for role in parsed.roles)
        self._by_name = {(one.module, one.name): one for one in (*self.resources, self.account)}

    def end(self, field: Field) -> Resource:
        """Return what a reference leads to."""
        assert field.target is not None
        return self._by_name[field.target.module, field.target.entity]

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every reference of the domain but those of accounts."""
        return tuple(Reference(one, field, self.end(field)) for one in self.resources for field in one.references)

    @property
    def nested(self) -> tuple[Nested, ...]:
        """Every nested collection; the first below a parent has the plain path."""
        found: list[Nested] = []
        for rows in (*self.resources, *([self.account] if self.has_accounts else [])):
            ends = [(self.account, "owner_id", "owner")] if rows.owned else []
            ends += [(self.end(field), field.wire, field.name) for field in rows.references]
            plural, parents = rows.path.rpartition("/")[2], set()
            for parent, wire, name in ends:
                tail = f"{plural}-by-{name.replace('_', '-')}" if parent in parents else plural
                parents.add(parent)
                found.append(Nested(rows, parent, wire, tail))
        return tuple(found)


@cache
def domain_of(text: str, method: str) -> Domain:
    """Return the domain of a text: one, so that its parts are themselves wherever they are met."""
    return Domain(text, method_of(method))


def _fields(parsed: Any) -> tuple[Field, ...]:
    return tuple(
        Field(
            name=field.name,
            type=field.type,
            optional=field.optional,
            unique=field.unique,
            has_default=field.has_default,
            default=field.default,
            target=Target(*field.target) if field.target else None,
            rules=Rules(field),
        )
        for field in parsed
    )
