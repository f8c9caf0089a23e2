"""Roles of the domain: what they may be called, what they can be given, and what is said of all else."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest

import template

template.extension("domain")

SHOP = "\nshop: {product: {name: text}, order: {_owned: true, name: text}}"
EXAMPLE = "`manager: [read:*, write:product]`"

REFUSED = {
    "member": ("{member: read:*}", '_roles.member: "member" is a role of every project, and stays as it is; '),
    "admin": ("{admin: read:*}", '_roles.admin: "admin" is a role of every project, and stays as it is; '),
    "name in upper case": ("{Manager: read:*}", '_roles.Manager: "Manager" is no name: names are lower-case letters'),
    "name of a keyword": ("{class: read:*}", '_roles.class: "class" is a keyword of a programming language; '),
    "names alike in camel case": (
        "{clerk1: read:*, clerk_1: write:*}",
        '_roles.clerk_1: in camel case "clerk_1" and "clerk1" are the same; rename one of the two.',
    ),
    "role twice": (
        "\n  clerk: read:*\n  clerk: write:*",
        "_roles.clerk: this name is written twice; remove or rename one of the two.",
    ),
    "unknown entity": (
        "{clerk: [write:prodct]}",
        '_roles.clerk: there is no entity "prodct"; did you mean "product"?',
    ),
    "entity unlike any": (
        "{clerk: [write:zzzz]}",
        '_roles.clerk: there is no entity "zzzz"; add it, or grant another one.',
    ),
    "plural": ("{clerk: read:orders}", '_roles.clerk: there is no entity "orders"; did you mean "order"?'),
    "accounts in the plural": ("{clerk: read:users}", '_roles.clerk: there is no entity "users"; did you mean "user"?'),
    "entity with its module": (
        "{clerk: read:shop.order}",
        '_roles.clerk: there is no entity "shop.order"; write "read:order".',
    ),
    "account with its module": (
        "{clerk: read:users.user}",
        '_roles.clerk: there is no entity "users.user"; write "read:user".',
    ),
    "no entity": ("{clerk: 'read:'}", '_roles.clerk: there is no entity ""; add it, or grant another one.'),
    "mistyped verb": ("{clerk: wirte:order}", '_roles.clerk: there is no verb "wirte"; did you mean "write"?'),
    "verb of another language": (
        "{clerk: delete:order}",
        '_roles.clerk: there is no verb "delete"; did you mean "write"?',
    ),
    "verb unlike any": ("{clerk: zzz:order}", '_roles.clerk: there is no verb "zzz"; the verbs are read and write.'),
    "everything": (
        "{clerk: '*'}",
        f'_roles.clerk: "*" is no permission; the role admin may everything; write them like {EXAMPLE}.',
    ),
    "an entity alone": ("{clerk: order}", f'_roles.clerk: "order" is no permission; write them like {EXAMPLE}.'),
    "two in one text": (
        "\n  clerk: read:order, write:order",
        f'_roles.clerk: "read:order, write:order" is more than one permission; write a list, like {EXAMPLE}.',
    ),
    "twice": (
        "{clerk: [read:order, read:order]}",
        '_roles.clerk: "read:order" is written twice; remove one of the two.',
    ),
    "part of another": (
        "{clerk: [write:order, write:*]}",
        '_roles.clerk: "write:order" is part of "write:*"; remove one of the two.',
    ),
    "nothing": (
        "{clerk: }",
        f"_roles.clerk: the role has no permission; write some, like {EXAMPLE}, or remove the role.",
    ),
    "an empty list": (
        "{clerk: []}",
        f"_roles.clerk: the role has no permission; write some, like {EXAMPLE}, or remove the role.",
    ),
    "a space too many": (
        "{clerk: {read: order}}",
        "_roles.clerk: a mapping is no permission; write read:order, without a space.",
    ),
    "a list in the list": (
        "{clerk: [[read:order]]}",
        f"_roles.clerk: something in the list is no permission; write them like {EXAMPLE}.",
    ),
    "no role": ("", f"_roles: there is no role; write one, like {EXAMPLE}, or remove _roles."),
    "no role in braces": ("{}", f"_roles: there is no role; write one, like {EXAMPLE}, or remove _roles."),
    "a list of roles": ("[clerk]", f"_roles: it is no mapping of roles; write one on a line, like {EXAMPLE}."),
    "too many": (
        "{" + ", ".join(f"r{n}: read:*" for n in range(21)) + "}",
        "_roles: there are 21 roles, where 20 are allowed; join some: an account can have several.",
    ),
    "names too long to be kept": (
        "{" + ", ".join(f"{letter * 30}: read:*" for letter in "xyzw") + "}",
        "_roles: the names of all roles have 136 characters together, where 120 are kept; choose shorter names.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, problems_of: Callable[[object], tuple[object, ...]]) -> None:
    roles, sentence = REFUSED[case]

    problems = [str(problem) for problem in problems_of(f"_roles: {roles}{SHOP}")]

    assert len(problems) == 1
    assert problems[0].startswith(sentence)


def test_all_faults_are_told_at_once(problems_of: Callable[[object], tuple[object, ...]]) -> None:
    text = (
        "_roles: {admin: [read:*], clerk: [wirte:order, read:prodct], Boss: []}\nshop: {item: {_roles: x, name: txt}}"
    )

    assert len(problems_of(text)) == 7


@pytest.mark.parametrize("word", ["_role", "_rolls", "_Roles"])
def test_a_mistyped_option_is_no_module(word: str, problems_of: Callable[[object], tuple[object, ...]]) -> None:
    [problem] = problems_of(f"{word}: {{clerk: read:*}}{SHOP}")

    assert str(problem) == f'{word}: there is no option "{word}" here; did you mean "_roles"?'


@pytest.mark.parametrize(
    ("granted", "reads", "writes"),
    [
        ("read:order", ["order"], []),
        ("[read:order]", ["order"], []),
        ("write:order", ["order"], ["order"]),
        ("[read:*, write:product]", ["product", "order"], ["product"]),
        ("[write:*]", ["product", "order"], ["product", "order"]),
        ("[read:order, write:order]", ["order"], ["order"]),
        ("[read:*, read:user]", ["product", "order", "user"], []),
        ("[read:*, write:*, write:user]", ["product", "order", "user"], ["product", "order", "user"]),
    ],
)
def test_granted(granted: str, reads: list[str], writes: list[str]) -> None:
    domain = import_module("copier_template_extensions.domain").parse(f"_roles: {{clerk: {granted}}}{SHOP}")

    [role] = domain.roles

    assert (role.name, list(role.reads), list(role.writes)) == ("clerk", reads, writes)


def test_the_domain_may_be_a_mapping_and_roles_stand_anywhere() -> None:
    parse = import_module("copier_template_extensions.domain").parse

    domain = parse({"shop": {"product": {"name": "text"}}, "_roles": {"clerk": ["write:product"], "boss": "read:*"}})

    assert [(role.name, role.writes) for role in domain.roles] == [("clerk", ("product",)), ("boss", ())]


def test_a_domain_without_them_has_none() -> None:
    assert import_module("copier_template_extensions.domain").parse(SHOP).roles == ()
