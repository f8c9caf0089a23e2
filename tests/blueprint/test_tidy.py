"""`tidy`: what it makes of statements is what ruff would make of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import template

LINE = 100


def tidy(text: str) -> str:
    """Return what the filter makes of a text."""
    result: str = template.extension("layout").tidy(text, first_party=("shop", "tests"))
    return result


class TestImports:
    def test_unused_names_go(self) -> None:
        assert tidy("from a import B, C\nimport os\n\nprint(C)\n") == "from a import C\n\nprint(C)\n"

    def test_sections_and_names_are_sorted(self) -> None:
        text = "from shop.b import y\nfrom z import Z, a, A_B\nimport os\n\nuse(y, Z, a, A_B, os)\n"
        assert tidy(text).split("\n\n")[:3] == ["import os", "from z import A_B, Z, a", "from shop.b import y"]

    def test_the_same_module_is_imported_once(self) -> None:
        assert tidy("from a import B\nfrom a import C\n\nuse(B, C)\n").startswith("from a import B, C\n\n")

    def test_renamed_names_have_lines_of_their_own(self) -> None:
        text = tidy("from a import B, C as D\nimport datetime as dt\n\nuse(B, D, dt)\n")
        assert text.startswith("import datetime as dt\n\nfrom a import B\nfrom a import C as D\n\n")

    def test_lines_of_one_module_are_sorted_by_their_first_name(self) -> None:
        text = tidy("from a import z\nfrom a import d as e\nfrom a import B as C\n\nuse(z, e, C)\n")
        assert text.startswith("from a import B as C\nfrom a import d as e\nfrom a import z\n\n")

    def test_an_attribute_of_that_name_is_no_use(self) -> None:
        assert "import" not in tidy("from a import date\n\nuse(dt.date)\n")

    def test_without_any_left_the_file_begins_with_its_code(self) -> None:
        assert (
            tidy('"""Text."""\n\nfrom a import B\n\n\ndef f():\n    pass\n') == '"""Text."""\n\n\ndef f():\n    pass\n'
        )


def test_brackets_around_nothing_are_closed_at_once() -> None:
    assert tidy("a = [\n]\nb = f(\n    {\n    }\n)\n") == "a = []\nb = f(\n    {}\n)\n"
    assert tidy("a = [\n    1,\n]\nb = (\n") == "a = [\n    1,\n]\nb = (\n"


STATEMENTS = [
    "from {long} import {long}a, {long}b, {long}c",
    "value = call({long}, {long}, {long}, name={long})",
    "value = call(inner({long}, {long}), {long}, [{long}, {long}], {{'a': {long}}})",
    "value = call({long}, {long})  # noqa: S603 - our own program, whatever it is called, and nobody else's",
    "def function(first: {long}, second: {long} = None, *, third: {long}) -> dict[str, {long}]:\n    pass",
    "def function(view: Callable[{long}, {long}]) -> Callable[{long}, {long}]:\n    pass",
    "def function() -> Callable[{long}, {long}, {long}]:\n    pass",
    "async def function(first: {long}, second: {long}, third: {long}, fourth: {long}) -> None:\n    pass",
    "class Name({long}[{long}], {long}[{long}], {long}):\n    pass",
    "@decorate({long}, {long}, name={long}, other={long})\ndef f():\n    pass",
    "Alias = Annotated[{long}, Depends(Provided({long})), {long}, {long}]",
    "name: Annotated[{long} | None, Field(max_length=3, description={long}, examples=[{long}])] = None",
    "return_value = found(await self._{long}.get({long}, {long}, {long}))",
    "title: str = '{long}{long}{long}'",
    "assert call({long}) == [{long}, {long}]",
]


@pytest.mark.parametrize("length", [1, 12, 20, 30])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_ruff_has_nothing_to_change(statement: str, length: int, tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text(tidy(statement.format(long="x" * length).replace("'", '"')), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(LINE), "--diff", str(file)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


def test_strings_over_several_lines_stay() -> None:
    text = f'TEXT = """\n{"x" * 120} (a, b)\n"""\n'
    assert tidy(text) == text
