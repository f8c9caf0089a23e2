"""OAuth 2.0: tokens come from a provider elsewhere, and accounts come to be at first sight of one."""

from __future__ import annotations

import json
import time
from typing import Any

from conformance.methods import ACCOUNTS, SHOWN, Method
from conformance.people import ME, Person, bearer, command, new_email, new_name
from conformance.target import Target

FRESH_SECONDS = 300
"""The tokens that are asked for live for ten minutes."""


class Holder(Person):
    """Somebody whom the provider knows, with a token."""

    def __init__(self, target: Target, subject: str, **claims: Any) -> None:
        super().__init__(target.base_url, self.credentials)
        self.target = target
        self.subject = subject
        self.claims = claims
        self.email = claims.get("email") or ""
        self._token, self._since = "", 0.0
        account = self.get(ME).data
        self.id, self.name = account["id"], account["name"]

    @property
    def token(self) -> str:
        """An access token that holds."""
        if not self._token or time.monotonic() - self._since > FRESH_SECONDS:
            self._token, self._since = token_of(self.target, self.subject, **self.claims), time.monotonic()
        return self._token

    def credentials(self, method: str) -> dict[str, str]:
        """Bring the token."""
        return bearer(self.token)

    def again(self) -> Holder:
        """Get another token."""
        return Holder(self.target, self.subject, **self.claims)


def token_of(target: Target, subject: str, variables: dict[str, str] | None = None, **claims: Any) -> str:
    """Let the provider sign a token of somebody; `variables` say what shall be otherwise than usual."""
    return command(target.token_command, {"SUBJECT": subject, "CLAIMS": json.dumps(claims), **(variables or {})})


def somebody(target: Target, *roles: str, **claims: Any) -> Holder:
    """Return somebody new whom the provider knows with these roles."""
    address = {"email": new_email(), "email_verified": True}
    given: dict[str, Any] = {"name": "Somebody", **address, "roles": list(roles), **claims}
    return Holder(target, new_name(), **given)


def _administrator(target: Target) -> Holder:
    return somebody(target, "admin", name="Administrator")


def _member(target: Target, name: str) -> Holder:
    return somebody(target, name=name)


METHOD = Method(
    name="oauth2",
    has=frozenset({"accounts"}),
    operations=ACCOUNTS,
    account=SHOWN,
    challenge="Bearer",
    administrator=_administrator,
    member=_member,
    having=lambda target, roles: somebody(target, *roles),
    strangers=(bearer("nothing"), bearer("a.b.c"), {"Authorization": "Basic YWRhOnNlY3JldA=="}),
)
