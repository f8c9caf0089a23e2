"""The catalogue: every choice that the questions offer, read from its manifest.

A manifest `catalogue/AXIS/NAME.yml` makes NAME a choice of the question AXIS: its words for people, its
dependencies, settings and compose service, and the rules that say what it cannot be combined with.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogueError(ValueError):
    """A manifest that is not well formed; the message names the file and the key."""


AXES = ("architecture", "framework", "database", "auth", "broker")
"""The axes in the order in which they are asked."""


PLACES = frozenset({"one_deployable", "over_network"})
"""Overlays that follow from the architecture: what its deployables share."""


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable of the emitted service.

    `required_in` names the environments (`production`) in which the service refuses to start without it. What only
    the service of the accounts reads is `needed_by: accounts`. `composed` is what our containers are told in
    `compose.yaml`, where that is known.
    """

    name: str
    default: str
    example: str
    description: str
    secret: bool = False
    required_in: tuple[str, ...] = ()
    needed_by: str = ""
    composed: str = ""


@dataclass(frozen=True, slots=True)
class Mixin:
    """A class of settings, `name` in the kernel's `settings/MODULE.py`, that joins those of each deployable.

    One that only the service of the accounts has is `needed_by: accounts`; one that only the service has which speaks
    for all of them is `needed_by: front`.
    """

    module: str
    name: str
    needed_by: str = ""


@dataclass(frozen=True, slots=True)
class ComposeService:
    """A backing service for `compose.yaml`: pinned image, environment, command, health check, port and data volume.

    `first_start` is the folder of the image whose scripts run when the server starts for the first time, `imports` the
    one from which it takes our folder of the same name as it is. `host` is what it is called beside its name, where
    browsers on this machine reach it too; for them its port is published. What is not `awaited` may start after ours.
    """

    name: str
    image: str
    environment: tuple[tuple[str, str], ...] = ()
    command: str = ""
    healthcheck: str = ""
    port: int = 0
    volume: str = ""
    first_start: str = ""
    imports: str = ""
    host: str = ""
    awaited: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """What a choice cannot be combined with: answers by axis (all of them together), and the reason as a sentence."""

    without: tuple[tuple[str, tuple[str, ...]], ...]
    why: str


