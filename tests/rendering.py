"""Renders of the template, made by pytest-copie: what was emitted, and what was written by what.

All combinations are rendered on every run, so what they share is done once: a source is compiled once for all renders
of a process, a repository is rendered once for all processes of a run, and equal files are one object in memory. Within
a render, Copier makes its context and renders the parts of a path again for each file; here it does so once.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import sys
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

import pytest
from copier import _main
from copier._jinja_ext import get_yield_context
from copier._main import SandboxedEnvironment, Worker
from copier._types import Phase
from jinja2 import BytecodeCache, Template, nodes
from jinja2.bccache import Bucket
from pytest_copie.plugin import Copie

import template

LONGEST_RENDER = 120


@dataclass(frozen=True)
class Rendered:
    """An emitted repository: its files, and which source wrote which destination."""

    files: dict[str, bytes]
    writes: tuple[tuple[str, str], ...]

    def text(self, path: str) -> str:
        """Return a file as text."""
        return self.files[path].decode("utf-8")


Render = Callable[..., Rendered]


def grouped(row: template.Row) -> Any:
    """Return a row as a parameter; one process looks at all rows of an architecture, an authentication and a sample.

    These have most in common, and what two repositories have in common is looked at once.
    """
    return pytest.param(row, id=row.id, marks=pytest.mark.xdist_group(group(row.architecture, row.auth, row.sample)))


def group(architecture: str, auth: str, sample: str) -> str:
    """Return the name of the group of rows that have these."""
    return f"{architecture}-{auth}-{sample}"


class Compiled(BytecodeCache):
    """Remembers what Jinja made of a source, for as long as the process lives."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out the code of this very text under this name, if it is there."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._code[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


class Environment(SandboxedEnvironment):
    """The environment that Copier makes for a render, with the memory of earlier ones."""

    texts: ClassVar[dict[str, CodeType]] = {}
    """What became of the texts that lie in no file: parts of paths, defaults, conditions of questions."""

    def __init__(self, **options: Any) -> None:
        super().__init__(bytecode_cache=COMPILED, **options)

    def from_string(
        self,
        source: str | nodes.Template,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - as Jinja calls it
        template_class: type[Template] | None = None,
    ) -> Template:
        """Return the template of a text, which is compiled once for all renders of a process."""
        if not isinstance(source, str):
            return super().from_string(source, globals, template_class)
        if source not in self.texts:
            self.texts[source] = self.compile(source)
        made = template_class or self.template_class
        return made.from_code(self, self.texts[source], self.make_globals(globals), None)


class Remembering:
    """Stands in front of Copier's own methods, and asks them once while the template is rendered."""

    def __init__(self, worker: type[Worker]) -> None:
        self._context = worker._render_context
        self._text = worker._render_string
        self._answers = worker.answers_relpath.fget

    def put_into(self, patch: pytest.MonkeyPatch) -> None:
        """Take the place of the methods."""
        patch.setattr(Worker, "_render_context", lambda worker: self.context(worker))
        patch.setattr(Worker, "_render_string", lambda worker, *given, **more: self.text(worker, *given, **more))
        patch.setattr(Worker, "answers_relpath", property(self.answers))

    def context(self, worker: Worker) -> dict[str, Any]:
        """Return what templates see, which stays the same from the first file to the last."""
        held = _held(worker)
        if held is None:
            return dict(self._context(worker))
        if "context" not in held:
            held["context"] = self._context(worker)
        return dict(held["context"])

    def text(self, worker: Worker, string: str, extra_context: dict[str, Any] | None = None) -> str:
        """Return a part of a path, and leave what it yields where Copier looks for it."""
        held, extra = _held(worker), extra_context or {}
        if held is None:
            return str(self._text(worker, string, extra))
        key = (string, *((name, id(value)) for name, value in extra.items()))
        yielded = get_yield_context(worker.jinja_env)
        if key not in held:
            rendered = self._text(worker, string, extra)
            several = None if yielded.yield_iterable is None else tuple(yielded.yield_iterable)
            held[key] = (rendered, yielded.yield_name, several, extra)  # held, so that no identity is used again
        text: str
        text, yielded.yield_name, yielded.yield_iterable, _ = held[key]
        return text

    def answers(self, worker: Worker) -> Path:
        """Return where the answers are kept; to ask for it forgets what was yielded."""
        held = _held(worker)
        if held is None:
            return Path(self._answers(worker))
        if "answers" not in held:
            held["answers"] = Path(self._answers(worker))
            held.pop("context", None)  # Copier has changed it to find this out
        yielded = get_yield_context(worker.jinja_env)
        yielded.yield_name = yielded.yield_iterable = None
        return Path(held["answers"])


def _held(worker: Worker) -> dict[Any, Any] | None:
    """Return what a render remembers; nothing before and after it."""
    if Phase.current() is not Phase.RENDER:
        return None
    held: dict[Any, Any] = worker.__dict__.setdefault("_remembered", {})
    return held


REMEMBERING = Remembering(Worker)


def rendered(copie: Copie, template_dir: Path, answers: dict[str, Any]) -> Rendered:
    """Render `answers`; raise what Copier raised."""
    writes: dict[str, str] = {}
    original = Worker._render_file

    def recording(worker: Worker, source: Path, destination: Path, extra_context: Any = None) -> None:
        # Copier would ask whether to overwrite, and could not say by what.
        first = writes.setdefault(destination.as_posix(), source.as_posix())
        assert first == source.as_posix(), f"{destination} has two sources: {first} and {source}"
        original(worker, source, destination, extra_context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "_render_file", recording)
        patch.setattr(_main, "SandboxedEnvironment", Environment)
        patch.setattr(sys, "dont_write_bytecode", False)  # each render loads the extensions anew
        REMEMBERING.put_into(patch)
        result = copie.copy(extra_answers=answers, template_dir=template_dir)
    if result.exception is not None:
        raise result.exception
    assert result.project_dir is not None
    sources = tuple((source, destination) for destination, source in writes.items())
    emitted = Rendered(template.files(result.project_dir), sources)
    shutil.rmtree(result.project_dir)
    return emitted


class Renders:
    """Renders answers, each once in a run: the first process that asks makes it, the others read what it has kept."""

    def __init__(self, make: Callable[[dict[str, Any]], Rendered], folder: Path) -> None:
        """Keep renders in `folder`, which all processes of the run have in common."""
        self._make = make
        self._folder = folder
        self._held: dict[str, Rendered] = {}
        self._failures: dict[str, Exception] = {}
        self._contents: dict[bytes, bytes] = {}

    def __call__(self, **answers: Any) -> Rendered:
        """Return the repository of these answers."""
        key = hashlib.sha256(repr(sorted(answers.items())).encode()).hexdigest()
        if key in self._failures:
            raise self._failures[key]
        if key not in self._held:
            found = self._shared(key, answers)
            files = {path: self._contents.setdefault(data, data) for path, data in found.files.items()}
            self._held[key] = Rendered(files, found.writes)
        return self._held[key]

    def _shared(self, key: str, answers: dict[str, Any]) -> Rendered:
        claim, kept = self._folder / f"{key}.claim", self._folder / f"{key}.pickle"
        deadline = time.monotonic() + LONGEST_RENDER
        while not kept.exists():
            try:
                claim.touch(exist_ok=False)
            except FileExistsError:
                assert time.monotonic() < deadline, f"{answers} were not rendered in time by another process"
                time.sleep(0.02)
                continue
            try:
                found = self._make(answers)
            except Exception as failure:
                claim.unlink()  # another process finds out by itself
                self._failures[key] = failure
                raise
            written = self._folder / f"{key}.{os.getpid()}"
            written.write_bytes(pickle.dumps(found))
            written.rename(kept)
            return found
        return _read(kept)


def _read(kept: Path) -> Rendered:
    found: Rendered = pickle.loads(kept.read_bytes())  # noqa: S301 - written by this very run
    return found
