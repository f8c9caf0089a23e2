"""Patterns mean the same in Python, in ECMAScript (OpenAPI) and in the languages to come, or are refused."""

from __future__ import annotations

import re

from copier_template_extensions.domain_model import RuleError
from jinja2.ext import Extension

MAX_CHARACTERS = 500
MAX_REPEATS = 1000
TOKEN = re.compile(
    r"""
      (?P<escape>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)?)
    | (?P<set>\[\^?(?:\\.|[^\]\\])*\]?)
    | (?P<group>\((?:\?(?:<[=!]|P?<|.)?)?)
    | (?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??\+?)
    | (?P<assertion>[$^])
    | (?P<brace>[{}\]])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
SET_ITEM = re.compile(r"(?P<escape>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.))|(?P<other>.)", re.DOTALL)
CLASSES = frozenset("dDwWsStnrfv")
SYNTAX = frozenset(r"^$\.*+?()[]{}|/")
GROUPS = {
    "(?<=": "a look-behind (?<=…)",
    "(?<!": "a look-behind (?<!…)",
    "(?P<": "a named group (?P<…>)",
    "(?<": "a named group (?<…>)",
    "(?P": "a named group (?P…)",
    "(?>": "an atomic group (?>…)",
    "(?#": "a comment (?#…)",
    "(?(": "a condition (?(…)…)",
}


def check_pattern(pattern: str) -> None:
    """Raise `RuleError` where the pattern is no regular expression, or not the same one in all languages."""
    if not pattern:
        raise RuleError("the pattern is empty", "remove it, or write one")
    if len(pattern) > MAX_CHARACTERS:
        raise RuleError(f"the pattern is longer than {MAX_CHARACTERS} characters", "shorten it")
    before = ""
    groups: list[str] = []
    for match in TOKEN.finditer(pattern):
        kind, part = match.lastgroup or "", match.group()
        if kind == "escape":
            _check_escape(part, in_set=False)
            kind = "assertion" if part in {r"\b", r"\B"} else kind
        elif kind == "set":
            _check_set(part)
        elif kind == "group" and part not in {"(", "(?:", "(?=", "(?!"}:
            raise RuleError(
                f"the pattern holds {GROUPS.get(part, 'a flag (?…)')}", "use ( ), (?: ), (?= ) or (?! ) alone"
            )
        elif kind == "group":
            groups.append(part)
        elif part == ")" and groups:
            kind = "assertion" if groups.pop() in {"(?=", "(?!"} else kind
        elif kind == "repeat":
            _check_repeat(part, before)
        elif kind == "brace":
            raise RuleError(f"the pattern holds a lone {part}", f"write \\{part}")
        before = kind
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise RuleError(f"the pattern is no regular expression ({error})", "correct it") from error


def _check_escape(part: str, in_set: bool) -> None:
    character = part[1:2]
    if part[1:2].isdigit():
        raise RuleError(
            f"the pattern holds a backreference or an octal number ({part})", "repeat the text, or write \\xHH"
        )
    if character in CLASSES or character in SYNTAX or len(part) > 2 or (character == "-" and in_set):
        return
    if character in {"b", "B"} and not in_set:
        return
    if character in {"A", "Z", "z"}:
        raise RuleError(f"the pattern holds {part}, which not every language knows", "use ^ and $")
    raise RuleError(f"the pattern holds {part}, which not every language knows", "write the character itself, or \\xHH")


def _check_set(part: str) -> None:
    inner = part.removeprefix("[").removeprefix("^")
    if inner.startswith("]"):
        raise RuleError("the pattern holds a set that begins with ]", "write \\] inside of [ ]")
    if not inner.endswith("]"):
        raise RuleError("the pattern holds a [ without its ]", "close the set, or write \\[")
    inner = inner[:-1]
    for match in SET_ITEM.finditer(inner):
        if match.lastgroup == "escape":
            _check_escape(match.group(), in_set=True)
        elif match.group() == "[":
            raise RuleError("the pattern holds a [ inside of a set", "write \\[")
    for pair in ("--", "&&", "||", "~~"):
        if pair in inner:
            raise RuleError(
                f"the pattern holds {pair} inside of a set, which languages read differently",
                f"write {pair[0]} once, or \\{pair[0]}",
            )


def _check_repeat(part: str, before: str) -> None:
    if len(part) > 1 and part.endswith("+") and not part.startswith("\\"):
        raise RuleError(f"the pattern holds a possessive quantifier ({part})", "remove the last +")
    if before in {"assertion", "repeat", "", "group"}:
        raise RuleError(
            f"the pattern holds a {part} with nothing to repeat", f"write \\{part} for the character itself"
        )
    if any(int(number[:9]) > MAX_REPEATS for number in re.findall("[0-9]+", part)):
        raise RuleError(f"the pattern repeats more than {MAX_REPEATS} times ({part})", "use min and max for the length")


class DomainPatternExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
