"""An update to another method of authentication: what users wrote stays, the rest is as if chosen from the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import template

RULE = "\n\ndef is_ours(name: str) -> bool:\n    return name == 'ours'\n"
REMARK = "\n\n# What our own clients ask for.\n"
PARAGRAPH = "\nWhat we have to say.\n"


@dataclass(frozen=True)
class Change:
    """A project that was made with one method, and goes on with another.

    Attributes:
        domain: The file of the domain, and `api` that of the routes, which users have written something into.
    """

    old: str
    new: str
    sample: str
    domain: str
    api: str
    more: tuple[str, ...] = ()

    def answers(self, method: str) -> list[str]:
        """Return the options that make the project with a method."""
        data = (f"project_name={self.sample.title()}", f"domain_preset={self.sample}", f"auth={method}", *self.more)
        return [argument for answer in data for argument in ("--data", answer)]

    @property
    def id(self) -> str:
        """The name that reports show."""
        return "-".join((self.old, self.new, *(answer.partition("=")[2] for answer in self.more)))


CHANGES = [
    Change("none", "jwt", "ledger", "src/ledger/domain/books/entry.py", "src/ledger/api/books/entry.py"),
    Change(
        "jwt",
        "session",
        "shop",
        "src/shop/catalog/domain/product.py",
        "src/shop/catalog/api/product.py",
        ("framework=django", "architecture=modular_monolith"),
    ),
]


def append(file: Path, text: str) -> None:
    """Write something at the end of a file, as a user would."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_what_users_wrote_stays_and_the_rest_is_as_in_a_fresh_copy(source: str, change: Change, tmp_path: Path) -> None:
    project, fresh = tmp_path / "project", tmp_path / "fresh"
    template.copied("copy", *change.answers(change.old), source, str(project))
    template.commit(project)
    before = template.files(project)
    edits = {change.domain: RULE, change.api: REMARK, "README.md": PARAGRAPH}
    for name, text in edits.items():
        append(project / name, text)
    own = (Path(change.domain).parent / "ours.py").as_posix()
    (project / own).write_text('"""Ours."""\n', encoding="utf-8")
    template.commit(project)

    template.copied("update", "--data", f"auth={change.new}", cwd=project)

    template.copied("copy", *change.answers(change.new), source, str(fresh))
    expected = template.files(fresh)
    assert expected.keys() != before.keys()
    written = {name: expected[name] + text.encode() for name, text in edits.items()}
    assert template.files(project) == {**expected, **written, own: b'"""Ours."""\n'}
