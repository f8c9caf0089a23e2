"""Git is asked once a render whether it ignores executable bits, and Copier's own method runs only where it does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

import template


class Counted:
    """Stands in the place of Copier's method, and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, worker: object, *arguments: object) -> None:
        self.calls += 1


@pytest.mark.parametrize(("setting", "calls"), [("false", 3), ("true", 0), (None, 0)])
def test_copiers_method_runs_only_where_bits_are_ignored(tmp_path: Path, setting: str | None, calls: int) -> None:
    if setting is not None:
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
        subprocess.run(["git", "-C", str(tmp_path), "config", "core.fileMode", setting], check=True)
    method = Counted()
    wrapper = template.extension("git_once")._where_needed(method)
    worker = SimpleNamespace(subproject=SimpleNamespace(local_abspath=tmp_path))
    for number in range(3):
        wrapper(worker, Path(f"file{number}"), 0o755)
    assert method.calls == calls
