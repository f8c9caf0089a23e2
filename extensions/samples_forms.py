"""Sample values of fields, as the emitted tests write them down: valid ones, others, and ones that break a rule.

The domain says what a field takes; here values are looked for that fit. Where a field has an example, the tests use
it. Values of unique fields are expressions that hold `number`, so that no two are alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from itertools import islice
from typing import Any

from copier_template_extensions.blueprint_model import Entity, Field, Package, Service
from copier_template_extensions.pattern_samples import texts_matching
from copier_template_extensions.python_forms import enum_class, enum_members, literal, string
from jinja2 import Environment
from jinja2.ext import Extension

TEXTS = frozenset({"string", "text", "email", "url"})
LONGEST = {"email": 254, "url": 2048}
FORMS = {
    "email": re.compile(r"[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+"),
    "url": re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f]+"),
}
INT64 = 2**63
EXACT = Context(prec=100)

TRIED = 200
"""How many numbers a numbered text is tried with before it is believed."""

MOST_VARIANTS = 36
"""How many values are looked for near a bound."""

MOST_LISTED = 12
"""How many values stand in a list where no numbered text fits."""


class SamplesFormsExtension(Extension):
    """Registers the filters that templates of tests use."""

    def __init__(self, environment: Environment) -> None:
        """Register every filter under its own name."""
        super().__init__(environment)
        for form in _FILTERS:
            environment.filters[f"py_{form.__name__}"] = form
        environment.globals["test_packages"] = test_packages


def sample(field: Field, entity: Entity) -> str:
    """Return an expression for a valid value; that of a unique field holds `number`."""
    if field.target:
        return "new_id()"
    if field.unique:
        return _numbered(field, entity)
    return _literal(_first(field), field, entity)


def other_sample(field: Field, entity: Entity) -> str:
    """Return an expression for a valid value that is neither the sample nor the default, where there is one."""
    if field.target or field.unique:
        return sample(field, entity)
    return _literal(_other(field), field, entity)


def numbered(fields: Iterable[Field], entity: Entity) -> list[Field]:
    """Return the fields whose samples hold `number`."""
    return [field for field in fields if re.search(r"\bnumber\b", re.sub('"[^"{]*"', "", sample(field, entity)))]


def needs_owner(entity: Entity) -> bool:
    """Return whether what the entity cannot be without, in its module, must belong to the same account."""
    return any(field.required for field in entity.guarded_references)


def with_room(fields: Iterable[Field]) -> list[Field]:
    """Return the unique fields that have three different values at least."""
    return [field for field in fields if len(_values(field, 3)) == 3]


def contrasts(entity: Entity) -> list[tuple[str, str, str]]:
    """Return fields by which rows can be told apart in lists, each with expressions of two distinct values."""
    return [
        (field.attr, _literal(_first(field), field, entity), _literal(_other(field), field, entity))
        for field in entity.fields
        if field.filterable and not field.target and not field.unique and _other(field) != _first(field)
    ]


def rule_breakers(field: Field) -> list[str]:
    """Return literals of values that are of the right type and break a rule of the domain."""
    return [_short(value) for value in _beyond_bounds(field)]


def wire_breakers(field: Field) -> list[str]:
    """Return literals of JSON values that the API refuses: of another type, or against a rule."""
    breakers = [_short(_wire(value)) for value in _beyond_bounds(field) if _can_travel(value)]
    return [*_WRONG_TYPES[field.type], *breakers]


def wire_sample(field: Field) -> str:
    """Return the literal of a value that an answer may hold."""
    return "str(new_id())" if field.target else _short(_wire(_first(field)))


def wire_default(field: Field) -> str:
    """Return the literal of what an answer holds where a request left the field out."""
    return _short(_wire(field.default)) if field.has_default else "None"


def test_packages(services: Iterable[Service]) -> list[Package]:
    """Return the packages of the tests that follow the modules, service by service."""
    packages = []
    for service in services:
        for folder, (summary, of_module) in _FOLDERS.items():
            if service.modules and summary:
                packages.append(Package(f"{service.tests}/{folder}", summary))
            if of_module:
                packages += [
                    Package(f"{service.tests}/{folder}/{module.name}", of_module.format(module.words))
                    for module in service.modules
                ]
        packages += _peer_packages(service)
    return packages


def _peer_packages(service: Service) -> Iterator[Package]:
    """Yield the packages of what other services show, as the tests of one service make it."""
    shown = [peer for peer in service.peers if any(not target.is_account for target in peer.entities)]
    if shown and not service.modules:
        yield Package(f"{service.tests}/builders", _FOLDERS["builders"][0])
    for peer in shown:
        yield Package(
            f"{service.tests}/builders/{peer.name}", f"Things of {peer.words} to test with, as its service shows them."
        )


_FOLDERS = {
    "builders": ("Things to test with: valid, and unlike each other where they must be.", "Things of {} to test with."),
    "fakes": ("The modules without a database.", ""),
    "domain": ("The rules of the domain.", "The rules of {}."),
    "application": ("The use cases, over repositories in memory.", "The use cases of {}."),
    "infrastructure": ("", "The repositories of {}."),
    "api": ("", "{} over HTTP."),
}

_WRONG_TYPES = {
    "string": ("5",),
    "text": ("5",),
    "email": ("5", '"nobody"'),
    "url": ("5", '"ftp://example.org"'),
    "integer": ('"5"', "1.5", "True"),
    "decimal": ("19.9", '"1e3"', '"NaN"'),
    "float": ('"1.5"', "True"),
    "boolean": ("1", '"true"'),
    "date": ('"31.01.2026"', '"2026-02-30"'),
    "datetime": ('"2026-01-31T12:00:00"', '"2026-01-31"'),
    "uuid": ('"nothing"', '"018F2A5E-7B1C-7DEF-8123-456789ABCDEF"'),
    "enum": ('"no such member"',),
    "json": (),
    "ref": ('"nothing"', "5"),
}


def example_of(field: Field) -> Any:
    """Return a valid value of a field: its example, where the domain gives one."""
    return _first(field)


def _first(field: Field) -> Any:
    return _values(field, 1)[0]


def _other(field: Field) -> Any:
    used = (_first(field), field.default if field.has_default else None)
    values = _values(field, 4)
    return next(
        (value for value in values if all(value != one or type(value) is not type(one) for one in used)), values[-1]
    )


def _values(field: Field, count: int) -> list[Any]:
    """Return some distinct values that fit; the example comes first."""
    found: list[Any] = []
    for value in _candidates(field):
        if value not in found and _fits(field, value):
            found.append(value)
        if len(found) == count:
            break
    if not found:
        found.append(field.default if field.has_default and field.default is not None else _desperate(field))
    return found


def _desperate(field: Field) -> Any:
    """A text that fits the pattern at least: rules that contradict each other leave no value that fits."""
    return next(texts_matching(field.pattern), "x") if field.pattern else "x" * int(field.min or 1)


def _candidates(field: Field) -> Iterator[Any]:
    if field.has_example and field.example is not None:
        yield field.example
    yield from _CANDIDATES[field.type](field)


def _texts(field: Field) -> Iterator[str]:
    shortest, longest = _lengths(field)
    if field.pattern is None:
        if shortest > 40:
            yield from (letter * shortest for letter in "xyz")
        for text in (field.words.capitalize(), f"Another {field.words}", "Something else", "one", "two", "a", "b", "c"):
            yield text if len(text) >= shortest else f"{text} ".ljust(shortest, "x")
            yield text[:longest].strip() or text[:longest]
        yield from (f"{number}".rjust(max(shortest, 1), "0") for number in range(MOST_VARIANTS))
        yield from "defghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    else:
        yield from islice(texts_matching(field.pattern, shortest), 2000)


def _emails(field: Field) -> Iterator[str]:
    shortest, _ = _lengths(field)
    for name in ("ada", "grace", "alan", *(f"ada{number}" for number in range(MOST_VARIANTS))):
        yield f"{name}@example.org".rjust(shortest, "a")
    yield from ("a@b.de", "b@b.de", "a@b", "b@b", "c@b")
    if field.pattern:
        yield from islice(texts_matching(field.pattern, shortest), 2000)


def _urls(field: Field) -> Iterator[str]:
    shortest, _ = _lengths(field)
    for path in ("one", "two", "three", *(f"{number}" for number in range(MOST_VARIANTS))):
        yield f"https://example.org/{path}".ljust(shortest, "x")
    yield from ("http://a.de", "http://b.de", "http://a", "http://b", "http://c")
    if field.pattern:
        yield from islice(texts_matching(field.pattern, shortest), 2000)


def _integers(field: Field) -> Iterator[int]:
    yield from (3, 5, 8)
    yield from _around(field, 1, -INT64, INT64 - 1)


def _decimals(field: Field) -> Iterator[Decimal]:
    step = Decimal(1).scaleb(-field.scale)
    largest = EXACT.subtract(Decimal(10) ** (field.precision - field.scale), step)
    for text in ("12.50", "7.25", "3", "0.5"):
        yield Decimal(text).quantize(step, context=EXACT)
    yield from (value.quantize(step, context=EXACT) for value in _around(field, step, -largest, largest))


def _floats(field: Field) -> Iterator[float]:
    yield from (1.5, 2.25, 0.5)
    yield from (float(value) for value in _around(field, 1.0, -1e300, 1e300))
    if field.min is not None and field.max is not None:
        yield field.min + (field.max - field.min) / 2


def _around(field: Field, step: Any, smallest: Any, largest: Any) -> Iterator[Any]:
    """Yield values from the lower bound up, and from the upper bound down."""
    low = smallest if field.min is None else field.min
    high = largest if field.max is None else field.max
    if field.min is not None or field.max is None:
        start = 0 * step if field.min is None else low
        yield from (_plus(start, step, number) for number in range(MOST_VARIANTS))
    yield from (_plus(high, step, -number) for number in range(MOST_VARIANTS))


def _plus(value: Any, step: Any, times: int) -> Any:
    if isinstance(value, Decimal):
        return EXACT.add(value, step * times)
    return value + step * times


def _booleans(field: Field) -> Iterator[bool]:
    yield from (False, True)


def _days(field: Field) -> Iterator[date]:
    yield from (date(2026, 1, 31), date(2026, 2, 28))
    yield from _moments_around(field, timedelta(days=1))


def _moments(field: Field) -> Iterator[datetime]:
    yield datetime(2026, 1, 31, 12, tzinfo=UTC)
    yield datetime(2026, 2, 28, 18, 30, 0, 250_000, tzinfo=UTC)
    yield from _moments_around(field, timedelta(minutes=1))


def _moments_around(field: Field, step: timedelta) -> Iterator[Any]:
    for bound, sign in ((field.min, 1), (field.max, -1)):
        if bound is not None:
            for number in range(MOST_VARIANTS):
                try:
                    yield bound + sign * number * step
                except OverflowError:
                    break
    start = date(2026, 1, 1) if field.type == "date" else datetime(2026, 1, 1, tzinfo=UTC)
    yield from (start + number * step for number in range(MOST_VARIANTS))


def _identifiers(field: Field) -> Iterator[str]:
    yield from (f"018f2a5e-7b1c-7def-8123-{number:012x}" for number in range(1, MOST_VARIANTS))


def _members(field: Field) -> Iterator[str]:
    yield from field.members


def _documents(field: Field) -> Iterator[Any]:
    yield {"size": [1, 2.5, -300], "text": 'a "quoted" % text', "yes": True, "nothing": None}
    yield ["one", 2, {"three": 3}]
    yield {}


_CANDIDATES = {
    "string": _texts,
    "text": _texts,
    "email": _emails,
    "url": _urls,
    "integer": _integers,
    "decimal": _decimals,
    "float": _floats,
    "boolean": _booleans,
    "date": _days,
    "datetime": _moments,
    "uuid": _identifiers,
    "enum": _members,
    "json": _documents,
}


def _lengths(field: Field) -> tuple[int, int]:
    """Return the least and the greatest length of a text."""
    limits = [value for value in (field.length, field.max, LONGEST.get(field.type)) if value is not None]
    return int(field.min or 0), int(min(limits, default=200))


def _fits(field: Field, value: Any) -> bool:
    if field.type in TEXTS:
        shortest, longest = _lengths(field)
        has_form = field.type not in FORMS or FORMS[field.type].fullmatch(value)
        matches = field.pattern is None or re.search(field.pattern, value, re.ASCII)
        return bool(shortest <= len(value) <= longest and has_form and matches and value.isprintable())
    if field.type == "integer" and not -INT64 <= value < INT64:
        return False
    if field.type == "decimal":
        step = Decimal(1).scaleb(-field.scale)
        if value.quantize(step, context=EXACT) != value or abs(value) >= Decimal(10) ** (field.precision - field.scale):
            return False
    if field.type in ("date", "datetime") and value.year < 1000:
        return False
    return (field.min is None or value >= field.min) and (field.max is None or value <= field.max)


def _numbered(field: Field, entity: Entity) -> str:
    """Return an expression that gives another value for every `number`, or at least for a good many."""
    if field.type == "uuid":
        return "new_id()"
    if field.type in TEXTS:
        for pattern, form in _numbered_texts(field):
            made = [pattern(number) for number in range(1, TRIED)]
            if len(set(made)) > MOST_VARIANTS and all(_fits(field, text) for text in made):
                return form
    if field.type in ("date", "datetime"):
        start = _first(field)
        unit = "days" if field.type == "date" else "minutes"
        if _fits(field, start + timedelta(**{unit: 100_000 if unit == "minutes" else 3_000})):
            return f"{_literal(start, field, entity)} + dt.timedelta({unit}=number)"
    if field.type in ("integer", "decimal", "float"):
        low = max(1, math.ceil(field.min)) if field.min is not None else 1
        far = {"integer": int, "decimal": Decimal, "float": float}[field.type](low + 100_000)
        if _fits(field, far):
            return _NUMBERS[field.type](field).format("number" if low == 1 else f"{low} + number")
    values = [_literal(value, field, entity) for value in _values(field, MOST_LISTED)]
    if all(len(value) == 3 and value.startswith('"') for value in values):
        return f'"{"".join(value[1] for value in values)}"[number % {len(values)}]'
    return f"nth(number, {', '.join(values)})"


_NUMBERS: dict[str, Callable[[Field], str]] = {
    "integer": lambda field: "{}",
    "float": lambda field: "float({})",
    "decimal": lambda field: f'Decimal(f"{{{{{{}}}}}}.{"0" * field.scale}")' if field.scale else "Decimal({})",
}


def _numbered_texts(field: Field) -> Iterator[tuple[Callable[[int], str], str]]:
    """Yield texts with a place for a number: as a function, and as an f-string."""
    bases = [field.example] if field.has_example and field.example else []
    bases += _values(field, 3)
    for base in bases:
        for match in sorted(re.finditer("[0-9]+", base), key=lambda match: -len(match[0])):
            width = len(match[0])
            before, after = base[: match.start()], base[match.end() :]
            yield _with_number(before, width, after)
            if width > 1:
                yield _with_number(before, width, after, 10**width)
        if field.type == "email":
            name, _, host = base.partition("@")
            yield _with_number(name, 0, f"@{host}")
        yield _with_number(f"{base} ", 0, "")
        yield _with_number(f"{base}-", 0, "")
        yield _with_number(base, 0, "")
    yield _with_number("", 0, "")


def _with_number(before: str, width: int, after: str, modulus: int = 0) -> tuple[Callable[[int], str], str]:
    def made(number: int) -> str:
        return f"{before}{number % modulus if modulus else number:0{width}}{after}"

    inert = [part.replace("{", "{{").replace("}", "}}") for part in (before, after)]
    place = f"number % {modulus}" if modulus else "number"
    form = f":0{width}" if width > 1 else ""
    return made, f"f{string(f'{inert[0]}{{{place}{form}}}{inert[1]}')}"


def _literal(value: Any, field: Field, entity: Entity) -> str:
    if value is None:
        return "None"
    if field.type == "enum":
        names = dict(zip(field.members, (name for name, _ in enum_members(field)), strict=True))
        return f"{enum_class(field, entity)}.{names[value]}"
    if field.type == "uuid":
        return f'UUID("{value}")'
    return _short(value)


def _beyond_bounds(field: Field) -> Iterator[Any]:
    """Yield values of the right type, each against one rule."""
    if field.type in TEXTS:
        yield from _beyond_lengths(field)
        return
    if field.min is not None and (below := _beyond(field.min, -1, field)) is not None:
        yield below
    if field.max is not None and (above := _beyond(field.max, 1, field)) is not None:
        yield above


def _beyond_lengths(field: Field) -> Iterator[str]:
    shortest, longest = _lengths(field)
    if field.min:
        yield "x" * (shortest - 1)
    if field.length is not None or field.max is not None:
        yield "x" * (longest + 1)
    for text in ("?", " ", "\N{SNOWMAN}", "a", "0", "A b", "") if field.pattern is not None else ():
        whole = (text or "?") * max(shortest, 1) if text else ""
        if shortest <= len(whole) <= longest and not re.search(field.pattern, whole, re.ASCII):
            yield whole
            return


def _beyond(bound: Any, sign: int, field: Field) -> Any:
    match bound:
        case datetime() | date():
            try:
                return bound + sign * timedelta(days=1)
            except OverflowError:
                return None
        case Decimal():
            return EXACT.add(bound, sign * Decimal(1).scaleb(-field.scale))
        case float():
            near = bound + sign
            return near if near != bound else math.nextafter(bound, sign * math.inf)
    return bound + sign


def _can_travel(value: Any) -> bool:
    """Return whether the API refuses the value at its field, and not the body as a whole."""
    return not isinstance(value, int) or -INT64 <= value < INT64


def _short(value: Any) -> str:
    """Return a literal; a long text of one letter is a product."""
    if isinstance(value, str) and len(value) > 12 and len(set(value)) == 1:
        return f'"{value[0]}" * {len(value)}'
    text: str = literal(value)
    return text


def _wire(value: Any) -> Any:
    """Return a value as it travels in JSON."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return value


_FILTERS: tuple[Callable[..., object], ...] = (
    sample,
    other_sample,
    numbered,
    with_room,
    contrasts,
    rule_breakers,
    wire_breakers,
    wire_sample,
    wire_default,
    needs_owner,
)
