"""The domain: text -> model, with errors for people.

Every problem of a domain is found before anything is rendered, and all of them are told at once:
where, what, and what would be right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from copier_template_extensions.domain_field import description_of, field_of, flag_of, text_of
from copier_template_extensions.domain_links import Targets, check_cycles, check_listens, check_names, resolved
from copier_template_extensions.domain_model import (
    Domain,
    DomainError,
    Entity,
    Field,
    Listen,
    Module,
    Problem,
    Report,
    RuleError,
    shown,
)
from copier_template_extensions.domain_names import (
    check_entity,
    check_field,
    check_function,
    check_module,
    check_name,
    pascal,
)
from copier_template_extensions.domain_roles import OPTION as ROLES
from copier_template_extensions.domain_roles import RoleText, roles_of, with_roles
from copier_template_extensions.domain_syntax import suggestion
from copier_template_extensions.domain_text import Mapping, Node, Scalar, place, read
from copier_template_extensions.naming import article_for, plural_of
from jinja2 import Environment
from jinja2.ext import Extension

__all__ = [
    "Domain",
    "DomainError",
    "DomainExtension",
    "Entity",
    "Field",
    "Listen",
    "Module",
    "Problem",
    "article_for",
    "parse",
    "plural_of",
]

MAX_MODULES = 100
MAX_ENTITIES = 500
MAX_FIELDS = 200

MODULE_OPTIONS = ("_description", "_listens")
ENTITY_OPTIONS = ("_owned", "_plural", "_description")

T = TypeVar("T")


def parse(text: str | dict[str, object] | None) -> Domain:
    """Read the domain of a YAML text, or of a mapping already loaded; nothing at all is the blank domain.

    Raises `DomainError` with every problem at once.
    """
    report = Report()
    reader = _Reader(report)
    domain = resolved(reader.domain(read(text, report)), reader.targets, report)
    domain = with_roles(domain, reader.roles, report)
    check_names(domain, report)
    check_cycles(domain, report)
    check_listens(domain, report)
    report.raise_if_any()
    return domain


class DomainExtension(Extension):
    """Registers the filter `domain_problems`: a domain's text -> nothing, or one line for each problem."""

    def __init__(self, environment: Environment) -> None:
        """Register the filter."""
        super().__init__(environment)
        environment.filters["domain_problems"] = domain_problems


def domain_problems(text: str | dict[str, object] | None) -> str:
    """Return the problems of a domain, one on a line; empty where there are none. Never raises."""
    try:
        parse(text)
    except DomainError as error:
        return str(error)
    return ""


