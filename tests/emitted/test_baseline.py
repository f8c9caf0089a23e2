"""What the layer against hostile input is worth: without it, a service of the same contract crashes, or takes it all.

`baseline/naive.py` is what a good tutorial would write, on the same libraries. What of the suite is red there is
red for exactly what is written down; on what is emitted all of it is green (`test_conformance.py`).
"""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import demo
import template
from emitted.running import suite
from http_client import Client

ROWS = (template.row("shop", framework="fastapi", database="postgresql"),)
BASELINE = Path(__file__).parent / "baseline"
START_SECONDS = 60

ASKED = (
    "test_bodies.py and test_what_is_no_sound_json_object_is_refused",
    "test_hostile.py and test_no_field_takes_it",
    "test_lists.py and test_a_page_out_of_range_is_refused",
    "test_resources.py and TestCreate and test_refuses_what_it_does_not_know",
    "test_uniqueness.py and test_a_second_creation_is_a_conflict",
    "test_uniqueness.py and test_one_of_many_at_once_wins",
)
"""What of the suite is asked for, as pytest's -k reads."""

CRASHES, TAKES, SAYS_NOTHING = "crashes", "takes it", "says nothing"


@pytest.fixture
def naive(repository: Path, new_database: Callable[[], dict[str, str]], tmp_path: Path) -> Iterator[str]:
    """A service without the layer; it runs in the environment of one that was emitted."""
    port = demo.free_port()
    url = new_database()["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    command = [str(repository / ".venv" / "bin" / "python"), "-m", "uvicorn", "naive:app", "--port", str(port)]
    with (tmp_path / "naive.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=BASELINE,
            env=demo.environment(DATABASE_URL=url, PYTHONDONTWRITEBYTECODE="1"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
        while not _lives(address):
            assert process.poll() is None, (tmp_path / "naive.log").read_text(encoding="utf-8")[-4000:]
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _lives(url: str) -> bool:
    try:
        return Client(url).get_status("/health/live") == 200
    except OSError:
        return False


def test_without_the_layer_exactly_this_is_red(naive: str, tmp_path: Path) -> None:
    report, expected = tmp_path / "report.xml", yaml.safe_load((BASELINE / "red.yml").read_text(encoding="utf-8"))

    asked = " or ".join(f"({tests})" for tests in ASKED)
    told = {"auth": "none", "domain": str(BASELINE / "domain.yml")}
    done = suite(naive, "", "-k", asked, "--tb=short", f"--junitxml={report}", **told)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]
    assert red(report) == {f"{test}[{case}]": how for test, cases in expected.items() for case, how in cases.items()}


def red(report: Path) -> dict[str, str]:
    """Return the tests of a report that failed, and how."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest's own words
        fault = case.find("failure")
        if fault is None:
            fault = case.find("error")
        if fault is not None:
            said = fault.get("message", "") + (fault.text or "")
            statuses = re.findall(r"(?:→ |status=)(\d)\d\d", said)
            found[case.get("name", "")] = {"5": CRASHES, "2": TAKES}.get((statuses or [""])[0], SAYS_NOTHING)
    return found