@dataclass(frozen=True, slots=True)
class Variant:
    """What a choice brings where all of `beside` are mounted with it: choices of other axes, or traits."""

    beside: frozenset[str]
    dependencies: tuple[str, ...] = ()
    dev_dependencies: tuple[str, ...] = ()
    needed_by: tuple[tuple[str, str], ...] = ()
    settings: tuple[Setting, ...] = ()
    mixins: tuple[Mixin, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One manifest. `help` completes the label in the dialogue, `why` is one sentence for the documents.

    `needed_by` says of a dependency which part of a repository imports it: `kernel`, `services` or `accounts`.
    What is not named there is imported by the kernel and by every service. `traits` are overlays that several choices
    share, such as `threads`; `variants` are what the choice brings beside some traits or choices alone. `limits` are
    what a database cannot keep of a domain. `mixins` are classes of settings. `email` says whether an account has an
    e-mail address (`required`, `optional`, or nothing), `login` what a caller has logged in with, such as `session`,
    `reaches` whom the service of the accounts calls over HTTPS elsewhere,
    `scoped` that a login can be limited to some of the permissions that its account has, and
    `in_redis` that logins stand in Redis where there is one.
    """

    axis: str
    name: str
    label: str
    help: str
    why: str
    dependencies: tuple[str, ...] = ()
    dev_dependencies: tuple[str, ...] = ()
    needed_by: tuple[tuple[str, str], ...] = ()
    settings: tuple[Setting, ...] = ()
    compose: ComposeService | None = None
    rules: tuple[Rule, ...] = ()
    traits: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    mixins: tuple[Mixin, ...] = ()
    email: str = ""
    login: str = ""
    reaches: str = ""
    scoped: bool = False
    in_redis: bool = False

    def beside(self, mounted: Collection[str]) -> Choice:
        """Return the choice with what its variants bring where these overlays are mounted."""
        choice = self
        for variant in self.variants:
            if variant.beside <= set(mounted):
                choice = replace(
                    choice,
                    dependencies=(*choice.dependencies, *variant.dependencies),
                    dev_dependencies=(*choice.dev_dependencies, *variant.dev_dependencies),
                    needed_by=(*choice.needed_by, *variant.needed_by),
                    settings=(*choice.settings, *variant.settings),
                    mixins=(*choice.mixins, *variant.mixins),
                )
        return replace(choice, variants=())

    def requirements(self, *parts: str) -> tuple[str, ...]:
        """Return the dependencies that one of these parts of a repository needs; all of them if none is named."""
        needed_by = dict(self.needed_by)
        return tuple(
            text for text in self.dependencies if not parts or needed_by.get(_distribution(text), parts[0]) in parts
        )


def _distribution(requirement: str) -> str:
    return requirement.partition(">=")[0].partition("[")[0]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every choice, sorted by axis and name."""

    choices: tuple[Choice, ...]

    def offered(self, axis: str) -> tuple[Choice, ...]:
        """Return the choices of an axis, sorted by name; none for an axis that does not exist."""
        return tuple(choice for choice in self.choices if choice.axis == axis)

    @property
    def traits(self) -> frozenset[str]:
        """Every trait that some choice has."""
        return frozenset(trait for choice in self.choices for trait in choice.traits)

    def names(self, axis: str) -> tuple[str, ...]:
        """Return the names of an axis's choices, sorted."""
        return tuple(choice.name for choice in self.offered(axis))

    def choice(self, axis: str, name: str) -> Choice:
        """Return one choice; raise `KeyError` if there is no such manifest."""
        for choice in self.offered(axis):
            if choice.name == name:
                return choice
        raise KeyError(f"catalogue/{axis}/{name}.yml")

    def refusals(self, answers: Mapping[str, object]) -> tuple[str, ...]:
        """Return a sentence for every rule that the answers break. Axes without an answer break none."""
        return tuple(
            f"{axis}={name} cannot be combined with {_pairs(rule, answers)}: {rule.why}"
            for axis, name, rule in self._rules(answers)
            if all(other in answers and str(answers[other]) in names for other, names in rule.without)
        )

    def _rules(self, answers: Mapping[str, object]) -> Iterator[tuple[str, str, Rule]]:
        for choice in self.choices:
            if str(answers.get(choice.axis, "")) == choice.name:
                for rule in choice.rules:
                    yield choice.axis, choice.name, rule


def load(path: Path) -> Catalogue:
    """Read every manifest below `path` (the folder `catalogue/`); raise `CatalogueError` at the first bad one."""
    catalogue = Catalogue(tuple(_read(file) for file in sorted(path.glob("*/*.yml"))))
    known = catalogue.traits | {choice.name for choice in catalogue.choices} | PLACES
    for choice in catalogue.choices:
        for variant in choice.variants:
            if strangers := sorted(variant.beside - known):
                where = f"catalogue/{choice.axis}/{choice.name}.yml"
                raise CatalogueError(
                    f"{where}: variants name {', '.join(strangers)}, which is neither a choice nor a trait of one."
                )
    return catalogue


def _pairs(rule: Rule, answers: Mapping[str, object]) -> str:
    return " and ".join(f"{axis}={answers[axis]}" for axis, _ in rule.without)


def _read(file: Path) -> Choice:
    where = f"catalogue/{file.parent.name}/{file.name}"
    with file.open("rb") as stream:
        manifest = yaml.load(stream, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    if not isinstance(manifest, dict):
        raise CatalogueError(f"{where}: a manifest is a mapping; give it label, help and why.")
    try:
        choice = _choice(file.parent.name, file.stem, manifest)
    except (TypeError, KeyError, AttributeError) as error:
        raise CatalogueError(f"{where}: {error}; compare the keys with those of another manifest.") from error
    _require_text(where, choice)
    return choice


def _choice(axis: str, name: str, manifest: dict[str, Any]) -> Choice:
    parts: dict[str, Any] = dict(manifest)
    for key in ("dependencies", "dev_dependencies"):
        parts[key] = tuple(manifest.get(key, ()))
    parts["needed_by"] = tuple(manifest.get("needed_by", {}).items())
    parts["settings"] = tuple(_setting(item) for item in manifest.get("settings", ()))
    parts["traits"] = tuple(manifest.get("traits", ()))
    parts["variants"] = tuple(_variant(item) for item in manifest.get("variants", ()))
    parts["rules"] = tuple(_rule(item) for item in manifest.get("rules", ()))
    parts["limits"] = tuple(manifest.get("limits", {}).items())
    parts["mixins"] = tuple(Mixin(**item) for item in manifest.get("mixins", ()))
    parts["compose"] = _compose(manifest["compose"]) if "compose" in manifest else None
    return Choice(axis=axis, name=name, **parts)


def _setting(item: dict[str, Any]) -> Setting:
    return Setting(**{**item, "required_in": tuple(item.get("required_in", ()))})


def _variant(item: dict[str, Any]) -> Variant:
    return Variant(
        beside=frozenset(item["with"]),
        dependencies=tuple(item.get("dependencies", ())),
        dev_dependencies=tuple(item.get("dev_dependencies", ())),
        needed_by=tuple(item.get("needed_by", {}).items()),
        settings=tuple(_setting(setting) for setting in item.get("settings", ())),
        mixins=tuple(Mixin(**mixin) for mixin in item.get("mixins", ())),
    )


def _compose(item: dict[str, Any]) -> ComposeService:
    return ComposeService(**{**item, "environment": tuple(sorted(item.get("environment", {}).items()))})


def _rule(item: dict[str, Any]) -> Rule:
    without = tuple((axis, tuple(map(str, names))) for axis, names in item["without"].items())
    return Rule(without=without, why=item["why"])


def _require_text(where: str, choice: Choice) -> None:
    texts = {"label": choice.label, "help": choice.help, "why": choice.why}
    texts |= {f"rules.{number}.why": rule.why for number, rule in enumerate(choice.rules)}
    for setting in choice.settings:
        texts |= {
            f"settings.{setting.name}.default": setting.default,
            f"settings.{setting.name}.example": setting.example,
            f"settings.{setting.name}.description": setting.description,
        }
    for key, text in texts.items():
        if not isinstance(text, str):
            raise CatalogueError(f"{where}: {key} is no text; put it in quotes.")
    for rule in choice.rules:
        if not rule.without:
            raise CatalogueError(f"{where}: a rule without `without` refuses nothing; name an axis and its choices.")


class CatalogueExtension(Extension):
    """Give templates the catalogue, and questions their choices.

    The catalogue is read once, when Copier makes the Jinja environment, and kept on that environment: while a
    project is updated the old and the new version of the template live in one process, each with its own.
    """

    def __init__(self, environment: Environment) -> None:
        """Read the manifests and register `catalogue`, `offered`, `preferred` and `is_open`."""
        super().__init__(environment)
        self.catalogue = load(Path(__file__).resolve().parent.parent / "catalogue")
        environment.globals.update(
            catalogue=self.catalogue,
            offered=self._offered,
            preferred=self._preferred,
            is_open=self._is_open,
        )

    def _refusals(self, context: Context, choice: Choice) -> tuple[str, ...]:
        axes = {other.axis for other in self.catalogue.choices}
        axes |= {axis for other in self.catalogue.choices for rule in other.rules for axis, _ in rule.without}
        answers = {axis: context[axis] for axis in axes if axis in context}
        return self.catalogue.refusals({**answers, choice.axis: choice.name})

    @pass_context
    def _offered(self, context: Context, axis: str) -> str:
        # JSON is YAML: Copier reads the choices of a question from rendered text. A choice with a `validator`
        # text is shown, with that text as the reason why it cannot be taken.
        choices = {
            f"{choice.label}: {choice.help}": {
                "value": choice.name,
                "validator": " ".join(self._refusals(context, choice)),
            }
            for choice in self.catalogue.offered(axis)
        }
        return json.dumps(choices)

    @pass_context
    def _preferred(self, context: Context, axis: str, *wanted: str) -> str:
        names = [choice.name for choice in self.catalogue.offered(axis) if not self._refusals(context, choice)]
        return next((name for name in (*wanted, *names) if name in names), wanted[0])

    @pass_context
    def _is_open(self, context: Context, axis: str) -> bool:
        # A question whose answer follows from earlier ones is not asked. Later answers do not count, even where they
        # were given beforehand: Copier forgets the answer of a hidden question, and would update to its default.
        earlier = {name: context[name] for name in _earlier(axis) if name in context}
        choices = self.catalogue.offered(axis)
        return sum(not self.catalogue.refusals({**earlier, axis: choice.name}) for choice in choices) > 1


def _earlier(axis: str) -> tuple[str, ...]:
    """Return the axes that are asked before this one."""
    return AXES[: AXES.index(axis)] if axis in AXES else ()
