"""The short form of a field, `TYPE(arguments)? word word=value`, to its parts."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from copier_template_extensions.domain_model import RuleError, require_plain, shown
from copier_template_extensions.domain_text import Node, Scalar
from copier_template_extensions.domain_values import Shape
from jinja2.ext import Extension

TYPES = (
    "string",
    "text",
    "integer",
    "decimal",
    "float",
    "boolean",
    "date",
    "datetime",
    "uuid",
    "email",
    "url",
    "json",
    "enum",
    "ref",
)
ALIASES = {
    **dict.fromkeys(("str", "varchar", "char"), "string"),
    **dict.fromkeys(("int", "bigint", "long", "number"), "integer"),
    **dict.fromkeys(("money", "numeric"), "decimal"),
    **dict.fromkeys(("double", "real"), "float"),
    **dict.fromkeys(("bool", "flag"), "boolean"),
    **dict.fromkeys(("timestamp", "time"), "datetime"),
    **dict.fromkeys(("object", "dict", "list", "array", "map"), "json"),
    **dict.fromkeys(("reference", "fk", "foreign", "belongs_to"), "ref"),
    "mail": "email",
    "guid": "uuid",
    "uri": "url",
}
FORMS = {"string": "string(80)", "decimal": "decimal(10,2)", "enum": "enum(draft, active)", "ref": "ref(entity)"}
FLAGS = ("unique", "indexed")
WORDS = (*FLAGS, "min", "max", "default", "pattern", "description", "example")

MAX_LENGTH = 4000
MAX_PRECISION = 38
MAX_MEMBERS = 100
MAX_MEMBER_CHARACTERS = 60

TYPE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)")
WORD = re.compile(r"([^\s=]+)(=?)")
COUNT = re.compile(r"0|[1-9][0-9]{0,8}")
SPACE = re.compile(r"\s*")
BARE = re.compile(r"\S*")
ARGUMENT = re.compile(r"[^,)]*")


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return `did you mean "…"?`, or else the other remedy."""
    close = difflib.get_close_matches(word, list(known), n=1) if len(word) <= 60 else []
    return f'did you mean "{close[0]}"?' if close else otherwise


def type_of(text: str) -> tuple[Shape, bool, int]:
    """Read a type: its shape, whether a ? follows, and where the rest of the text begins. Raises `RuleError`."""
    match = TYPE.match(text)
    if not match:
        raise RuleError(f"{shown(text)} does not begin with a type", f"the types are {', '.join(TYPES)}")
    name, at = match[1], match.end()
    if name not in TYPES:
        known = suggestion(name.lower(), TYPES, f"the types are {', '.join(TYPES)}")
        meant = ALIASES.get(name.lower())
        raise RuleError(f"there is no type {shown(name)}", f'did you mean "{meant}"?' if meant else known)
    arguments: list[str] | None = None
    if text[at : at + 1] == "(":
        arguments, at = _arguments(text, at + 1)
    shape = _shape(name, arguments)
    optional = text[at : at + 1] == "?"
    at += optional
    if at < len(text) and not text[at].isspace():
        raise RuleError(f"{shown(text[at:])} stands right behind the type", "put a space between them")
    return shape, optional, at


def _arguments(text: str, at: int) -> tuple[list[str], int]:
    arguments: list[str] = []
    while True:
        _, at = _upto(SPACE, text, at)
        if text[at : at + 1] in {'"', "'"}:
            argument, at = _quoted(text, at)
            _, at = _upto(SPACE, text, at)
        else:
            argument, at = _upto(ARGUMENT, text, at)
            argument = argument.rstrip()
        arguments.append(argument)
        mark = text[at : at + 1]
        if mark not in {",", ")"}:
            raise RuleError("a ( of the type has no )", "close it")
        at += 1
        if mark == ")":
            return ([] if arguments == [""] else arguments), at


def modifiers_of(text: str, at: int) -> dict[str, Node]:
    """Read the modifiers from a place of the text on: word -> value (`true` for a flag). Raises `RuleError`."""
    words: dict[str, Node] = {}
    while (at := _upto(SPACE, text, at)[1]) < len(text):
        match = WORD.match(text, at)
        if not match:
            raise RuleError(f"{shown(text[at:])} has no word before its =", "write it without spaces, like min=0")
        word, at = match[1], match.end()
        value: Scalar | None = None
        if match[2]:
            value, at = _value(text, at)
        _check_word(word, value)
        if word in words:
            raise RuleError(f'"{word}" is written twice', "remove one of the two")
        words[word] = value or Scalar("true")
    return words


