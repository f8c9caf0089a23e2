"""Who speaks to the service, by JSON web tokens: members who register, and an administrator from outside."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import time
import uuid
from typing import Any

from conformance.client import Answer, Client
from conformance.target import Target

AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
USERS = "/api/v1/users"
FRESH_SECONDS = 600
"""Access tokens live for fifteen minutes; on a slow machine a run may take longer."""

COMMAND_SECONDS = 120


class Person(Client):
    """Somebody with an account, logged in."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        super().__init__(base_url, self._header)
        self.email = email
        self.password = password
        self._tokens: dict[str, Any] = {}
        self._since = 0.0
        self.id: str = self.get(ME).data["id"]

    @property
    def tokens(self) -> dict[str, Any]:
        """The pair of tokens of the login."""
        if not self._tokens or time.monotonic() - self._since > FRESH_SECONDS:
            self._tokens = log_in(Client(self.base_url), self.email, self.password).data
            self._since = time.monotonic()
        return self._tokens

    def adopt(self, tokens: dict[str, Any]) -> None:
        """Go on with another pair."""
        self._tokens, self._since = tokens, time.monotonic()

    def _header(self) -> dict[str, str]:
        return bearer(self.tokens["access_token"])


def bearer(token: str) -> dict[str, str]:
    """Return the header that brings a token."""
    return {"Authorization": f"Bearer {token}"}


def log_in(client: Client, email: str, password: str) -> Answer:
    """Ask for tokens."""
    return client.post(f"{AUTH}/login", {"email": email, "password": password})


def new_email() -> str:
    """Return an address that nobody has."""
    return f"conformance-{uuid.uuid4().hex}@example.org"


def new_password() -> str:
    """Return a password that nobody has."""
    return f"conformance {uuid.uuid4()}"


def register(client: Client, **changes: Any) -> Answer:
    """Ask for an account."""
    return client.post(
        f"{AUTH}/register", {"email": new_email(), "password": new_password(), "name": "Somebody", **changes}
    )


def a_member(base_url: str, name: str = "Somebody") -> Person:
    """Return somebody new."""
    email, password = new_email(), new_password()
    register(Client(base_url), email=email, password=password, name=name).expect(201)
    return Person(base_url, email, password)


def the_administrator(target: Target) -> Person:
    """Return the administrator whom the command of the target makes, or who is there already."""
    if target.admin_email and target.admin_password:
        return Person(target.base_url, target.admin_email, target.admin_password)
    email, password = new_email(), new_password()
    done = subprocess.run(
        shlex.split(target.admin_command),
        env={**os.environ, "EMAIL": email, "ADMIN_PASSWORD": password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{target.admin_command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return Person(target.base_url, email, password)


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token."""
    header, claims, _ = token.split(".")
    return _decoded(header), _decoded(claims)


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def encoded(value: object) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
