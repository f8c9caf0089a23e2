"""What Copier asks, what it takes without asking, and what it records."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import template

DEFAULTS = {
    "project_name": "Shop",
    "project_slug": "shop",
    "package_name": "shop",
    "description": "The backend of Shop.",
    "author_name": "Shop contributors",
    "author_email": "",
    "license": "MIT",
    "python_version": "3.11",
    "architecture": "monolith",
    "framework": "fastapi",
    "database": "sqlite",
    "auth": "jwt",
    "broker": "in_process",
    "audit_trail": False,
    "domain_preset": "shop",
}


def recorded(project: Path) -> dict[str, object]:
    text = (project / ".copier-answers.yml").read_text(encoding="utf-8")
    answers: dict[str, object] = yaml.safe_load(text)
    return {name: value for name, value in answers.items() if not name.startswith("_")}


def render(template_dir: Path, project: Path, *arguments: str) -> dict[str, object]:
    done = template.copier("copy", "--trust", "--defaults", *arguments, str(template_dir), str(project))
    assert done.returncode == 0, done.stderr
    return recorded(project)


@pytest.fixture(scope="module")
def bare(template_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the questionnaire alone: its template holds nothing but the answers file."""
    bare = template.snapshot(tmp_path_factory.mktemp("bare") / "template")
    for child in (bare / "template").iterdir():
        if "answers_file" not in child.name:
            template.shutil.rmtree(child) if child.is_dir() else child.unlink()
    return bare


def test_defaults_work_at_once(bare: Path, tmp_path: Path) -> None:
    answers = render(bare, tmp_path / "project")

    assert answers == {**DEFAULTS, "domain": template.sample("shop")["domain"]}


def test_answers_are_recorded_in_the_order_of_the_questions(bare: Path, tmp_path: Path) -> None:
    answers = render(bare, tmp_path / "project", "--data", "framework=fastapi", "--data", "license=Apache-2.0")

    assert list(answers) == [*DEFAULTS, "domain"]


@pytest.mark.parametrize("name", template.samples())
def test_a_preset_brings_its_domain_into_the_record(bare: Path, tmp_path: Path, name: str) -> None:
    answers = render(bare, tmp_path / "project", "--data", f"domain_preset={name}")

    assert answers["domain"] == template.sample(name)["domain"]


@pytest.mark.parametrize("name", template.samples())
def test_a_sample_is_an_answers_file(bare: Path, tmp_path: Path, name: str) -> None:
    answers = render(bare, tmp_path / "project", "--data-file", str(template.ROOT / "samples" / f"{name}.yml"))

    assert answers.items() >= template.sample(name).items()


def test_a_given_domain_counts_whatever_the_preset_says(bare: Path, tmp_path: Path) -> None:
    domain = "library:\n  book:\n    title: string(80)\n"

    answers = render(bare, tmp_path / "project", "--data", f"domain={domain}", "--data", "domain_preset=blog")

    assert answers["domain"] == domain
    assert answers["domain_preset"] == "blog"


def test_a_domain_may_be_a_mapping_in_a_data_file(bare: Path, tmp_path: Path) -> None:
    domain = {"library": {"book": {"title": "string(80)", "lent": {"type": "boolean", "default": False}}}}
    (tmp_path / "answers.yml").write_text(yaml.safe_dump({"domain": domain}), encoding="utf-8")

    answers = render(bare, tmp_path / "project", "--data-file", str(tmp_path / "answers.yml"))

    assert answers["domain"] == domain


def test_an_empty_domain_is_blank(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("domain:\n", encoding="utf-8")

    answers = render(bare, tmp_path / "project", "--data-file", str(tmp_path / "answers.yml"))

    assert answers["domain"] is None


@pytest.mark.parametrize(
    "text", ["no", "1e3", "~", "null", "007", '"x" {{ y }}', "{% raw %}", "a: b # c", "ж 🚀 %s \\"]
)
def test_text_that_looks_like_something_else_stays_text(bare: Path, tmp_path: Path, text: str) -> None:
    answers = render(bare, tmp_path / "project", "--data", f"project_name={text}", "--data", f"description={text}")

    assert answers["project_name"] == text
    assert answers["description"] == text


@pytest.mark.parametrize(
    "domain", ["a:\n  b:\n    c: text\n\n\n", "a:\r\n  b:\r\n    c: text", "a: {b: {c: text}} # ü 🚀 "]
)
def test_a_recorded_domain_is_the_given_one_to_the_letter(bare: Path, tmp_path: Path, domain: str) -> None:
    answers = render(bare, tmp_path / "project", "--data", f"domain={domain}")

    assert answers["domain"] == domain


def test_names_of_later_questions_do_no_harm(bare: Path, tmp_path: Path) -> None:
    answers = render(bare, tmp_path / "project", "--data", "cache=redis")

    assert "cache" not in answers


def test_an_unquoted_python_version_in_a_data_file_is_understood(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("python_version: 3.12\n", encoding="utf-8")

    answers = render(bare, tmp_path / "project", "--data-file", str(tmp_path / "answers.yml"))

    assert answers["python_version"] == "3.12"


def test_the_answers_file_can_have_another_name(bare: Path, tmp_path: Path) -> None:
    done = template.copier("copy", "--trust", "--defaults", "-a", ".backend.yml", str(bare), str(tmp_path / "project"))

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "project" / ".backend.yml").is_file()


def test_the_closing_message_names_the_next_three_commands(bare: Path, tmp_path: Path) -> None:
    project = tmp_path / "a project"

    done = template.copier("copy", "--trust", "--defaults", str(bare), str(project))

    assert f"cd '{project}'\n    make setup\n    make run\n".replace("\n    ", "\n  ") in done.stderr.replace(
        "    ", "  "
    )


def test_without_trust_nothing_is_executed(bare: Path, tmp_path: Path) -> None:
    done = template.copier("copy", "--defaults", str(bare), str(tmp_path / "project"))

    assert done.returncode == 4
    assert "--trust" in done.stderr
    assert not (tmp_path / "project").exists()


def test_every_extension_is_listed(template_dir: Path) -> None:
    settings = (template_dir / "copier.yml").read_text(encoding="utf-8")
    missing = [file.name for file in (template_dir / "extensions").glob("*.py") if f"/{file.name}:" not in settings]

    assert missing == []
