"""Promises of the servers, and how the code of a service breaks one of them at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """A change to one file of the kernel's edge, the check that has to find it, and the settings that show it."""

    file: str
    sound: str
    broken: str
    check: str
    processes: int = 1


SERVERS: dict[str, dict[str, Breach]] = {
    "fastapi": {
        "everything is taken": Breach(
            "overload.py", "self._most_requests = most_requests", "self._most_requests = 100_000", "overload"
        ),
        "health is refused like all else": Breach(
            "overload.py", 'scope["path"] in ALWAYS_ANSWERED', "False", "overload"
        ),
        "heads may last": Breach("server_connection.py", "HEAD_SECONDS = 10", "HEAD_SECONDS = 1000", "slowness"),
        "connections may be many": Breach(
            "server_connection.py", "MOST_CONNECTIONS = 1000", "MOST_CONNECTIONS = 100_000", "connections"
        ),
        "idle connections are cut": Breach("server_connection.py", "LINGER_SECONDS = 3", "LINGER_SECONDS = 0", "end"),
        "ready to the end": Breach("server.py", "draining = True", "draining = False", "end"),
        "the first process keeps the socket": Breach(
            "server.py",
            "            admit_nobody(listener)\n"
            "        time.sleep(HANDSHAKE_SECONDS)\n"
            "        for listener in self.sockets:\n"
            "            listener.close()\n",
            "            pass\n",
            "end",
            2,
        ),
    },
    "flask": {
        "everything is taken": Breach(
            "server_process.py", "max(limits.most_requests - limits.threads, 0)", "100_000", "overload"
        ),
        "health waits for a thread": Breach(
            "server_process.py", "connection.arrival.path in ALWAYS_ANSWERED", "False", "overload"
        ),
        "heads may last": Breach("server_process.py", "HEAD_SECONDS = 10", "HEAD_SECONDS = 1000", "slowness"),
        "connections may be many": Breach(
            "server_process.py", "MOST_CONNECTIONS = 1000", "MOST_CONNECTIONS = 100_000", "connections"
        ),
        "idle connections are cut": Breach("server_process.py", "LINGER_SECONDS = 3", "LINGER_SECONDS = 0", "end"),
        "ready to the end": Breach("server_process.py", "is_draining = True", "is_draining = False", "end"),
    },
}
"""What is broken, by framework."""
