"""Values of fields as they travel: valid ones, edges, ones that are refused, and when two mean the same."""

from __future__ import annotations

import itertools
import random
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import template
from conformance.contract import Field

samples = template.extension("samples_forms")

INT64 = 2**63
ECHO = "never-echo-this"
"""Stands in values that are refused; no answer may repeat it."""

ENOUGH = 200
"""How many distinct texts a pattern for numbered ones must give."""

_CONTROL = (f"{ECHO}\x00", f"{ECHO}\x1b")
_TEXT_WRONG: tuple[Any, ...] = (5, True, [ECHO], {"text": ECHO})

WRONG_TYPES: dict[str, tuple[Any, ...]] = {
    "string": (*_TEXT_WRONG, *_CONTROL, f"{ECHO}\n"),
    "text": (*_TEXT_WRONG, *_CONTROL),
    "email": (*_TEXT_WRONG, ECHO, f"{ECHO} @example.org", f"{ECHO}@", f"{ECHO}@example.org\n", ""),
    "url": (*_TEXT_WRONG, ECHO, f"ftp://example.org/{ECHO}", f"javascript:{ECHO}", f"http://{ECHO} .org", ""),
    "integer": ("5", f"{ECHO}", 1.5, True, False, [5], {}),
    "decimal": (19, 19.5, True, "1e1", "NaN", "Infinity", "+1", " 1", "1 ", "1.", ".5", "", "1,5", "٣", ECHO, ["1"]),
    "float": ("1.5", True, [1.5], ECHO),
    "boolean": (0, 1, "true", "false", ECHO, []),
    "date": ("31.01.2026", "2026-02-30", "2026-1-31", "20260131", "2026-W05-6", "2026-01-31T00:00:00Z", 0, True, ECHO),
    "datetime": (
        "2026-01-31T12:00:00",
        "2026-01-31",
        "2026-02-30T12:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:00:00+0200",
        "2026-01-31T12:00Z",
        1767225600,
        True,
        ECHO,
    ),
    "uuid": (
        "018F2A5E-7B1C-7DEF-8123-456789ABCDEF",
        "018f2a5e7b1c7def8123456789abcdef",
        "{018f2a5e-7b1c-7def-8123-456789abcdef}",
        "urn:uuid:018f2a5e-7b1c-7def-8123-456789abcdef",
        5,
        ECHO,
    ),
    "enum": (f"no {ECHO}", 0, True, ["x"]),
    "json": (),
    "ref": ("018F2A5E-7B1C-7DEF-8123-456789ABCDEF", "018f2a5e7b1c7def8123456789abcdef", 5, {"id": "x"}, ECHO),
}

WRONG_PARAMETERS: dict[str, tuple[str, ...]] = {
    "string": ("a\x00b",),
    "email": ("a\x00b",),
    "url": ("a\x00b",),
    "integer": ("1.5", "one", "", "9223372036854775808", "1_000", "٣"),
    "decimal": ("1e1", "NaN", "one", "", "1,5"),
    "float": ("one", "NaN", "Infinity", "", "1e999"),
    "boolean": ("1", "True", "yes", ""),
    "date": ("2026-02-30", "today", "", "2026-01-31T00:00:00Z"),
    "datetime": ("2026-01-31T12:00:00", "2026-01-31", "now", ""),
    "uuid": ("nothing", "018F2A5E-7B1C-7DEF-8123-456789ABCDEF", ""),
    "ref": ("nothing", "018F2A5E-7B1C-7DEF-8123-456789ABCDEF", ""),
    "enum": ("no such member", ""),
}
"""What a filter refuses, by the type of its field."""

TEXTS_THAT_TELL = (
    "b",
    "B",
    "a",
    "ab",
    "a%b",
    "a_b",
    "axb",
    "a\\b",
    "é",
    "e\u0301",
    "Z",
    "\uff5e",
    "\U0001f3fa",
    "ß",
    "100 %",
    "it's",
)
"""By code point, and by no other order, these sort as they should; some mean something in patterns of databases."""


def fresh_uuid() -> str:
    """Return an identifier that nothing has."""
    return str(uuid.uuid4())


@cache
def valid(field: Field, count: int) -> list[Any]:
    """Return up to `count` distinct values that the domain allows, as they travel; one at least."""
    return [wire(value) for value in samples._values(field.rules, count)]


def wire(value: Any) -> Any:
    """Return a value of the domain as it travels in JSON."""
    return samples._wire(value)


def fits(field: Field, value: Any) -> bool:
    """Return whether a text keeps the rules of a text field."""
    return bool(samples._fits(field.rules, value))


def accepted(field: Field) -> list[Any]:
    """Return values that must be taken: samples, every member, and the edges of what is allowed."""
    found = list(valid(field, 4))
    if field.optional:
        found.append(None)
    found += [value for value in _edges(field) if value not in found]
    return found


def _edges(field: Field) -> Iterator[Any]:
    rules = field.rules
    match field.type:
        case "string" | "text" | "email" | "url":
            yield from (text for text in _edge_texts(field) if fits(field, text) or field.type == "text")
        case "integer":
            yield -INT64 if rules.min is None else int(rules.min)
            yield INT64 - 1 if rules.max is None else int(rules.max)
        case "decimal":
            whole, scale = max(rules.precision - rules.scale, 0), rules.scale
            largest = ("9" * whole or "0") + (f".{'9' * scale}" if scale else "")
            yield largest if rules.max is None else f"{rules.max:f}"
            yield f"-{largest}" if rules.min is None else f"{rules.min:f}"
        case "float":
            yield -1e300 if rules.min is None else rules.min
            yield 1e300 if rules.max is None else rules.max
            if (rules.min is None or rules.min <= 2) and (rules.max is None or rules.max >= 2):
                yield 2
        case "boolean":
            yield from (True, False)
        case "enum":
            yield from rules.members
        case "date" | "datetime":
            yield from (wire(bound) for bound in (rules.min, rules.max) if bound is not None)
            if field.type == "datetime" and samples._fits(rules, datetime(2026, 1, 31, 10, tzinfo=UTC)):
                yield "2026-01-31T12:00:00.123456+02:00"
                yield "2026-01-31T00:30:00-09:30"
        case "uuid":
            yield fresh_uuid()
        case "json":
            yield from ("text", 0, 1.5, True, False, [], {}, [None, {"a": [1, "🏺"]}])


