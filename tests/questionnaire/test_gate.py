"""What the gate takes for granted of its tools."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

GROUPED = """
import os
import time
import pytest

GROUPS = ("one", "two", "two", "one") * 2

@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in GROUPS])
def test(name: str) -> None:
    time.sleep(0.05)  # so that both have their turn
    with open("seen", "a") as seen:
        seen.write(f"{name} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def test_one_process_runs_all_tests_of_a_group(tmp_path: Path) -> None:
    """Otherwise all would pass, and each repository be set up again and again."""
    (tmp_path / "test_grouped.py").write_text(GROUPED, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    processes = defaultdict(set)
    for line in (tmp_path / "seen").read_text(encoding="utf-8").splitlines():
        group, process = line.split()
        processes[group].add(process)
    assert processes.keys() == {"one", "two"}
    assert [len(seen) for seen in processes.values()] == [1, 1], "does this pytest-xdist know this pytest?"
