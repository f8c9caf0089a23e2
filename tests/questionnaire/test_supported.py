"""What is supported and what is not, written down without the catalogue, and held against its refusals everywhere."""

from __future__ import annotations

import itertools
import re

import pytest

import template

# By hand: a manifest that appears or disappears is noticed here, and its rules have to be thought about.
AXES = {
    "python_version": ("3.11", "3.12", "3.13", "3.14"),
    "architecture": ("microservices", "modular_monolith", "monolith"),
    "framework": ("django", "fastapi", "flask"),
    "database": ("mysql", "postgresql", "sqlite"),
    "auth": ("api_key", "jwt", "none", "oauth2", "session"),
    "broker": ("in_process", "nats"),
}

Combination = dict[str, str]


def remedies(combination: Combination) -> dict[str, str]:
    """Return what has to be answered otherwise before a combination is supported, and why; nothing if it is.

    The keys are answers, `AXIS=NAME`, any of which would do.
    """
    separate = combination["architecture"] == "microservices"
    match combination["broker"]:
        case "in_process" if separate:
            return {"broker=nats": "no event can be handed from one process to another without a server between them"}
        case "nats" if not separate:
            return {"broker=in_process": "there is nobody to send events to but the deployable itself"}
    return {}


COMBINATIONS: list[Combination] = [dict(zip(AXES, names, strict=True)) for names in itertools.product(*AXES.values())]


def advice(sentence: str) -> set[str]:
    """Return the answers that a refusal says to choose instead."""
    _, _, advised = sentence.partition("choose ")
    return set(re.findall(r"\b[a-z_]+=[a-z0-9_]+(?:\.[0-9]+)?", advised))


def disagreements(refuse: template.Refuse, combinations: list[Combination]) -> list[str]:
    """Return the combinations about which the refusals and the oracle do not agree, and bad advice."""
    found = []
    for combination in combinations:
        sentences = refuse(combination)
        advised = set().union(*map(advice, sentences))
        if advised != set(remedies(combination)):
            found.append(f"{combination}: {sentences or 'allowed'}")
        for sentence in sentences:
            changed = [dict([answer.split("=")]) for answer in advice(sentence)]
            if not any(not refuse({**combination, **answer}) for answer in changed):
                found.append(f"{combination}: to follow the advice does not help: {sentence}")
    return found


def refuse(combination: Combination) -> tuple[str, ...]:
    """Return what the manifests say against a combination."""
    found: tuple[str, ...] = template.catalogue().refusals(combination)
    return found


def test_the_choices_are_those_that_the_oracle_knows() -> None:
    catalogue = template.catalogue()

    assert {axis: catalogue.names(axis) for axis in template.AXES} == {axis: AXES[axis] for axis in template.AXES}
    assert AXES["python_version"] == template.extension("answers").PYTHONS


def test_the_oracle_and_the_manifests_agree_on_every_combination() -> None:
    assert len(COMBINATIONS) == 4 * 3 * 3 * 3 * 5 * 2

    assert disagreements(refuse, COMBINATIONS) == []


def test_the_rows_of_the_matrix_are_what_the_oracle_supports() -> None:
    supported = {tuple(c[axis] for axis in template.AXES) for c in COMBINATIONS if not remedies(c)}

    assert {tuple(row.choices.values()) for row in template.stacks()} == supported
    assert len(supported) == 3 * 3 * 3 * 5


# By hand as well: what a sample needs, before it can be combined with a method that has no accounts.
NEEDS_ACCOUNTS = {"blank": False, "blog": True, "ledger": False, "museum": True, "shop": True}


def test_samples_are_refused_where_they_need_accounts_and_nowhere_else() -> None:
    assert set(NEEDS_ACCOUNTS) == set(template.samples())

    for architecture, auth, sample in itertools.product(AXES["architecture"], AXES["auth"], NEEDS_ACCOUNTS):
        without = auth == "none" and (NEEDS_ACCOUNTS[sample] or (sample == "blank" and architecture == "microservices"))
        assert bool(template.refusals(architecture, auth, sample)) is without, (architecture, auth, sample)


ONE = dict(zip(AXES, ("3.11", "monolith", "flask", "mysql", "jwt", "in_process"), strict=True))
SERVICES = {**ONE, "architecture": "microservices"}


@pytest.mark.parametrize(
    ("refuse", "combination"),
    [
        (lambda given: ("it writes from many processes; choose database=sqlite.",), ONE),
        (lambda given: (), SERVICES),
        (lambda given: ("services do not share a process.",), SERVICES),
        (lambda given: ("services do not share a process; choose broker=carrier_pigeon.",), SERVICES),
        (lambda given: ("services do not share a process; choose broker=nats.",), SERVICES),
    ],
    ids=["a rule too many", "a rule too few", "no advice", "other advice", "advice that does not help"],
)
def test_a_planted_disagreement_is_found(refuse: template.Refuse, combination: Combination) -> None:
    assert disagreements(refuse, [combination]) != []
