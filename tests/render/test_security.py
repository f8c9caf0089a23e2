"""The page on security claims what tests show, and leaves no requirement out."""

from __future__ import annotations

import pytest

import security_rules
import template
from rendering import Rendered

TRACE = template.extension("security_trace")
CHAPTERS = TRACE.chapters()


def numbers() -> set[str]:
    """Return the number of every requirement of the standards, levels 1 and 2."""
    leveled = {number for chapter in CHAPTERS.values() for number in TRACE.levels_of(chapter)}
    return leveled | {f"API{number}" for number in range(1, 11)}


def documented() -> set[str]:
    """Return the numbers of those that some stack answers by a document."""
    return {
        number
        for chapter in CHAPTERS.values()
        for entry in chapter["requirements"]
        if "documented" in entry or any("documented" in case for case in entry.get("cases", ()))
        for number in TRACE.numbers_of(entry)
    }


def test_the_standards_are_whole() -> None:
    levels = [level for chapter in CHAPTERS.values() for level in TRACE.levels_of(chapter).values()]

    assert (levels.count(1), levels.count(2)) == (70, 183)  # as ASVS 5.0.0 counts them


def test_what_is_claimed_is_there(emitted: Rendered) -> None:
    assert security_rules.dead_references(emitted.files) == []


def test_every_requirement_is_answered_once(emitted: Rendered) -> None:
    page = emitted.text(security_rules.PAGE)

    assert security_rules.unanswered(page, numbers()) == []
    assert security_rules.unshown(page, documented()) == []


PYPROJECT = '[tool.ruff.lint]\nselect = ["E", "S"]\nignore = ["S101"]\n'
TESTS = "def test_eggs(): ...\nclass TestHam:\n    async def test_spam(self): ...\n"


@pytest.mark.parametrize(
    "claim",
    [
        "[`test_ham`](../tests/test_a.py)",
        "[`test_spam`](../tests/test_a.py)",
        "[`TestEggs.test_spam`](../tests/test_a.py)",
        "[`test_eggs`](../tests/test_b.py)",
        "[`S101`](../pyproject.toml)",
        "[`B012`](../pyproject.toml)",
    ],
)
def test_a_dead_reference_is_found(claim: str) -> None:
    good = "[`test_eggs`](../tests/test_a.py) [`TestHam.test_spam`](../tests/test_a.py) [`S608`](../pyproject.toml)"
    files = {"tests/test_a.py": TESTS, "pyproject.toml": PYPROJECT, security_rules.PAGE: good}

    assert security_rules.dead_references({path: text.encode() for path, text in files.items()}) == []
    files[security_rules.PAGE] = claim
    assert security_rules.dead_references({path: text.encode() for path, text in files.items()}) != []


@pytest.mark.parametrize(
    "page",
    [
        "- **V1.1.1 (1)**: no.\n",
        "- **V1.1.1 (1)**: no.\n| V1.1.1 (1), V1.1.2 (2) | a | b | c | d |\n",
        "- **V1.1.1 (1)**: no.\n| V1.1.2 (2), V1.1.3 (2) | why |\n",
    ],
)
def test_a_requirement_that_is_left_out_or_made_up_is_found(page: str) -> None:
    whole = "- **V1.1.1 (1)**: no.\n| V1.1.2 (2) | why |\n"

    assert security_rules.unanswered(whole, {"V1.1.1", "V1.1.2"}) == []
    assert security_rules.unanswered(page, {"V1.1.1", "V1.1.2"}) != []


def test_a_claim_without_a_test_is_found() -> None:
    row = "| V1.1.1 (1) | asked | here | [a.py](../a.py) | {} |\n| V1.1.2 | why |\n| V1.1.3 | why |\n"

    assert security_rules.unshown(row.format("written down"), set()) == ["V1.1.1"]
    assert security_rules.unshown(row.format("written down"), {"V1.1.1"}) == []
    assert security_rules.unshown(row.format("[`test_a`](../test_a.py)"), set()) == []
