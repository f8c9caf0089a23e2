"""One field of the domain language, short form or long form, to a `Field`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar, cast

from copier_template_extensions.domain_model import Bound, Field, Report, RuleError, require_plain, shown
from copier_template_extensions.domain_pattern import check_pattern
from copier_template_extensions.domain_syntax import (
    WORDS,
    modifiers_of,
    suggestion,
    type_of,
)
from copier_template_extensions.domain_text import Mapping, Node, Scalar
from copier_template_extensions.domain_values import ORDERED, STRINGS, Shape, length_of, value_of
from jinja2.ext import Extension

MAX_DESCRIPTION_CHARACTERS = 1000
T = TypeVar("T")
LONG_WORDS = ("type", "optional", *WORDS)


def field_of(where: str, name: str, node: Node, report: Report, *, account: bool = False) -> tuple[Field, str] | None:
    """Read a field, and the text within its `ref(…)` (empty for other types); None where its type cannot be understood.

    Every other problem goes to the report, and the field comes back without what was wrong.
    """
    try:
        written = _written(node, where, report)
    except RuleError as error:
        report.error(where, error)
        return None
    return _Checked(where, written, report).field(name, account), written.shape.target


@dataclass(slots=True)
class _Written:
    """What was written, whichever the form."""

    shape: Shape
    optional: bool
    words: dict[str, Node] = field(default_factory=dict)
    short: bool = True


def _written(node: Node, where: str, report: Report) -> _Written:
    if isinstance(node, Scalar):
        if not node.text.strip() or node.null:
            raise RuleError("there is no type", "write one, for example string(80)")
        require_plain("the field", node.text)
        shape, optional, at = type_of(node.text)
        return _Written(shape, optional, modifiers_of(node.text, at))
    if not isinstance(node, Mapping):
        raise RuleError("this is a list", "write a type such as string(80), or a mapping with `type`")
    words: dict[str, Node] = {}
    for key, value in node.pairs:
        if key.text in LONG_WORDS:
            words[key.text] = value
        else:
            report.add(
                where,
                f"there is no option {shown(key.text)}",
                suggestion(key.text, LONG_WORDS, f"the options are {', '.join(LONG_WORDS)}"),
            )
    type_node = words.pop("type", None)
    if not isinstance(type_node, Scalar) or type_node.null:
        raise RuleError("there is no type", "add `type`, for example `type: string(80)`")
    require_plain("type", type_node.text)
    shape, optional, at = type_of(type_node.text)
    if rest := type_node.text[at:].strip():
        raise RuleError(f"{shown(rest)} stands behind the type", "in the long form write it as a key of its own")
    if (flag := words.pop("optional", None)) is not None:
        optional = flag_of("optional", flag) or optional
    return _Written(shape, optional, words, short=False)


def flag_of(word: str, node: Node) -> bool:
    """Read an option that is on or off. Raises `RuleError`."""
    text = node.text if isinstance(node, Scalar) else ""
    if text not in {"true", "false"}:
        raise RuleError(f"{word} is true or false, not {shown(text)}", f"write `{word}: true`, or remove it")
    return text == "true"


def text_of(word: str, node: Node) -> str:
    """Read an option that is a text on one line. Raises `RuleError`."""
    text = node.text if isinstance(node, Scalar) else ""
    if not text.strip():
        raise RuleError(f"{word} holds no text", "write one, or remove it")
    require_plain(word, text)
    return text


def description_of(word: str, node: Node) -> str:
    """Read a description. Raises `RuleError`."""
    text = text_of(word, node).strip()
    if len(text) > MAX_DESCRIPTION_CHARACTERS:
        raise RuleError(f"{word} is longer than {MAX_DESCRIPTION_CHARACTERS} characters", "shorten it")
    return text


class _Checked:
    """The words of one field, read one by one; what is wrong goes to the report."""

    def __init__(self, where: str, written: _Written, report: Report) -> None:
        self.where, self.report = where, report
        self.shape, self.optional = written.shape, written.optional
        self.words, self.short = written.words, written.short
        self.pattern = self.read("pattern", self.pattern_of)
        self.min = self.read("min", self.bound_of)
        self.max = self.read("max", self.bound_of)
        if _below(self.max, self.min):
            report.add(where, f"min {self.min} is above max {self.max}", "exchange them")
            self.min = self.max = None

    def field(self, name: str, account: bool) -> Field:
        shape = self.shape
        unique = self.read("unique", self.flag_of) or False
        default, example = self.read("default", self.value_of), self.read("example", self.value_of)
        if unique and default and default[0] is not None:
            self.report.add(
                self.where, "a unique field has a default, which only one row could have", "remove one of the two"
            )
        if account and not self.optional and "default" not in self.words:
            what = "registration sends e-mail, password and name only, so this required field would have no value"
            either = "" if shape.type == "ref" else "give it a default, or "
            self.report.add(self.where, what, f"{either}make it optional with ? after the type")
        return Field(
            name=name,
            type=shape.type,
            length=shape.length,
            precision=shape.precision,
            scale=shape.scale,
            members=shape.members,
            optional=self.optional,
            unique=unique,
            indexed=self.read("indexed", self.flag_of) or False,
            min=self.min,
            max=self.max,
            has_default=default is not None,
            default=default[0] if default else None,
            pattern=self.pattern,
            description=self.read("description", description_of),
            has_example=example is not None,
            example=example[0] if example else None,
        )

    def read(self, word: str, reader: Callable[[str, Node], T]) -> T | None:
        node = self.words.get(word)
        try:
            return None if node is None else reader(word, node)
        except RuleError as error:
            self.report.error(self.where, error)
            return None

    def flag_of(self, word: str, node: Node) -> bool:
        flag = flag_of(word, node)
        if flag and self.shape.type in {"text", "json"}:
            remedy = "use string(N)" if self.shape.type == "text" else "move what you look for to a field of its own"
            raise RuleError(
                f"a field of the type {self.shape.type} cannot be {word}: databases index no value of any length",
                remedy,
            )
        return flag

    def pattern_of(self, word: str, node: Node) -> str:
        if self.shape.type not in STRINGS:
            raise RuleError(
                f"the type {self.shape.type} has no pattern", "remove it; only string, text, email and url have one"
            )
        pattern = text_of(word, node)
        check_pattern(pattern)
        return pattern

    def bound_of(self, word: str, node: Node) -> Bound:
        if self.shape.type in STRINGS:
            return length_of(self.shape, node, word)
        if self.shape.type not in ORDERED:
            raise RuleError(
                f"the type {self.shape.type} has no {word}",
                "remove it; only texts, numbers, dates and date-times have one",
            )
        bound = value_of(self.shape, node, word)
        if isinstance(bound, Decimal):  # a bound is shown to people: 0 stays 0, and is not 0.00
            bound = Decimal(cast(Scalar, node).text) if bound else Decimal(0)
        return cast(Bound, bound)

    def value_of(self, word: str, node: Node) -> tuple[object]:
        """Read the default or the example, in a tuple, since it may be None."""
        if self.shape.type == "ref" and word == "default":
            raise RuleError("a reference has no default", "remove it; a row to refer to exists only at run time")
        if self.is_null(node):
            if not self.optional:
                raise RuleError(
                    f"{word} is null, but the field is not optional",
                    "write ? after the type, or put null in quotes where the text is meant",
                )
            return (None,)
        value = value_of(self.shape, node, word, json_text=self.short)
        self.check_limits(word, value)
        return (value,)

    def is_null(self, node: Node) -> bool:
        return isinstance(node, Scalar) and not node.quoted and node.text == "null" and "null" not in self.shape.members

    def check_limits(self, word: str, value: object) -> None:
        measured, has = (
            (len(value), f"has {len(value)} characters and") if isinstance(value, str) else (value, str(value))
        )
        if _below(measured, self.min):
            raise RuleError(f"{word} {has} is below min {self.min}", "change one of the two")
        if _below(self.max, measured):
            raise RuleError(f"{word} {has} is above max {self.max}", "change one of the two")
        if self.pattern is not None and isinstance(value, str) and not re.search(self.pattern, value, re.ASCII):
            raise RuleError(f"{word} {shown(value)} does not match the pattern", "change one of the two")


def _below(low: object, high: object) -> bool:
    return low is not None and high is not None and bool(low < high)  # type: ignore[operator]


class DomainFieldExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
