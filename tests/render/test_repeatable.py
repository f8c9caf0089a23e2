"""The same answers give the same bytes, wherever, and rendering reaches for nothing outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import template
from rendering import Render

RENDER = """
import socket, sys
def refuse(*arguments, **options):
    raise OSError("rendering reached for the network")
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
from copier import run_copy
run_copy(sys.argv[1], sys.argv[2], defaults=True, unsafe=True, quiet=True, data={"domain_preset": "museum"})
"""

# Runs before anything else in the interpreter: no socket of any family can be opened.
NO_SOCKETS = """
import socket
class Refused(socket.socket):
    def __init__(self, *arguments, **options):
        raise OSError("rendering opened a socket")
socket.socket = Refused
"""

PLACES = {
    "plain": {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0"},
    "elsewhere": {"LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4294967295", "COLUMNS": "20"},
    "turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "31337"},
}


def rendered_at(template_dir: Path, project: Path, **environment: str) -> dict[str, bytes]:
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(template_dir), str(project)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return template.files(project)


@pytest.fixture(scope="module")
def first(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return rendered_at(template_dir, tmp_path_factory.mktemp("first") / "project", **PLACES["plain"])


@pytest.mark.parametrize("place", ["elsewhere", "turkish"])
def test_the_same_answers_give_the_same_bytes(
    first: dict[str, bytes], template_dir: Path, tmp_path: Path, place: str
) -> None:
    again = rendered_at(template_dir, tmp_path / "project", **PLACES[place])

    assert set(again) == set(first)
    assert [path for path in first if first[path] != again[path]] == []


def test_what_a_process_remembers_of_sources_changes_nothing(first: dict[str, bytes], render: Render) -> None:
    render(domain_preset="shop", architecture="microservices")

    assert render(domain_preset="museum").files == first


def test_rendering_opens_no_socket(first: dict[str, bytes], template_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NO_SOCKETS, encoding="utf-8")

    again = rendered_at(template_dir, tmp_path / "project", PYTHONPATH=str(tmp_path / "site"))

    assert again == first


def test_the_guard_against_sockets_bites(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_SOCKETS, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9')"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert "rendering opened a socket" in done.stderr


def test_copying_runs_no_task_and_no_migration(template_dir: Path) -> None:
    settings = (template_dir / "copier.yml").read_text(encoding="utf-8")

    assert "_tasks" not in settings
    assert "_migrations" not in settings
