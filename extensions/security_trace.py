"""The security trace: what standards ask of a backend, and where the emitted repository answers each requirement.

`catalogue/common/security/*.yml` hold one chapter each. An entry says what is asked (`asks`) and has one answer: `met`
(with `tests` that show it), `documented` (what is asked for is a document: `where`), `operator` (theirs who run it),
`open` (not met) or `outside` (nothing here that it could concern). What differs by choice stands in `cases`: the first
one counts whose `when` holds. `only` is short for one case, with `otherwise` for all others. Conditions are names of
overlays, and `!name` where it is not mounted; places are mounts, so that one entry serves every architecture.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from copier_template_extensions.blueprint_model import Blueprint, Entity
from copier_template_extensions.catalogue import CatalogueError
from copier_template_extensions.domain_text import LOADER
from jinja2 import Environment
from jinja2.ext import Extension

OUTCOMES = ("met", "documented", "operator", "open", "outside")
CHECK = "check:"
"""What a reference to a rule of the linter begins with, in place of a test."""

_FOLDER = Path(__file__).resolve().parent.parent / "catalogue" / "common" / "security"
_KEYS = frozenset({"id", "asks", "cases", "only", "otherwise", "when", "where", "tests", *OUTCOMES})


@dataclass(frozen=True)
class Reference:
    """A file of the repository, and a test in it, or the rule of a linter that it turns on."""

    path: str
    name: str

    @property
    def words(self) -> str:
        """What the link says: the test, the rule, or the name of the file."""
        return f"`{self.name.removeprefix(CHECK)}`" if self.name else posixpath.basename(self.path)


@dataclass(frozen=True)
class Requirement:
    """One requirement, or several with one answer; `levels` go with `numbers`, and are 0 where a standard has none."""

    numbers: tuple[str, ...]
    levels: tuple[int, ...]
    asks: str
    outcome: str
    answer: str
    where: tuple[Reference, ...]
    tests: tuple[Reference, ...]

    @property
    def number(self) -> str:
        """`V1.2.3 (1), V1.2.6 (2)`."""
        pairs = zip(self.numbers, self.levels, strict=True)
        return ", ".join(f"{number} ({level})" if level else number for number, level in pairs)


@dataclass(frozen=True)
class Chapter:
    """A chapter of a standard, and how its requirements are answered here."""

    name: str
    title: str
    standard: str
    requirements: tuple[Requirement, ...]

    def with_outcome(self, *outcomes: str) -> tuple[Requirement, ...]:
        """Return the requirements that are answered in one of these ways."""
        return tuple(requirement for requirement in self.requirements if requirement.outcome in outcomes)

    @property
    def outside(self) -> tuple[tuple[str, str], ...]:
        """What concerns nothing here: numbers with the reason that they share."""
        reasons: dict[str, list[str]] = {}
        for requirement in self.with_outcome("outside"):
            reasons.setdefault(requirement.answer, []).extend(requirement.numbers)
        return tuple((", ".join(numbers), reason) for reason, numbers in reasons.items())


@dataclass(frozen=True)
class Trace:
    """Every chapter of every standard."""

    chapters: tuple[Chapter, ...]

    def of(self, standard: str) -> tuple[Chapter, ...]:
        """Return the chapters of one standard."""
        return tuple(chapter for chapter in self.chapters if chapter.standard == standard)

    def count(self, standard: str, outcome: str) -> int:
        """Return how many requirements of a standard are answered in this way."""
        found = (requirement for chapter in self.of(standard) for requirement in chapter.with_outcome(outcome))
        return sum(len(requirement.numbers) for requirement in found)


def trace(blueprint: Blueprint) -> Trace:
    """Return what the standards ask, answered for one set of answers."""
    flags, places = _flags(blueprint), _places(blueprint)
    return Trace(tuple(_chapter(name, text, flags, places) for name, text in chapters().items()))


@cache
def chapters() -> Mapping[str, Mapping[str, Any]]:
    """Return every chapter as it is written, by the name of its file; raises `CatalogueError` at a strange key."""
    read = {}
    for file in sorted(_FOLDER.glob("*.yml")):
        with file.open("rb") as stream:
            text = yaml.load(stream, Loader=LOADER)  # noqa: S506 - a safe loader, in C where there is one
        for entry in text["requirements"]:
            for part in (entry, *entry.get("cases", ())):
                if strange := sorted(set(part) - _KEYS):
                    raise CatalogueError(f"{file.name}: {entry['id']}: there is no key {', '.join(strange)}")
        read[file.stem] = text
    return read


def _flags(blueprint: Blueprint) -> frozenset[str]:
    """Return what conditions may name: overlays that are mounted, and what the domain has."""
    domain = {
        "entities": bool(blueprint.entities),
        "owned": any(entity.owned for entity in blueprint.entities),
        "resources": bool(blueprint.users or blueprint.front.entities),
    }
    mounted = {name for name, folder in blueprint.use.items() if folder}
    return frozenset(mounted | {name for name, is_so in domain.items() if is_so})


def _places(blueprint: Blueprint) -> Mapping[str, str]:
    """Return the folders that the first part of a reference may name."""
    front, users = blueprint.front, blueprint.users
    tests = dict(_entity_tests(blueprint))
    places = {
        "shared": str(blueprint.shared),
        "kernel_tests": blueprint.members[0].tests,
        "front": front.path,
        "front_root": str(front.root),
        "front_tests": front.tests,
    }
    if users:
        layers = {"domain", "application", "infrastructure", "api"}
        places |= {f"users_{layer}": str(getattr(users, layer)) for layer in layers} | {"users_tests": users.tests}
    return places | tests


def _entity_tests(blueprint: Blueprint) -> Iterator[tuple[str, str]]:
    """Yield the file of the tests of the first entity, and of the first that belongs to an account."""
    placed = [(module, entity) for module in blueprint.modules for entity in module.entities]

    def path(module: Any, entity: Entity) -> str:
        return f"{module.tests}/api/{module.name}/test_{entity.snake}.py"

    if placed:
        yield "entity_tests", path(*placed[0])
    for module, entity in placed:
        if entity.owned:
            yield "owned_tests", path(module, entity)
            return


def _chapter(name: str, text: Mapping[str, Any], flags: frozenset[str], places: Mapping[str, str]) -> Chapter:
    levels = levels_of(text)
    entries = [_requirement(entry, text, levels, flags, places) for entry in text["requirements"]]
    return Chapter(name, _that_holds(text["title"], flags), text["standard"], tuple(entries))


def levels_of(text: Mapping[str, Any]) -> Mapping[str, int]:
    """Return the level of every requirement of a chapter that has levels, by its number."""
    return {
        f"{section}.{number}": level
        for section, numbers in text.get("levels", {}).items()
        for level, listed in numbers.items()
        for number in listed
    }


def numbers_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the numbers that one entry answers."""
    return tuple(str(entry["id"]).replace(",", " ").split())


