"""Who takes part: how each service is prepared, started and logged in to. A new candidate is one more function here."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jwt
from database import execute
from entrances import ADMIN_EMAIL, Credentials, Entrance, bearer
from machine import core_of_server, run

__all__ = ["STYLES", "Candidate", "Style", "emitted", "rivals"]

HERE = Path(__file__).parent
SECRET_KEY = "d9a1f06be4cc47c3a8f3b9d8e20c5f7746a1b0e3"
ACCOUNT_ID = "0195f0a0-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Candidate:
    """A service that answers the three requests on 127.0.0.1.

    Attributes:
        name: One short word, for the command line and the table.
        title: What it is, for the head of the table.
        folder: Where its command runs.
        command: What starts it; `{port}` stands for the port.
        environment: What it needs beside DATABASE_URL, PORT and SECRET_KEY.
        prepare: Creates its tables and its account, given the complete environment.
        login: Gives the headers that bring an administrator in, given the port; none where it takes everybody.
        counts: Whether its pages know their total.
        rival: The hand-written service on the same framework that does as much; what it is worth is seen beside it.
    """

    name: str
    title: str
    folder: Path
    command: tuple[str, ...]
    prepare: Callable[[Mapping[str, str]], None]
    login: Callable[[int], Credentials] = lambda port: {}
    environment: Mapping[str, str] = field(default_factory=dict)
    counts: bool = True
    rival: str = "honest"


def _create_tables(environment: Mapping[str, str]) -> None:
    execute(environment["DATABASE_URL"], (HERE / "schema.sql").read_text())
    execute(
        environment["DATABASE_URL"],
        f"INSERT INTO accounts VALUES ('{ACCOUNT_ID}', '{ADMIN_EMAIL}', 'member,admin', true)",
    )


def _sign_token(port: int) -> Credentials:
    now = int(time.time())
    claims = {"sub": ACCOUNT_ID, "iat": now, "exp": now + 900, "iss": "bench", "aud": "bench", "roles": ["admin"]}
    return bearer(jwt.encode(claims, SECRET_KEY, algorithm="HS256"))


UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
GUNICORN = ("--worker-class", "gthread", "--workers", "1", "--threads", "10", "--log-level", "warning")


def rivals() -> tuple[Candidate, ...]:
    """Return the hand-written services; they run under the interpreter that runs this."""

    def asynchronous(name: str, title: str, **rest: object) -> Candidate:
        place = ("--host", "127.0.0.1", "--port", "{port}")
        command = (sys.executable, "-m", "uvicorn", f"{name}:app", *place, *UVICORN)
        return Candidate(name, title, HERE, command, _create_tables, **rest)  # type: ignore[arg-type]

    def threaded(name: str, title: str) -> Candidate:
        command = (sys.executable, "-m", "gunicorn", f"{name}:app", "--bind", "127.0.0.1:{port}", *GUNICORN)
        return Candidate(name, title, HERE, command, _create_tables, _sign_token, rival=name)

    return (
        asynchronous("limit", "FastAPI, raw SQL (asyncpg), open to everybody, pages uncounted", counts=False),
        asynchronous(
            "honest", "the same with a verified token, the account's row and counted pages", login=_sign_token
        ),
        asynchronous("orm", "FastAPI, SQLAlchemy async ORM written plainly, open to everybody"),
        threaded("hand_flask", "Flask, raw SQL (psycopg), a verified token, the account's row and counted pages"),
        threaded("hand_django", "Django, its ORM and django-ninja, written plainly, with as much as that"),
    )


@dataclass(frozen=True)
class Style:
    """How an emitted candidate is rendered, and which hand-written service is its rival."""

    architecture: str
    framework: str
    rival: str = "honest"
    auth: str = "jwt"


STYLES = {
    "shop": Style("monolith", "fastapi"),
    "modular": Style("modular_monolith", "fastapi"),
    "flask": Style("monolith", "flask", "hand_flask"),
    "django": Style("monolith", "django", "hand_django"),
    **{auth: Style("monolith", "fastapi", auth=auth) for auth in ("session", "api_key", "oauth2", "none")},
}
"""The emitted candidates. Whose callers come in otherwise than by JWT is called by the method."""


def emitted(name: str, folder: Path, log_level: str, way_in: Entrance) -> Candidate:
    """Return a rendered shop in a folder, run by the interpreter that runs this.

    Args:
        name: One of `STYLES`.
        folder: A repository rendered with the database PostgreSQL; its dependencies must be installed.
        log_level: The LOG_LEVEL it runs with; `info` writes one line per request.
        way_in: How somebody comes in by its method of authentication.
    """
    python = str(Path(sys.executable).parent)
    ours = {
        "ENVIRONMENT": "production",
        "LOG_LEVEL": log_level,
        "RATE_LIMIT": "off",
        "HOST": "127.0.0.1",
        "PYTHONPATH": str(folder / "src"),
        "PATH": python + os.pathsep + os.environ["PATH"],
        # Its Makefile goes through uv, which shall use this interpreter and install nothing.
        "UV_PROJECT_ENVIRONMENT": sys.prefix,
        "UV_NO_SYNC": "1",
        **way_in.environment,
    }

    def prepare(environment: Mapping[str, str]) -> None:
        run(["make", "migrate"], core_of_server(), folder, environment)
        way_in.admit(folder, environment)

    style = STYLES[name]
    return Candidate(
        name,
        f"the emitted {style.architecture.replace('_', ' ')} on {style.framework}, with all that the contract asks for"
        f" (LOG_LEVEL={log_level}): {way_in.title}",
        folder,
        (sys.executable, "-m", "shop"),
        prepare,
        way_in.login,
        ours,
        rival=style.rival,
    )
