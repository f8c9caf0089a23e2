"""The domain as data: what `domain.parse` gives back, and the problems that it reports."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from jinja2.ext import Extension

SHOWN_CHARACTERS = 60
SENTENCE_CHARACTERS = 500
# What turns the direction of text, cannot be seen at all, or is no character.
TREACHEROUS = frozenset("\u200b\ufeff\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Bound = int | Decimal | float | date | datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a domain: where it is, what is wrong, and what would be right."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Return one line."""
        end = "" if self.remedy.endswith(("?", ".")) else "."
        return f"{self.where}: {self.what}; {self.remedy}{end}"


class DomainError(ValueError):
    """A domain that cannot be rendered. Holds every problem; `str()` gives one line for each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep all problems."""
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        """Return one line for each problem."""
        return "\n".join(str(problem) for problem in self.problems)


class RuleError(ValueError):
    """A broken rule at a place that only the caller knows."""

    def __init__(self, what: str, remedy: str) -> None:
        """Keep what is wrong, and what would be right."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class Report:
    """Collects problems, so that a person sees all of them at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self.problems: list[Problem] = []

    def add(self, where: str, what: str, remedy: str) -> None:
        """Remember one problem."""
        self.problems.append(Problem(_visible(where), _visible(what), _visible(remedy)))

    def error(self, where: str, error: RuleError) -> None:
        """Remember a broken rule, now that its place is known."""
        self.add(where, error.what, error.remedy)

    def fatal(self, where: str, what: str, remedy: str) -> DomainError:
        """Remember a problem and return the error to raise at once: nothing further can be read."""
        self.add(where, what, remedy)
        return DomainError(tuple(self.problems))

    def raise_if_any(self) -> None:
        """Raise `DomainError` with all problems, where there are some."""
        if self.problems:
            raise DomainError(tuple(self.problems))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an entity.

    `min` and `max` bound the length of `string`, `text`, `email` and `url`, and the value of all other types.
    `default` and `example` are typed: str, int, Decimal (at the scale of the field), float, bool, date,
    datetime (aware, UTC), canonical UUID as str, JSON value, enum member as str; or None where the field is optional.
    `pattern` means what `re.search(pattern, value, re.ASCII)` means, and the same in ECMAScript.
    """

    name: str
    type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    members: tuple[str, ...] = ()
    target: tuple[str, str] | None = None
    optional: bool = False
    unique: bool = False
    indexed: bool = False
    min: Bound | None = None
    max: Bound | None = None
    has_default: bool = False
    default: object = field(default=None, hash=False)
    pattern: str | None = None
    description: str | None = None
    has_example: bool = False
    example: object = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of thing that the service keeps: a collection in the API, a table in the database."""

    name: str
    module: str
    plural: str
    owned: bool
    description: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Listen:
    """A module's wish to run `function` whenever `event` happens."""

    event: str
    function: str


@dataclass(frozen=True, slots=True)
class Module:
    """A bounded context with its entities."""

    name: str
    description: str | None
    entities: tuple[Entity, ...]
    listens: tuple[Listen, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """What some accounts may beside what every member may: entities by name, `user` for accounts.

    Of an owned entity `reads` and `writes` mean the rows of everybody. What may be written may be read.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """All modules but `users`, the fields that the domain adds to an account, and the roles beside member and admin."""

    modules: tuple[Module, ...] = ()
    account_fields: tuple[Field, ...] = ()
    roles: tuple[Role, ...] = ()


def shown(text: str) -> str:
    """Return the text in quotes as a message can hold it: short, on one line, nothing invisible."""
    return f'"{_visible(text, SHOWN_CHARACTERS)}"'


def _visible(text: str, characters: int = SENTENCE_CHARACTERS) -> str:
    short = text if len(text) <= characters else text[: characters - 1] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def invisible_in(text: str) -> str | None:
    """Return the first character that could break a line, a file or a terminal, as `U+000A`, or None."""
    if text.isprintable():
        return None
    for character in text:
        if character in TREACHEROUS or unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"}:
            return f"U+{ord(character):04X}"
    return None


def require_plain(word: str, text: str) -> None:
    """Raise `RuleError` where the text (named by `word`) holds a line break or another control character."""
    if character := invisible_in(text):
        raise RuleError(
            f"{word} holds a line break or control character ({character})", "write it on one line without it"
        )


class DomainModelExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
