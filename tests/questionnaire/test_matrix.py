"""The ledger of combinations lists what is offered, and the rows that stand for all of them do."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import covering
import matrix
import template
from matrix import Entry

PAGE = matrix.PAGE.read_text(encoding="utf-8")
PASSED = Entry("2026-11-21", "0123456789", "passed", "93")


def test_the_ledger_lists_what_is_offered_and_nothing_else() -> None:
    assert list(matrix.ledger(PAGE)) == [stack.id for stack in template.stacks()]
    assert matrix.page() == PAGE, "run `make docs`"


def test_every_entry_says_when_of_what_and_how() -> None:
    for name, entry in matrix.ledger(PAGE).items():
        if entry != Entry():
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry.day), name
            assert re.fullmatch(r"[0-9a-f]{7,40}\+?", entry.template), name
            assert entry.result == "passed" or entry.result.startswith("failed: "), name
            assert entry.seconds.isdecimal(), name


def test_a_page_keeps_what_it_said_and_forgets_what_is_gone() -> None:
    name = template.stacks()[3].id
    text = matrix.written({name: PASSED, "monolith-papyrus-stone": PASSED})

    entries = matrix.ledger(text)
    assert entries[name] == PASSED
    assert "monolith-papyrus-stone" not in entries
    assert set(entries.values()) == {PASSED, Entry()}
    assert matrix.written(entries) == text


def test_a_line_is_written_after_each_combination(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = (stack.id for stack in template.stacks()[:2])
    outcomes = {first: PASSED, second: Entry("2026-11-22", "0123456789+", "failed: its checks pass", "5")}
    seen: list[dict[str, Entry]] = []

    def tried(stack: template.Stack) -> Entry:
        seen.append(matrix.ledger(matrix.PAGE.read_text(encoding="utf-8")) if matrix.PAGE.is_file() else {})
        return outcomes[stack.id]

    monkeypatch.setattr(matrix, "ROOT", tmp_path)
    monkeypatch.setattr(matrix, "PAGE", tmp_path / "matrix.md")
    monkeypatch.setattr(matrix, "tried", tried)
    monkeypatch.setenv("ROWS", f"{first} {second}")

    assert matrix.main() == 1
    assert seen[0] == {}
    assert seen[1][first] == PASSED
    assert matrix.ledger(matrix.PAGE.read_text(encoding="utf-8"))[second].result == "failed: its checks pass"


def test_a_pattern_that_names_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROWS", "monolith-papyrus-*")

    assert matrix.main() == 2
    said = capsys.readouterr().err
    assert 'ROWS: "monolith-papyrus-*" names no combination' in said
    assert template.stacks()[0].id in said


def test_names_are_short_and_tell_combinations_apart() -> None:
    names = [row.id for row in template.rows()]

    assert len(set(names)) == len(names)
    assert "monolith-fastapi-sqlite-jwt-shop" in names
    assert matrix.asked(["*-flask-*"]) == [stack for stack in template.stacks() if stack.framework == "flask"]


QUESTIONS = (*template.AXES, "sample")
SAMPLE_AND_AUTH = {"sample", "auth"}


def met(rows: Iterable[template.Row], count: int) -> set[frozenset[tuple[str, str]]]:
    """Return the answers that occur together in one of these rows, so many of them; without the rows' own words."""
    found = set()
    for row in rows:
        answers = [(question, getattr(row, question)) for question in QUESTIONS]
        found |= {frozenset(together) for together in itertools.combinations(answers, count)}
    return found


def of(answers: frozenset[tuple[str, str]]) -> set[str]:
    """Return the questions that answers are of."""
    return {question for question, _ in answers}


def needed_pairs() -> set[frozenset[tuple[str, str]]]:
    """Return each two answers that CI tries together: all but a sample with a method, which are rendered together."""
    return {pair for pair in met(template.rows(), 2) if of(pair) != SAMPLE_AND_AUTH}


def test_the_rows_of_ci_cover_every_pair() -> None:
    chosen = covering.rows()

    assert needed_pairs() <= met(chosen, 2)
    assert set(chosen) <= set(template.rows())
    assert template.row() in chosen
    assert len(chosen) == 15  # each of five methods on each of three frameworks; more would not fit into a run of CI


@pytest.mark.parametrize("left_out", covering.rows()[1:], ids=lambda row: row.id)
def test_no_row_of_ci_could_be_left_out(left_out: template.Row) -> None:
    fewer = [row for row in covering.rows() if row != left_out]

    assert not needed_pairs() <= met(fewer, 2)


def test_every_sample_meets_every_choice_in_ci() -> None:
    for sample, axis in itertools.product(template.samples(), ("architecture", "framework", "database")):
        found = {getattr(row, axis) for row in covering.rows() if row.sample == sample}
        assert found == set(template.catalogue().names(axis)), (sample, axis)


def test_the_rows_of_a_night_cover_what_they_are_about() -> None:
    chosen = covering.nightly()
    about = {three for three in met(template.rows(), 3) if of(three) == {"architecture", "framework", "auth"}}

    assert len(about) == 3 * 3 * 5
    assert about <= met(chosen, 3)
    assert met(template.rows(), 2) <= met(chosen, 2)
    assert len(chosen) == len(about)


def test_every_combination_is_rendered() -> None:
    chosen = covering.rendered()

    assert {row.id.removesuffix(f"-{row.sample}") for row in chosen} == {stack.id for stack in template.stacks()}
    for sample in template.samples():
        rows = [row for row in template.rows() if row.sample == sample]
        here = [row for row in chosen if row.sample == sample]
        assert met(rows, 2) == met(here, 2), sample
    assert {row for row in template.rows() if (row.auth, row.sample) == ("jwt", "museum")} <= set(chosen)
    assert len(chosen) < 230  # what ten minutes are enough for
