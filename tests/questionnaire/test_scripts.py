"""The scripts behind `make demo` and `make render`: what they refuse, and what they never show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import demo
import http_client
import render
import template


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(template.ROOT / "scripts" / script)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")

    done = run("demo.py", DEST=str(tmp_path))

    assert done.returncode == 1
    assert f"DEST: {tmp_path} holds something that was not rendered here; name another folder." in done.stderr
    assert (tmp_path / "letter.txt").exists()


def test_a_project_with_a_history_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".copier-answers.yml").write_text("a: b\n", encoding="utf-8")
    (tmp_path / ".git").mkdir()

    with pytest.raises(render.Refused, match="is somebody's project"):
        render.clear(tmp_path)

    assert (tmp_path / ".copier-answers.yml").exists()


def test_an_earlier_render_is_replaced(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    (project / ".copier-answers.yml").write_text("a: b\n", encoding="utf-8")

    render.clear(project)

    assert not project.exists()


@pytest.mark.parametrize(
    ("script", "environment", "sentence"),
    [
        ("render.py", {"SAMPLE": "shpo"}, 'SAMPLE: there is no sample "shpo"; choose '),
        ("render.py", {"DATA": "framework"}, 'DATA: "framework" is no answer; write NAME=VALUE'),
        ("render.py", {"DATA": "framework=litestar"}, 'framework: "litestar" is not offered'),
        ("demo.py", {"DATA": "domain_preset=blog"}, "DATA: the demonstration speaks to the shop"),
        ("demo.py", {"DATA": "auth=session"}, "DATA: the demonstration logs in by tokens"),
        ("demo.py", {"DATA": "framework=litestar"}, 'framework: "litestar" is not offered'),
    ],
)
def test_bad_wishes_are_refused(tmp_path: Path, script: str, environment: dict[str, str], sentence: str) -> None:
    done = run(script, DEST=str(tmp_path / "shop"), **environment)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "shop").exists()


def test_answers_with_blanks_stand_in_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", "database=postgresql project_name='My shop'")

    assert render.answers() == ["--data", "database=postgresql", "--data", "project_name=My shop"]


def test_the_client_shows_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = http_client.Client("http://127.0.0.1:9")

    with pytest.raises(OSError, match="refused"):
        nobody.post("/login", {"email": "ada@example.org", "password": "a secret"}, expect=200)

    shown = capsys.readouterr().out
    assert "ada@example.org" in shown
    assert "a secret" not in shown


def test_settings_of_another_service_do_not_reach_the_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://production")
    monkeypatch.setenv("MAKEFLAGS", "-j9")

    environment = demo.environment(PORT="1")

    assert environment["PORT"] == "1"
    assert not {"DATABASE_URL", "MAKEFLAGS"} & set(environment)


def test_what_runs_together_gets_ports_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("run: export BROKER_PORT ?= 4222\nrun: export PORT ?= 8000\n", encoding="utf-8")

    ports = demo.inner_ports(tmp_path)

    assert list(ports) == ["BROKER_PORT"]
    assert ports["BROKER_PORT"] != "4222"


class Ready(http_client.Client):
    """The client of a service that is always ready."""

    def is_ready(self) -> bool:
        return True


def test_a_service_is_ready_once_its_workers_work_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "demo.log"
    monkeypatch.setattr(demo, "START_SECONDS", 0.3)
    client, workers = Ready("http://127.0.0.1:1"), {"worker", "users-worker"}
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            log.write_text("09:23:56 worker.1 | 2026-11-22 [info     ] working   consumers=[]\n", encoding="utf-8")
            with pytest.raises(http_client.Wrong, match="was not ready after"):
                demo.wait_until_ready(client, workers, process, log)

            with log.open("a", encoding="utf-8") as more:
                more.write('09:23:57 users-worker.1 | {"event": "working", "level": "info"}\n')
            demo.wait_until_ready(client, workers, process, log)
        finally:
            process.kill()
