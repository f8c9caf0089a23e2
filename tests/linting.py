"""What ruff says of emitted files, with the settings that were emitted beside them; none is shown to it twice."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, bytes]

COMMANDS = (["format", "--diff"], ["check"])


class Linter:
    """Shows files to ruff, each once: by path, content, and the settings that it is judged by."""

    def __init__(self) -> None:
        self._seen: set[tuple[object, ...]] = set()

    def changes(self, files: Files) -> str:
        """Return what ruff would change or complain of in the files of a repository that it has not seen."""
        settings = {path: data for path, data in files.items() if path.endswith("pyproject.toml")}
        rules = _rules(frozenset(settings.values()))
        keys = {
            path: (path, data, rules if path.endswith((".py", ".pyi")) else frozenset(settings.values()))
            for path, data in files.items()
            if path.endswith((".py", ".pyi", ".toml"))
        }
        fresh = {path: files[path] for path, key in keys.items() if key not in self._seen}
        self._seen.update(keys.values())
        return ruff({**settings, **fresh}) if fresh else ""


@functools.cache
def _rules(settings: frozenset[bytes]) -> frozenset[str]:
    """Return what projects say of ruff and of the oldest Python, on which alone its answers depend."""
    read = [tomllib.loads(data.decode()) for data in settings]
    return frozenset(
        json.dumps([project.get("tool", {}).get("ruff"), project.get("project", {}).get("requires-python")])
        for project in read
    )


def ruff(files: Files) -> str:
    """Return what ruff would change in files, and what it complains of."""
    with tempfile.TemporaryDirectory(prefix="groundplan-linting-") as folder:
        for path, data in files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        outputs = []
        for command in COMMANDS:
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet", "."],
                cwd=folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            outputs.append("" if done.returncode == 0 else done.stdout + done.stderr)
    return "".join(outputs)
