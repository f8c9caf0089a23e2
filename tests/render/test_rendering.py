"""How repositories are rendered for tests: once for all processes, and two sources of one destination are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_copie.plugin import Copie

import template
from rendering import Rendered, Renders, rendered


class Making:
    """Makes what it is asked for, and counts."""

    def __init__(self, failures: int = 0) -> None:
        self.calls = 0
        self._failures = failures

    def __call__(self, answers: dict[str, Any]) -> Rendered:
        self.calls += 1
        if self.calls <= self._failures:
            raise ValueError("it cannot be rendered")
        return Rendered({"a.md": str(answers).encode()}, (("a.md.jinja", "a.md"),))


def test_a_repository_is_rendered_once_for_all_processes(tmp_path: Path) -> None:
    first, second = Making(), Making()
    one, other = Renders(first, tmp_path), Renders(second, tmp_path)

    found = one(database="sqlite")

    assert other(database="sqlite") == found
    assert one(database="sqlite") is found
    assert (first.calls, second.calls) == (1, 0)
    assert other(database="mysql").files != found.files
    assert second.calls == 1


def test_equal_files_are_one_object(tmp_path: Path) -> None:
    renders = Renders(lambda answers: Rendered({"a.md": bytes(bytearray(b"the same"))}, ()), tmp_path)

    assert renders(database="sqlite").files["a.md"] is renders(database="mysql").files["a.md"]


def test_what_fails_is_not_tried_again_but_elsewhere(tmp_path: Path) -> None:
    first, second = Making(failures=1), Making()
    one, other = Renders(first, tmp_path), Renders(second, tmp_path)

    for _ in range(2):
        with pytest.raises(ValueError, match="it cannot be rendered"):
            one(database="sqlite")

    assert other(database="sqlite").files
    assert (first.calls, second.calls) == (1, 1)


def test_two_sources_of_a_destination_are_named(copie_session: Copie, tmp_path: Path) -> None:
    folder = template.snapshot(tmp_path / "template")
    (folder / "template" / "{{ use.python }}" / "CHANGELOG.md").write_text("Twice.\n", encoding="utf-8")

    with pytest.raises(AssertionError, match=r"CHANGELOG\.md has two sources: .*CHANGELOG\.md and .*CHANGELOG\.md"):
        rendered(copie_session, folder, {"domain_preset": "blank"})
