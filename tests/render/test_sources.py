"""How the templates themselves are written."""

from __future__ import annotations

import re

import rules
import template

SOURCES = rules.sources(template.ROOT)


def test_python_bodies_hold_no_condition_on_a_choice() -> None:
    assert SOURCES
    assert rules.conditions_on_choices(SOURCES) == []


def test_at_most_a_tenth_of_the_lines_hold_a_tag() -> None:
    assert rules.too_many_tags(SOURCES) == []


def test_names_of_sources_are_legal_on_windows() -> None:
    assert [path for path in SOURCES if re.search(r'[<>:"\\?*]', path)] == []


def test_everything_outside_its_overlay_assumes_no_language() -> None:
    python = re.compile(r"\b(?:python|pytest|pyproject|uvicorn|pydantic)\b", re.IGNORECASE)
    neutral = [path for path in SOURCES if path.startswith("template/") and "{{ use.python }}" not in path]

    assert [path for path in neutral if path.endswith((".py", ".py.jinja"))] == []
    assert [path for path in neutral if python.search(SOURCES[path]) and "answers_file" not in path] == []


def test_copier_yml_is_an_index() -> None:
    assert len((template.ROOT / "copier.yml").read_text(encoding="utf-8").splitlines()) <= 60


def test_no_validator_of_settings_overrides_another() -> None:
    assert rules.overridden_validators(SOURCES) == []


def test_an_overridden_validator_is_found() -> None:
    validator = "    def _is_chosen(self) -> Self:\n        return self\n"
    planted = {"template/a/settings/one.py.jinja": validator, "template/b/settings/two.py.jinja": validator}

    assert rules.overridden_validators(planted) == ["_is_chosen: one.py.jinja, two.py.jinja"]


def test_every_fault_of_settings_is_found_at_once() -> None:
    assert rules.validators_of_the_model(SOURCES) == []


def test_a_rule_that_another_fault_hides_is_found() -> None:
    validator = '    @model_validator(mode="after")\n    def _is_chosen(self) -> Self:\n        return self\n'

    assert rules.validators_of_the_model({"template/a/settings/one.py.jinja": validator}) == [
        "template/a/settings/one.py.jinja"
    ]
