"""Documents say what is: tables agree with the catalogue, examples are valid, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import reference
import security_rules
import template

DOCUMENTS = sorted(path for path in [*template.ROOT.glob("*.md"), *template.ROOT.glob("docs/**/*.md")])
README = (template.ROOT / "README.md").read_text(encoding="utf-8")


def between(text: str, name: str) -> str:
    """Return what stands between the markers `<!-- NAME -->` and `<!-- /NAME -->`."""
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def test_the_table_of_choices_is_the_catalogue() -> None:
    assert between(README, "choices") == reference.choices_table()


def test_the_reference_is_up_to_date() -> None:
    for name, page in (("questions", reference.questions_page()), ("choices", reference.choices_page())):
        assert (reference.FOLDER / f"{name}.md").read_text(encoding="utf-8") == page, "run `make docs`"


def test_every_question_is_in_the_reference() -> None:
    page = reference.questions_page()
    asked = template.extension("answers").QUESTIONS

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(asked)


@pytest.mark.parametrize("path", ["README.md", "docs/tutorials/first-backend.md"])
def test_example_domains_are_valid(path: str) -> None:
    text = (template.ROOT / path).read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "ref(" in block]
    assert blocks

    for block in blocks:
        domain = yaml.safe_load(block)["domain"] if "project_name:" in block else block
        assert template.extension("domain").parse(domain).modules


@pytest.mark.parametrize("document", DOCUMENTS, ids=[path.relative_to(template.ROOT).as_posix() for path in DOCUMENTS])
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_tests_that_are_named_are_there() -> None:
    page = "docs/explanation/security.md"
    paths = [page, *(path.relative_to(template.ROOT).as_posix() for path in template.ROOT.glob("tests/*/*.py"))]
    files = {path: (template.ROOT / path).read_bytes() for path in paths}

    assert security_rules.dead_references(files, page) == []
    files[page] = files[page].replace(b"`test_others_see_nothing`", b"`test_others_see_everything`")
    assert security_rules.dead_references(files, page) == [
        "tests/conformance/test_ownership.py: there is no test_others_see_everything"
    ]


def tree_paths(tree: str) -> list[str]:
    """Return the paths that a drawn tree shows, below its root; four columns are one level."""
    paths, parents = [], list[str]()
    for line in tree.splitlines():
        if drawn := re.match(r"((?:│   |    )*)[├└]── (\S+)", line):
            parents = [*parents[: len(drawn[1]) // 4], drawn[2].rstrip("/")]
            paths.append("/".join(parents))
    return paths


def test_the_tree_in_the_readme_is_what_is_emitted(template_dir: Path, tmp_path: Path) -> None:
    project = tmp_path / "shop"
    done = template.copier("copy", "--trust", "--defaults", "--quiet", str(template_dir), str(project))
    assert done.returncode == 0, done.stderr
    shown = tree_paths(between(README, "tree"))

    assert len(shown) > 10
    assert [path for path in shown if not (project / path).exists()] == []
