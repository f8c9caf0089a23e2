"""An update of an old project gives what a fresh copy of the new version gives, and keeps what people changed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import template
from template import GIT, git


def commit(folder: Path, message: str, tag: str = "") -> None:
    """Commit all that lies in a folder; tag it if a tag is given."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    if tag:
        git(folder, "tag", tag)


@dataclass(frozen=True)
class Versions:
    """A template repository with the tags v0.0.1 and v0.0.2."""

    path: Path

    def copy(self, project: Path, ref: str, *options: str) -> Path:
        """Copy a version to a new project under version control."""
        arguments = (
            "copy",
            "--trust",
            "--defaults",
            "--quiet",
            "--vcs-ref",
            ref,
            *options,
            str(self.path),
            str(project),
        )
        done = template.copier(*arguments, env=GIT)
        assert done.returncode == 0, done.stderr
        git(project, "init", "--quiet")
        commit(project, "copied")
        return project

    def update(self, project: Path, *options: str) -> None:
        """Update a project to the latest version."""
        done = template.copier("update", "--trust", "--defaults", "--quiet", *options, cwd=project, env=GIT)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Return the working tree as v0.0.1, and a later version that changes what releases change."""
    path = template.snapshot(tmp_path_factory.mktemp("versions") / "groundplan")
    git(path, "init", "--quiet")
    commit(path, "first", "v0.0.1")

    _append(
        next(path.glob("template/*/{{ use.one_deployable }}/README.md.jinja")),
        "\nA later version of {{ project_name }} says this.\n",
    )
    (path / "template" / "later.md.jinja").write_text("{{ project_name }}, later: {{ later() }}\n", "utf-8")
    manifest = path / "catalogue" / "auth" / "jwt.yml"
    manifest.write_text(manifest.read_text("utf-8").replace("argon2-cffi>=25.1", "argon2-cffi>=25.1.0"), "utf-8")
    _append(path / "samples" / "shop.yml", "  returns:\n    parcel:\n      reason: text\n")
    # Both versions of an extension live in one process while a project is updated: neither may see the other's code.
    answers = path / "extensions" / "answers.py"
    text = answers.read_text("utf-8")
    assert "            presets=self._presets,\n" in text
    text = text.replace(
        "            presets=self._presets,\n", "            presets=self._presets,\n            later=later,\n"
    )
    answers.write_text(text + '\n\ndef later() -> str:\n    """Say so."""\n    return "here"\n', "utf-8")
    commit(path, "second", "v0.0.2")
    return Versions(path)


def _append(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def contents(project: Path) -> dict[str, bytes]:
    """Return the files of a project; where it came from is the answers file's own business."""
    files = template.files(project)
    answers = yaml.safe_load(files[".copier-answers.yml"])
    files[".copier-answers.yml"] = repr({k: v for k, v in answers.items() if k != "_src_path"}).encode()
    return files


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-d", "database=postgresql", "-d", 'project_name=It\'s "mine" {{ 1 }}', "-d", "license=Apache-2.0"),
        ("-d", "domain_preset=museum", "-d", "project_name=Museum"),
    ],
    ids=["defaults", "other-answers", "museum"],
)
def test_an_update_equals_a_fresh_copy(versions: Versions, tmp_path: Path, options: tuple[str, ...]) -> None:
    project = versions.copy(tmp_path / "old", "v0.0.1", *options)
    old = contents(project)
    domain = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))["domain"]
    given = tmp_path / "domain.yml"
    given.write_text(yaml.safe_dump({"domain": domain}), "utf-8")

    versions.update(project)

    # The sample has changed since; a fresh copy of this project is one with the domain that it recorded.
    fresh = versions.copy(tmp_path / "fresh", "v0.0.2", *options, "--data-file", str(given))
    assert contents(project) == contents(fresh)
    assert contents(project) != old
    assert "later.md" in contents(project)


def test_a_project_keeps_the_domain_of_its_preset(versions: Versions, tmp_path: Path) -> None:
    project = versions.copy(tmp_path / "project", "v0.0.1", "-d", "domain_preset=shop")
    before = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))["domain"]
    assert "returns:" not in before

    versions.update(project)

    answers = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    assert answers["_commit"] == "v0.0.2"
    assert answers["domain_preset"] == "shop"
    assert answers["domain"] == before
    assert not [path for path in template.files(project) if "parcel" in path]
    fresh = versions.copy(tmp_path / "fresh", "v0.0.2", "-d", "domain_preset=shop")
    assert [path for path in template.files(fresh) if "parcel" in path]


def test_edits_survive(versions: Versions, tmp_path: Path) -> None:
    project = versions.copy(tmp_path / "project", "v0.0.1")
    readme = project / "README.md"
    readme.write_text(readme.read_text("utf-8").replace("# Shop", "# Our shop", 1), "utf-8")
    (project / "src" / "shop" / "ours.py").write_text('"""Ours."""\n', "utf-8")
    removed = project / "compose.yaml"
    removed.unlink()
    commit(project, "edited")

    versions.update(project)

    text = readme.read_text("utf-8")
    assert text.startswith("# Our shop")
    assert "A later version of Shop says this." in text
    assert (project / "src" / "shop" / "ours.py").read_text("utf-8") == '"""Ours."""\n'
    assert not removed.exists()
    assert not [path for path in project.rglob("*") if path.suffix in {".rej", ".orig"}]


def test_an_answer_can_be_changed_by_an_update(versions: Versions, tmp_path: Path) -> None:
    project = versions.copy(tmp_path / "project", "v0.0.1")

    versions.update(project, "-d", "description=What we sell.", "-d", "database=postgresql")

    given = ("-d", "description=What we sell.", "-d", "database=postgresql")
    domain = tmp_path / "domain.yml"
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    domain.write_text(yaml.safe_dump({"domain": answers["domain"]}), "utf-8")
    fresh = versions.copy(tmp_path / "fresh", "v0.0.2", *given, "--data-file", str(domain))
    assert answers["database"] == "postgresql"
    assert contents(project) == contents(fresh)


def test_an_update_to_the_same_version_changes_nothing(versions: Versions, tmp_path: Path) -> None:
    project = versions.copy(tmp_path / "project", "v0.0.2")

    versions.update(project)

    assert git(project, "status", "--porcelain") == ""


def test_the_difference_is_found(versions: Versions, tmp_path: Path) -> None:
    old = versions.copy(tmp_path / "old", "v0.0.1")
    new = shutil.copytree(old, tmp_path / "new")
    (new / "README.md").write_text("changed\n", "utf-8")

    assert contents(old) != contents(new)
