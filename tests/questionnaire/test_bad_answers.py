"""Answers that cannot be used: one clear sentence, an exit code that is not 0, no traceback, nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import template

CONTROL = "it holds the character U+"
SLUG = "project_slug: use lower-case letters a to z and digits in words joined by single hyphens"
PACKAGE = "package_name: use lower-case letters a to z and digits in words joined by single underscores"

# answer, and the beginning of the sentence that people read
BAD = [
    ("project_name=", "project_name: it is empty"),
    ("project_name=  ", "project_name: it begins or ends with a space"),
    ("project_name=Shop ", "project_name: it begins or ends with a space"),
    ("project_name=one\ntwo", f"project_name: {CONTROL}000A"),
    ("project_name=bell\a", f"project_name: {CONTROL}0007"),
    ("project_name=next\x85line", f"project_name: {CONTROL}0085"),
    ("project_name=line\u2028separator", f"project_name: {CONTROL}2028"),
    ("project_name=turned\u202eround", f"project_name: {CONTROL}202E"),
    ("project_name=bom\ufeff", f"project_name: {CONTROL}FEFF"),
    ("project_name=lone\udcffsurrogate", f"project_name: {CONTROL}DCFF"),
    (f"project_name={'x' * 101}", "project_name: it is 101 characters long; use 100 at most."),
    ("description=one\ntwo", f"description: {CONTROL}000A"),
    (f"description={'x' * 501}", "description: it is 501 characters long; use 500 at most."),
    ("author_name=a\tb", f"author_name: {CONTROL}0009"),
    ("author_email=ada", "author_email: write an address"),
    ("author_email=ada@example", "author_email: write an address"),
    ("author_email=a b@example.org", "author_email: write an address"),
    ("author_email=ada@example.org\n", f"author_email: {CONTROL}000A"),
    ("project_slug=", SLUG),
    ("project_slug=..", SLUG),
    ("project_slug=a/b", SLUG),
    ("project_slug=a\\b", SLUG),
    ("project_slug=../../etc", SLUG),
    ("project_slug=Shop", SLUG),
    ("project_slug=2shop", SLUG),
    ("project_slug=-shop", SLUG),
    ("project_slug=shop-", SLUG),
    ("project_slug=sh--op", SLUG),
    ("project_slug=shop\n", SLUG),
    ("project_slug=schön", SLUG),
    (f"project_slug={'x' * 61}", SLUG),
    ("project_slug=con", 'project_slug: "con" is a device on Windows'),
    ("project_slug=lpt9", 'project_slug: "lpt9" is a device on Windows'),
    ("project_slug=fastapi", 'project_slug: "fastapi" is a library that the project installs'),
    ("project_slug=starlette", 'project_slug: "starlette" is a library that the project installs'),
    ("package_name=", PACKAGE),
    ("package_name=..", PACKAGE),
    ("package_name=my-shop", PACKAGE),
    ("package_name=my shop", PACKAGE),
    ("package_name=my.shop", PACKAGE),
    ("package_name=Shop", PACKAGE),
    ("package_name=_shop", PACKAGE),
    ("package_name=shop_", PACKAGE),
    ("package_name=my__shop", PACKAGE),
    ("package_name=1shop", PACKAGE),
    ("package_name=größe", PACKAGE),
    ("package_name=x\n", PACKAGE),
    (f"package_name={'x' * 31}", PACKAGE),
    ("package_name=class", 'package_name: "class" is a word of the Python language'),
    ("package_name=match", 'package_name: "match" is a word of the Python language'),
    ("package_name=nul", 'package_name: "nul" is a device on Windows'),
    ("package_name=json", 'package_name: "json" is a module of Python\'s standard library'),
    ("package_name=distutils", 'package_name: "distutils" is a module of Python\'s standard library'),
    ("package_name=compression", 'package_name: "compression" is a module of Python\'s standard library'),
    ("package_name=fastapi", 'package_name: "fastapi" is a library that the project installs'),
    ("package_name=prometheus_client", 'package_name: "prometheus_client" is a library that the project installs'),
    ("package_name=jwt", 'package_name: "jwt" is a library that the project installs'),
    ("package_name=tests", 'package_name: "tests" is a folder of the repository'),
    ("package_name=src", 'package_name: "src" is a folder of the repository'),
    ("license=GPL", 'license: "GPL" is not offered; choose MIT, Apache-2.0, BSD-3-Clause or Proprietary.'),
    ("license=mit", 'license: "mit" is not offered'),
    ("python_version=3.10", 'python_version: "3.10" is not offered; did you mean "3.1'),
    ("python_version=2", 'python_version: "2" is not offered; choose 3.11, 3.12, 3.13 or 3.14.'),
    ("architecture=spaghetti", 'architecture: "spaghetti" is not offered; choose '),
    ("framework=litestar", 'framework: "litestar" is not offered; choose '),
    ("framework=", 'framework: "" is not offered; choose '),
    ("framework=\x1b[31mred", 'framework: "\\x1b[31mred" is not offered'),
    ("database=postgres", 'database: "postgres" is not offered; did you mean "postgresql"?'),
    ("database=../sqlite", 'database: "../sqlite" is not offered; did you mean "sqlite"?'),
    ("auth=basic", 'auth: "basic" is not offered; choose '),
    ("auth=jwtt", 'auth: "jwtt" is not offered; did you mean "jwt"?'),
    ("domain_preset=shpo", 'domain_preset: "shpo" is not offered; did you mean "shop"?'),
    ("domain_preset=custom", "domain: the preset custom needs one"),
    ("domain=catalog: [", "domain, line 2: "),
    ("domain=just text", "domain: "),
    (
        "domain=catalog:\n  product:\n    category: ref(categry)\n  category:\n    name: string(9)",
        "catalog.product.category: ",
    ),
    (f"domain={'x' * 1_000_001}", "domain: "),
    ("framwork=fastapi", 'framwork: there is no such question; did you mean "framework"?'),
    ("project-name=Shop", 'project-name: there is no such question; did you mean "project_name"?'),
    ("databse=sqlite", 'databse: there is no such question; did you mean "database"?'),
]

# Rows whose answer a terminal cannot pass on a command line: the data file says them.
FILES = [
    ("project_name: no\n", 'project_name: "False" was read by YAML as bool, not as text; put the value in quotes.'),
    ("project_name: 12\n", 'project_name: "12" was read by YAML as int, not as text; put the value in quotes.'),
    ("project_name:\n", "project_name: there is no value; write some text, or leave the question out."),
    ("project_name: [a]\n", "project_name: \"['a']\" was read by YAML as list, not as text; put the value in quotes."),
    ("author_email: 2026-01-01\n", 'author_email: "2026-01-01" was read by YAML as date, not as text'),
    ("python_version: 3\n", 'python_version: "3" was read by YAML as int, not as text; put the value in quotes.'),
    ("framework: null\n", "framework: there is no value"),
    ("domain: 12\n", 'domain: "12" is no mapping'),
    ("domain: [a, b]\n", "domain: \"['a', 'b']\" is no mapping"),
    ("domain: {catalog: {product: {price: 'decimal(0,2)'}}}\n", "catalog.product.price: "),
]


def refused(template_dir: Path, project: Path, *arguments: str) -> str:
    """Render with bad answers and return what people read."""
    done = template.copier("copy", "--trust", "--defaults", *arguments, str(template_dir), str(project))

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not project.exists()
    return done.stderr.strip().removeprefix("\x1b[31m").removesuffix("\x1b[39m")


@pytest.mark.parametrize(("answer", "sentence"), BAD, ids=[repr(answer[:40]) for answer, _ in BAD])
def test_a_bad_answer_is_refused(template_dir: Path, tmp_path: Path, answer: str, sentence: str) -> None:
    if len(answer) > 100_000:  # more than a command line takes
        (tmp_path / "answers.yml").write_text(answer.replace("=", ": ", 1), encoding="utf-8")
        message = refused(template_dir, tmp_path / "project", "--data-file", str(tmp_path / "answers.yml"))
    else:
        message = refused(template_dir, tmp_path / "project", "--data", answer)

    assert message.startswith(sentence)
    assert len(message) < 300


@pytest.mark.parametrize(("text", "sentence"), FILES, ids=[text.strip() for text, _ in FILES])
def test_a_bad_value_in_a_data_file_is_refused(template_dir: Path, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "answers.yml").write_text(text, encoding="utf-8")

    message = refused(template_dir, tmp_path / "project", "--data-file", str(tmp_path / "answers.yml"))

    assert message.startswith(sentence)


def test_all_faults_are_told_at_once(template_dir: Path, tmp_path: Path) -> None:
    bad = [
        "project_slug=A",
        "framework=litestar",
        "domain=catalog:\n  product:\n    a: strng(9)\n    b: ref(nothing)",
        "licens=MIT",
    ]

    message = refused(template_dir, tmp_path / "project", *(f"--data={answer}" for answer in bad))

    lines = message.splitlines()
    assert lines[0] == "These 5 answers cannot be used:"
    assert [line.split(":")[0].strip(" -") for line in lines[1:]] == [
        "licens",
        "project_slug",
        "framework",
        "catalog.product.a",
        "catalog.product.b",
    ]


def test_a_bad_answer_that_was_recorded_is_told_too(template_dir: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".copier-answers.yml").write_text(f"_src_path: {template_dir}\nframework: litestar\n", encoding="utf-8")

    done = template.copier("recopy", "--trust", "--defaults", "--overwrite", str(project))

    assert done.returncode == 1
    assert 'framework: "litestar" is not offered' in done.stderr
    assert [path.name for path in project.iterdir()] == [".copier-answers.yml"]


def test_a_preset_does_not_replace_a_recorded_domain_in_silence(template_dir: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    recorded = f"_src_path: {template_dir}\ndomain_preset: shop\ndomain: ''\n"
    (project / ".copier-answers.yml").write_text(recorded, encoding="utf-8")

    done = template.copier(
        "recopy", "--trust", "--defaults", "--overwrite", "--data", "domain_preset=blog", str(project)
    )

    assert done.returncode == 1
    assert "domain_preset: this project keeps the domain that it recorded" in done.stderr
