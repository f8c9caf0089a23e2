"""JSON web tokens: a login gives an access token for minutes, and a refresh token that gets the next pair."""

from __future__ import annotations

import time
from typing import Any

from conformance.client import Client
from conformance.methods import ACCOUNTS, SHOWN, Method, given
from conformance.methods.passwords import OPERATIONS, entering, log_in
from conformance.people import AUTH, ME, Person, bearer

FRESH_SECONDS = 600
"""Access tokens live for fifteen minutes; on a slow machine a run may take longer."""


class Holder(Person):
    """Somebody with an account, logged in by tokens."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        super().__init__(base_url, self.credentials)
        self.email = email
        self.password = password
        self._tokens: dict[str, Any] = {}
        self._since = 0.0
        account = self.get(ME).data
        self.id, self.name = account["id"], account["name"]

    @property
    def tokens(self) -> dict[str, Any]:
        """The pair of tokens of the login."""
        if not self._tokens or time.monotonic() - self._since > FRESH_SECONDS:
            self._tokens = log_in(Client(self.base_url), self.email, self.password).data
            self._since = time.monotonic()
        return self._tokens

    def credentials(self, method: str) -> dict[str, str]:
        """Bring the access token."""
        return bearer(self.tokens["access_token"])

    def again(self) -> Holder:
        """Log in once more."""
        return Holder(self.base_url, self.email, self.password)


administrator, member = entering(Holder)

METHOD = Method(
    name="jwt",
    has=frozenset({"accounts", "passwords", "email", "names", "roles"}),
    operations={**ACCOUNTS, **OPERATIONS, f"{AUTH}/refresh": frozenset({"post"})},
    account=SHOWN,
    challenge="Bearer",
    administrator=administrator,
    member=member,
    having=given(administrator, member),
    strangers=(bearer("nothing"), bearer("a.b.c"), {"Authorization": "Basic YWRhOnNlY3JldA=="}),
)
