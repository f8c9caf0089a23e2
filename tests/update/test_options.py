"""An update that says yes or no to an option: as if it had been said from the start."""

from __future__ import annotations

from pathlib import Path

import pytest

import template


@pytest.mark.parametrize(("before", "after"), [("false", "true"), ("true", "false")])
def test_an_audit_trail_comes_and_goes(source: str, before: str, after: str, tmp_path: Path) -> None:
    project, fresh = tmp_path / "project", tmp_path / "fresh"
    template.copied("copy", "--data", f"audit_trail={before}", source, str(project))
    template.commit(project)

    template.copied("update", "--data", f"audit_trail={after}", cwd=project)

    template.copied("copy", "--data", f"audit_trail={after}", source, str(fresh))
    assert template.files(project) == template.files(fresh)
    assert ("docs/audit-trail.md" in template.files(project)) is (after == "true")
