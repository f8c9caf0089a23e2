"""The shortest and the longest names leave the formatter and the linter with nothing to change."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rules
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


LOOKED_AT: set[tuple[object, ...]] = set()
"""Files that ruff has seen: by path, content, and the settings that it was given."""


def changes(emitted: Rendered) -> str:
    """Return what ruff would change or complain of, as the emitted configuration says, in files not yet looked at."""
    settings = frozenset(data for path, data in emitted.files.items() if path.endswith("pyproject.toml"))
    seen = {
        path: (path, data, settings if path.endswith(".toml") else _rules(settings))
        for path, data in emitted.files.items()
        if path.endswith((".py", ".pyi", ".toml"))
    }
    fresh = sorted(path for path, key in seen.items() if key not in LOOKED_AT)
    LOOKED_AT.update(seen.values())
    return ruff(emitted.path, *fresh) if fresh else ""


@functools.cache
def _rules(settings: frozenset[bytes]) -> frozenset[str]:
    """Return what projects say of ruff and of the oldest Python, on which alone its answers depend."""
    read = [tomllib.loads(data.decode()) for data in settings]
    return frozenset(
        json.dumps([project.get("tool", {}).get("ruff"), project.get("project", {}).get("requires-python")])
        for project in read
    )


def ruff(folder: Path, *paths: str) -> str:
    """Return what ruff would change in files of a folder, and what it complains of."""
    outputs = []
    for command in (["format", "--diff"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet", "--force-exclude", *paths],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        outputs.append("" if done.returncode == 0 else done.stdout + done.stderr)
    return "".join(outputs)


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


def test_a_planted_line_is_found(render: Render, tmp_path: Path) -> None:
    emitted = render(domain_preset="blank")
    for path, data in emitted.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    planted = {"planted.py": b"import os\nx = {  'a':1 }\n"}
    (tmp_path / "planted.py").write_bytes(planted["planted.py"])

    assert "planted.py" in changes(Rendered(tmp_path, emitted.files | planted, emitted.writes))


def test_what_was_looked_at_is_not_looked_at_again(render: Render) -> None:
    emitted = render(domain_preset="blank")
    changes(emitted)

    assert changes(Rendered(Path("nowhere"), emitted.files, emitted.writes)) == ""
    with pytest.raises(FileNotFoundError):
        changes(Rendered(Path("nowhere"), emitted.files | {"planted.py": b"x = 1\n"}, emitted.writes))
