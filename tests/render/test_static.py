"""What others have learned about workflows, container files and secrets, asked of every repository."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from detect_secrets.core.plugins.initialize import from_plugin_classname
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.settings import transient_settings

import template
from rendering import Rendered

PROGRAMS = Path(sys.executable).parent
TOOLS = template.ROOT / "build" / "tools"
"""Where `scripts/actionlint install` puts what no package brings."""

# Detectors that know a secret by its form. Those that go by a variable's name or by entropy find what tests are about.
DETECTORS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)


def test_workflows_are_safe(emitted: Rendered, tmp_path: Path) -> None:
    assert _findings(emitted, ".github/workflows/", _zizmor, tmp_path) == []


def test_workflows_are_well_formed(emitted: Rendered, tmp_path: Path) -> None:
    _need_actionlint()

    assert _findings(emitted, ".github/workflows/", _actionlint, tmp_path) == []


def test_container_files_follow_the_rules_of_their_linter(emitted: Rendered, tmp_path: Path) -> None:
    assert _findings(emitted, "Dockerfile", _hadolint, tmp_path) == []


def test_no_secret_is_emitted(emitted: Rendered) -> None:
    assert {path: found for path, data in emitted.files.items() if (found := _secrets(data))} == {}


@pytest.mark.parametrize(
    ("workflow", "rule"),
    [
        ("      - uses: actions/checkout@v6\n", "unpinned-uses"),
        ("      - run: echo ${{ github.event.issue.title }}\n", "template-injection"),
    ],
)
def test_a_workflow_that_is_not_safe_is_found(workflow: str, rule: str, tmp_path: Path) -> None:
    head = "name: CI\non: issues\npermissions: {}\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n"

    assert rule in _zizmor(head + workflow, tmp_path)


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("run: echo ${{ github.evnt.number }}", "expression"),
        ("run: echo ${{ matrix.python }}", "expression"),
        ("run: make\n        with: {}", "syntax-check"),
        ("uses: actions/checkout", "action"),
    ],
)
def test_a_workflow_that_is_not_well_formed_is_found(step: str, rule: str, tmp_path: Path) -> None:
    _need_actionlint()
    head = "name: CI\non: push\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n"

    assert _actionlint(f"{head}      - run: make check\n", tmp_path) == ""
    assert f"[{rule}]" in _actionlint(f"{head}      - {step}\n", tmp_path)


def test_a_container_file_that_breaks_a_rule_is_found(tmp_path: Path) -> None:
    assert "DL3007" in _hadolint("FROM python:latest\n", tmp_path)


@pytest.mark.parametrize("secret", ["-----BEGIN RSA " + "PRIVATE KEY-----", "AKIA" + "IOSFODNN7EXAMPLF"])
def test_a_secret_is_found(secret: str) -> None:
    assert _secrets(f"key = {secret!r}\n".encode()) != ()


def _findings(emitted: Rendered, place: str, linter: Callable[[str, Path], str], folder: Path) -> list[str]:
    texts = {path: emitted.text(path) for path in emitted.files if path.startswith(place) or path.endswith(f"/{place}")}
    assert texts, f"there is no {place}"
    return [f"{path}: {found}" for path, text in texts.items() if (found := linter(text, folder))]


# Many combinations have one and the same file: each text is looked at once by each process.
_looked_at: dict[tuple[str, str], str] = {}


def _zizmor(text: str, folder: Path) -> str:
    """Return what zizmor finds in a workflow, without asking anybody."""
    return _run(PROGRAMS / "zizmor", text, folder / "ci.yml", "--offline", "--no-progress", "--quiet", "--format=plain")


def _need_actionlint() -> None:
    """Skip the test where the linter was never built; whoever checks a change before it lands has it."""
    if not (TOOLS / "actionlint").exists():
        assert "CI" not in os.environ, "run scripts/actionlint install"
        pytest.skip("scripts/actionlint install builds what this asks for")


def _actionlint(text: str, folder: Path) -> str:
    """Return what actionlint finds in a workflow; what others would find in its scripts depends on the machine."""
    return _run(TOOLS / "actionlint", text, folder / "ci.yml", "-no-color", "-oneline", "-shellcheck=", "-pyflakes=")


def _hadolint(text: str, folder: Path) -> str:
    """Return what hadolint finds in a container file."""
    return _run(PROGRAMS / "hadolint", text, folder / "Dockerfile")


def _run(program: Path, text: str, file: Path, *options: str) -> str:
    if (program.name, text) not in _looked_at:
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([program, *options, file], capture_output=True, text=True, check=False)
        _looked_at[program.name, text] = done.stdout + done.stderr if done.returncode else ""
    return _looked_at[program.name, text]


@functools.cache
def _detectors() -> tuple[BasePlugin, ...]:
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS]}):
        return tuple(map(from_plugin_classname, DETECTORS))


@functools.cache
def _secrets(data: bytes) -> tuple[str, ...]:
    """Return the kinds of the secrets that a file holds."""
    text = data.decode("utf-8", errors="replace")
    return tuple(detector.secret_type for detector in _detectors() if any(detector.analyze_string(text)))
