"""How the benchmark comes into an emitted service as an administrator, by each method of authentication."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from client import Client
from machine import core_of_server, run

__all__ = ["ADMIN_EMAIL", "ADMIN_PASSWORD", "Credentials", "Entrance", "bearer", "entrance"]

ROOT = Path(__file__).resolve().parents[2]
ADMIN_EMAIL = "ada@example.com"
ADMIN_PASSWORD = "a long enough passphrase 7"
LOGIN = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}

Credentials = Mapping[str, str]
"""The headers that bring somebody in; none where everybody is let in."""


@dataclass(frozen=True)
class Entrance:
    """A way into an emitted service.

    Attributes:
        title: What is checked at each request, for the head of the table.
        login: Gives the credentials of an administrator, given the port.
        admit: Makes the administrator, given the repository and the complete environment.
        environment: What the service needs for it.
    """

    title: str
    login: Callable[[int], Credentials]
    admit: Callable[[Path, Mapping[str, str]], None] = lambda folder, environment: None
    environment: Mapping[str, str] = field(default_factory=dict)


def bearer(token: str) -> Credentials:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def _make_administrator(folder: Path, environment: Mapping[str, str]) -> None:
    told = {**environment, "ADMIN_PASSWORD": ADMIN_PASSWORD}
    run(["make", "admin", f"EMAIL={ADMIN_EMAIL}"], core_of_server(), folder, told)


def _jwt(stack: ExitStack) -> Entrance:
    def login(port: int) -> Credentials:
        answer = Client(port).send("POST", "/api/v1/auth/login", LOGIN)
        if answer.status != 200:
            raise RuntimeError(f"logging in was answered with {answer.status}: {answer.body}")
        return bearer(str(answer.body["data"]["access_token"]))

    return Entrance("a token signed by the service, and the login it belongs to", login, _make_administrator)


def _session(stack: ExitStack) -> Entrance:
    def login(port: int) -> Credentials:
        client = Client(port)
        answer = client.send("POST", "/api/v1/auth/login", LOGIN)
        cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        if answer.status != 200 or not cookie:
            raise RuntimeError(f"logging in was answered with {answer.status}: {answer.body}")
        csrf = Client(port, {"Cookie": cookie}).send("GET", "/api/v1/auth/csrf").body["data"]["csrf_token"]
        return {"Cookie": cookie, "X-CSRF-Token": csrf}

    return Entrance("the cookie of a session, and a CSRF token where something changes", login, _make_administrator)


def _api_key(stack: ExitStack) -> Entrance:
    keys: list[str] = []

    def admit(folder: Path, environment: Mapping[str, str]) -> None:
        done = subprocess.run(
            ["make", "--silent", "api-key", "NAME=bench", "ROLE=admin"],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"no key was made: {done.stderr}")
        keys.append(done.stdout.split()[-1])

    return Entrance("a key, and the account it belongs to", lambda port: {"X-API-Key": keys[-1]}, admit)


def _oauth2(stack: ExitStack) -> Entrance:
    sys.path.extend(str(ROOT / place) for place in ("tests", "scripts"))
    from emitted.provider import started  # needs Node.js, and only here

    provider = stack.enter_context(started())
    claims = {"name": "Ada", "email": ADMIN_EMAIL, "email_verified": True, "roles": ["admin"]}
    return Entrance(
        "a token signed by an OpenID provider with RS256, and the account of its subject",
        lambda port: bearer(provider.token("bench", **claims)),
        environment=provider.settings,
    )


METHODS: dict[str, Callable[[ExitStack], Entrance]] = {
    "jwt": _jwt,
    "session": _session,
    "api_key": _api_key,
    "oauth2": _oauth2,
    "none": lambda stack: Entrance("nobody is asked who they are", lambda port: {}),
}


def entrance(auth: str, stack: ExitStack) -> Entrance:
    """Return the way in by a method of authentication; `stack` ends what it needs."""
    return METHODS[auth](stack)