def _that_holds(title: Any, flags: frozenset[str]) -> str:
    """Return a title; one that differs by choice is a list of pairs, a condition and a text."""
    if isinstance(title, str):
        return title
    return next(str(text) for pair in title for condition, text in pair.items() if _holds(condition, flags))


def _holds(condition: str, flags: frozenset[str]) -> bool:
    return all((word[1:] not in flags) if word.startswith("!") else (word in flags) for word in condition.split())


def _requirement(
    entry: Mapping[str, Any],
    chapter: Mapping[str, Any],
    levels: Mapping[str, int],
    flags: frozenset[str],
    places: Mapping[str, str],
) -> Requirement:
    answer = _answer(entry, chapter, flags)
    outcome = next(outcome for outcome in OUTCOMES if outcome in answer)
    numbers = numbers_of(entry)
    return Requirement(
        numbers,
        tuple(levels.get(number, 0) for number in numbers),
        str(entry.get("asks", "")),
        outcome,
        str(answer[outcome]),
        tuple(_references(answer.get("where", ()), flags, places)),
        tuple(_references(answer.get("tests", ()), flags, places)),
    )


def _answer(entry: Mapping[str, Any], chapter: Mapping[str, Any], flags: frozenset[str]) -> Mapping[str, Any]:
    """Return the part of an entry that counts here."""
    only = entry.get("only", chapter.get("only", ""))
    if not _holds(only, flags):
        return {"outside": entry.get("otherwise", chapter.get("otherwise", ""))}
    cases = entry.get("cases", ())
    return next((case for case in cases if _holds(case.get("when", ""), flags)), entry)


def _references(items: Any, flags: frozenset[str], places: Mapping[str, str]) -> Iterator[Reference]:
    """Yield what a list names here; an item for some choices alone is a mapping, a condition and a reference."""
    for item in items:
        pairs = item.items() if isinstance(item, dict) else [("", item)]
        for condition, text in pairs:
            if _holds(condition, flags):
                yield _reference(text, places)


def _reference(text: str, places: Mapping[str, str]) -> Reference:
    if text.startswith(CHECK):
        return Reference("pyproject.toml", text)
    path, _, name = text.partition("::")
    place, slash, rest = path.partition("/")
    folder = places.get(place, place)
    return Reference((f"{folder}{slash}{rest}" if folder != "." else rest), name)


def references(items: tuple[Reference, ...]) -> str:
    """Return links, as they stand in a document of the folder `docs`."""
    return "<br>".join(f"[{item.words}]({posixpath.relpath(item.path, 'docs')})" for item in items)


def evidence(requirement: Requirement) -> str:
    """Return what is to be read beside an answer that is not met here, as the end of its line."""
    items = (*requirement.where, *requirement.tests)
    return f" See {', '.join(references((item,)) for item in items)}." if items else ""


class SecurityTraceExtension(Extension):
    """Gives the templates the trace of a Blueprint."""

    def __init__(self, environment: Environment) -> None:
        """Register the function and the filters under their names."""
        super().__init__(environment)
        environment.globals["security_trace"] = trace
        environment.filters.update(references=references, evidence=evidence)
