"""The shortest and the longest names leave the formatter and the linter with nothing to change."""

from __future__ import annotations

import pytest

import rules
from linting import Linter
from rendering import Render, Rendered

DOMAIN = """\
{module}:
  {entity}:
    _owned: true
    {field}: string(40) unique
    {other}: decimal(10,2)? min=0
    {reference}: ref({entity})?
    {state}: enum(draft, done) default=draft
  {second}:
    {field}: integer min=0 default=0
    {reference}: ref({entity})
{peer}:
  {third}:
    {field}: datetime?
    {reference}: ref({module}.{entity})
"""


def domain(length: int) -> str:
    """Return a domain whose names are all `length` characters long."""
    places = ("module", "entity", "field", "other", "reference", "state", "second", "peer", "third")
    letters = "abcdefghk"
    words = {place: (letter + "_wordy" * 5)[:length] for place, letter in zip(places, letters, strict=True)}
    return DOMAIN.format(**{place: word.rstrip("_").ljust(length, "x") for place, word in words.items()})


LINTER = Linter()


def changes(emitted: Rendered) -> str:
    """Return what ruff would change or complain of, in files that it has not seen."""
    return LINTER.changes(emitted.files)


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_every_floor_of_python_fits(render: Render, version: str) -> None:
    text = changes(render(domain_preset="museum", python_version=version))
    assert not text, text[:4000]


@pytest.mark.parametrize("architecture", ["monolith", "modular_monolith", "microservices"])
@pytest.mark.parametrize("length", [1, 2, 15, 30])
def test_names_of_any_length_fit(render: Render, architecture: str, length: int) -> None:
    package = ("p" + "_wordy" * 5)[:length].rstrip("_").ljust(length, "x")
    names = {"package_name": package, "project_slug": "s"}
    emitted = render(architecture=architecture, **names, domain_preset="custom", domain=domain(length))

    assert rules.unparsable(emitted.files) == []
    assert rules.file_names(emitted.files) == []
    text = changes(emitted)
    assert not text, text[:4000]


def test_samples_fit(row: object, emitted: Rendered) -> None:
    text = changes(emitted)
    assert not text, text[:4000]


PLANTED = {"planted.py": b"import os\nx = {  'a':1 }\n"}


def test_a_planted_line_is_found(render: Render) -> None:
    said = Linter().changes(render(domain_preset="blank").files | PLANTED)

    assert "+x = {" in said
    assert "F401" in said


def test_what_was_seen_is_not_shown_again(render: Render) -> None:
    linter, files = Linter(), render(domain_preset="blank").files
    assert linter.changes(files | PLANTED) != ""

    assert linter.changes(files | PLANTED) == ""
    assert linter.changes(files | {"planted.py": PLANTED["planted.py"] + b"# more\n"}) != ""
    assert linter.changes(files | {"elsewhere.py": PLANTED["planted.py"]}) != ""


def test_other_settings_are_another_judge(render: Render) -> None:
    linter, files = Linter(), render(domain_preset="blank").files
    narrow = files["pyproject.toml"].replace(b"line-length = 100", b"line-length = 60")
    assert narrow != files["pyproject.toml"]
    linter.changes(files)

    assert linter.changes(files | {"pyproject.toml": narrow}) != ""
