"""Roles of the domain: what some accounts may do beside what every member may.

Below `_roles`, at the top of the domain, each role has a list of permissions (or one of them as a text):
`read:ENTITY` and `write:ENTITY`, with `*` for every entity of the domain. Accounts are not among these: whoever shall
look after them is given `read:user` or `write:user` by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from copier_template_extensions.domain_links import MAX_SUGGESTIONS
from copier_template_extensions.domain_model import Domain, Report, Role, RuleError, shown
from copier_template_extensions.domain_names import check_role, pascal
from copier_template_extensions.domain_syntax import suggestion
from copier_template_extensions.domain_text import Mapping, Node, Scalar, Sequence, place
from jinja2.ext import Extension

OPTION = "_roles"
BUILT_IN = ("member", "admin")
"""The roles that always exist: every account is the one, and who has the other may everything."""

MAX_ROLES = 20
MAX_CHARACTERS = 120
"""Room for the roles of one account, who may have all of them, with a comma between any two."""

VERBS = ("read", "write")
MEANT = {
    **dict.fromkeys(("get", "list", "view", "see", "show"), "read"),
    **dict.fromkeys(("create", "update", "delete", "change", "edit", "remove", "manage"), "write"),
}
EVERY = "*"
ACCOUNT = "user"
EXAMPLE = "`manager: [read:*, write:product]`"

_PERMISSION = re.compile(r"([^:]*):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission as it was written: `write:product`, or `read:*`."""

    verb: str
    entity: str

    def __str__(self) -> str:
        return f"{self.verb}:{self.entity}"


@dataclass(frozen=True, slots=True)
class RoleText:
    """A role as it was written; whether there are such entities is not yet known."""

    name: str
    grants: tuple[Grant, ...]


def roles_of(node: Node, report: Report) -> tuple[RoleText, ...]:
    """Read what stands below `_roles`; what is wrong goes to the report."""
    if isinstance(node, Scalar) and node.null:
        report.add(OPTION, "there is no role", f"write one, like {EXAMPLE}, or remove {OPTION}")
        return ()
    if not isinstance(node, Mapping):
        report.add(OPTION, "it is no mapping of roles", f"write one on a line, like {EXAMPLE}")
        return ()
    if not node.pairs:
        report.add(OPTION, "there is no role", f"write one, like {EXAMPLE}, or remove {OPTION}")
    if len(node.pairs) > MAX_ROLES:
        what = f"there are {len(node.pairs)} roles, where {MAX_ROLES} are allowed"
        report.add(OPTION, what, "join some: an account can have several")
        return ()
    roles = []
    names: dict[str, str] = {pascal(name): name for name in BUILT_IN}
    for key, below in node.pairs:
        name, where = key.text, place(OPTION, key.text)
        try:
            check_role(name, BUILT_IN)
            if (other := names.setdefault(pascal(name), name)) != name:
                raise RuleError(f'in camel case "{name}" and "{other}" are the same', "rename one of the two")
        except RuleError as error:
            report.error(where, error)
        roles.append(RoleText(name, tuple(_grants(where, below, report))))
    _check_room([role.name for role in roles], report)
    return tuple(roles)


def _check_room(names: list[str], report: Report) -> None:
    length = len(",".join((*BUILT_IN, *names)))
    if length > MAX_CHARACTERS:
        what = f"the names of all roles have {length} characters together, where {MAX_CHARACTERS} are kept"
        report.add(OPTION, what, "choose shorter names")


def _grants(where: str, node: Node, report: Report) -> Iterator[Grant]:
    """Yield the permissions of a role, each once."""
    if (isinstance(node, Scalar) and node.null) or (isinstance(node, Sequence) and not node.items):
        report.add(where, "the role has no permission", f"write some, like {EXAMPLE}, or remove the role")
        return
    grants: dict[Grant, None] = {}
    for item in node.items if isinstance(node, Sequence) else (node,):
        try:
            grant = _grant(item)
            if grant in grants:
                raise RuleError(f'"{grant}" is written twice', "remove one of the two")
            grants[grant] = None
        except RuleError as error:
            report.error(where, error)
    for grant in grants:
        every = Grant(grant.verb, EVERY)
        if every in grants and grant.entity not in (EVERY, ACCOUNT):
            report.add(where, f'"{grant}" is part of "{every}"', "remove one of the two")
        yield grant


def _grant(node: Node) -> Grant:
    if isinstance(node, Mapping):
        pairs = [f"{key.text}:{below.text}" for key, below in node.pairs if isinstance(below, Scalar)]
        better = f"write {pairs[0]}, without a space" if len(pairs) == 1 else f"write a list, like {EXAMPLE}"
        raise RuleError("a mapping is no permission", better)
    if not isinstance(node, Scalar) or node.null:
        raise RuleError("something in the list is no permission", f"write them like {EXAMPLE}")
    match = _PERMISSION.fullmatch(node.text)
    if not match:
        everything = node.text.lower() in (EVERY, "admin", "all")
        other = "the role admin may everything; " if everything else ""
        raise RuleError(f"{shown(node.text)} is no permission", f"{other}write them like {EXAMPLE}")
    verb, entity = match.groups()
    if verb not in VERBS:
        meant = MEANT.get(verb.strip().lower())
        known = suggestion(verb.lower(), VERBS, "the verbs are read and write")
        raise RuleError(f"there is no verb {shown(verb)}", f'did you mean "{meant}"?' if meant else known)
    if "," in entity or " " in entity.strip():
        raise RuleError(f"{shown(node.text)} is more than one permission", f"write a list, like {EXAMPLE}")
    return Grant(verb, entity)


def with_roles(domain: Domain, texts: tuple[RoleText, ...], report: Report) -> Domain:
    """Return the domain with its roles; entities that there are not go to the report.

    Whoever may write may read: each change answers with the row.
    """
    entities = [entity.name for module in domain.modules for entity in module.entities]
    modules = {f"{entity.module}.{entity.name}": entity.name for module in domain.modules for entity in module.entities}
    roles = []
    for text in texts:
        _check_entities(text, {*entities, ACCOUNT}, {**modules, "users.user": ACCOUNT}, report)
        granted = {verb: {grant.entity for grant in text.grants if grant.verb == verb} for verb in VERBS}
        writes = [name for name in (*entities, ACCOUNT) if _covers(granted["write"], name)]
        reads = [name for name in (*entities, ACCOUNT) if _covers(granted["read"], name) or name in writes]
        roles.append(Role(text.name, tuple(reads), tuple(writes)))
    return Domain(domain.modules, domain.account_fields, tuple(roles))


def _covers(granted: set[str], entity: str) -> bool:
    return entity in granted or (EVERY in granted and entity != ACCOUNT)


def _check_entities(text: RoleText, names: set[str], qualified: dict[str, str], report: Report) -> None:
    for grant in text.grants:
        if grant.entity in names or grant.entity == EVERY:
            continue
        if grant.entity in qualified:
            remedy = f'write "{grant.verb}:{qualified[grant.entity]}"'
        elif len(report.problems) < MAX_SUGGESTIONS:
            remedy = suggestion(grant.entity, sorted(names), "add it, or grant another one")
        else:
            remedy = "add it, or grant another one"
        report.add(place(OPTION, text.name), f"there is no entity {shown(grant.entity)}", remedy)


class DomainRolesExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