def _value(text: str, at: int) -> tuple[Scalar, int]:
    if text[at : at + 1] in {'"', "'"}:
        value, at = _quoted(text, at)
        if at < len(text) and not text[at].isspace():
            raise RuleError(
                f"{shown(text[at:])} stands right behind a quote",
                "put a space between them, or a \\ before a quote that belongs to the text",
            )
        return Scalar(value, quoted=True), at
    value, at = _upto(BARE, text, at)
    return Scalar(value), at


def _check_word(word: str, value: Scalar | None) -> None:
    if word in {"?", "optional", "nullable", "null"}:
        raise RuleError(
            f"{shown(word)} is no modifier", "for an optional field write ? right after the type, like text?"
        )
    if word not in WORDS:
        if word.startswith("("):
            raise RuleError(f"{shown(word)} stands apart from its type", "write it without a space, like string(80)")
        raise RuleError(
            f"there is no modifier {shown(word)}", suggestion(word, WORDS, f"the modifiers are {', '.join(WORDS)}")
        )
    if word in FLAGS and value is not None:
        raise RuleError(f'"{word}" takes no value', f"write {word} alone")
    if word not in FLAGS and (value is None or value.empty):
        raise RuleError(f'"{word}" has no value', f"write {word}=… without spaces")


def _quoted(text: str, at: int) -> tuple[str, int]:
    quote = text[at]
    characters: list[str] = []
    at += 1
    while at < len(text):
        character = text[at]
        if character == quote:
            return "".join(characters), at + 1
        if character == "\\" and text[at + 1 : at + 2] in {quote, "\\"}:
            at += 1
            character = text[at]
        characters.append(character)
        at += 1
    raise RuleError(f"a quote ({quote}) is not closed", f"close it, or write \\{quote} for the character itself")


def _upto(pattern: re.Pattern[str], text: str, at: int) -> tuple[str, int]:
    """Return what the pattern matches from there on, be it empty, and where that ends."""
    end = match.end() if (match := pattern.match(text, at)) else at
    return text[at:end], end


def _shape(name: str, arguments: list[str] | None) -> Shape:
    if name not in FORMS:
        if arguments is not None:
            raise RuleError(f"the type {name} takes nothing in ( )", f"write {name}")
        return Shape(name)
    if not arguments:
        hint = ", or text for a long one" if name == "string" else ""
        raise RuleError(f"the type {name} says nothing in ( )", f"write it like {FORMS[name]}{hint}")
    if name == "enum":
        _check_members(arguments)
        return Shape(name, members=tuple(arguments))
    if name == "ref":
        if len(arguments) != 1 or not arguments[0]:
            raise RuleError("a reference has one target", "write it like ref(entity) or ref(module.entity)")
        return Shape(name, target=arguments[0])
    counts = [int(argument) if COUNT.fullmatch(argument) else -1 for argument in arguments]
    if name == "string":
        if len(counts) != 1 or not 1 <= counts[0] <= MAX_LENGTH:
            raise RuleError(
                f"the length of a string is a number from 1 to {MAX_LENGTH}",
                "write it like string(80), or text for a long one",
            )
        return Shape(name, length=counts[0])
    if len(counts) != 2 or not 1 <= counts[0] <= MAX_PRECISION or not 0 <= counts[1] <= counts[0]:
        raise RuleError(
            f"a decimal has up to {MAX_PRECISION} digits, and not more than these after the point",
            "write it like decimal(10,2)",
        )
    return Shape(name, precision=counts[0], scale=counts[1])


def _check_members(members: list[str]) -> None:
    if len(members) > MAX_MEMBERS:
        raise RuleError(
            f"an enum has {len(members)} members, where {MAX_MEMBERS} are allowed", "make it an entity of its own"
        )
    seen: dict[str, str] = {}
    for member in members:
        require_plain("a member", member)
        if not member.strip() or member != member.strip() or len(member) > MAX_MEMBER_CHARACTERS:
            raise RuleError(
                f"{shown(member)} is no member",
                f"members are texts of 1 to {MAX_MEMBER_CHARACTERS} visible characters, separated by one comma",
            )
        folded = unicodedata.normalize("NFC", member).casefold()
        if folded in seen:
            raise RuleError(
                f"the members {shown(seen[folded])} and {shown(member)} are the same but for their case",
                "remove or rename one of the two",
            )
        seen[folded] = member


class DomainSyntaxExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
