"""Loads the extensions as the template's loader does: by path, under a name of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from copier_template_extensions.domain import Problem

EXTENSIONS = Path(__file__).parents[2] / "extensions"
ORDER = (
    "naming",
    "domain_model",
    "domain_text",
    "domain_names",
    "domain_pattern",
    "domain_values",
    "domain_syntax",
    "domain_field",
    "domain_links",
    "domain",
)


def load(stem: str) -> None:
    """Load one extension, unless another test has done so."""
    name = f"copier_template_extensions.{stem}"
    if name in sys.modules:
        return
    spec = spec_from_file_location(name, EXTENSIONS / f"{stem}.py")
    assert spec
    assert spec.loader
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)


for stem in ORDER:
    load(stem)


@pytest.fixture
def problems_of() -> Callable[[object], tuple[Problem, ...]]:
    """Return a function from the text of a domain to its problems; none where it is accepted."""
    return problems


def problems(text: object) -> tuple[Problem, ...]:
    domain = import_module("copier_template_extensions.domain")
    try:
        domain.parse(text)
    except domain.DomainError as error:
        return error.problems
    return ()
