"""The combinations of choices that are offered, read from the catalogue, each with a name that people can read."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

_MODULE = "copier_template_extensions.catalogue"


def _extension() -> Any:
    """Return the extension that reads the catalogue, loaded by path as Copier does."""
    if _MODULE not in sys.modules:
        spec = importlib.util.spec_from_file_location(_MODULE, ROOT / "extensions" / "catalogue.py")
        if spec is None or spec.loader is None:
            raise ImportError("extensions/catalogue.py cannot be loaded")
        module = sys.modules[_MODULE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[_MODULE]


AXES: tuple[str, ...] = _extension().AXES
"""The questions whose answers are choices, in the order in which they are asked."""


@functools.cache
def catalogue() -> Any:
    """Return the catalogue of the working tree."""
    return _extension().load(ROOT / "catalogue")


@dataclass(frozen=True)
class Stack:
    """One combination of choices."""

    architecture: str
    framework: str
    database: str
    auth: str
    broker: str

    @property
    def choices(self) -> dict[str, str]:
        """Return the answers to the questions of the stack."""
        return {axis: getattr(self, axis) for axis in AXES}

    @property
    def id(self) -> str:
        """Return the name that reports show: the choices that do not follow from those before them."""
        return "-".join(getattr(self, axis) for axis in AXES if self._is_open(axis))

    @property
    def has_accounts(self) -> bool:
        """Whether the choice of authentication brings accounts."""
        return "accounts" in catalogue().choice("auth", self.auth).traits

    @property
    def richest_sample(self) -> str:
        """Return the name of the sample that this stack is tried in full with: the shop, where there are accounts."""
        return "shop" if self.has_accounts else "ledger"

    def _is_open(self, axis: str) -> bool:
        earlier = {name: getattr(self, name) for name in AXES[: AXES.index(axis)]}
        return sum(not catalogue().refusals({**earlier, axis: name}) for name in catalogue().names(axis)) > 1


@functools.cache
def stacks() -> tuple[Stack, ...]:
    """Return every combination that the catalogue offers and no rule refuses."""
    offered = [catalogue().names(axis) for axis in AXES]
    combinations = [dict(zip(AXES, names, strict=True)) for names in itertools.product(*offered)]
    return tuple(Stack(**choices) for choices in combinations if not catalogue().refusals(choices))
