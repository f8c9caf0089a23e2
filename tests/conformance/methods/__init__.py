"""What differs by the method of authentication: how somebody gets an account and credentials, and what accounts have.

A module of this package is one method. Everything else in the suite speaks to people, and does not ask how
they came in.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.people import Person
from conformance.target import Target

NEEDS = {
    "accounts": "has no accounts",
    "passwords": "knows no passwords",
    "email": "gives accounts no e-mail address of their own",
    "names": "takes names from elsewhere",
    "roles": "takes roles from elsewhere",
}
"""What tests can need of a method, and what is said where it does not have it."""


@dataclass(frozen=True)
class Method:
    """One method of authentication, as clients meet it.

    Attributes:
        name: What the question calls it.
        has: What tests can count on, of `NEEDS`.
        operations: Paths that it brings, and their methods.
        account: What it lets an account show, beside the fields of every resource and of the domain, with its type.
        challenge: How `WWW-Authenticate` begins.
        administrator: Returns somebody who may do everything.
        member: Returns somebody new, of this name, who may do what every account may.
        having: Returns somebody new who has roles.
        strangers: Headers that look like credentials, and are none.
    """

    name: str
    has: frozenset[str]
    operations: Mapping[str, frozenset[str]]
    account: Mapping[str, str]
    challenge: str
    administrator: Callable[[Target], Person]
    member: Callable[[Target, str], Person]
    having: Callable[[Target, Sequence[str]], Person]
    strangers: tuple[Mapping[str, str], ...]

    @property
    def has_accounts(self) -> bool:
        """Whether there are accounts at all."""
        return "accounts" in self.has


ACCOUNTS: Mapping[str, frozenset[str]] = {
    "/api/v1/users": frozenset({"get"}),
    "/api/v1/users/me": frozenset({"get", "patch"}),
    "/api/v1/users/{id}": frozenset({"get", "patch", "delete"}),
}
"""The paths that every method with accounts has."""

SHOWN: Mapping[str, str] = {"email": "email", "name": "string", "is_active": "boolean"}
"""What accounts show, and what their lists can be filtered and sorted by; `roles` are shown, and no more."""


def given(
    administrator: Callable[[Target], Person], member: Callable[[Target, str], Person]
) -> Callable[[Target, Sequence[str]], Person]:
    """Return what lets the administrator give roles to somebody new."""

    def having(target: Target, roles: Sequence[str]) -> Person:
        person = member(target, "Somebody")
        administrator(target).patch(f"/api/v1/users/{person.id}", {"roles": list(roles)}).expect(200)
        return person

    return having


@cache
def method_of(name: str) -> Method:
    """Return the method of this name; raise `LookupError` where the suite knows none."""
    try:
        found: Method = importlib.import_module(f"conformance.methods.{name}").METHOD
    except ModuleNotFoundError:
        raise LookupError(f"the suite knows no method {name!r}") from None
    return found
