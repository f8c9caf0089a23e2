"""Who speaks to the service. How somebody comes in is the business of `methods`."""

from __future__ import annotations

import os
import shlex
import subprocess
import uuid
from abc import abstractmethod
from collections.abc import Mapping

from conformance.client import Client, eventually

AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
USERS = "/api/v1/users"
COMMAND_SECONDS = 120
REVOKED_SECONDS = 5
"""How long credentials may go on after their login has ended."""


class Person(Client):
    """Somebody who may come in, and has.

    Attributes:
        id: The identifier of the account; of nobody's where there are no accounts.
        name: What they are called.
        email: The address of the account, empty where it has none.
    """

    id: str
    name: str = ""
    email: str = ""

    @abstractmethod
    def credentials(self, method: str) -> dict[str, str]:
        """Return the headers that bring this person in, for a request by this method."""

    @abstractmethod
    def again(self) -> Person:
        """Come in once more: another login of the same account."""

    def here(self) -> Client:
        """Return a client with these very credentials, which are never renewed."""
        held = {method: self.credentials(method) for method in ("GET", "POST")}
        return Client(self.base_url, lambda method: held["GET" if method in SAFE else "POST"])


def ends(login: Client, *paths: str) -> None:
    """Assert that credentials are refused everywhere, within the time that the contract allows."""
    for path in (ME, *paths):
        eventually(lambda path=path: login.get(path).status == 401, REVOKED_SECONDS, f"no access to {path}")


SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def command(text: str, variables: Mapping[str, str]) -> str:
    """Run a command with variables in its environment; return the last line that it prints."""
    done = subprocess.run(
        shlex.split(text),
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{text} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return (done.stdout.strip().splitlines() or [""])[-1].strip()


def new_name() -> str:
    """Return a name that nobody has."""
    return f"conformance-{uuid.uuid4().hex}"


def new_email() -> str:
    """Return an address that nobody has."""
    return f"{new_name()}@example.org"


def bearer(token: str) -> dict[str, str]:
    """Return the header that brings a token."""
    return {"Authorization": f"Bearer {token}"}
