"""The modules of a backend drawn and listed: who asks whom, and what is said and heard between them.

Names are letters, digits and underscores; as identifiers of nodes they have a prefix, so that none of them is a word
of Mermaid's own, and wherever they are shown they stand in quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from copier_template_extensions.blueprint_model import OWNER, Blueprint, Entity, Module, Peer, Service
from jinja2 import Environment
from jinja2.ext import Extension


class DiagramsExtension(Extension):
    """Gives templates the functions by which documents draw the modules and list their events."""

    def __init__(self, environment: Environment) -> None:
        """Register the functions under their names."""
        super().__init__(environment)
        environment.globals.update(
            event_rows=event_rows,
            mermaid_events=mermaid_events,
            mermaid_modules=mermaid_modules,
            mermaid_services=mermaid_services,
            table_names=table_names,
        )


@dataclass(frozen=True)
class EventRow:
    """Events about one thing as a row of a table in Markdown: their types, who says them, and who reacts how."""

    types: str
    source: str
    reactions: str


@dataclass(frozen=True)
class _Heard:
    """An event on its way: who says it (nobody here, if `None`), its type, who hears it, what is done then."""

    source: str | None
    type: str
    module: str
    words: str = ""
    function: str = ""


def mermaid_modules(blueprint: Blueprint) -> str:
    """Return the lines of a flowchart of the modules; an arrow leads from the one that asks to the one that answers."""
    lines = [*_nodes(blueprint), *_questions(blueprint)]
    return _indented(lines)


def mermaid_services(blueprint: Blueprint) -> str:
    """Return the lines of a flowchart of the services between a gateway, a broker and their databases.

    Solid arrows are calls that answer a request; a dashed arrow leads to where tokens come from.
    """
    lines = ['client(["client"]) --> gateway["gateway"]']
    for service in blueprint.services:
        name = service.name
        lines.append(f'gateway --> module_{name}["{name}"]')
        lines.append(f'module_{name} --> data_{name}[("data of {name}")]')
        lines.append(f"module_{name} <--> broker")
    lines.append('broker[/"broker"/]')
    lines += _questions(blueprint)
    if blueprint.users:
        lines += [f"module_{service.name} -.-> module_users" for service in blueprint.services if _only_trusts(service)]
    return _indented(lines)


def mermaid_events(blueprint: Blueprint) -> str:
    """Return the lines of a flowchart of what is heard; an arrow leads from who says it to who reacts."""
    heard = list(_all_heard(blueprint))
    lines = list(_nodes(blueprint))
    if any(each.source is None for each in heard):
        lines.append('outside(["outside"])')
    for each in heard:
        source = f"module_{each.source}" if each.source else "outside"
        lines.append(f'{source} -->|"{each.type}: {each.function or each.words}"| module_{each.module}')
    return _indented(lines)


def event_rows(blueprint: Blueprint) -> list[EventRow]:
    """Return the events of every entity, then those of the accounts, then those that only others say."""
    heard = list(_all_heard(blueprint))
    rows = []
    for module in blueprint.all_modules:
        for entity in _entities(module):
            types = [event.type for event in entity.events]
            about = [each for each in heard if each.type in types and each.source == module.name]
            rows.append(EventRow(_codes(types), f"`{module.name}`", _reactions(about)))
    foreign = [each for each in heard if each.source is None]
    rows += [
        EventRow(_codes([name]), "outside", _reactions([each for each in foreign if each.type == name]))
        for name in dict.fromkeys(each.type for each in foreign)
    ]
    return rows


def table_names(module: Module) -> str:
    """Return the tables of a module's entities as SQL names them, as Markdown."""
    schema = f"{module.schema}." if module.schema else ""
    return _codes([f"{schema}{module.table_prefix}{entity.table}" for entity in _entities(module)])


def _entities(module: Module) -> tuple[Entity, ...]:
    return (module.account,) if module.account else module.entities


def _nodes(blueprint: Blueprint) -> Iterator[str]:
    for module in blueprint.all_modules:
        yield f'module_{module.name}["{module.name}"]'


def _questions(blueprint: Blueprint) -> Iterator[str]:
    """Arrows between modules that refer to each other, with what they ask for."""
    for module in blueprint.all_modules:
        for peer in _peers(module):
            names = ", ".join(target.name.words for target in peer.entities)
            yield f'module_{module.name} -->|"{names}"| module_{peer.name}'


def _peers(module: Module) -> tuple[Peer, ...]:
    return tuple(peer for peer in module.peers if peer.name != module.name)


def _only_trusts(service: Service) -> bool:
    """Whether a service needs the accounts for nothing but to know who calls."""
    return not service.hosts_users and not any(peer.name == OWNER.module and peer.entities for peer in service.peers)


def _all_heard(blueprint: Blueprint) -> Iterator[_Heard]:
    for module in blueprint.all_modules:
        if module.owned:
            yield _Heard(OWNER.module, "user.deleted", module.name, "removes what the account owned")
        for reaction in module.reactions:
            yield _Heard(reaction.module, reaction.event, module.name, function=reaction.function)


def _reactions(heard: list[_Heard]) -> str:
    cells = (f"`{each.type}`: `{each.module}` {each.words or f'runs `{each.function}`'}" for each in heard)
    return "<br>".join(cells) or "–"


def _codes(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _indented(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
