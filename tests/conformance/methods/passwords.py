"""What methods with passwords share: accounts are registered, and entered by e-mail address and password."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from conformance.client import Answer, Client
from conformance.people import AUTH, Person, command, new_email
from conformance.target import Target

OPERATIONS = {
    f"{AUTH}/{name}": frozenset({"post"})
    for name in (
        "register",
        "login",
        "logout",
        "logout/everywhere",
        "password",
        "password/forgotten",
        "password/reset",
        "email/confirmation",
        "email/confirm",
    )
}
"""The entrance of every method with passwords."""


def new_password() -> str:
    """Return a password that nobody has."""
    return f"conformance {uuid.uuid4()}"


def register(client: Client, **changes: Any) -> Answer:
    """Ask for an account."""
    return client.post(
        f"{AUTH}/register", {"email": new_email(), "password": new_password(), "name": "Somebody", **changes}
    )


def log_in(client: Client, email: str, password: str) -> Answer:
    """Ask to be let in."""
    return client.post(f"{AUTH}/login", {"email": email, "password": password})


def registered(target: Target, name: str) -> tuple[str, str]:
    """Make an account; return its address and password."""
    email, password = new_email(), new_password()
    register(Client(target.base_url), email=email, password=password, name=name).expect(201)
    return email, password


def administrators(target: Target) -> tuple[str, str]:
    """Return address and password of an administrator: of who is there, or of a new one whom the command makes."""
    if target.admin_email and target.admin_password:
        return target.admin_email, target.admin_password
    email, password = new_email(), new_password()
    command(target.admin_command, {"EMAIL": email, "ADMIN_PASSWORD": password})
    return email, password


def entering(
    enter: Callable[[str, str, str], Person],
) -> tuple[Callable[[Target], Person], Callable[[Target, str], Person]]:
    """Return what lets the one administrator in, and what lets in somebody new.

    `enter` takes the URL of the service, an address and a password.
    """

    @cache
    def administrator(target: Target) -> Person:
        return enter(target.base_url, *administrators(target))

    def member(target: Target, name: str) -> Person:
        return enter(target.base_url, *registered(target, name))

    return administrator, member
