"""Modules drawn and listed for documents: every module, question and event, under names that Mermaid cannot mistake."""

from __future__ import annotations

import re
from typing import Any

import pytest

import template
from template import build

diagrams = template.extension("diagrams")

# Every name is a word of Mermaid's own, or looks like the end of an arrow.
HOSTILE = """\
subgraph:
  graph:
    _owned: true
    linkstyle: ref(linkstyle)
  _listens:
    end.call.click: href
    linkstyle.deleted: direction
flowchart:
  linkstyle:
    name: string(10)
  _listens:
    linkstyle.updated: flowchart
x:
  o:
    x: integer
"""
ARROW = re.compile(r'(\w+) (-->|-\.->|<-->)(?:\|"([^"]*)"\|)? (\w+)')
NODE = re.compile(r'(\w+)(\[\[?"|\[\("|\(\["|\[/")([^"]+)"')


@pytest.fixture
def services() -> Any:
    """Return the Blueprint of the hostile domain, a service for each module."""
    return build(HOSTILE, architecture="microservices", broker="nats")


def arrows(lines: str) -> set[tuple[str, str, str]]:
    """Return the arrows of a flowchart: from where, with which words, to where."""
    return {(start, words, end) for start, _, words, end in ARROW.findall(re.sub(r'[\[(/]+"[^"]*"[\])/]+', "", lines))}


def test_modules_ask_each_other() -> None:
    lines = diagrams.mermaid_modules(build(HOSTILE))

    assert {name for name, _, _ in NODE.findall(lines)} == {
        "module_subgraph", "module_flowchart", "module_x", "module_users",
    }  # fmt: skip
    assert arrows(lines) == {
        ("module_subgraph", "linkstyle", "module_flowchart"),
        ("module_subgraph", "user", "module_users"),
    }


def test_services_lie_between_gateway_and_broker(services: Any) -> None:
    found = arrows(diagrams.mermaid_services(services))

    for name in ("subgraph", "flowchart", "x", "users"):
        assert {("gateway", "", f"module_{name}"), (f"module_{name}", "", "broker")} <= found
        assert (f"module_{name}", "", f"data_{name}") in found
    assert ("module_subgraph", "linkstyle", "module_flowchart") in found


def test_services_that_ask_for_no_account_ask_for_keys(services: Any) -> None:
    lines = diagrams.mermaid_services(services)

    assert "  module_x -.-> module_users" in lines.splitlines()
    assert "  module_subgraph -.-> module_users" not in lines.splitlines()
    assert "  module_users -.-> module_users" not in lines.splitlines()


def test_events_lead_to_those_who_react() -> None:
    assert arrows(diagrams.mermaid_events(build(HOSTILE))) == {
        ("module_users", "user.deleted: removes what the account owned", "module_subgraph"),
        ("outside", "end.call.click: href", "module_subgraph"),
        ("module_flowchart", "linkstyle.deleted: direction", "module_subgraph"),
        ("module_flowchart", "linkstyle.updated: flowchart", "module_flowchart"),
    }


def test_the_outside_is_drawn_where_something_comes_from_there() -> None:
    domain = "outside:\n  thing:\n    name: string(5)\n  _listens:\n    thing.created: look\n"

    assert "outside([" not in diagrams.mermaid_events(build(domain))
    assert arrows(diagrams.mermaid_events(build(domain))) == {
        ("module_outside", "thing.created: look", "module_outside")
    }


def test_events_are_listed_with_reactions() -> None:
    rows = {row.types: (row.source, row.reactions) for row in diagrams.event_rows(build(HOSTILE))}

    assert rows["`graph.created`, `graph.updated`, `graph.deleted`"] == ("`subgraph`", "–")
    assert rows["`end.call.click`"] == ("outside", "`end.call.click`: `subgraph` runs `href`")
    assert rows["`user.created`, `user.updated`, `user.deleted`"][1] == (
        "`user.deleted`: `subgraph` removes what the account owned"
    )
    assert len(rows) == 5


def test_a_blank_domain_has_the_accounts() -> None:
    blank = build("")

    assert diagrams.mermaid_modules(blank) == diagrams.mermaid_events(blank) == '  module_users["users"]'
    assert [row.source for row in diagrams.event_rows(blank)] == ["`users`"]


@pytest.mark.parametrize(
    ("choices", "names"),
    [
        ({}, "`linkstyles`"),
        ({"architecture": "modular_monolith"}, "`flowchart_linkstyles`"),
        ({"architecture": "modular_monolith", "database": "postgresql"}, "`flowchart.linkstyles`"),
    ],
)
def test_tables_have_the_names_of_sql(choices: dict[str, str], names: str) -> None:
    assert diagrams.table_names(build(HOSTILE, **choices).modules[1]) == names
