"""Servers of the emitted tier: a missing one is skipped aloud, and in CI it is a failure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import demo
import template
from emitted import servers
from emitted.servers import KINDS, SCRIPTS, Servers

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put a script in the place of all, whose server is not installed."""
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho 'no server is installed' >&2\nexit 1\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(servers, "_script", lambda name: str(script))


@pytest.mark.parametrize("database", KINDS)
@pytest.mark.usefixtures("missing")
def test_a_missing_server_is_skipped_aloud(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.delenv("CI", raising=False)
    started = Servers()

    with pytest.raises(pytest.skip.Exception, match=r"could not be started: no server is installed"):
        started.url(database)
    started.stop()


@pytest.mark.parametrize("database", KINDS)
@pytest.mark.usefixtures("missing")
def test_a_missing_server_fails_in_ci(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.setenv("CI", "true")
    started = Servers()

    with pytest.raises(pytest.fail.Exception, match=r"CI needs every server: .*no server is installed"):
        started.url(database)
    started.stop()


def test_every_database_that_needs_a_server_has_one() -> None:
    catalogue = template.catalogue()
    needed = {choice.name for choice in catalogue.offered("database") if choice.compose}

    assert set(KINDS) == needed


def test_every_server_is_installed_for_ci() -> None:
    install = (template.ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert all((template.ROOT / "scripts" / script).is_file() for script in SCRIPTS.values())
    assert all(f"scripts/{script} install\n" in install for script in SCRIPTS.values())


@pytest.mark.usefixtures("missing")
def test_without_redis_the_emitted_tests_hear_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    assert Servers().redis_settings() == {}

    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI needs every server: redis could not be started"):
        Servers().redis_settings()


@pytest.mark.needs_redis
class TestRedis:
    @pytest.fixture
    def script(self, tmp_path: Path) -> Iterator[Run]:
        """Run the script on a folder; a server that runs there is stopped at the end."""

        def run(action: str, *rest: str, folder: str = "redis") -> subprocess.CompletedProcess[str]:
            command = [str(template.ROOT / "scripts" / "redis"), action, str(tmp_path / folder), *rest]
            return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

        yield run
        run("stop")

    @pytest.fixture
    def url(self, script: Run) -> str:
        """Return where a server answers that was just started."""
        done = script("start", str(demo.free_port()))
        if "is installed" in done.stderr:
            assert "CI" not in os.environ, done.stderr
            pytest.skip(f"needs a server: {done.stderr}")
        return done.stdout.splitlines()[-1]

    def test_starts_once_and_stops_as_often_as_one_likes(self, script: Run, url: str) -> None:
        port = url.rpartition(":")[2].removesuffix("/0")

        assert script("start", port).stdout.splitlines() == [url]
        assert "already runs on port" in script("start", str(demo.free_port())).stderr
        assert f"port {port} on 127.0.0.1 is in use" in script("start", port, folder="other").stderr
        assert [script("stop").returncode for _ in range(2)] == [0, 0]
        assert "there is no folder" in script("stop", folder="elsewhere").stderr

    def test_keeps_nothing(self, script: Run, url: str) -> None:
        ask = ["redis-cli", "-u", url]
        subprocess.run([*ask, "set", "a", "b"], check=True, capture_output=True)

        script("stop")
        script("start", url.rpartition(":")[2].removesuffix("/0"))

        assert subprocess.run([*ask, "dbsize"], check=True, capture_output=True, text=True).stdout == "0\n"


@pytest.mark.needs_redis
def test_redis_can_be_gone_for_a_while_or_hang() -> None:
    started = Servers()
    url = started.redis()
    ping = ["timeout", "1", "redis-cli", "-u", url, "ping"]

    def answer() -> str:
        return subprocess.run(ping, capture_output=True, text=True, check=False).stdout.strip()

    try:
        with started.redis_down():
            assert answer() == ""
        assert answer() == "PONG"
        with started.redis_hanging():
            assert answer() == ""
        assert answer() == "PONG"
    finally:
        started.stop()
    assert answer() == ""
