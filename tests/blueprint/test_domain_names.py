"""Names of modules, entities, fields and functions: which are refused, and near misses that are not."""

from collections.abc import Callable

import pytest

FORMS = {
    "module": ("{}: {{item: {{name: text}}}}", "{}"),
    "entity": ("shop: {{{}: {{name: text}}}}", "shop.{}"),
    "field": ("shop: {{item: {{{}: text}}}}", "shop.item.{}"),
    "account": ("users: {{user: {{{}: text?}}}}", "users.user.{}"),
    "function": ("shop: {{item: {{name: text}}, _listens: {{item.created: {}}}}}", "shop._listens.item.created"),
}

EVERYWHERE = {
    "Item": 'write "item"',
    "OrderItem": 'write "order_item"',
    "order-item": 'write "order_item"',
    "1st": 'write "st"',
    "a" * 31: "choose another name",
    "ordér": 'write "ord_r"',
    "a_": 'write "a"',
    "a__b": 'write "a_b"',
    "class": "a keyword of a programming language",
    "match": "a keyword of a programming language",
    "none": "a keyword of a programming language",
    "func": "a keyword of a programming language",
    "fn": "a keyword of a programming language",
    "typeof": "a keyword of a programming language",
    "type": "a keyword of a programming language",
    "con": "no file name on Windows",
    "lpt9": "no file name on Windows",
}

ONLY = [
    *(
        ("entity", name, "choose another name")
        for name in (
            *("work", "ports", "schemas", "facade", "expansions"),
            *("events", "reactions", "publication", "internal", "permissions"),
        )
    ),
    *(
        ("module", name, "folder of the emitted code")
        for name in ("domain", "api", "auth", "health", "test", "worker", "broker", "database")
    ),
    *(("entity", name, "extend the account") for name in ("user", "account", "base")),
    *(
        ("field", name, "by the contract")
        for name in ("id", "version", "created_at", "updated_at", "owner", "owner_id")
    ),
    *(("account", name, "by the contract") for name in ("id", "owner")),
    *(("account", name, "belongs to the account already") for name in ("email", "roles", "password_hash", "token_id")),
    *(
        ("field", name, "by the languages")
        for name in ("copy", "dict", "json", "register", "model_year", "classmethod", "str")
    ),
]

ALLOWED = {
    "module": ["catalog", "domains", "user", "a", "a" * 30, "group", "json", "docs2", "email"],
    "entity": ["item", "users_group", "accounting", "order", "event", "tag", "b", "a" * 30, "group", "table_row"],
    "field": [
        "name",
        "email",
        "token",
        "roles",
        "ids",
        "data",
        "meta",
        "links",
        "x1",
        "a" * 30,
        "order",
        "models",
        "group",
    ],
    "account": ["phone", "names", "mail", "atoken"],
    "function": ["mark_order_paid", "a", "create"],
}

CASES = [(form, name, remedy) for form in FORMS for name, remedy in EVERYWHERE.items()] + ONLY


@pytest.mark.parametrize(("form", "name", "remedy"), CASES)
def test_refused(form: str, name: str, remedy: str, problems_of: Callable[[str], tuple[object, ...]]) -> None:
    text, where = FORMS[form]
    problems = [str(problem) for problem in problems_of(text.format(name))]
    place = where.format(name if name.isascii() else f'"{name}"')
    assert [problem for problem in problems if problem.startswith(f"{place}: ") and remedy in problem], problems


@pytest.mark.parametrize(("form", "name"), [(form, name) for form, names in ALLOWED.items() for name in names])
def test_allowed(form: str, name: str, problems_of: Callable[[str], tuple[object, ...]]) -> None:
    assert problems_of(FORMS[form][0].format(name)) == ()


def test_a_better_field_name_is_proposed(problems_of: Callable[[str], tuple[object, ...]]) -> None:
    [problem] = problems_of("shop: {item: {type: text}}")
    assert str(problem).endswith('choose another name, for example "item_type".')


@pytest.mark.parametrize("name", ['"a\\nb"', '"\\e[31mred"', "'{{ 1 }}'", "'a.b'", "''", "'../x'", f"'{'y' * 5000}'"])
def test_messages_are_safe_to_print(name: str, problems_of: Callable[[str], tuple[object, ...]]) -> None:
    problems = problems_of(f"shop: {{item: {{{name}: text}}}}")
    assert len(problems) == 1
    message = str(problems[0])
    assert message.isprintable()
    assert len(message) < 300
