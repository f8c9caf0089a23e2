"""What a domain cannot have where there are no accounts: owners, roles, references to them, their events."""

from __future__ import annotations

from collections.abc import Iterator

from copier_template_extensions.domain_links import USER
from copier_template_extensions.domain_model import Domain, Entity, Problem
from copier_template_extensions.domain_text import place
from jinja2.ext import Extension

WITHOUT = "there are no accounts with auth=none"
ELSE = "or choose an authentication with accounts"


def account_problems(domain: Domain) -> Iterator[Problem]:
    """Yield whatever of a domain needs accounts."""
    for module in domain.modules:
        for entity in module.entities:
            yield from _entity_problems(entity)
        for listen in module.listens:
            if listen.event.split(".")[0] == USER[1]:
                where = f"{place(module.name, '_listens')}.{place(listen.event)}"
                yield Problem(where, f"{WITHOUT}, so nothing happens to them", f"remove it, {ELSE}")
    if domain.roles:
        yield Problem("_roles", f"{WITHOUT}, so nobody can have a role", f"remove it, {ELSE}")
    for field in domain.account_fields:
        yield Problem(place(*USER, field.name), f"{WITHOUT} to add a field to", f"remove it, {ELSE}")


def _entity_problems(entity: Entity) -> Iterator[Problem]:
    if entity.owned:
        what = f"{WITHOUT}, so rows cannot belong to any"
        yield Problem(f"{place(entity.module, entity.name)}._owned", what, f"remove it, {ELSE}")
    for field in entity.fields:
        if field.target == USER:
            what = f"{WITHOUT} to refer to"
            remedy = f"make it a uuid, a string or a reference to an entity of yours, {ELSE}"
            yield Problem(place(entity.module, entity.name, field.name), what, remedy)


class AccountLimitsExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
