"""What a database cannot keep is refused with a sentence, before anything is rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

import template

SHORT = "\n".join(f"    field_{number}: string(60)" for number in range(40))
LONG = "\n".join(f"    field_{number}: string(700)" for number in range(30))
INDEXED = "\n".join(f"    field_{number}: integer indexed" for number in range(70))

REFUSED = [
    (
        "catalog:\n  page:\n    slug: string(765) unique",
        "catalog.page.slug: an index of MySQL / MariaDB holds texts of up to 764 characters, so this string cannot be "
        "unique; write string(764) or a shorter one, or leave unique out.",
    ),
    (
        "catalog:\n  page:\n    slug: string(761) indexed",
        "indexed; write string(760) or a shorter one, or leave indexed out.",
    ),
    (
        "catalog:\n  page:\n    link: url indexed",
        "catalog.page.link: an index of MySQL / MariaDB holds texts of up to 760",
    ),
    ("users:\n  user:\n    link: url? unique", "users.user.link: an index of MySQL / MariaDB holds texts of up to 764"),
    ("catalog:\n  page:\n    part: decimal(38,31)", "keeps up to 30 digits after the point, not 31; write fewer."),
    (f"catalog:\n  page:\n{SHORT}", "catalog.page: its many short texts may take 9721 bytes of a page"),
    (f"catalog:\n  page:\n{LONG}", "catalog.page: its texts may take 84140 bytes of a row"),
    (f"catalog:\n  page:\n{INDEXED}", "catalog.page: it needs 72 indexes, where MySQL / MariaDB keeps up to 64"),
]


def problems(domain: str, database: str) -> list[str]:
    choice = template.extension("catalogue").load(template.ROOT / "catalogue").choice("database", database)
    parsed = template.extension("domain").parse(domain)
    found = template.extension("database_limits").limit_problems(parsed, choice.label, dict(choice.limits))
    return [str(problem) for problem in found]


def test_what_does_not_fit_is_refused_before_anything_is_rendered(template_dir: Path, tmp_path: Path) -> None:
    domain, sentence = REFUSED[0]
    data = ["--data=project_name=Shop", "--data=database=mysql", f"--data=domain={domain}"]

    done = template.copier("copy", "--trust", "--defaults", "--quiet", *data, str(template_dir), str(tmp_path / "shop"))

    assert done.returncode != 0
    assert sentence.rstrip(".") in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(("domain", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_mysql_cannot_keep_is_told(domain: str, sentence: str) -> None:
    [problem] = problems(domain, "mysql")

    assert sentence in problem


@pytest.mark.parametrize("domain", [domain for domain, _ in REFUSED], ids=range(len(REFUSED)))
def test_other_databases_keep_it(domain: str) -> None:
    assert problems(domain, "sqlite") == problems(domain, "postgresql") == []


@pytest.mark.parametrize(
    "fields",
    [
        "slug: string(764) unique",
        "slug: string(760) indexed",
        "link: url",
        "part: decimal(38,30)",
        "\n    ".join(f"field_{number}: string(60)" for number in range(32)),
        "\n    ".join(f"field_{number}: string(64)" for number in range(200)),
        "\n    ".join(f"field_{number}: string(4000)" for number in range(200)),
    ],
    ids=range(7),
)
def test_mysql_keeps_what_fits(fields: str) -> None:
    assert problems(f"catalog:\n  page:\n    {fields}", "mysql") == []
