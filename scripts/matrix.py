"""Try every combination that is offered, one after the other, and keep a ledger of it: docs/reference/matrix.md.

`make matrix` runs this. ROWS names some of them, separated by blanks: names as the ledger has them, or patterns such
as `*-flask-*`. A line of the ledger is written after each; the others stay as they are. It ends with 0 only if all that
were tried are as they should be.
"""

from __future__ import annotations

import datetime
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from combinations import ROOT, Stack, stacks

PAGE = ROOT / "docs" / "reference" / "matrix.md"
TESTS = ("tests/emitted/test_emitted.py", "tests/emitted/test_conformance.py")
HEAD = """\
# Matrix

<!-- Written by `make matrix`, a line after each combination; `make docs` adds and removes lines. -->

Every combination that is offered, and what came out when it was last tried in full with the sample `shop`, or `ledger`
where there are no accounts: rendered, set up, checked, migrated, tested, started, spoken to, and held to the contract
by the conformance suite, on a real server where its database is one. Besides, every run of `make test` renders all of
them and checks what was rendered, `make test-emitted` tries a few in full, in which every pair of choices occurs, and
`make test-nightly` those in which every architecture meets every framework with every authentication.

| combination | last run | template | result | seconds |
| --- | --- | --- | --- | --- |
"""

_LINE = re.compile(r"^\| `([\w-]+)` \| (\S+) \| (\S+) \| (.+) \| (\S+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """What came out of a combination: when, of which template, how, and in how many seconds. A dash is nothing yet."""

    day: str = "-"
    template: str = "-"
    result: str = "never run"
    seconds: str = "-"


def ledger(page: str) -> dict[str, Entry]:
    """Return the entries of a page by the names of their combinations."""
    return {name: Entry(*columns) for name, *columns in _LINE.findall(page)}


def written(entries: Mapping[str, Entry]) -> str:
    """Return the page: a line for every combination that is offered, and for no other."""
    lines = []
    for stack in stacks():
        entry = entries.get(stack.id, Entry())
        lines.append(f"| `{stack.id}` | {entry.day} | {entry.template} | {entry.result} | {entry.seconds} |\n")
    return HEAD + "".join(lines)


def page() -> str:
    """Return the page as it should be, with what it says today of combinations that are still offered."""
    return written(ledger(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {})


def asked(patterns: list[str]) -> list[Stack]:
    """Return the combinations that patterns name, or all; raise `LookupError` for a pattern that names none."""
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(stack.id, pattern) for stack in stacks()):
            raise LookupError(f'ROWS: "{pattern}" names no combination; there are:\n  {_names()}')
    return [
        stack
        for stack in stacks()
        if not patterns or any(fnmatch.fnmatchcase(stack.id, pattern) for pattern in patterns)
    ]


def _names() -> str:
    return "\n  ".join(stack.id for stack in stacks())


def tried(stack: Stack) -> Entry:
    """Try a combination in full; return what came out."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="groundplan-matrix-") as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--tb=short", "-m", "emitted", f"--junitxml={report}", *TESTS],
            cwd=ROOT,
            env={
                **os.environ,
                "CI": "true",  # a server that is missing is a failure
                "EMITTED_ROWS": f"{stack.id}-{stack.richest_sample}",
                # One environment for each framework: what several need is installed once.
                "UV_PROJECT_ENVIRONMENT": str(ROOT / "build" / "matrix" / stack.framework),
            },
            check=False,
        )
        failures = list(_failures(report)) if report.is_file() else []
    result = "passed" if done.returncode == 0 else f"failed: {'; '.join(failures) or 'it could not be tried'}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Entry(today, version(), result, str(round(time.monotonic() - began)))


def _failures(report: Path) -> Iterator[str]:
    """Yield what failed, in words: the names of tests."""
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - written by pytest a moment ago
    if any(case.find("error") is not None for case in cases):
        yield "it cannot be set up, or not be ended"
    for case in cases:
        if case.find("failure") is not None:
            yield case.get("name", "").partition("[")[0].removeprefix("test_").replace("_", " ")


def version() -> str:
    """Return the commit of the template, with a plus where the working tree differs from it in more than the ledger."""
    ledger_aside = ["--", ".", f":!{PAGE.relative_to(ROOT).as_posix()}"]
    return _git("rev-parse", "--short=10", "HEAD") + ("+" if _git("status", "--porcelain", *ledger_aside) else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def main() -> int:
    """Try what the environment asks for; return the exit code."""
    try:
        chosen = asked(os.environ.get("ROWS", "").split())
    except LookupError as refusal:
        print(refusal.args[0], file=sys.stderr)
        return 2
    failed = []
    for number, stack in enumerate(chosen, 1):
        print(f"\n{number} of {len(chosen)}: {stack.id}", flush=True)
        entry = tried(stack)
        PAGE.write_text(written({**ledger(page()), stack.id: entry}), encoding="utf-8")
        print(f"{stack.id}: {entry.result}, {entry.seconds} s", flush=True)
        if entry.result != "passed":
            failed.append(stack.id)
    print(f"\n{len(chosen) - len(failed)} of {len(chosen)} passed. The ledger is {PAGE.relative_to(ROOT)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
