"""The ledger of combinations lists what is offered, and the rows that stand for all of them do."""

from __future__ import annotations

import itertools
import re
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
    assert "monolith-fastapi-sqlite-shop" in names
    assert matrix.asked(["*-flask-*"]) == [stack for stack in template.stacks() if stack.framework == "flask"]


def allowed_pairs() -> set[frozenset[tuple[str, str]]]:
    """Return each two answers that occur together somewhere, counted without the rows' own words."""
    found = set()
    for stack, sample in itertools.product(template.stacks(), template.samples()):
        answers = [(axis, getattr(stack, axis)) for axis in template.AXES] + [("sample", sample)]
        found |= {frozenset(pair) for pair in itertools.combinations(answers, 2)}
    return found


def covered_pairs(rows: tuple[template.Row, ...]) -> set[frozenset[tuple[str, str]]]:
    """Return each two answers that occur together in one of these rows."""
    found = set()
    for row in rows:
        answers = [(axis, getattr(row, axis)) for axis in (*template.AXES, "sample")]
        found |= {frozenset(pair) for pair in itertools.combinations(answers, 2)}
    return found


def test_the_chosen_rows_cover_every_pair() -> None:
    chosen = covering.rows()

    assert covered_pairs(chosen) == allowed_pairs()
    assert set(chosen) <= set(template.rows())
    assert template.row() in chosen
    assert len(chosen) <= 15  # more would not fit into a run of CI


@pytest.mark.parametrize("left_out", covering.rows()[1:], ids=lambda row: row.id)
def test_no_chosen_row_could_be_left_out(left_out: template.Row) -> None:
    fewer = tuple(row for row in covering.rows() if row != left_out)

    assert covered_pairs(fewer) != allowed_pairs()


def test_every_sample_meets_every_choice() -> None:
    for sample, axis in itertools.product(template.samples(), ("architecture", "framework", "database")):
        met = {getattr(row, axis) for row in covering.rows() if row.sample == sample}
        assert met == set(template.catalogue().names(axis)), (sample, axis)