def _edge_texts(field: Field) -> Iterator[str]:
    rules = field.rules
    if rules.pattern is not None:
        return
    shortest, longest = samples._lengths(rules)
    match field.type:
        case "email":
            yield "Ada.Lovelace+Notes@Example.ORG"
            yield "a" * (longest - 12) + "@example.org"
        case "url":
            yield "https://EXAMPLE.org/A?b=c&d=%20&e='#f"
            yield "https://example.org/".ljust(longest, "x")
        case _:
            # An astral character is one, whatever a language makes of it.
            yield from ("x" * longest, "🏺" * longest, "🏺" * max(shortest, 1))
            if not rules.min:
                yield ""
            if longest >= 60 and shortest <= 30:
                yield 'it\'s "so"; <b>&amp;</b> \\ %s {0} ${x} -- é 漢 🏺'
                if field.type == "text":
                    yield "Several lines:\n\tone,\r\n\ttwo, and so on."


def refused(field: Field) -> list[Any]:
    """Return values that must not be taken: of another type, against a rule, or null where nothing may be absent."""
    found = [value for value in WRONG_TYPES[field.type] if not _is_member(field, value)]
    found += [
        wire(value) for value in (() if field.target else samples._beyond_bounds(field.rules)) if _can_travel(value)
    ]
    rules = field.rules
    if field.type == "decimal":
        whole, scale = max(rules.precision - rules.scale, 0), rules.scale
        found += ["1" + "0" * max(whole, 1), "0." + "0" * scale + "1"]
    if field.type == "string" and rules.max is None:
        found.append("🏺" * (rules.length + 1))
    if not field.optional:
        found.append(None)
    return found


def _is_member(field: Field, value: Any) -> bool:
    return field.type == "enum" and value in field.rules.members


def _can_travel(value: Any) -> bool:
    return bool(samples._can_travel(value))


class Fresh:
    """Gives unique fields values that were not given before, in this run or most likely in any other."""

    def __init__(self) -> None:
        self._numbers = itertools.count(random.randrange(1, 1000))  # noqa: S311 - not for secrets
        self._far = random.randrange(10**6, 10**8)  # noqa: S311
        self._makers: dict[Field, Callable[[int], Any]] = {}

    def value(self, field: Field) -> Any:
        """Return the next value of a field."""
        if field not in self._makers:
            self._makers[field] = self._maker(field)
        return self._makers[field](next(self._numbers))

    def _maker(self, field: Field) -> Callable[[int], Any]:
        rules = field.rules
        if field.type == "uuid":
            return lambda number: fresh_uuid()
        if field.type in samples.TEXTS:
            for start, (made, _) in itertools.product((self._far, 0), samples._numbered_texts(rules)):
                texts = [made(start + number) for number in range(1, ENOUGH)]
                if len(set(texts)) == len(texts) and all(fits(field, text) for text in texts):
                    return lambda number, start=start, made=made: made(start + number)
        first = samples._first(rules)
        if field.type in ("date", "datetime"):
            unit = timedelta(days=1) if field.type == "date" else timedelta(minutes=1)
            sign = 1 if samples._fits(rules, first + 3000 * unit) else -1
            return lambda number: wire(first + sign * number * unit)
        if field.type in ("integer", "decimal", "float"):
            low = first if rules.min is None else max(rules.min, type(first)(1))
            for start in (self._far, 0):
                if samples._fits(rules, type(first)(low + start + 3000)):
                    return lambda number, start=start: wire(type(first)(low + start + number))
        values = valid(field, 12)
        return lambda number: values[number % len(values)]


def same(field: Field, shown: Any, sent: Any) -> bool:
    """Return whether an answer shows what was sent, in the one form in which the contract shows it."""
    if sent is None or shown is None:
        return shown is None and sent is None
    match field.type:
        case "decimal":
            exact = samples.EXACT
            step = Decimal(1).scaleb(-field.rules.scale)
            return bool(shown == f"{Decimal(sent).quantize(step, context=exact):f}")
        case "datetime":
            return is_moment(shown) and moment(shown) == moment(sent)
        case "float":
            return not isinstance(shown, bool) and isinstance(shown, int | float) and float(shown) == float(sent)
        case "json":
            return _equal(shown, sent)
    return type(shown) is type(sent) and shown == sent


def _equal(one: Any, other: Any) -> bool:
    """Compare JSON values; `1` and `true` are not the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")


def is_moment(text: Any) -> bool:
    """Return whether it is a moment as the contract shows it: RFC 3339, UTC, Z, to the microsecond."""
    return isinstance(text, str) and _MOMENT.fullmatch(text) is not None


def moment(text: str) -> datetime:
    """Return the moment of an RFC 3339 text."""
    return datetime.fromisoformat(text).astimezone(UTC)


def comparable(kind: str, value: Any) -> Any:
    """Return what orders a value of an answer among others of its type, as the contract does."""
    match kind:
        case "decimal":
            return Decimal(value)
        case "datetime":
            return moment(value)
        case "string" | "email" | "url" | "enum":
            return [ord(character) for character in value]
    return value
