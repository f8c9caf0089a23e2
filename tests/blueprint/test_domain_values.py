"""What fields mean that are right: every type, in the short and in the long form."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from copier_template_extensions.domain import DomainError, Field, parse


def field(text: str) -> Field:
    domain = parse("shop:\n  thing:\n    name: string(1)\n  item:\n    x: " + text)
    return domain.modules[0].entities[1].fields[0]


SHORT: dict[str, dict[str, Any]] = {
    "string(80)": {"type": "string", "length": 80},
    "string(1)": {"length": 1},
    "string(4000)": {"length": 4000},
    "string(3)? unique indexed": {"optional": True, "unique": True, "indexed": True},
    "text": {"type": "text", "length": None, "optional": False, "has_default": False, "default": None},
    "integer min=-5 max=5 default=0": {"min": -5, "max": 5, "default": 0, "has_default": True},
    "integer min=-9223372036854775808 max=9223372036854775807": {"min": -(2**63), "max": 2**63 - 1},
    "integer default=-0": {"default": 0},
    "decimal(10,2) min=0 default=19.9": {"precision": 10, "scale": 2, "min": Decimal(0), "default": Decimal("19.90")},
    "decimal(38, 38) max=0.00000000000000000000000000000000000001": {"max": Decimal("1E-38")},
    "decimal(3,0) default=-999": {"default": Decimal(-999)},
    "float min=1e-3 max=1E+3 default=0.5": {"min": 0.001, "max": 1000.0, "default": 0.5},
    "boolean default=true": {"default": True},
    "boolean? default=null": {"has_default": True, "default": None},
    "date min=2000-02-29 default=2024-12-31": {"min": date(2000, 2, 29), "default": date(2024, 12, 31)},
    "datetime default=2024-01-01T00:30:00+01:00": {"default": datetime(2023, 12, 31, 23, 30, tzinfo=UTC)},
    "datetime default=2024-01-01T00:00Z": {"default": datetime(2024, 1, 1, tzinfo=UTC)},
    "uuid default=018f2a5e-7b1c-7def-8123-456789abcdef": {"default": "018f2a5e-7b1c-7def-8123-456789abcdef"},
    "email default=o'keeffe@example.org": {"default": "o'keeffe@example.org"},
    "url default=https://example.org/a?b=c#d": {"default": "https://example.org/a?b=c#d"},
    "json default={}": {"default": {}},
    """json default={"a":[1,2.5,null]} example=[]""": {"default": {"a": [1, 2.5, None]}, "example": []},
    "json default=' [1, 2] '": {"default": [1, 2]},
    "enum(draft, in progress, draft!) default=draft": {"members": ("draft", "in progress", "draft!")},
    "enum(yes, no) default=no": {"members": ("yes", "no"), "default": "no"},
    "enum(1e3, ~, null, on, 007)? default=null": {"members": ("1e3", "~", "null", "on", "007"), "default": "null"},
    """enum("a, b", 'it\\'s', "c)", "\\\\") default="a, b" """: {"members": ("a, b", "it's", "c)", "\\")},
    "enum(+, -, ä, 👩‍🚀)": {"members": ("+", "-", "ä", "👩‍🚀")},
    "ref(thing)": {"type": "ref", "target": ("shop", "thing")},
    "ref(shop.thing)?": {"target": ("shop", "thing"), "optional": True},
    "ref(user)": {"target": ("users", "user")},
    "ref(users.user) unique": {"target": ("users", "user"), "unique": True},
    "ref(item)?": {"target": ("shop", "item")},
    "string(9) default=1e3 example=no": {"default": "1e3", "example": "no"},
    "string(9) default=~": {"default": "~"},
    'string(9) default=""': {"default": ""},
    'string(9) default="null"': {"default": "null"},
    "string(9)? default=null": {"default": None, "has_default": True},
    "string(9) min=2 max=2 default=ab": {"min": 2, "max": 2},
    """string(30) default="it's \\"x\\" {{ y }} 100 % \\\\" """: {"default": 'it\'s "x" {{ y }} 100 % \\'},
    """string(30) default='it\\'s "x"' """: {"default": 'it\'s "x"'},
    """string(30) pattern="^\\d+\\.\\d{2}$" default=1.50""": {"pattern": r"^\d+\.\d{2}$"},
    '"string(9) default=\\"a # b: c\\""': {"default": "a # b: c"},
    'text description="what it is" example=🦊': {"description": "what it is", "example": "🦊"},
}


@pytest.mark.parametrize("text", SHORT)
def test_short_form(text: str) -> None:
    made = field(text)
    for name, expected in SHORT[text].items():
        value = getattr(made, name)
        assert (value, type(value)) == (expected, type(expected))


