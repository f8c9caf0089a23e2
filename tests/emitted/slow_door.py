"""Code that takes its time between the last look at who stands at the door and closing it."""

from __future__ import annotations

from pathlib import Path

from emitted.breaking_kill import Violation

PAUSE_SECONDS = 0.3

WITH_LOOP = Violation(
    "*/shared/api/server.py",
    "        waiting = list(_waiting_at(listeners))\n",
    f"        waiting = list(_waiting_at(listeners))\n        import time\n        time.sleep({PAUSE_SECONDS})\n",
    "",
)
WITH_THREADS = Violation(
    "*/shared/api/server_process.py",
    "            listener.close()\n",
    f"            time.sleep({PAUSE_SECONDS})\n            listener.close()\n",
    "",
)
OPEN = Violation(
    "*/shared/api/listening.py",
    'if sys.platform == "linux":',
    'if sys.platform == "nothing":',
    "ConnectionResetError",
)
"""Whoever comes in between is reset when the door closes."""


def slow(framework: str, source: Path, destination: Path) -> Path:
    """Return a copy of a service's code that pauses before it closes the door."""
    return (WITH_LOOP if framework == "fastapi" else WITH_THREADS).planted(source, destination)
