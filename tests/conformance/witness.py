"""What a run keeps secret: all that it came in with, or was let in with, so that logs can be searched for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CREDENTIALS = ("authorization", "cookie", "x-api-key", "x-csrf-token", "x-service-token")
FIELDS = ("password", "current_password", "new_password", "access_token", "refresh_token", "csrf_token", "token", "key")
SHORTEST = 12
"""What is shorter, or of fewer letters than half as many, may stand in a log by chance."""


class Witness:
    """Remembers secrets."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._lock = threading.Lock()

    def see(
        self, sent: Iterable[tuple[str, str]], body: bytes | None, got: Iterable[tuple[str, str]], answer: bytes
    ) -> None:
        """Look at a request and its answer."""
        found = [text for name, value in sent if name.lower() in CREDENTIALS for text in _bare(value)]
        found += [value.partition(";")[0].partition("=")[2] for name, value in got if name.lower() == "set-cookie"]
        found += [*_within(body), *_within(answer)]
        with self._lock:
            self._secrets.update(text for text in found if _is_telling(text))

    def keep(self, path: Path) -> None:
        """Write down what was seen, a secret a line."""
        path.write_text("".join(f"{text}\n" for text in sorted(self._secrets)), encoding="utf-8")


def _is_telling(text: str) -> bool:
    return len(text) >= SHORTEST and len({*text}) >= SHORTEST // 2 and text.isprintable() and text.isascii()


def _bare(value: str) -> list[str]:
    """Return credentials without what says of which kind they are: as a whole, and the part that proves something."""
    values = [part.strip().partition("=")[2] for part in value.split(";")] if "; " in value else []
    values += [value.rpartition(" ")[2], value.partition("=")[2]]
    return [*values, *(text.rpartition(".")[2] for text in values)]


def _within(body: bytes | None) -> list[str]:
    """Return the secrets in a body of JSON; nothing where it is something else."""
    if not body or not any(b'"%b"' % name.encode() in body for name in FIELDS):
        return []
    try:
        value = json.loads(body)
    except ValueError:
        return []
    data = value.get("data", value) if isinstance(value, dict) else None
    return _texts(data) if isinstance(data, Mapping) else []


def _texts(data: Mapping[str, Any]) -> list[str]:
    return [data[name] for name in FIELDS if isinstance(data.get(name), str)]


WITNESS = Witness()
"""The one of this run."""
