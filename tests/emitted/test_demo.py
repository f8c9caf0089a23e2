"""The demonstration, with which everybody begins.

All tests of the very repository that it makes are run as those of a row; here most of them are left out.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import demo
import template

pytestmark = [pytest.mark.emitted, pytest.mark.xdist_group("demo")]


def test_all_of_it_is_right(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "demo", f"DEST={tmp_path / 'shop'}"],
        cwd=template.ROOT,
        env=demo.environment(PYTEST_ADDOPTS="--deselect tests/api --deselect tests/infrastructure"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-10_000:]
    assert "All of it was right." in done.stdout
