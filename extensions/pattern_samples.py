"""Texts that match a regular expression: the tree of the expression is walked, and each part says what it may be.

Only what the domain language allows in a pattern is known. Look-aheads and word boundaries are not obeyed here, so
whoever asks tries the texts with the expression itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from jinja2.ext import Extension

WIDEST = 12
"""How many values of one part are tried: more of them hardly make other texts."""

MOST_TRIED = 20_000
"""How many texts are tried before the pattern is taken for one that nothing matches."""

MOST_REPEATS = 3
"""How many more times than needed a part is repeated."""

ALPHABET = "".join(map(chr, range(ord("a"), ord("z") + 1)))
DIGITS = "0123456789"
VISIBLE = "".join(map("".join, zip(ALPHABET, ALPHABET.upper(), DIGITS * 3, strict=False))) + "-_.!?+*/#"
"""Letters and digits take turns, so that rules such as "one of each" are soon satisfied."""

CATEGORIES = {
    sre.CATEGORY_DIGIT: DIGITS,
    sre.CATEGORY_WORD: ALPHABET + DIGITS + "_",
    sre.CATEGORY_SPACE: " ",
}


def texts_matching(pattern: str, shortest: int = 0) -> Iterator[str]:
    """Yield distinct texts in which the pattern is found, of at least `shortest` characters."""
    tree = list(parser.parse(pattern, re.ASCII))
    seen: set[str] = set()
    for extra in (*range(MOST_REPEATS + 1), shortest):
        for text in islice(_sequences(tree, extra), MOST_TRIED):
            for candidate in _lengthened(text, shortest):
                if candidate not in seen and re.search(pattern, candidate, re.ASCII):
                    seen.add(candidate)
                    yield candidate


def _lengthened(text: str, shortest: int) -> Iterator[str]:
    """Yield the text, or where it is too short what becomes of it when its last letter or another is repeated."""
    missing = shortest - len(text)
    if missing <= 0:
        yield text
        return
    yield text + text[-1:] * missing
    yield text + "x" * missing


def _sequences(nodes: Sequence[Any], extra: int) -> Iterator[str]:
    """Yield concatenations of what the parts may be: the last part changes fastest."""
    if not nodes:
        yield ""
        return
    first, rest = nodes[0], nodes[1:]
    width = WIDEST if any(node[0] is not sre.AT for node in rest) else 50 * WIDEST
    for head in islice(_part(first, extra), width):
        for tail in _sequences(rest, extra):
            yield head + tail


def _part(node: Any, extra: int) -> Iterator[str]:
    kind, argument = node
    if kind is sre.LITERAL:
        yield chr(argument)
    elif kind is sre.NOT_LITERAL:
        yield from (character for character in VISIBLE if ord(character) != argument)
    elif kind is sre.ANY:
        yield from VISIBLE
    elif kind is sre.IN:
        yield from _set(argument)
    elif kind is sre.BRANCH:
        yield from _in_turns([_sequences(branch, extra) for branch in argument[1]])
    elif kind is sre.SUBPATTERN:
        yield from _sequences(argument[-1], extra)
    elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, inner = argument
        yield from _repeated(list(inner), least, min(least + max(extra, 0), most))
    else:
        yield ""  # an anchor, a boundary or a look-ahead takes no room


def _repeated(inner: list[Any], least: int, most: int) -> Iterator[str]:
    for times in dict.fromkeys((most, least)):
        values = list(islice(_sequences(inner, 1), WIDEST))
        if not values or times == 0:
            yield ""
        for number in range(len(values) ** min(times, 3)):
            parts = []
            for _ in range(times):
                number, position = divmod(number, len(values))
                parts.append(values[position])
            yield "".join(reversed(parts))


def _set(items: Sequence[Any]) -> Iterator[str]:
    negated = items[0][0] is sre.NEGATE
    allowed = list(chain.from_iterable(_set_item(item) for item in items[negated:]))
    yield from (character for character in VISIBLE if character not in allowed) if negated else allowed


def _set_item(item: Any) -> Iterator[str]:
    kind, argument = item
    if kind is sre.LITERAL:
        yield chr(argument)
    elif kind is sre.RANGE:
        yield from map(chr, range(argument[0], min(argument[1], argument[0] + 100) + 1))
    elif kind is sre.CATEGORY:
        yield from CATEGORIES.get(argument, VISIBLE)


def _in_turns(iterators: list[Iterator[str]]) -> Iterator[str]:
    """Yield from each in turn, until all are exhausted."""
    while iterators:
        for iterator in list(iterators):
            try:
                yield next(iterator)
            except StopIteration:
                iterators.remove(iterator)


class PatternSamplesExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
