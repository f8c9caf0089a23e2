"""User texts in Markdown, TOML, YAML and Python: they come back as they were."""

from __future__ import annotations

import ast
import tomllib

import pytest
import yaml

import template

text_forms = template.extension("text_forms")

AWKWARD = [
    'say "yes"',
    "it's",
    "back\\slash \\n \\u0041",
    "{{ braces }} {% tag %} {# note #}",
    "100 % %s %(x)d",
    "no",
    "1e3",
    "~",
    "# not a comment: - [x] *y* _z_ `id` $(whoami) ${HOME}",
    "emoji 🏺 and ümläuts",
    '"""',
    "'''",
    'ends with "',
    "<b>&amp;</b> | pipe",
]


@pytest.mark.parametrize("text", AWKWARD)
class TestTexts:
    def test_in_toml(self, text: str) -> None:
        assert tomllib.loads("key = " + template.extension("text_forms").quoted(text))["key"] == text

    def test_in_yaml(self, text: str) -> None:
        assert yaml.safe_load("key: " + template.extension("text_forms").quoted(text))["key"] == text

    def test_in_python(self, text: str) -> None:
        assert ast.literal_eval(template.extension("python_forms").string(text)) == text

    def test_in_docstrings(self, text: str) -> None:
        source = '"""' + template.extension("python_forms").docstring(text) + '"""'
        assert ast.literal_eval(source) == text


@pytest.mark.parametrize(("email", "licence"), [("", "MIT"), ("ada@example.org", "Proprietary")])
def test_packages_say_whose_they_are(email: str, licence: str) -> None:
    project = template.extension("blueprint_model").Project(
        "Shop", "shop", "shop", "", 'Ada "A"', email, licence, "3.12"
    )

    table = tomllib.loads(text_forms.toml_project(project))

    assert table["requires-python"] == ">=3.12"
    assert table["authors"] == [{"name": 'Ada "A"'} | ({"email": email} if email else {})]
    assert table.get("license") == (None if licence == "Proprietary" else licence)


def test_items_of_an_array_stand_on_lines_of_their_own() -> None:
    assert tomllib.loads(f"a = [\n{text_forms.toml_items(AWKWARD)}\n]\n")["a"] == AWKWARD
    assert text_forms.toml_items(["a", "b"]) == '  "a",\n  "b",'
