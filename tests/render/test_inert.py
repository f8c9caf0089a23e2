"""Answers with quotes, backslashes, braces, percent signs, emoji and YAML look-alikes arrive as the text they are."""

from __future__ import annotations

import tomllib

import pytest
import yaml

import rules
import template
from linting import ruff
from rendering import Render, Rendered

AWKWARD = [
    '"x" {{ y }}',
    "{% raw %} {# z #}",
    "no",
    "1e3",
    "~",
    "null",
    "- a: b # c",
    "C:\\new\\table \\u0041 \\N{BULLET}",
    "it's `id` $(id) ${HOME} $HOME & < > | ; !",
    "100 % %s %(x)s {0} {x} <b>b</b> */ --> ]]>",
    "\"\"\" ''' \\",
    "🗿 Zoë's «Café» 中文 ё",
    "=1+1 @a [b](c) ![d](e) ***f*** ~~g~~",
    "{braces}",
    "'",
    '"',
    "\\",
]

DOMAIN = """\
catalog:
  product:
    _description: {text}
    name: {{type: string(200), default: {text}, example: {text}, description: {text}}}
    status: {{type: "enum(plain, last)", default: plain, description: {text}}}
"""


def answers(text: str) -> dict[str, str]:
    """Return answers in which every free text is `text`."""
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000).strip()
    domain = DOMAIN.format(text=quoted)
    return {
        "project_name": text,
        "project_slug": "awkward",
        "package_name": "awkward",
        "description": text,
        "author_name": text,
        "domain_preset": "custom",
        "domain": domain,
    }


@pytest.fixture(params=AWKWARD)
def awkward(request: pytest.FixtureRequest) -> str:
    """Return one awkward text."""
    text: str = request.param
    return text


@pytest.fixture
def emitted(awkward: str, render: Render) -> Rendered:
    """Return a repository whose every text is awkward."""
    return render(**answers(awkward))


def test_files_parse_and_say_the_same(awkward: str, emitted: Rendered) -> None:
    assert rules.unparsable(emitted.files) == []
    project = tomllib.loads(emitted.text("pyproject.toml"))["project"]
    assert project["description"] == awkward
    assert [author["name"] for author in project["authors"]] == [awkward]
    document = template.read_yaml(emitted.text("openapi.yaml"))
    assert document["info"]["title"] == awkward
    assert document["info"]["description"].startswith(awkward)
    assert template.read_yaml(emitted.text(".copier-answers.yml"))["project_name"] == awkward


def test_the_default_of_a_field_is_the_text(awkward: str, emitted: Rendered) -> None:
    schemas = template.read_yaml(emitted.text("openapi.yaml"))["components"]["schemas"]
    defaults = [
        schema["properties"]["name"].get("default")
        for schema in schemas.values()
        if {"name", "status"} <= set(schema.get("properties", {}))
    ]

    assert awkward in defaults


def test_names_of_files_do_not_change(emitted: Rendered, render: Render) -> None:
    assert set(emitted.files) == set(render(**answers("plain")).files)


def test_ruff_has_nothing_to_change(emitted: Rendered) -> None:
    assert ruff(emitted.files) == ""
