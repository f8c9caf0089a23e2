"""Emitted documents speak of what is there: links, modules, events and decisions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import document_rules
import template
from rendering import Rendered

VERBS = ("created", "updated", "deleted")
SECURITY = {"account.created", "account.deleted", "key.created", "key.deleted"}
"""What the log says about security, in names of the same form; nobody is told of it as an event."""


def modules_of(row: template.Row) -> set[str]:
    """Return the names of all modules of a row's domain."""
    domain = template.extension("domain").parse(row.answers["domain"])
    return {*(["users"] if row.has_accounts else []), *(module.name for module in domain.modules)}


def events_of(row: template.Row) -> set[str]:
    """Return what is said in a row's domain."""
    domain = template.extension("domain").parse(row.answers["domain"])
    names = [entity.name for module in domain.modules for entity in module.entities]
    return {f"{name}.{verb}" for name in (*names, *(["user"] if row.has_accounts else [])) for verb in VERBS}


def heard_in(row: template.Row) -> set[str]:
    """Return what a row's domain listens to."""
    domain = template.extension("domain").parse(row.answers["domain"])
    return {listen.event for module in domain.modules for listen in module.listens}


def test_links_lead_somewhere(emitted: Rendered) -> None:
    assert document_rules.dead_links(emitted.files) == []


def test_diagrams_show_modules_that_are_there(row: template.Row, emitted: Rendered) -> None:
    diagrams = emitted.text("docs/architecture.md")

    assert document_rules.strange_modules(emitted.files, modules_of(row)) == []
    assert [name for name in modules_of(row) if f"module_{name}" not in diagrams] == []


def test_events_are_those_of_the_domain(row: template.Row, emitted: Rendered) -> None:
    said = events_of(row)

    assert document_rules.strange_events(emitted.files, said | SECURITY) == []
    assert document_rules.unlisted_events(emitted.text("docs/architecture.md"), said | heard_in(row)) == []


def test_decisions_are_numbered_and_listed(emitted: Rendered) -> None:
    assert document_rules.untidy_decisions(emitted.files) == []


Tree = dict[str, str]
Rule = Callable[[dict[str, bytes]], list[str]]

INDEX = "docs/decisions/README.md"
FIRST, SECOND = "docs/decisions/0001-records.md", "docs/decisions/0002-eggs.md"
RECORDS = {
    INDEX: "- [0001](0001-records.md) Records\n- [0002](0002-eggs.md) Eggs\n",
    FIRST: "# 1. Records\n",
    SECOND: "# 2. Eggs\n",
}
DRAWN = '```mermaid\nflowchart LR\n  module_eggs["eggs"] -->|"omelette"| module_{}\n```\n'


def modules(files: dict[str, bytes]) -> list[str]:
    """Apply the rule of modules where there are two."""
    return document_rules.strange_modules(files, {"eggs", "bacon"})


def events(files: dict[str, bytes]) -> list[str]:
    """Apply the rule of events where eggs are created."""
    return document_rules.strange_events(files, {"egg.created"})


# rule, a tree that breaks it, and one that does not
TREES: list[tuple[Rule, Tree, Tree]] = [
    (document_rules.dead_links, {"a.md": "[b](b.md)"}, {"a.md": "[b](b.md)", "b.md": "b"}),
    (document_rules.dead_links, {"docs/a.md": "[b](b.md)", "b.md": "b"}, {"docs/a.md": "[b](../b.md)", "b.md": "b"}),
    (document_rules.dead_links, {"a.md": "[b](docs)"}, {"a.md": "[b](docs/)", "docs/b.md": "b"}),
    (document_rules.dead_links, {"a.md": "[b](b.md#c)", "b.md": "# d"}, {"a.md": "[b](b.md#c)", "b.md": "## C"}),
    (document_rules.dead_links, {"a.md": "[b](#c-d)"}, {"a.md": "[b](#c-d) [e](https://example.org/f)\n# C, d"}),
    (modules, {"a.md": DRAWN.format("ham")}, {"a.md": DRAWN.format("bacon")}),
    (events, {"a.md": "`egg.deleted`"}, {"a.md": "`egg.created` and `ENTITY.deleted`"}),
    (document_rules.untidy_decisions, RECORDS | {INDEX: "- [0001](0001-records.md) Records\n"}, RECORDS),
    (document_rules.untidy_decisions, RECORDS | {SECOND: "# 3. Eggs\n"}, RECORDS),
    (document_rules.untidy_decisions, RECORDS | {"docs/decisions/0002-ham.md": "# 2. Ham\n"}, RECORDS),
    (document_rules.untidy_decisions, RECORDS | {INDEX: RECORDS[INDEX].replace("[0002]", "[0003]")}, RECORDS),
]


@pytest.mark.parametrize(("rule", "bad", "good"), TREES)
def test_a_planted_fault_is_found(rule: Rule, bad: Tree, good: Tree) -> None:
    assert rule({path: text.encode() for path, text in bad.items()}) != []
    assert rule({path: text.encode() for path, text in good.items()}) == []


def test_an_event_that_was_left_out_is_found() -> None:
    assert document_rules.unlisted_events("`egg.created`", {"egg.created", "egg.deleted"}) == ["egg.deleted"]
