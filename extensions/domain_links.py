"""What holds between the entities of a domain: unique names, references, cycles, events."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from copier_template_extensions.domain_model import Domain, Entity, Field, Report, RuleError, shown
from copier_template_extensions.domain_names import KEYWORDS, PLURALS, WINDOWS, pascal
from copier_template_extensions.domain_syntax import suggestion
from copier_template_extensions.domain_text import place
from jinja2.ext import Extension

Identity = tuple[str, str]
Targets = dict[tuple[str, str, str], str]

USER: Identity = ("users", "user")
VERBS = ("created", "updated", "deleted")
EVENT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
MAX_EVENT_CHARACTERS = 100
MAX_SUGGESTIONS = 100  # each looks at every name
OTHERWISE = "add it, or refer to another one"


def resolved(domain: Domain, targets: Targets, report: Report) -> Domain:
    """Return the domain with the target of every reference; a reference to nothing goes to the report."""
    targets_by_name = defaultdict(list)
    for entity in _entities(domain):
        targets_by_name[entity.name].append((entity.module, entity.name))
    targets_by_name["user"] = [USER]

    def field_with_target(module: str, entity: str, field: Field) -> Field:
        if (text := targets.get((module, entity, field.name))) is None:
            return field
        try:
            return replace(field, target=_target(text, targets_by_name, suggest=len(report.problems) < MAX_SUGGESTIONS))
        except RuleError as error:
            report.error(place(module, entity, field.name), error)
            return field

    def entity_with_targets(entity: Entity) -> Entity:
        return replace(
            entity, fields=tuple(field_with_target(entity.module, entity.name, field) for field in entity.fields)
        )

    return replace(
        domain,
        modules=tuple(
            replace(module, entities=tuple(entity_with_targets(entity) for entity in module.entities))
            for module in domain.modules
        ),
        account_fields=tuple(field_with_target(*USER, field) for field in domain.account_fields),
    )


def _target(text: str, targets: dict[str, list[Identity]], *, suggest: bool) -> Identity:
    module, dot, name = text.rpartition(".")
    found = targets.get(name, [])
    if dot:
        if (module, name) in found:
            return module, name
        known = [".".join(identity) for identities in targets.values() for identity in identities if suggest]
        other = f"did you mean {_named(found[0])}?" if found else suggestion(text, known, OTHERWISE)
        raise RuleError(f"there is no entity {shown(text)}", other)
    if not found:
        raise RuleError(f"there is no entity {shown(text)}", suggestion(text, targets if suggest else (), OTHERWISE))
    if len(found) > 1:
        raise RuleError(
            f"there are several entities {shown(text)}",
            f"name the module: {' or '.join(_named(identity) for identity in found)}",
        )
    return found[0]


def check_names(domain: Domain, report: Report) -> None:
    """Every entity, plural, address and class has a name of its own, in the whole domain."""
    entities: dict[str, Entity] = {}
    for entity in _entities(domain):
        if other := entities.get(entity.name):
            report.add(
                place(entity.module, entity.name),
                f'there is an entity "{entity.name}" in the module {other.module} already',
                "rename one of the two",
            )
        entities.setdefault(entity.name, entity)
    _check_plurals(entities, report)
    _check_classes(entities, report)
    modules: dict[str, str] = {}
    for module in domain.modules:
        if (other_module := modules.setdefault(pascal(module.name), module.name)) != module.name:
            report.add(
                place(module.name),
                f'in camel case "{module.name}" and "{other_module}" are the same',
                "rename one of the two",
            )
        base, _, process = module.name.rpartition("_")
        if process in PROCESSES and any(other.name == base for other in domain.modules):
            report.add(
                place(module.name),
                f'"{module.name}" is what a process of the module "{base}" is called',
                "rename one of the two",
            )


PROCESSES = ("web", "worker", "migrate")
"""Last words of the processes that a module brings, where it is a service of its own."""

COMPANIONS = ("draft", "in", "patch", "service", "expansion")
"""Last words of the classes that an entity brings beside its own."""

REPRESENTATIONS = ("listed", "single", "expanded")
"""First words of the schemas that an entity brings beside its own."""


def _check_plurals(entities: dict[str, Entity], report: Report) -> None:
    plurals: dict[str, Entity] = {}
    for entity in entities.values():
        where, plural = place(entity.module, entity.name), entity.plural
        remedy = "write another one as `_plural`"
        if plural in PLURALS:
            report.add(where, f"the plural {plural} is taken by the accounts and the machinery", remedy)
        elif plural in KEYWORDS or plural in WINDOWS:
            report.add(where, f"the plural {plural} is a keyword of a programming language or a reserved name", remedy)
        if other := plurals.get(plural):
            report.add(where, f"the plural {plural} belongs to {_named_entity(other)} already", remedy)
        elif (other := entities.get(plural)) and other is not entity:
            report.add(where, f"the plural {plural} is the name of {_named_entity(other)}", remedy)
        plurals.setdefault(plural, entity)


def _check_classes(entities: dict[str, Entity], report: Report) -> None:
    """Refuse equal class names: an `order` brings Order, OrderCreated, … and OrderStatus for its enum `status`."""
    classes: dict[str, str] = {}

    def taken(where: str, *names: str) -> bool:
        name = pascal(*names)
        if (other := classes.setdefault(name, where)) != where:
            what = f"its class {name} would have the same name as one of {other}"
            report.add(where, what, "rename one of the two")
        return other != where

    for entity in entities.values():
        where = place(entity.module, entity.name)
        if taken(where, entity.name):
            continue
        for word in (*VERBS, *COMPANIONS):
            taken(where, entity.name, word)
        for word in REPRESENTATIONS:
            taken(where, word, entity.name)
        for field in entity.fields:
            if field.type == "enum":
                taken(place(entity.module, entity.name, field.name), entity.name, field.name)


def check_cycles(domain: Domain, report: Report) -> None:
    """Refuse references that need each other, so that no first row could ever be created."""
    needs: dict[Identity, dict[Identity, str]] = {}
    for entity in _entities(domain):
        edges = needs.setdefault((entity.module, entity.name), {})
        for field in entity.fields:
            if field.target and not field.optional:
                edges.setdefault(field.target, field.name)
    for cycle in _cycles(needs):
        first, second = cycle[0], cycle[1 % len(cycle)]
        where = place(*first, needs[first][second])
        if len(cycle) == 1:
            what = "it refers to its own entity and is not optional, so that no first row could ever be created"
        else:
            names = ", ".join(".".join(identity) for identity in cycle)
            what = f"{names} need each other, so that no first row could ever be created"
        report.add(where, what, "make one of the references optional with ? after the type")


def _cycles(needs: dict[Identity, dict[Identity, str]]) -> Iterator[list[Identity]]:
    """One cycle for every edge that closes one in a depth-first walk (without recursion)."""
    done: set[Identity] = set()
    for start in needs:
        path: list[Identity] = []
        on_path: dict[Identity, int] = {}
        stack = [(start, iter(needs[start]))] if start not in done else []
        while stack:
            node, edges = stack[-1]
            if node not in on_path:
                on_path[node] = len(path)
                path.append(node)
            for following in edges:
                if following in on_path:
                    yield path[on_path[following] :]
                elif following in needs and following not in done:
                    stack.append((following, iter(needs[following])))
                    break
            else:
                stack.pop()
                done.add(node)
                del on_path[path.pop()]


def check_listens(domain: Domain, report: Report) -> None:
    """Check that each event belongs to an entity of the domain, or comes from outside by a dotted name."""
    entities = {entity.name: entity.module for entity in _entities(domain)} | {"user": "users"}
    for module in domain.modules:
        for listen in module.listens:
            try:
                _check_event(listen.event, entities)
            except RuleError as error:
                report.error(f"{place(module.name, '_listens')}.{place(listen.event)}", error)


def _check_event(event: str, entities: dict[str, str]) -> None:
    if not EVENT.fullmatch(event) or len(event) > MAX_EVENT_CHARACTERS:
        remedy = "write it like order.created, or like payment.completed for one from outside"
        raise RuleError(
            f"{shown(event)} is no event: words of lower-case letters, digits and _, joined by dots", remedy
        )
    first, *rest = event.split(".")
    if first in entities and (len(rest) != 1 or rest[0] not in VERBS):
        events = f"the events of {first} are {', '.join(f'{first}.{verb}' for verb in VERBS)}"
        remedy = suggestion(rest[0], VERBS, events).replace('mean "', f'mean "{first}.')
        raise RuleError(f"the entity {first} has no event {shown(event)}", remedy)
    if len(rest) > 1 and entities.get(rest[0]) == first:
        raise RuleError(f"{shown(event)} names the module of an entity", f"write it without: {'.'.join(rest)}")


def _entities(domain: Domain) -> Iterator[Entity]:
    for module in domain.modules:
        yield from module.entities


def _named(identity: Identity) -> str:
    return f'"{".".join(identity)}"'


def _named_entity(entity: Entity) -> str:
    return _named((entity.module, entity.name))


class DomainLinksExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
