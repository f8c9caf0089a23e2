"""Database servers of the emitted tier: a missing one is skipped aloud, and in CI it is a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

import template
from emitted import servers
from emitted.servers import KINDS, Servers


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put a script in the place of all, whose server is not installed."""
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho 'no server is installed' >&2\nexit 1\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(servers, "_script", lambda database: str(script))


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
    assert all((template.ROOT / "scripts" / kind.script).is_file() for kind in KINDS.values())
    install = (template.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(f"scripts/{kind.script} install\n" in install for kind in KINDS.values())
