"""Answers for people: what may be answered, what is wrong with an answer, and how answers are recorded.

In the dialogue Copier shows the message of a question's validator. Answers that come from `--data`, from a data file
or from an earlier run are looked at before the first question, all at once: Copier would wrap the first fault in a
traceback, while its `UserMessageError` reaches people as it is.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from copier.errors import UserMessageError
from copier_template_extensions.account_limits import account_problems
from copier_template_extensions.catalogue import AXES, Catalogue, Choice
from copier_template_extensions.database_limits import limit_problems
from copier_template_extensions.domain import DomainError, parse
from copier_template_extensions.domain_model import Domain, Problem
from copier_template_extensions.project_names import package_fault, slug_fault
from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context

TEXTS = {"project_name": 100, "description": 500, "author_name": 120, "author_email": 254}
"""Free text, and the longest that it may be, in characters."""

LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "Proprietary")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
QUESTIONS = (
    "project_name",
    "project_slug",
    "package_name",
    "description",
    "author_name",
    "author_email",
    "license",
    "python_version",
    *AXES,
    "audit_trail",
    "domain_preset",
    "domain",
)
"""Every question, in the order in which answers are recorded."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")

# Control characters, surrogates, line separators; then what turns the direction of text or cannot be seen at all.
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
_TREACHEROUS = frozenset("\u200b\ufeff\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_YES = frozenset({"y", "yes", "t", "true", "on", "1"})
_NO = frozenset({"n", "no", "f", "false", "off", "0"})

_STARTER = """\
catalog:
  product:
    name: string(120)
    price: decimal(10,2) min=0
"""


def text_fault(name: str, value: str) -> str:
    """Say what is wrong with a line of free text, or nothing."""
    longest = TEXTS[name]
    if len(value) > longest:
        return f"it is {len(value)} characters long; use {longest} at most."
    for letter in value:
        if unicodedata.category(letter) in _UNSEEN or letter in _TREACHEROUS:
            return f"it holds the character U+{ord(letter):04X}, which cannot be seen; use one line of visible text."
    if value != value.strip():
        return "it begins or ends with a space; leave that out."
    if name == "author_email":
        return "" if not value or _EMAIL.match(value) else "write an address such as ada@example.org, or nothing."
    return "" if value or name == "description" else "it is empty; write at least one character."


def shown(value: object) -> str:
    """Return a value for a message: in quotes, cut to 60 characters, with nothing that a terminal would obey."""
    text = str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + '"'


def audit_fault(value: object, auth: object) -> str:
    """Say what is wrong with the wish for an audit trail, or nothing. Copier takes words for it, such as `yes`."""
    if not isinstance(value, bool) and str(value).lower() not in {*_YES, *_NO}:
        return f"{shown(value)} is neither yes nor no; say true or false."
    if auth == "none" and (value is True or str(value).lower() in _YES):
        return "there are no accounts whose events it could keep; say false, or choose another auth."
    return ""


def choice_fault(value: object, names: tuple[str, ...]) -> str:
    """Say that a value is none of the choices, and which one was perhaps meant; or nothing."""
    if str(value) in names:
        return ""
    near = difflib.get_close_matches(str(value)[:60], names, 1)
    remedy = f'did you mean "{near[0]}"?' if near else f"choose {_either(names)}."
    return f"{shown(value)} is not offered; {remedy}"


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


class Samples:
    """The samples as presets: a name, a description, and the text of a domain."""

    def __init__(self, folder: Path) -> None:
        """Read every answers file in `folder`."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._answers: dict[str, dict[str, Any]] = {}
        for file in sorted(folder.glob("*.yml")):
            with file.open("rb") as stream:
                self._answers[file.stem] = yaml.load(stream, Loader=loader)  # noqa: S506 - a safe loader

    @property
    def names(self) -> tuple[str, ...]:
        """Return the presets in the order in which they are shown; `custom` comes last."""
        return (*sorted(self._answers, key=lambda name: (name != "shop", name)), "custom")

    def label(self, name: str) -> str:
        """Return what the dialogue shows for a preset."""
        if name == "custom":
            return "custom: your own modules and entities"
        return f"{name}: {self._answers[name]['description']}"

    def domain(self, name: str) -> object:
        """Return the domain of a preset; for `custom` a small one to begin with."""
        return _STARTER if name == "custom" else self._answers[name].get("domain") or ""


class Answers:
    """Every rule for answers, on one catalogue, one set of samples and the names that libraries have taken."""

    def __init__(self, catalogue: Catalogue, samples: Samples, taken: frozenset[str]) -> None:
        """Keep what the rules are made of."""
        self._catalogue = catalogue
        self._samples = samples
        self._taken = taken

    def fault(self, name: str, value: object, others: Mapping[str, object] | None = None) -> str:
        """Return what is wrong with the answer to one question, on one line, or nothing.

        The dialogue shows one line. The places within a domain are told; elsewhere the question is the place. A domain
        is held against the other answers: the limits of its database, and whether there are accounts.
        """
        faults = list(self._faults(name, value, others or {}))
        return "  ".join(what if where == name else f"{where}: {what}" for where, what in faults)

    def faults(self, answers: Mapping[str, object]) -> Iterator[str]:
        """Yield every fault of the given answers, each as `where: what; remedy`. Questions without answer are fine."""
        for name in QUESTIONS:
            if name in answers:
                yield from (f"{where}: {what}" for where, what in self._faults(name, answers[name], answers))
        yield from self._catalogue.refusals(answers)
        preset = str(answers.get("domain_preset", ""))
        if "domain" not in answers and preset in self._samples.names and (why := self.preset_refusal(preset, answers)):
            yield f"domain_preset: {why}"

    def preset_refusal(self, preset: str, others: Mapping[str, object]) -> str:
        """Say why the domain of a preset cannot be combined with the other answers, and what can; or nothing."""
        problems = self._preset_problems(preset, others)
        if not problems:
            return ""
        fitting = (*self._fitting(others), "custom")
        reasons = " ".join(f"{problem.where}: {problem.what}." for problem in problems)
        pair = f"the preset {preset} cannot be combined with auth={others.get('auth')}"
        return f"{pair}; choose {_either(fitting)}. {reasons}"

    def preferred_preset(self, others: Mapping[str, object]) -> str:
        """Return the preset to begin with: the first that holds something and suits the other answers."""
        return next((name for name in self._fitting(others) if self._samples.domain(name)), "custom")

    def _fitting(self, others: Mapping[str, object]) -> tuple[str, ...]:
        names = self._samples.names[:-1]
        return tuple(name for name in names if not self._preset_problems(name, others))

    def _preset_problems(self, preset: str, others: Mapping[str, object]) -> tuple[Problem, ...]:
        if preset == "custom":
            return ()
        return tuple(self._account_problems(parse(self._samples.domain(preset)), others))

    def _account_problems(self, domain: Domain, others: Mapping[str, object]) -> Iterator[Problem]:
        """Yield what a domain cannot have where there are no accounts."""
        auth = next((choice for choice in self._catalogue.offered("auth") if choice.name == others.get("auth")), None)
        if auth and "accounts" not in auth.traits:
            yield from account_problems(domain)
            if not domain.modules and others.get("architecture") == "microservices":
                what = "without modules and without accounts there is no service at all"
                yield Problem("domain", what, "describe a module, or choose another architecture")

    def _faults(self, name: str, value: object, others: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        if name == "domain":
            yield from self._domain_faults(value, others)
            return
        if name == "audit_trail":
            if what := audit_fault(value, others.get("auth")):
                yield name, what
            return
        if name == "python_version" and isinstance(value, float):
            value = str(value)
        what = self._value_fault(name, value) if isinstance(value, str) else _type_fault(value)
        if what:
            yield name, what

    def _value_fault(self, name: str, value: str) -> str:
        if name in TEXTS:
            return text_fault(name, value)
        if name == "project_slug":
            return str(slug_fault(value, self._taken))
        if name == "package_name":
            return str(package_fault(value, self._taken))
        return choice_fault(value, self._names(name))

    def _domain_faults(self, value: object, others: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        if not (value is None or isinstance(value, str | dict)):
            yield "domain", f"{shown(value)} is no mapping; write modules, entities and fields as YAML."
            return
        try:
            domain = parse(value)
            database = self._database(others.get("database"))
            problems = limit_problems(domain, database.label, dict(database.limits)) if database else ()
            if found := (*problems, *self._account_problems(domain, others)):
                raise DomainError(found)
        except DomainError as error:
            for problem in error.problems:
                # A fault of the YAML itself is at a line, others are at a module, an entity or a field.
                where = f"domain, {problem.where}" if problem.where.startswith("line ") else problem.where
                yield where or "domain", f"{problem.what}; {problem.remedy}"

    def _database(self, name: object) -> Choice | None:
        return next((choice for choice in self._catalogue.offered("database") if choice.name == name), None)

    def _names(self, name: str) -> tuple[str, ...]:
        fixed = {"license": LICENSES, "python_version": PYTHONS, "domain_preset": self._samples.names}
        return fixed[name] if name in fixed else self._catalogue.names(name)


def _type_fault(value: object) -> str:
    if value is None:
        return "there is no value; write some text, or leave the question out."
    return f"{shown(value)} was read by YAML as {type(value).__name__}, not as text; put the value in quotes."


def mistyped(given: Mapping[str, object]) -> Iterator[str]:
    """Yield a sentence for every given name that is no question but looks like one that was not given."""
    for name in given:
        near = difflib.get_close_matches(str(name), QUESTIONS, 1, 0.8)
        if name not in QUESTIONS and not str(name).startswith("_") and near and near[0] not in given:
            yield f'{str(name)[:60]}: there is no such question; did you mean "{near[0]}"?'


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it was written, so that people can read a recorded domain."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def as_yaml(answers: Mapping[str, object]) -> str:
    """Return answers as YAML that reads back as the same answers, in the same order."""
    return yaml.dump(dict(answers), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=2**31)


class AnswersExtension(Extension):
    """Connect the rules with the questions."""

    def __init__(self, environment: Environment) -> None:
        """Read the samples and register what the questions and the answers file call."""
        super().__init__(environment)
        self._samples = Samples(Path(__file__).resolve().parent.parent / "samples")
        given: dict[str, Any] = environment.globals
        self._answers = Answers(given["catalogue"], self._samples, given["taken_names"])
        self._held: dict[str, Any] = {}
        environment.globals.update(
            given_answers_hold=self._given_answers_hold,
            fault=self._fault,
            preset=self._samples.domain,
            preferred_preset=self._preferred_preset,
            presets=self._presets,
            answers_to_record=self._answers_to_record,
        )

    @pass_context
    def _fault(self, context: Context, name: str) -> str:
        return self._answers.fault(name, context[name], _axes(context))

    @pass_context
    def _presets(self, context: Context) -> str:
        # A choice with a `validator` text is shown, with that text as the reason why it cannot be taken.
        choices = {
            self._samples.label(name): {
                "value": name,
                "validator": self._answers.preset_refusal(name, _axes(context)),
            }
            for name in self._samples.names
        }
        return yaml.dump(choices, sort_keys=False, allow_unicode=True, width=2**31)

    @pass_context
    def _preferred_preset(self, context: Context) -> str:
        return self._answers.preferred_preset(_axes(context))

    @pass_context
    def _given_answers_hold(self, context: Context) -> str:
        """Return `true`, or raise `UserMessageError` with every fault of the answers that were given beforehand."""
        conf = context["_copier_conf"]
        answers = {name: context[name] for name in QUESTIONS if name in context}
        state = {"given": conf["data"], "answers": answers, "defaults": conf["defaults"]}
        if state != self._held:
            faults = [*mistyped(conf["data"]), *self._answers.faults(answers), *self._domain_conflicts(state)]
            if faults:
                raise UserMessageError(_message(faults))
            self._held = state
        return "true"

    def _domain_conflicts(self, state: Mapping[str, Any]) -> Iterator[str]:
        given, answers = state["given"], state["answers"]
        preset = answers.get("domain_preset")
        if preset == "custom" and "domain" not in answers and state["defaults"]:
            yield (
                "domain: the preset custom needs one; give it as `domain` in a file with --data-file,"
                f" or choose the preset {_either(self._samples.names[:-1])}."
            )
        if (
            "domain_preset" in given
            and "domain" not in given
            and "domain" in answers
            and preset in self._samples.names[:-1]
            and answers["domain"] != self._samples.domain(str(preset))
        ):
            yield (
                "domain_preset: this project keeps the domain that it recorded, and a preset does not replace it;"
                " give the new one as `domain` in a file with --data-file."
            )

    @pass_context
    def _answers_to_record(self, context: Context, remembered: Mapping[str, object]) -> str:
        # Copier leaves out what it did not ask. A later version of the template may offer more choices, or another
        # preset of that name, so what this project was made with is recorded all the same.
        internal = {name: value for name, value in remembered.items() if name not in QUESTIONS}
        return as_yaml(internal | {name: context[name] for name in QUESTIONS})


def _axes(context: Context) -> dict[str, object]:
    return {axis: context[axis] for axis in AXES if axis in context}


def _message(faults: list[str]) -> str:
    if len(faults) == 1:
        return faults[0]
    return "\n".join([f"These {len(faults)} answers cannot be used:", *(f"  - {fault}" for fault in faults)])
