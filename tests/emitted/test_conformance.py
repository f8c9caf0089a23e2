"""Whatever is chosen, what runs keeps the contract: one suite for all architectures, frameworks, databases, methods."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import template
from emitted.running import Provider, running, suite, way_in


def test_it_keeps_the_contract(
    row: template.Row, repository: Path, new_database: Callable[[], dict[str, str]], provider: Provider | None
) -> None:
    trusted = provider.settings if provider else {}

    with running(repository, {**new_database(), **trusted}) as service:
        done = suite(service.url, row.sample, "--tb=short", auth=row.auth, **way_in(service, row.auth, provider))

        assert done.returncode == 0, done.stdout[-20_000:]
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout
