"""YAML text to a small tree of nodes in which every scalar is the text that was written.

YAML would read `no` as false, `1e3` as a number and `~` as nothing.
Here only the type of a field decides what a text means.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import cast

import yaml
from copier_template_extensions.domain_model import Report, invisible_in, shown
from jinja2.ext import Extension

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 32
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `start` and `end` are its place in the source, in characters."""

    text: str
    quoted: bool = False
    start: int = 0
    end: int = 0

    @property
    def empty(self) -> bool:
        """Nothing was written at all (`""` is something)."""
        return not self.text and not self.quoted

    @property
    def null(self) -> bool:
        """Nothing, or a word for it, where no text is expected."""
        return not self.quoted and self.text in {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Pairs in the order in which they were written, without duplicates."""

    pairs: tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; only values of the type json have them."""

    items: tuple[Node, ...]


Node = Scalar | Mapping | Sequence


def place(*names: str) -> str:
    """Return the dotted place of a problem; names that are none are put in quotes."""
    return ".".join(name if PLAIN_NAME.fullmatch(name) else shown(name) for name in names if name) or "domain"


def read(source: object, report: Report) -> Node:
    """Return the tree of a YAML text (or of a mapping already loaded). Duplicate keys go to the report.

    Raises `DomainError` where no tree can be made at all.
    """
    if source is None:
        return Scalar("")
    if isinstance(source, dict):
        return _from_python(source, (), report)
    if not isinstance(source, str):
        raise report.fatal("domain", "it is neither text nor a mapping", "write the modules as YAML")
    source = source.removeprefix("\ufeff")
    _check_characters(source, report)
    return _Reader(source, report).document()


class _Reader:
    def __init__(self, source: str, report: Report) -> None:
        self.source = source
        self.report = report
        self.events: Iterator[yaml.Event] = yaml.parse(source, Loader=LOADER)

    def document(self) -> Node:
        try:
            next(self.events)  # the start of the stream
            if isinstance(next(self.events), yaml.StreamEndEvent):
                return Scalar("")
            root = self.node(next(self.events), ())
            next(self.events)  # the end of the document
            if not isinstance(another := next(self.events), yaml.StreamEndEvent):
                raise self.report.fatal(
                    _line(another), "a second document begins here", "write one document, without a further `---`"
                )
            return root
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1}" if mark else "domain"
            detail = getattr(error, "problem", None) or "it cannot be read"
            remedy = 'check the indentation (spaces, no tabs) and put texts that hold ": ", " #" or brackets in quotes'
            raise self.report.fatal(where, f"this is not YAML ({detail})", remedy) from error

    def node(self, event: yaml.Event, path: tuple[str, ...]) -> Node:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.report.fatal(
                _line(event), "anchors (&) and aliases (*) are not allowed", "write the value out, or put it in quotes"
            )
        if getattr(event, "tag", None):
            raise self.report.fatal(
                _line(event), "tags (!) are not allowed", "remove the tag, or put the value in quotes"
            )
        if len(path) > MAX_DEPTH:
            raise self.report.fatal(_line(event), f"this is nested deeper than {MAX_DEPTH} levels", "make it flatter")
        if isinstance(event, yaml.MappingStartEvent):
            pairs = self.pairs(path)
            return Mapping(_unique(self.rejoined(pairs) if event.flow_style else pairs, path, self.report))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self.items(path)))
        event = cast(yaml.ScalarEvent, event)
        text = event.value.rstrip("\n") if event.style in {"|", ">"} else event.value
        return Scalar(
            text, bool(event.style), getattr(event.start_mark, "index", 0), getattr(event.end_mark, "index", 0)
        )

    def items(self, path: tuple[str, ...]) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event, (*path, ""))

    def pairs(self, path: tuple[str, ...]) -> list[tuple[Scalar, Node]]:
        pairs = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, path)
            if not isinstance(key, Scalar):
                raise self.report.fatal(_line(event), "a key must be a single name", "put the key in quotes")
            pairs.append((key, self.node(next(self.events), (*path, key.text))))
        return pairs

    def rejoined(self, pairs: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
        """Put `{type: decimal(10,2)}` together again, which YAML ends at its comma and reads as two pairs."""
        joined: list[tuple[Scalar, Node]] = []
        rest = deque(pairs)
        while rest:
            name, value = rest.popleft()
            if isinstance(value, Scalar) and not value.quoted and (missing := _open_brackets(value)) > 0:
                end = value.end
                while missing > 0 and rest and _is_bare(*rest[0]):
                    piece, _ = rest.popleft()
                    end = piece.end
                    missing += _open_brackets(piece)
                if end > value.end:
                    text = re.sub(r"\s*\n\s*", " ", self.source[value.start : end])
                    value = Scalar(text, False, value.start, end)
            joined.append((name, value))
        return joined


def _open_brackets(scalar: Scalar) -> int:
    return scalar.text.count("(") - scalar.text.count(")")


def _is_bare(key: Scalar, value: Node) -> bool:
    """Tell whether a pair in braces is but a word between commas."""
    return not key.quoted and isinstance(value, Scalar) and value.empty


def _check_characters(source: str, report: Report) -> None:
    if len(source) > MAX_CHARACTERS:
        raise report.fatal(
            "domain", f"it is longer than {MAX_CHARACTERS} characters", "shorten it, or split it into two projects"
        )
    for number, line in enumerate(re.split(r"\r\n|\r|\n", source), 1):
        if not line.isprintable() and (character := invisible_in(line.replace("\t", " "))):
            raise report.fatal(f"line {number}", f"it holds a control character ({character})", "remove the character")


def _line(event: yaml.Event) -> str:
    return f"line {getattr(event.start_mark, 'line', 0) + 1}"


def _unique(pairs: list[tuple[Scalar, Node]], path: tuple[str, ...], report: Report) -> tuple[tuple[Scalar, Node], ...]:
    kept: dict[str, tuple[Scalar, Node]] = {}
    for key, value in pairs:
        if key.text in kept:
            report.add(place(*path, key.text), "this name is written twice", "remove or rename one of the two")
        else:
            kept[key.text] = (key, value)
    return tuple(kept.values())


def _from_python(value: object, path: tuple[str, ...], report: Report) -> Node:
    """Build the same tree from values that a YAML or JSON loader made."""
    if len(path) > MAX_DEPTH:
        raise report.fatal(place(*path[:3]), f"this is nested deeper than {MAX_DEPTH} levels", "make it flatter")
    if isinstance(value, dict):
        pairs = []
        for key, item in value.items():
            name = _from_python(key, path, report)
            if not isinstance(name, Scalar):
                raise report.fatal(place(*path), "a key must be a single name", "put the key in quotes")
            pairs.append((name, _from_python(item, (*path, name.text), report)))
        return Mapping(_unique(pairs, path, report))
    if isinstance(value, list | tuple):
        return Sequence(tuple(_from_python(item, (*path, ""), report) for item in value))
    if value is None:
        return Scalar("null")
    if isinstance(value, str):
        return Scalar(value, quoted=True)
    if isinstance(value, bool):
        return Scalar(str(value).lower())
    if isinstance(value, date):
        return Scalar(value.isoformat())
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= 256):
        return Scalar(repr(value))
    raise report.fatal(
        place(*path), f"a value of the kind {type(value).__name__} has no place here", "write it as text in quotes"
    )


class DomainTextExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
