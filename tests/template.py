"""The template under test: the working tree as a plain folder, its extensions as modules, its combinations as rows."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from combinations import AXES, Stack, catalogue, stacks

__all__ = ["AXES", "Stack", "catalogue", "stacks"]

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("copier.yml", "questions", "extensions", "catalogue", "partials", "samples", "template")


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str | bytes) -> Any:
    """Return what a YAML document says; documents are long, and the loader in C takes a tenth of the time."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader


def snapshot(destination: Path) -> Path:
    """Copy what Copier reads to `destination`, without history, so that a render needs no clone."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, destination / part, ignore=shutil.ignore_patterns("__pycache__", "*_cache"))
        elif source.exists():
            destination.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination / part)
    for folder in sorted((path for path in destination.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()  # Git knows no empty folders
    return destination


def extension(name: str) -> ModuleType:
    """Return an extension as Copier's loader would: by path, after those that come before it in `copier.yml`."""
    full_name = f"copier_template_extensions.{name}"
    if full_name not in sys.modules:
        for listed in _listed_extensions():
            _load(listed)
            if listed == name:
                break
    return sys.modules[full_name]


def _listed_extensions() -> list[str]:
    settings = next(yaml.safe_load_all((ROOT / "copier.yml").read_text(encoding="utf-8").partition("\n---")[0]))
    return [Path(entry.partition(":")[0]).stem for entry in settings["_jinja_extensions"] if ":" in entry]


def _load(name: str) -> None:
    full_name = f"copier_template_extensions.{name}"
    if full_name not in sys.modules:
        spec = importlib.util.spec_from_file_location(full_name, ROOT / "extensions" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full_name] = module
        spec.loader.exec_module(module)


Refuse = Callable[[dict[str, str]], tuple[str, ...]]
"""Says what stands against a combination of answers, as sentences."""


@dataclass(frozen=True)
class Row(Stack):
    """One combination of choices, and the sample that is rendered with it."""

    sample: str

    @property
    def id(self) -> str:
        """Return the name that reports show."""
        return f"{super().id}-{self.sample}"

    @property
    def answers(self) -> dict[str, Any]:
        """Return every answer, the sample's own included."""
        return {**sample(self.sample), "domain_preset": "custom", **self.choices}


@functools.cache
def sample(name: str) -> dict[str, Any]:
    """Return the answers file `samples/NAME.yml`; nobody changes it."""
    answers: dict[str, Any] = yaml.safe_load((ROOT / "samples" / f"{name}.yml").read_text(encoding="utf-8"))
    return answers


def samples() -> list[str]:
    """Return the names of all samples."""
    return sorted(file.stem for file in (ROOT / "samples").glob("*.yml"))


ANSWERS = {
    "project_name": "Shop",
    "project_slug": "shop",
    "package_name": "shop",
    "description": "",
    "author_name": "",
    "author_email": "",
    "license": "MIT",
    "python_version": "3.11",
    "architecture": "monolith",
    "framework": "fastapi",
    "database": "sqlite",
    "auth": "jwt",
    "broker": "in_process",
}
"""Valid answers to every question but the domain, to make a Blueprint of."""


def references_in(value: object) -> Iterator[str]:
    """Yield every `$ref` of a document."""
    if isinstance(value, list):
        for item in value:
            yield from references_in(item)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references_in(item)


def build(text: str, **answers: str) -> Any:
    """Return the Blueprint of a domain and of `ANSWERS`, or others."""
    names = extension("project_names")
    taken = names.required(catalogue()) | names.distributions(ROOT / "catalogue" / "language" / "python-names.txt")
    return extension("blueprint").build({**ANSWERS, "domain": text, **answers}, catalogue(), taken)


def domain(name: str) -> str:
    """Return the domain of a sample."""
    return str(sample(name)["domain"])


@functools.cache
def rows() -> tuple[Row, ...]:
    """Return every combination with every sample that it can be combined with."""
    return tuple(
        Row(**stack.choices, sample=name)
        for stack in stacks()
        for name in samples()
        if not refusals(stack.architecture, stack.auth, name)
    )


@functools.cache
def refusals(architecture: str, auth: str, name: str) -> tuple[str, ...]:
    """Return what stands against a sample where there are no accounts, as sentences."""
    return tuple(_rules().faults({"architecture": architecture, "auth": auth, "domain": domain(name)}))


@functools.cache
def _rules() -> Any:
    """Return what looks at answers."""
    answers = extension("answers")
    return answers.Answers(catalogue(), answers.Samples(ROOT / "samples"), frozenset())


def row(sample: str = "", **choices: str) -> Row:
    """Return the combination of these choices and the preferred ones of the questionnaire, with its richest sample.

    Raises `LookupError` where there is none.
    """
    wanted = {**PREFERRED, **choices}
    for found in rows():
        if found.sample == (sample or found.richest_sample) and all(
            getattr(found, axis) == name for axis, name in wanted.items()
        ):
            return found
    raise LookupError(f"{wanted} is not among the combinations")


PREFERRED = {"architecture": "monolith", "framework": "fastapi", "database": "sqlite", "auth": "jwt"}
"""What the questionnaire chooses by itself where the rest follows."""


def copier(
    *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command `copier` of this environment; its output is captured as text."""
    return subprocess.run(
        [sys.executable, "-m", "copier", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


GIT = {
    **os.environ,
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
"""The environment in which tests and Copier commit; nobody's own settings of Git take part."""


def copied(action: str, *arguments: str, cwd: Path | None = None) -> None:
    """Run Copier with its defaults, as a user does who asks no questions; it has to succeed."""
    done = copier(action, "--trust", "--defaults", "--quiet", *arguments, cwd=cwd, env=GIT)
    assert done.returncode == 0, done.stderr


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return its output."""
    done = subprocess.run(["git", *arguments], cwd=folder, env=GIT, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder: Path) -> None:
    """Put all that lies in a folder under version control, or what has changed there since."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "changes")


def files(tree: Path) -> dict[str, bytes]:
    """Return every file of a tree by its path in POSIX form, without Git's own."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file() and ".git" not in path.relative_to(tree).parts)
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in paths}
