"""What is wrong with keys and events is found when processes die: the code is broken in one place at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import template
from emitted.breaking_kill import VIOLATIONS
from emitted.test_kill import ROWS as SOUND
from emitted.test_kill import faults

ROWS = SOUND[:1]
KILLS = 6
ROUNDS = 3
"""A kill finds something only where it comes at the wrong moment."""


@pytest.mark.parametrize("broken", VIOLATIONS)
def test_a_broken_promise_is_found(
    row: template.Row, repository: Path, migrated: Callable[[], dict[str, str]], tmp_path: Path, broken: str
) -> None:
    violation = VIOLATIONS[broken]
    source = violation.planted(repository / "src", tmp_path / "src")

    found: list[str] = []
    for seed in range(ROUNDS):
        chance = random.Random(seed)  # noqa: S311 - what is random is when a process dies
        found += faults(row, repository, migrated(), chance, KILLS, source)
        if any(violation.found in fault for fault in found):
            return

    pytest.fail(f"nothing of the kind was found, but {found}")
