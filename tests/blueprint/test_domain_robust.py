"""No text makes the parser raise anything but DomainError, and large domains are read."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from copier_template_extensions.domain import DomainExtension, Problem, parse
from jinja2 import Environment

SAMPLES = Path(__file__).parents[2] / "samples"
ProblemsOf = Callable[[object], tuple[Problem, ...]]
PIECES = [
    *"{}[]()&*!|>'\"%@`#,:?=-~.\\\n\t \0\x85\ud800é👩",
    "null",
    "1e999",
    "_owned",
    "ref(",
    "enum(",
    "min=",
    "- ",
    "<<: ",
]


def sample(name: str) -> str:
    text = yaml.safe_load((SAMPLES / f"{name}.yml").read_text(encoding="utf-8"))["domain"]
    assert isinstance(text, str)
    return text


def mutated(text: str, chance: random.Random) -> str:
    """Return the text after a few cuts, copies and insertions."""
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randint(0, 12))
        middle = chance.choice(["", chance.choice(PIECES), text[start:end] * 2, text[end:start:-1]])
        text = text[:start] + middle + text[end:]
    return text


@pytest.mark.parametrize("seed", range(10))
def test_mutated_samples_raise_nothing_else(seed: int, problems_of: ProblemsOf) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    texts = [sample(name) for name in ("shop", "blog", "museum")]
    refused = 0
    for _ in range(60):
        problems = problems_of(mutated(chance.choice(texts), chance))
        refused += bool(problems)
        assert all(problem.where and problem.what and problem.remedy for problem in problems)
        assert all(str(problem).isprintable() for problem in problems)
    assert refused > 20


def test_shuffled_values_raise_nothing_else(problems_of: ProblemsOf) -> None:
    chance = random.Random(0)  # noqa: S311 - repeatable, and no secret
    values = [
        "text",
        "",
        None,
        1,
        1.5,
        True,
        [],
        [1],
        {},
        {"type": "json", "default": [None]},
        {"a": {"b": {}}},
        float("nan"),
    ]
    for _ in range(500):
        tree = {
            chance.choice(["shop", "users", "_x", "", 5, None, True]): {
                chance.choice(["item", "user", "_listens", "_description", 1]): {
                    chance.choice(["x", "_owned", "_plural", "class", 2.5]): chance.choice(values)
                    for _ in range(chance.randint(0, 3))
                }
                if chance.random() < 0.8
                else chance.choice(values)
            }
        }
        assert all(str(problem).isprintable() for problem in problems_of(tree))


def test_a_large_domain() -> None:
    modules = [
        f"m{m}:\n"
        + "".join(
            f"  e{m}x{e}:\n"
            + "".join(f"    f{f}: decimal(10,2) min=0 default=1\n" for f in range(18))
            + f"    before: ref(e{m - 1}x{e})\n" * (m > 0)
            for e in range(5)
        )
        for m in range(100)
    ]
    domain = parse("".join(modules))
    assert sum(len(module.entities) for module in domain.modules) == 500
    assert domain.modules[99].entities[4].fields[-1].target == ("m98", "e98x4")


def test_the_filter_tells_problems_and_never_raises() -> None:
    environment = Environment(extensions=[DomainExtension], autoescape=False)  # noqa: S701 - no HTML
    assert environment.filters["domain_problems"] is not None
    render = environment.from_string("{{ domain | domain_problems }}").render
    assert render(domain="shop: {item: {name: text}}") == ""
    assert render(domain=None) == ""
    assert render(domain="shop: {item: {name: txt, self: text}}").splitlines() == [
        'shop.item.name: there is no type "txt"; did you mean "text"?',
        'shop.item.self: "self" is a keyword of a programming language; choose another name, for example "item_self".',
    ]
    assert render(domain=object()).startswith("domain: ")
    assert render().startswith("domain: ")