LONG: dict[str, tuple[str, dict[str, Any]]] = {
    "the example of the design": (
        "{type: decimal(10,2), min: 0, description: Price, example: 19.90}",
        {"scale": 2, "min": Decimal(0), "description": "Price", "example": Decimal("19.90")},
    ),
    "optional by ?": ("{type: 'text?'}", {"optional": True}),
    "optional by key": ("{type: text, optional: true}", {"optional": True}),
    "optional by both": ("{type: text?, optional: false}", {"optional": True}),
    "members in braces": ("{type: enum(a, b, c)?, default: b}", {"members": ("a", "b", "c"), "default": "b"}),
    "flags": ("{type: string(9), unique: true, indexed: true}", {"unique": True, "indexed": True}),
    "flag off": ("{type: text, unique: false}", {"unique": False}),
    "look-alike no": ("{type: enum(yes, no), default: no}", {"default": "no"}),
    "look-alike 1e3": ("{type: string(9), default: 1e3}", {"default": "1e3"}),
    "look-alike ~": ("{type: string(9), default: ~, description: ~}", {"default": "~", "description": "~"}),
    "look-alike date": ("{type: string(10), default: 2024-01-01}", {"default": "2024-01-01"}),
    "look-alike sexagesimal": ("{type: string(9), default: 1:30}", {"default": "1:30"}),
    "null": ("{type: string(9)?, default: null}", {"default": None, "has_default": True}),
    "null as text": ("{type: string(9), default: 'null'}", {"default": "null"}),
    "empty text": ("{type: string(9), default: ''}", {"default": ""}),
    "boolean": ("{type: boolean, default: true}", {"default": True}),
    "quoted boolean": ("{type: boolean, default: 'false'}", {"default": False}),
    "folded description": (
        "\n      type: text\n      description: >\n        two\n        lines\n",
        {"description": "two lines"},
    ),
    "json structure": (
        "{type: json, default: {a: [1, 2.5, true, null, no, ~, 'true'], b: {}}}",
        {"default": {"a": [1, 2.5, True, None, "no", "~", "true"], "b": {}}},
    ),
    "json text": ("{type: json, default: '[]'}", {"default": "[]"}),
    "json null": ("{type: json?, default: null}", {"default": None, "has_default": True}),
    "reference example": (
        "{type: ref(thing), example: 018f2a5e-7b1c-7def-8123-456789abcdef}",
        {"example": "018f2a5e-7b1c-7def-8123-456789abcdef"},
    ),
}


@pytest.mark.parametrize("case", LONG)
def test_long_form(case: str) -> None:
    text, expected = LONG[case]
    made = field(text)
    assert {name: getattr(made, name) for name in expected} == expected


def test_fields_in_braces_are_put_together_again() -> None:
    [module] = parse("shop: {item: {price: decimal(10,2)? min=0, kind: enum(a, b), at: date}}").modules
    assert [f.type for f in module.entities[0].fields] == ["decimal", "enum", "date"]
    assert module.entities[0].fields[1].members == ("a", "b")


def test_a_mapping_means_the_same_as_its_text() -> None:
    fields = "x: {type: integer?, min: 1, default: null}, y: {type: float, default: 0.5}"
    loaded = {
        "shop": {
            "item": {
                "_owned": True,
                "x": {"type": "integer?", "min": 1, "default": None},
                "y": {"type": "float", "default": 0.5},
            }
        }
    }
    assert parse(loaded) == parse(f"shop: {{item: {{_owned: true, {fields}}}}}")


@pytest.mark.parametrize("text", [None, "", "  \n", "{}", "null", "~", "# only a remark", {}], ids=repr)
def test_nothing_is_the_blank_domain(text: str | None) -> None:
    domain = parse(text)
    assert (domain.modules, domain.account_fields) == ((), ())


def test_options_and_order_are_kept() -> None:
    domain = parse(
        """
        lending:
          _description: What is lent.
          reader:
            _plural: readership
            _description: Who reads.
            _owned: true
            name: string(80)
          book:
            title: string(80)
          _listens:
            book.created: announce
            user.deleted: forget
            payment.completed: note_payment
        users:
          user:
            phone: string(30)?
            language: string(2) default=en
        """
    )
    [module] = domain.modules
    assert module.description == "What is lent."
    assert [(e.name, e.plural, e.owned, e.description) for e in module.entities] == [
        ("reader", "readership", True, "Who reads."),
        ("book", "books", False, None),
    ]
    assert [(listen.event, listen.function) for listen in module.listens] == [
        ("book.created", "announce"),
        ("user.deleted", "forget"),
        ("payment.completed", "note_payment"),
    ]
    assert [f.name for f in domain.account_fields] == ["phone", "language"]


@pytest.mark.parametrize("users", ["users:", "users: {}", "users: {user: }", "users: {user: {}}", "users: null"])
def test_the_account_may_stay_as_it_is(users: str) -> None:
    assert parse(users).account_fields == ()


def test_a_field_is_hashable_whatever_its_default() -> None:
    assert isinstance(hash(field("json default={}")), int)


def test_what_the_account_of_the_emitted_code_needs_is_refused_there_alone() -> None:
    with pytest.raises(DomainError, match=r'users\.user\.property: "property" is taken'):
        parse("users: {user: {property: text?}}")
    assert parse("homes: {home: {property: text?}}").modules
