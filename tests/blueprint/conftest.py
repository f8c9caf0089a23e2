"""Loads the domain language, so that tests can import it under the name that the template's loader gives it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import template

if TYPE_CHECKING:
    from copier_template_extensions.domain import Problem

template.extension("domain")


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
