"""A few combinations that stand for all: every pair of answers that may occur together occurs in one of them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable

import template

Pair = frozenset[tuple[str, str]]

FIRST = {"architecture": "monolith", "framework": "fastapi", "database": "sqlite", "sample": "shop"}
"""The combination that is always there: what the questionnaire proposes."""


def pairs(row: template.Row) -> frozenset[Pair]:
    """Return each two answers of a row, the sample among them."""
    answers = {**row.choices, "sample": row.sample}
    return frozenset(frozenset(two) for two in itertools.combinations(answers.items(), 2))


def cover(rows: Iterable[template.Row], first: template.Row) -> tuple[template.Row, ...]:
    """Return few rows, `first` among them, in which every pair of all rows occurs.

    Each next row is the one that brings most new pairs; among equals one whose answers were chosen least often, so
    that no technology is tried much more than another.
    """
    rows = list(rows)
    missing = set().union(*map(pairs, rows))
    chosen: list[template.Row] = []
    times: dict[tuple[str, str], int] = {}
    row = first
    while True:
        chosen.append(row)
        missing -= pairs(row)
        for answer in _answers(row):
            times[answer] = times.get(answer, 0) + 1
        if not missing:
            return _needed(chosen)
        row = max(rows, key=lambda row: (len(missing & pairs(row)), -sum(times.get(a, 0) for a in _answers(row))))


def _answers(row: template.Row) -> list[tuple[str, str]]:
    return [*row.choices.items(), ("sample", row.sample)]


def _needed(rows: list[template.Row]) -> tuple[template.Row, ...]:
    """Leave out rows whose pairs all occur in others; the first one stays."""
    needed = list(rows)
    for row in reversed(rows[1:]):
        others = [other for other in needed if other is not row]
        if pairs(row) <= frozenset().union(*map(pairs, others)):
            needed = others
    return tuple(needed)


@functools.cache
def rows() -> tuple[template.Row, ...]:
    """Return the rows that are set up, checked, tested, started and held to the contract in CI."""
    return cover(template.rows(), template.row(**FIRST))
