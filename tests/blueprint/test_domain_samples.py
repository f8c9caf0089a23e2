"""The samples: each is a set of answers with a domain that is right."""

from pathlib import Path

import pytest
import yaml
from copier_template_extensions.domain import Domain, Field, parse

SAMPLES = Path(__file__).parents[2] / "samples"
TYPES = """string text integer decimal float boolean date datetime uuid email url json enum ref"""


def answers(name: str) -> dict[str, str]:
    loaded = yaml.safe_load((SAMPLES / f"{name}.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def fields(domain: Domain) -> list[Field]:
    return [field for module in domain.modules for entity in module.entities for field in entity.fields]


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.yml")))
def test_sample(name: str) -> None:
    sample = answers(name)
    assert set(sample) >= {"project_name", "description", "domain"}
    assert bool(parse(sample["domain"]).modules) == (name != "blank")


def test_shop_is_the_example_of_the_design() -> None:
    domain = parse(answers("shop")["domain"])
    assert {module.name: [entity.name for entity in module.entities] for module in domain.modules} == {
        "catalog": ["category", "product"],
        "ordering": ["order"],
    }
    [order] = domain.modules[1].entities
    assert order.owned
    assert order.fields[0].target == ("catalog", "product")
    assert [listen.event for listen in domain.modules[1].listens] == ["payment.completed"]


def test_museum_uses_the_whole_language() -> None:
    domain = parse(answers("museum")["domain"])
    every = fields(domain)
    assert {field.type for field in every} == set(TYPES.split())
    assert {field.type for field in every if field.has_default} == set(TYPES.split()) - {"ref"}
    for word in ("unique", "indexed", "optional", "pattern", "description", "has_example", "min", "max"):
        assert any(getattr(field, word) not in (None, False) for field in every), word
    targets = {
        (module.name, entity.name, field.target)
        for module in domain.modules
        for entity in module.entities
        for field in entity.fields
        if field.target
    }
    assert ("collection", "person", ("collection", "person")) in targets
    assert ("collection", "artefact", ("lending", "loan")) in targets
    assert ("lending", "loan", ("collection", "artefact")) in targets
    plurals = {entity.plural for module in domain.modules for entity in module.entities}
    assert plurals >= {"people", "media", "analyses", "criteria", "lecture_series", "frescoes"}
    assert any(not field.optional and field.has_default for field in domain.account_fields)
    roles = {role.name: (set(role.reads), set(role.writes)) for role in domain.roles}
    assert {"loan", "lecture_series"} < roles["curator"][0]
    assert roles["registrar"] == ({"loan", "criterion"}, {"loan", "criterion"})
    assert roles["front_desk"] == ({"lecture_series", "user"}, {"user"})


def test_look_alikes_of_yaml_stay_text() -> None:
    [durability] = [field for field in fields(parse(answers("museum")["domain"])) if field.name == "durability"]
    assert durability.members[:5] == ("no", "~", "1e3", "null", "off")
    assert durability.default == "no"
