"""What a text means as a value of a type: bounds, defaults and examples."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal

from copier_template_extensions.domain_model import RuleError, invisible_in, require_plain, shown
from copier_template_extensions.domain_text import Mapping, Node, Scalar
from jinja2.ext import Extension

STRINGS = frozenset({"string", "text", "email", "url"})
ORDERED = frozenset({"integer", "decimal", "float", "date", "datetime"})
LONGEST = {"text": 1_000_000, "email": 254, "url": 2000}
INT64 = 2**63

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
PLAIN_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
URL = re.compile(r"https?://[^\s/?#]+[^\s]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """A type with its arguments; `target` is the text within `ref(…)`."""

    type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    members: tuple[str, ...] = ()
    target: str = ""


def value_of(shape: Shape, node: Node, word: str, *, json_text: bool = False) -> object:
    """Return the value that a node means for a type; `word` names it in messages (`default`, `min`, …).

    A JSON value is the structure itself, or JSON text where `json_text`. Raises `RuleError`.
    """
    if shape.type == "json":
        return _json_of_text(node, word) if json_text else _json_of(node, word)
    if not isinstance(node, Scalar):
        raise RuleError(f"{word} is a list or a mapping", f"write a single value of the type {shape.type}")
    if node.empty:
        raise RuleError(
            f"{word} has no value",
            f'write one, for example {word}="" for an empty text'
            if shape.type in STRINGS
            else "write one or remove it",
        )
    require_plain(word, node.text)
    return _READERS[shape.type](shape, node.text, word)


def length_of(shape: Shape, node: Node, word: str) -> int:
    """Read a bound of a text's length. Raises `RuleError`."""
    limit = shape.length or LONGEST[shape.type]
    text = node.text if isinstance(node, Scalar) else ""
    if not INTEGER.fullmatch(text) or not 0 <= int(text) <= limit:
        raise RuleError(f"{word} is a length here, and {shown(text)} is none", f"write a number from 0 to {limit}")
    return int(text)


def _text(shape: Shape, text: str, word: str) -> str:
    limit = shape.length or LONGEST[shape.type]
    if len(text) > limit:
        raise RuleError(
            f"{word} has {len(text)} characters, where the type allows {limit}", "shorten it, or allow more"
        )
    return text


def _email(shape: Shape, text: str, word: str) -> str:
    if not EMAIL.fullmatch(text):
        raise RuleError(f"{word} {shown(text)} is no e-mail address", "write one like ada@example.org")
    return _text(shape, text, word)


def _url(shape: Shape, text: str, word: str) -> str:
    if not URL.fullmatch(text):
        raise RuleError(f"{word} {shown(text)} is no URL", "write one like https://example.org/")
    return _text(shape, text, word)


def _integer(shape: Shape, text: str, word: str) -> int:
    if not INTEGER.fullmatch(text):
        raise RuleError(f"{word} {shown(text)} is no integer", "write digits only, like 1000, within 64 bits")
    if not -INT64 <= int(text) < INT64:
        raise RuleError(f"{word} {text} does not fit into 64 bits", "write a smaller number, or use decimal(P,0)")
    return int(text)


def _decimal(shape: Shape, text: str, word: str) -> Decimal:
    precision, scale = shape.precision or 1, shape.scale or 0
    match = PLAIN_DECIMAL.fullmatch(text)
    if not match:
        raise RuleError(f"{word} {shown(text)} is no decimal number", "write it in plain notation, like 19.90")
    whole, fraction = match[2].lstrip("0"), match[3] or ""
    if len(whole) > precision - scale or len(fraction) > scale:
        raise RuleError(
            f"{word} {shown(text)} does not fit into decimal({precision},{scale})",
            f"write at most {precision - scale} digits before and {scale} after the point",
        )
    value = Decimal(text).quantize(Decimal(1).scaleb(-scale), context=Context(prec=60))
    return value or abs(value)


def _float(shape: Shape, text: str, word: str) -> float:
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise RuleError(f"{word} {shown(text)} is no finite number", "write one like 0.5 or 1e-3")
    return float(text) or 0.0


def _boolean(shape: Shape, text: str, word: str) -> bool:
    if text not in {"true", "false"}:
        raise RuleError(f"{word} {shown(text)} is no boolean", "write true or false")
    return text == "true"


def _date(shape: Shape, text: str, word: str) -> date:
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RuleError(f"{word} {shown(text)} is no date", "write one like 2030-12-31")


def _datetime(shape: Shape, text: str, word: str) -> datetime:
    try:
        if DATETIME.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise RuleError(f"{word} {shown(text)} is no date with time and offset", "write one like 2030-12-31T18:00:00Z")


def _uuid(shape: Shape, text: str, word: str) -> str:
    if not UUID.fullmatch(text):
        raise RuleError(f"{word} {shown(text)} is no UUID", "write its 36 characters, letters in lower case")
    return text


def _member(shape: Shape, text: str, word: str) -> str:
    if text not in shape.members:
        raise RuleError(f"{word} {shown(text)} is none of the members", f"write one of {', '.join(shape.members[:10])}")
    return text


def _json_of_text(node: Node, word: str) -> object:
    text = node.text if isinstance(node, Scalar) else ""
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_int=_json_number, parse_float=_json_number
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, RuleError):
            raise RuleError(f"{word} {error.what}", error.remedy) from error
        raise RuleError(
            f"{word} {shown(text)} is no JSON", f"write JSON in single quotes, like {word}='{{\"a\": 1}}'"
        ) from error
    _check_json(value, word, 0)
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, value in pairs:
        if name in values:
            raise RuleError(f"holds {shown(name)} twice", "remove one of the two")
        values[name] = value
    return values


def _refuse(text: str) -> object:
    raise RuleError(f"holds {text}, which JSON does not know", "write a finite number or null")


def _json_number(text: str) -> int | float:
    number = int(text) if INTEGER.fullmatch(text) else float(text)
    if not math.isfinite(number) or (re.fullmatch("-?[0-9]+", text) and not -INT64 <= number < INT64):
        raise RuleError(f"holds the number {shown(text)}, which does not fit", "write a smaller number, or a text")
    return number


def _json_of(node: Node, word: str) -> object:
    value = _json_structure(node, word)
    _check_json(value, word, 0)
    return value


def _json_structure(node: Node, word: str) -> object:
    if isinstance(node, Mapping):
        return {key.text: _json_structure(value, word) for key, value in node.pairs}
    if not isinstance(node, Scalar):
        return [_json_structure(item, word) for item in node.items]
    if node.quoted:
        return node.text
    if node.text in {"true", "false"}:
        return node.text == "true"
    if node.text in {"", "null"}:
        return None
    if NUMBER.fullmatch(node.text):
        try:
            return _json_number(node.text)
        except RuleError as error:
            raise RuleError(f"{word} {error.what}", error.remedy) from error
    return node.text


def _check_json(value: object, word: str, depth: int) -> None:
    if depth > 16:
        raise RuleError(f"{word} is nested deeper than 16 levels", "make it flatter")
    if isinstance(value, str) and invisible_in(value):
        require_plain(word, value)
    if isinstance(value, dict):
        for key, item in value.items():
            require_plain(word, key)
            _check_json(item, word, depth + 1)
    if isinstance(value, list):
        for item in value:
            _check_json(item, word, depth + 1)


_READERS: dict[str, Callable[[Shape, str, str], object]] = {
    "string": _text,
    "text": _text,
    "email": _email,
    "url": _url,
    "integer": _integer,
    "decimal": _decimal,
    "float": _float,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "uuid": _uuid,
    "enum": _member,
    "ref": _uuid,
}


class DomainValuesExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
