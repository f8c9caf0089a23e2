"""A render of the template, made by pytest-copie, and what was written by what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from copier._main import Worker
from pytest_copie.plugin import Copie

import template


@dataclass(frozen=True)
class Rendered:
    """An emitted repository: where it lies, its files, and which source wrote which destination."""

    path: Path
    files: dict[str, bytes]
    writes: tuple[tuple[str, str], ...]

    def text(self, path: str) -> str:
        """Return a file as text."""
        return self.files[path].decode("utf-8")


Render = Callable[..., Rendered]


def rendered(copie: Copie, template_dir: Path, answers: dict[str, Any]) -> Rendered:
    """Render `answers`; raise what Copier raised."""
    writes: list[tuple[str, str]] = []
    original = Worker._render_file

    def recording(worker: Worker, source: Path, destination: Path, extra_context: Any = None) -> None:
        writes.append((source.as_posix(), destination.as_posix()))
        original(worker, source, destination, extra_context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "_render_file", recording)
        result = copie.copy(extra_answers=answers, template_dir=template_dir)
    if result.exception is not None:
        raise result.exception
    assert result.project_dir is not None
    return Rendered(result.project_dir, template.files(result.project_dir), tuple(writes))