class _Reader:
    """Reads modules, entities and fields one by one; what holds between them is checked later.

    `targets` keeps the text within each `ref(…)`.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.targets: Targets = {}
        self.account: tuple[Field, ...] = ()
        self.roles: tuple[RoleText, ...] = ()
        self.entities = 0

    def domain(self, root: Node) -> Domain:
        if isinstance(root, Scalar) and (root.null or not root.text.strip()):
            return Domain()
        if not isinstance(root, Mapping):
            remedy = "write `module:`, below it `entity:`, and below that the fields"
            self.report.add("domain", "it is no mapping of modules", remedy)
            return Domain()
        if len(root.pairs) > MAX_MODULES:
            self.report.add("domain", f"it has {len(root.pairs)} modules, where {MAX_MODULES} are allowed", "join some")
            return Domain()
        modules = []
        for key, node in root.pairs:
            if key.text == "users":
                self.users(node)
            elif key.text == ROLES:
                self.roles = roles_of(node, self.report)
            elif module := self.module(key.text, node):
                modules.append(module)
        if self.entities > MAX_ENTITIES:
            what = f"it has {self.entities} entities, where {MAX_ENTITIES} are allowed"
            self.report.add("domain", what, "split it into several projects")
            return Domain()
        return Domain(tuple(modules), self.account)

    def users(self, node: Node) -> None:
        """`users` is provided; only `user` may be extended."""
        if isinstance(node, Scalar) and node.null:
            return
        if not isinstance(node, Mapping):
            self.report.add(
                "users", "it is no mapping", "write `user:` and below it the fields that an account has besides"
            )
            return
        for key, fields in node.pairs:
            if key.text != "user":
                what = f"the module users is provided with the accounts and has no {shown(key.text)}"
                self.report.add(
                    place("users", key.text), what, "write it in a module of its own; only `user` can be extended"
                )
            elif isinstance(fields, Mapping):
                self.account = self.fields("users", "user", fields)
            elif not (isinstance(fields, Scalar) and fields.null):
                self.report.add(
                    "users.user", "it is no mapping", "write one field on a line, like `phone: string(30)?`"
                )

    def module(self, name: str, node: Node) -> Module | None:
        where = place(name)
        if name.startswith("_"):
            remedy = suggestion(name, (ROLES,), "write it below a module")
            self.report.add(where, f"there is no option {shown(name)} here", remedy)
            return None
        self.attempt(where, check_module, name)
        if not isinstance(node, Mapping):
            if isinstance(node, Scalar) and node.null:
                self.report.add(where, "the module has no entity", "add one, or remove the module")
            else:
                self.report.add(where, "it is no mapping of entities", "write `entity:` and below it the fields")
            return None
        options, rest = _apart(node)
        self.check_options(where, options, MODULE_OPTIONS)
        entities = [entity for entity in (self.entity(name, key, below) for key, below in rest) if entity]
        if not rest:
            self.report.add(where, "the module has no entity", "add one, or remove the module")
        return Module(
            name=name,
            description=self.option(where, options, "_description", description_of),
            entities=tuple(entities),
            listens=self.listens(place(name, "_listens"), options.get("_listens")),
        )

    def entity(self, module: str, name: str, node: Node) -> Entity | None:
        where = place(module, name)
        self.entities += 1
        self.attempt(where, check_entity, name)
        if not isinstance(node, Mapping):
            if isinstance(node, Scalar) and node.null:
                self.report.add(where, "the entity has no field", "add one, for example `name: string(80)`")
            else:
                self.report.add(
                    where, "it is no mapping of fields", "write one field on a line, like `name: string(80)`"
                )
            return None
        options, rest = _apart(node)
        self.check_options(where, options, ENTITY_OPTIONS)
        if not rest:
            self.report.add(where, "the entity has no field", "add one, for example `name: string(80)`")
        return Entity(
            name=name,
            module=module,
            plural=self.option(where, options, "_plural", _plural) or plural_of(name),
            owned=self.option(where, options, "_owned", flag_of) or False,
            description=self.option(where, options, "_description", description_of),
            fields=self.fields(module, name, Mapping(tuple((Scalar(key), below) for key, below in rest))),
        )

    def fields(self, module: str, entity: str, node: Mapping) -> tuple[Field, ...]:
        where, account = place(module, entity), module == "users"
        if len(node.pairs) > MAX_FIELDS:
            what = f"it has {len(node.pairs)} fields, where {MAX_FIELDS} are allowed"
            self.report.add(where, what, "make several entities of it")
            return ()
        fields: list[Field] = []
        names: dict[str, str] = {}
        for key, below in node.pairs:
            name, here = key.text, place(module, entity, key.text)
            if name.startswith("_"):
                self.report.add(here, "an account has no options", "remove it; only fields can be added to `user`")
                continue
            self.attempt(here, check_field, name, entity, account)
            if (other := names.setdefault(pascal(name), name)) != name:
                self.report.add(here, f'in camel case "{name}" and "{other}" are the same', "rename one of the two")
            if read := field_of(here, name, below, self.report, account=account):
                fields.append(read[0])
                if read[0].type == "ref":
                    self.targets[module, entity, name] = read[1]
        self.check_references(module, entity, fields, {key.text for key, _ in node.pairs})
        return tuple(fields)

    def check_references(self, module: str, entity: str, fields: list[Field], names: set[str]) -> None:
        for field in fields:
            if field.type == "ref" and f"{field.name}_id" in names:
                what = f'the reference "{field.name}" travels as {field.name}_id already'
                self.report.add(place(module, entity, f"{field.name}_id"), what, "remove or rename this field")

    def listens(self, where: str, node: Node | None) -> tuple[Listen, ...]:
        if node is None:
            return ()
        if not isinstance(node, Mapping):
            self.report.add(
                where, "it is no mapping of events", "write one on a line, like `order.created: reserve_stock`"
            )
            return ()
        listens: list[Listen] = []
        functions: dict[str, str] = {}
        for event, below in node.pairs:
            here = f"{where}.{place(event.text)}"
            function = below.text if isinstance(below, Scalar) else ""
            if not function:
                self.report.add(here, "there is no function", f"write its name, like `{event.text}: react`")
                continue
            self.attempt(here, check_function, function)
            if function in functions:
                what = f'the function "{function}" reacts to {shown(functions[function])} already'
                self.report.add(here, what, "give each event a function of its own")
            functions.setdefault(function, event.text)
            listens.append(Listen(event.text, function))
        return tuple(listens)

    def check_options(self, where: str, options: dict[str, Node], known: tuple[str, ...]) -> None:
        for name in options:
            if name == ROLES:
                what = "roles belong to the whole domain, not to a part of it"
                self.report.add(f"{where}.{ROLES}", what, f"write {ROLES} at the top, beside the modules")
            elif name not in known:
                remedy = suggestion(name, known, f"the options here are {', '.join(known)}")
                self.report.add(where, f"there is no option {shown(name)}", remedy)

    def option(self, where: str, options: dict[str, Node], name: str, reader: Callable[[str, Node], T]) -> T | None:
        node = options.get(name)
        return None if node is None else self.attempt(where, reader, name, node)

    def attempt(self, where: str, action: Callable[..., T], *arguments: object) -> T | None:
        try:
            return action(*arguments)
        except RuleError as error:
            self.report.error(where, error)
            return None


def _apart(node: Mapping) -> tuple[dict[str, Node], list[tuple[str, Node]]]:
    """Part the options, which begin with _, from the rest."""
    options = {key.text: below for key, below in node.pairs if key.text.startswith("_")}
    return options, [(key.text, below) for key, below in node.pairs if not key.text.startswith("_")]


def _plural(word: str, node: Node) -> str:
    plural: str = text_of(word, node)
    check_name(plural)
    return plural
