"""What the suite is pointed at: where the service answers, what its domain is, and how an administrator is had."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

OPTIONS = {
    "base-url": "where the service answers, such as http://127.0.0.1:8000",
    "domain": "the domain: a file in the domain language, an answers file, a .copier-answers.yml, or a sample's name",
    "auth": "the authentication method, as it was chosen (jwt)",
    "admin-command": "a command that makes $EMAIL with $ADMIN_PASSWORD an administrator: 'make -C FOLDER admin';"
    " or, for API keys, one that prints the key of a new machine $NAME with $ROLE: 'make -C FOLDER api-key'",
    "admin-email": "in place of a command: the e-mail address of an administrator who is there already",
    "admin-password": "and the password",
    "admin-key": "in place of a command: the API key of an administrator who is there already",
    "token-command": "a command that prints an access token of the provider for $SUBJECT with $CLAIMS (a JSON object), "
    "and for another $AUDIENCE or $LIFETIME in seconds where these are given",
    "rate-limit": "what the service lets callers ask, as its RATE_LIMIT says: 60/minute; the tests of limits run, "
    "and no others, which would be refused",
    "trusted-address": "a local address whose X-Forwarded-For the service believes, as its TRUSTED_PROXIES says",
    "seed": "any text: the tests run in the random order that follows from it, and not in the order of files",
    "secrets-file": "where to write what was sent and received in confidence, so that logs can be searched for it",
    "second-url": "where another process of the service answers that counts in the same Redis",
}

_BY_PASSWORD = (("admin-command",), ("admin-email", "admin-password"))
ENTRANCES: dict[str, tuple[tuple[str, ...], ...]] = {
    "jwt": _BY_PASSWORD,
    "session": _BY_PASSWORD,
    "api_key": (("admin-command",), ("admin-key",)),
    "oauth2": (("token-command",),),
    "none": ((),),
}
"""The methods, and the options of which each method needs one set."""

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


WINDOWS = {"second": 1, "minute": 60, "hour": 3600}


class Incomplete(Exception):
    """What was said is not enough to begin with; the message says what is missing."""


@dataclass(frozen=True)
class Limit:
    """How many requests a caller has, and within how many seconds they come back.

    Where it is shared, a request that could not be counted in time is let through; its answer says nothing of a limit.
    """

    quota: int
    seconds: int
    is_shared: bool = False

    def come_back(self, elapsed: float) -> float:
        """Return how many requests have come back in as many seconds."""
        return elapsed * self.quota / self.seconds


@dataclass(frozen=True)
class Target:
    """A running service and what it is expected to be."""

    base_url: str
    domain: str
    auth: str
    admin_command: str
    admin_email: str
    admin_password: str
    admin_key: str = ""
    token_command: str = ""
    limit: Limit | None = None
    trusted_address: str = ""
    second_url: str = ""
    secrets_file: str = ""
    seed: str = ""


def variable(option: str) -> str:
    """Return the environment variable that stands for an option."""
    return f"CONFORMANCE_{option.replace('-', '_').upper()}"


def target_of(options: dict[str, Any]) -> Target | None:
    """Return the target that options or the environment describe, None where neither names a service.

    Raises `Incomplete` where a service is named and something else is missing.
    """
    said = {option: options.get(option) or os.environ.get(variable(option), "") for option in OPTIONS}
    if not said["base-url"]:
        return None
    if not said["domain"]:
        raise Incomplete(f"say what the service's domain is: --domain FILE, or {variable('domain')}")
    auth = said["auth"] or "jwt"
    if auth not in ENTRANCES:
        raise Incomplete(f"there is no method {auth}; --auth is one of {', '.join(ENTRANCES)}")
    ways = ENTRANCES[auth]
    if not any(all(said[option] for option in way) for way in ways):
        ways_in_words = ", or ".join(" and ".join(f"--{option}" for option in way) for way in ways)
        raise Incomplete(f"say how to be an administrator: {ways_in_words}")
    return Target(
        base_url=said["base-url"].rstrip("/"),
        domain=domain_text(said["domain"]),
        auth=auth,
        admin_command=said["admin-command"],
        admin_email=said["admin-email"],
        admin_password=said["admin-password"],
        admin_key=said["admin-key"],
        token_command=said["token-command"],
        limit=_limit(said["rate-limit"], bool(said["second-url"])),
        trusted_address=said["trusted-address"],
        second_url=said["second-url"].rstrip("/"),
        secrets_file=said["secrets-file"],
        seed=said["seed"],
    )


def _limit(text: str, is_shared: bool) -> Limit | None:
    quota, _, window = text.partition("/")
    if text and not (quota.isdecimal() and window in WINDOWS):
        raise Incomplete(f"--rate-limit {text} is no limit; write it as 60/minute")
    return Limit(int(quota), WINDOWS[window], is_shared) if text else None


@cache
def domain_text(place: str) -> str:
    """Return the domain in a file, or of a sample; answers hold it under `domain`, or name a sample as the preset."""
    path = Path(place)
    if not path.exists() and (SAMPLES / f"{place}.yml").exists():
        path = SAMPLES / f"{place}.yml"
    if not path.is_file():
        raise Incomplete(f"there is no file {place}, and no sample of that name")
    text = path.read_text(encoding="utf-8")
    answers = yaml.safe_load(text)
    if isinstance(answers, dict) and isinstance(answers.get("domain"), str):
        return str(answers["domain"])
    if isinstance(answers, dict) and isinstance(answers.get("domain_preset"), str):
        return domain_text(answers["domain_preset"])
    return text
