"""A few combinations that stand for all, in three sizes: what is rendered, what CI tries in full, what a night does.

What they stand for are answers that occur together: two of them, or three. Where two answers may meet, they meet in one
of the combinations.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Collection, Iterable, Sequence

import template

Met = frozenset[tuple[str, str]]
Meetings = Callable[[template.Row], frozenset[Met]]

AXES = ("architecture", "framework", "database", "auth")
"""The axes of the stack that are open; the broker follows from the architecture."""

LARGEST = "museum"
"""The sample with most of everything."""

CHANCE = 849
"""Where the choice between equals begins: with this one, few rows are enough and samples meet many methods."""


def together(row: template.Row, *names: str) -> Met:
    """Return the answers of a row to these questions."""
    return frozenset((name, getattr(row, name)) for name in names)


def pairs(row: template.Row) -> frozenset[Met]:
    """Return each two choices of a row, and the sample with each choice but that of the authentication.

    A sample that needs accounts meets every method that has them in what is rendered.
    """
    choices = (together(row, *two) for two in itertools.combinations(AXES, 2))
    return frozenset((*choices, *(together(row, "sample", axis) for axis in AXES if axis != "auth")))


def all_pairs(row: template.Row) -> frozenset[Met]:
    """Return each two answers of a row, the sample among them."""
    return frozenset(together(row, *two) for two in itertools.combinations((*AXES, "sample"), 2))


def triples(row: template.Row) -> frozenset[Met]:
    """Return what a night is about: architecture, framework and authentication together, and each two answers."""
    return all_pairs(row) | {together(row, "architecture", "framework", "auth")}


def of_each_sample(row: template.Row) -> frozenset[Met]:
    """Return each two choices of a row together with its sample."""
    return frozenset(together(row, "sample", *two) for two in itertools.combinations(AXES, 2))


def cover(
    rows: Iterable[template.Row], first: Sequence[template.Row], meetings: Meetings, chance: int = CHANCE
) -> tuple[template.Row, ...]:
    """Return few rows, those of `first` among them, in which all occurs that meets in any row.

    Each next row is the one that brings most; among equals one whose answers were chosen least often, so that no
    technology is tried much more than another, and then by chance, which is the same each time.
    """
    rows = list(rows)
    bits: dict[Met, int] = {}
    masks = {row: _mask(meetings(row), bits) for row in rows}
    chosen = _chosen(rows, first, masks, random.Random(chance))  # noqa: S311 - a repeatable choice, no secret
    return _needed(chosen, len(first), masks)


def _mask(met: Collection[Met], bits: dict[Met, int]) -> int:
    return sum(1 << bits.setdefault(one, len(bits)) for one in sorted(met, key=sorted))


def _chosen(
    rows: list[template.Row], first: Sequence[template.Row], masks: dict[template.Row, int], chance: random.Random
) -> list[template.Row]:
    missing = functools.reduce(int.__or__, masks.values(), 0)
    chosen: list[template.Row] = []
    times: dict[tuple[str, str], int] = {}
    waiting = [*first]
    while missing or waiting:
        if waiting:
            row = waiting.pop(0)
        else:
            most = max((missing & masks[row]).bit_count() for row in rows)
            best = [row for row in rows if (missing & masks[row]).bit_count() == most]
            least = min(sum(times.get(answer, 0) for answer in _answers(row)) for row in best)
            row = chance.choice([row for row in best if sum(times.get(a, 0) for a in _answers(row)) == least])
        chosen.append(row)
        missing &= ~masks[row]
        for answer in _answers(row):
            times[answer] = times.get(answer, 0) + 1
    return chosen


def _answers(row: template.Row) -> list[tuple[str, str]]:
    return [*row.choices.items(), ("sample", row.sample)]


def _needed(rows: list[template.Row], first: int, masks: dict[template.Row, int]) -> tuple[template.Row, ...]:
    """Leave out rows of which all occurs in others; those that had to be there stay."""
    needed = list(rows)
    for row in reversed(rows[first:]):
        others = [other for other in needed if other is not row]
        rest = functools.reduce(int.__or__, (masks[other] for other in others), 0)
        if not masks[row] & ~rest:
            needed = others
    return tuple(needed)


@functools.cache
def rows() -> tuple[template.Row, ...]:
    """Return the rows that are set up, checked, tested, started and held to the contract in CI."""
    return cover(template.rows(), [template.row()], pairs)


@functools.cache
def nightly() -> tuple[template.Row, ...]:
    """Return the rows that a night tries in full."""
    return cover(template.rows(), [template.row()], triples)


@functools.cache
def rendered() -> tuple[template.Row, ...]:
    """Return the rows that are rendered and looked at in every run.

    These are every combination with its richest sample, the preferred authentication with the largest sample as well,
    and of the others as many as it takes that each two choices meet in each sample.
    """
    largest = (template.PREFERRED["auth"], LARGEST)
    everything = [
        row for row in template.rows() if row.sample == row.richest_sample or (row.auth, row.sample) == largest
    ]
    return tuple(sorted(cover(template.rows(), everything, of_each_sample), key=template.rows().index))
