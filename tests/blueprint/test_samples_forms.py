"""Samples for the emitted tests: what they say is valid is valid, and what they say breaks a rule breaks it."""

from __future__ import annotations

import datetime as dt
import re
import time
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

import pytest

import template

FIELDS = [
    "string(40) unique",
    "string(1) unique",
    "string(3)",
    "string(200) min=150",
    "text min=1 max=9",
    "email unique",
    "url unique",
    "url? max=20",
    "integer unique",
    "integer unique min=5 max=9",
    "integer max=-100",
    "integer min=9223372036854775800 max=9223372036854775807",
    "decimal(10,2) unique min=0",
    "decimal(3,3) unique",
    "decimal(38,0) max=-5",
    "float unique",
    "float min=0.001 max=0.002",
    "boolean unique",
    "date unique",
    "date min=2999-01-01 max=2999-01-02",
    "datetime unique",
    "datetime max=1970-01-01T00:00:00Z",
    "uuid unique",
    'enum("a", "b") unique',
    'string(20) unique pattern="^[A-Z]{2}-[0-9]{4}(/[a-z])?$"',
    'string(20) unique pattern="^[A-Z]{3}$"',
    'string(20) unique pattern="^(?=.*[A-Z])(?=.*[0-9]).{8,}$"',
    'string(20) min=8 pattern="^[a-z]+(-[a-z]+)*$"',
]


def first_field(definition: str) -> tuple[Any, Any]:
    """Return the one field of a domain, and its entity."""
    domain = template.extension("domain").parse(f"m:\n  thing:\n    f: {definition}\n")
    entity = template.extension("blueprint")._entity(domain.modules[0].entities[0], domain)
    return entity.fields[0], entity


def value_of(expression: str, number: int) -> Any:
    """Return the value of a sample as the emitted tests would see it."""
    names = {"number": number, "Decimal": Decimal, "UUID": UUID, "dt": dt, "new_id": lambda: UUID(int=number)}
    names |= {"nth": lambda number, *values: values[number % len(values)]}
    names |= {"ThingF": type("ThingF", (), {"A": "a", "B": "b"})}
    return eval(expression, names)  # noqa: S307 - what the template itself wrote


@pytest.mark.parametrize("definition", FIELDS)
def test_samples_fit(definition: str) -> None:
    forms = template.extension("samples_forms")
    field, entity = first_field(definition)

    for expression in (forms.sample(field, entity), forms.other_sample(field, entity)):
        for number in range(1, 50):
            value = value_of(expression, number)
            assert forms._fits(field, str(value) if field.type == "uuid" else value)


@pytest.mark.parametrize("definition", [definition for definition in FIELDS if "unique" in definition])
def test_samples_of_unique_fields_differ(definition: str) -> None:
    forms = template.extension("samples_forms")
    expression = forms.sample(*first_field(definition))

    assert value_of(expression, 1) != value_of(expression, 2)


@pytest.mark.parametrize("definition", FIELDS)
def test_rule_breakers_break_rules(definition: str) -> None:
    forms = template.extension("samples_forms")
    field, _ = first_field(definition)

    for expression in forms.rule_breakers(field):
        assert not forms._fits(field, value_of(expression, 1))


@pytest.mark.parametrize("definition", ["integer min=1 max=9", "string(9) min=2", "date max=2000-01-01", "float min=0"])
def test_every_bound_is_broken(definition: str) -> None:
    forms = template.extension("samples_forms")
    field, _ = first_field(definition)

    assert len(forms.rule_breakers(field)) == definition.count("=") + definition.count("string")


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}[0-9]$",
        "a|b|cd",
        "^$",
        "x{0,1000}",
        r"^\w+@\w+\.com$",
        r"^[^aeiou\s]{3}$",
        "^(?:foo|bar)+$",
        r"\bend\b",
    ],
)
def test_texts_match_the_pattern(pattern: str) -> None:
    texts = list(islice(template.extension("pattern_samples").texts_matching(pattern), 50))

    assert texts
    assert len(set(texts)) == len(texts)
    assert all(re.search(pattern, text) for text in texts)


@pytest.mark.parametrize("pattern", ["^a$b", "(?!)x", "^" + "(a|b)" * 30 + "$c"])
def test_a_pattern_that_nothing_matches_costs_little(pattern: str) -> None:
    started = time.process_time()

    assert list(template.extension("pattern_samples").texts_matching(pattern)) == []
    assert time.process_time() - started < 5
