"""Ask git once a render, not once a file.

For every file that it writes, Copier 9.19 starts `git config` to learn whether git ignores the executable bits of the
destination (`core.fileMode`). The answer is the same for all of them, and the two hundred processes take longer than
all templates together. Here the first answer counts; where git does ignore the bits, Copier's own method does its work.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from copier import _main
from jinja2 import Environment
from jinja2.ext import Extension

METHOD = "_sync_git_index_executable_bit"
IGNORED = "_executable_bits_are_ignored"


class GitOnceExtension(Extension):
    """Puts the question in front of Copier's method, if this version of Copier has it."""

    def __init__(self, environment: Environment) -> None:
        """Wrap the method, unless an earlier render in this process has done so."""
        super().__init__(environment)
        method = getattr(_main.Worker, METHOD, None)
        if method is not None and not hasattr(method, "wrapped"):
            setattr(_main.Worker, METHOD, _where_needed(method))


def _where_needed(method: Callable[..., None]) -> Callable[..., None]:
    def wrapper(worker: Any, *arguments: Any) -> None:
        if not hasattr(worker, IGNORED):
            setattr(worker, IGNORED, _executable_bits_are_ignored(worker.subproject.local_abspath))
        if getattr(worker, IGNORED):
            method(worker, *arguments)

    wrapper.wrapped = method  # type: ignore[attr-defined]
    return wrapper


def _executable_bits_are_ignored(folder: Path) -> bool:
    command = ["git", "-C", str(folder), "config", "--type=bool", "--get", "core.fileMode"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() == "false"
