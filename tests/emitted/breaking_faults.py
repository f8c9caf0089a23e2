"""What a service promises of a database in trouble, and how its code breaks one promise at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emitted.breaking_kill import Violation
from emitted.servers import Servers
from emitted.test_database_faults import (
    answers_in_time,
    answers_in_time_though_slow,
    does_nothing_twice,
    hides_lost_connections,
)
from emitted.troubled import Service

Look = Callable[[Service, Servers, str], None]
"""Looks whether a promise is kept; raises `AssertionError` where it is not."""


@dataclass(frozen=True)
class Broken:
    """A violation, and what has to find it."""

    violation: Violation
    look: Look


def _in(trouble: str) -> Look:
    return lambda service, servers, database: answers_in_time(service, servers, database, trouble)


def _lost(service: Service, servers: Servers, database: str) -> None:
    hides_lost_connections(service)


def _twice(service: Service, servers: Servers, database: str) -> None:
    does_nothing_twice(service, None)


SQL = "*/shared/infrastructure/sql"

BROKEN: Mapping[str, Mapping[str, Broken]] = {
    "fastapi": {
        "a request has no limit": Broken(
            Violation(
                "*/shared/api/middleware.py",
                "async with time_limit(self._timeout_seconds):",
                "async with time_limit(30):",
                "no answer",
            ),
            answers_in_time_though_slow,
        ),
        "a connection that does not answer is waited for": Broken(
            Violation(f"{SQL}/postgresql.py", "            self.driver.terminate()\n", "", ""), _in("frozen")
        ),
        "what the driver reports is not translated": Broken(
            Violation(f"{SQL}/postgresql.py", "_UNAVAILABLE = (\n    OSError,\n", "_UNAVAILABLE = (\n", "→ 500"),
            _in("refusing"),
        ),
        "liveness asks the database": Broken(
            Violation(
                "*/shared/api/operations.py",
                "async def live() -> Any:\n",
                'async def live(request: Request) -> Any:\n    await request.app.state.served.checks["database"]()\n',
                "Pulse",
            ),
            _in("black-hole"),
        ),
        "what is unknown is done once more": Broken(
            Violation(
                f"{SQL}/postgresql.py",
                "    except _UNAVAILABLE as error:\n        raise Unavailable from error",
                "    except _UNAVAILABLE as error:\n        raise Contended from error",
                "409 == 503",
            ),
            _twice,
        ),
    },
    "flask": {
        "an answer has no limit": Broken(
            Violation(
                f"{SQL}/driver.py",
                "return max(min(self._most_seconds, seconds_left()), UNDO_TIMEOUT_SECONDS)",
                "return 15.0",
                "no answer",
            ),
            _in("frozen"),
        ),
        "connections that the server has ended are used": Broken(
            Violation(f"{SQL}/watching.py", "if listener.poll(0):", "if False:", "→ 503"), _lost
        ),
    },
    "django": {
        "connecting has no limit": Broken(
            Violation(
                f"{SQL}/driver.py",
                "[connection] = together(partial(super().connect, *arguments, **options))",
                'connection = super().connect(*arguments, **{**options, "connect_timeout": 15})',
                "",
            ),
            _in("black-hole"),
        ),
        "what the driver reports is not translated": Broken(
            Violation(
                f"{SQL}/postgresql/base.py",
                "        if isinstance(error, OperationalError | InterfaceError):\n            return Unavailable()\n",
                "",
                "→ 500",
            ),
            _in("refusing"),
        ),
    },
}
"""What is broken, by the framework on which it is found."""
