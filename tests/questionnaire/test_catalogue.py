"""The catalogue: manifests as data, rules between choices, and an oracle that was written without it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import yaml

import template

catalogue = template.extension("catalogue")

PLANTED = {
    "framework/alpha.yml": {"label": "Alpha", "help": "a", "why": "Because."},
    "framework/beta.yml": {
        "label": "Beta",
        "help": "b",
        "why": "Because.",
        "rules": [
            {"without": {"database": ["papyrus", "stone"]}, "why": "Beta cannot read handwriting."},
            {"without": {"auth": ["seal"], "python_version": [3.11]}, "why": "seals need wax."},
        ],
    },
    "database/papyrus.yml": {"label": "Papyrus", "help": "p", "why": "Because."},
    "database/stone.yml": {"label": "Stone", "help": "s", "why": "Because."},
    "database/paper.yml": {"label": "Paper", "help": "p", "why": "Because."},
    "auth/seal.yml": {"label": "Seal", "help": "s", "why": "Because."},
    "auth/word.yml": {"label": "Word", "help": "w", "why": "Because."},
}


def oracle(framework: str, database: str, auth: str, python_version: str) -> int:
    """Count the broken rules of the planted manifests, written down by hand."""
    if framework != "beta":
        return 0
    return (database != "paper") + (auth == "seal" and python_version == "3.11")


def plant(folder: Path, manifests: dict[str, dict[str, object]]) -> Path:
    for name, manifest in manifests.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return folder


def test_refusals_agree_with_the_oracle(tmp_path: Path) -> None:
    loaded = catalogue.load(plant(tmp_path, PLANTED))
    axes = {
        "framework": ["alpha", "beta"],
        "database": ["paper", "papyrus", "stone"],
        "auth": ["seal", "word"],
        "python_version": ["3.11", "3.12"],
    }

    for combination in itertools.product(*axes.values()):
        answers = dict(zip(axes, combination, strict=True))
        assert len(loaded.refusals(answers)) == oracle(**answers), answers


def test_a_refusal_names_both_sides_and_the_reason(tmp_path: Path) -> None:
    loaded = catalogue.load(plant(tmp_path, PLANTED))

    assert loaded.refusals({"framework": "beta", "database": "stone"}) == (
        "framework=beta cannot be combined with database=stone: Beta cannot read handwriting.",
    )


def test_questions_without_answer_break_no_rule(tmp_path: Path) -> None:
    loaded = catalogue.load(plant(tmp_path, PLANTED))

    assert loaded.refusals({"framework": "beta"}) == ()
    assert loaded.refusals({"framework": "beta", "auth": "seal"}) == ()
    assert loaded.refusals({}) == ()


def planted_template(template_dir: Path, tmp_path: Path) -> Path:
    """Return the questionnaire with one more choice that the default database rules out."""
    folder = template.snapshot(tmp_path / "template")
    rule = {"without": {"database": ["sqlite"]}, "why": "it writes from many processes."}
    manifest = {"label": "Aardvark", "help": "new", "why": "Because.", "rules": [rule]}
    plant(folder / "catalogue", {"framework/aardvark.yml": manifest})
    return folder


def test_a_new_choice_needs_no_more_than_its_manifest(template_dir: Path, tmp_path: Path) -> None:
    folder = planted_template(template_dir, tmp_path)

    done = template.copier(
        "copy", "--trust", "--defaults", "--pretend", "-d", "framework=aardvark", "-d", "database=postgresql",
        str(folder), str(tmp_path / "project"),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def test_choices_that_exclude_each_other_are_refused_with_the_reason(template_dir: Path, tmp_path: Path) -> None:
    folder = planted_template(template_dir, tmp_path)

    done = template.copier(
        "copy", "--trust", "--defaults", "-d", "framework=aardvark", "-d", "database=sqlite",
        str(folder), str(tmp_path / "project"),
    )  # fmt: skip

    assert done.returncode == 1
    sentence = "framework=aardvark cannot be combined with database=sqlite: it writes from many processes."
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_default_gives_way_to_a_given_choice_that_excludes_it(template_dir: Path, tmp_path: Path) -> None:
    folder = planted_template(template_dir, tmp_path)

    done = template.copier(
        "copy", "--trust", "--defaults", "-d", "framework=aardvark", str(folder), str(tmp_path / "project")
    )

    assert done.returncode == 0, done.stderr
    assert "database: postgresql" in (tmp_path / "project" / ".copier-answers.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        ([], "a manifest is a mapping"),
        ({"label": "A", "help": "a"}, "why"),
        ({"label": "A", "help": "a", "why": "b", "dependancies": []}, "dependancies"),
        ({"label": True, "help": "a", "why": "b"}, "label is no text"),
        ({"label": "A", "help": "a", "why": "b", "rules": [{"why": "c"}]}, "without"),
        ({"label": "A", "help": "a", "why": "b", "rules": [{"without": {}, "why": "c"}]}, "refuses nothing"),
        (
            {"label": "A", "help": "a", "why": "b", "settings": [
                {"name": "PORT", "default": 80, "example": "80", "description": "c"}]},
            "settings.PORT.default is no text",
        ),
    ],
)  # fmt: skip
def test_a_bad_manifest_is_named(tmp_path: Path, manifest: object, complaint: str) -> None:
    (tmp_path / "framework").mkdir()
    (tmp_path / "framework" / "a.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")

    with pytest.raises(catalogue.CatalogueError, match=r"catalogue/framework/a\.yml: .*" + complaint):
        catalogue.load(tmp_path)


def test_every_manifest_has_what_documents_show() -> None:
    for choice in catalogue.load(template.ROOT / "catalogue").choices:
        assert choice.label, choice
        assert choice.why.endswith("."), choice
        assert not choice.help.endswith("."), choice
        assert all(">=" in requirement for requirement in (*choice.dependencies, *choice.dev_dependencies)), choice
        distributions = [re.split(r"[^a-z0-9-]", text)[0] for text in choice.dependencies]
        assert distributions == sorted(distributions), choice


def test_each_part_needs_what_it_imports(tmp_path: Path) -> None:
    manifest = {"label": "A", "help": "a", "why": "Because.", "dependencies": ["all>=1", "b[c]>=1", "d>=1", "e>=1"]}
    parts = {"b": "kernel", "d": "services", "e": "accounts"}
    (choice,) = catalogue.load(plant(tmp_path, {"framework/a.yml": {**manifest, "needed_by": parts}})).choices

    assert choice.requirements() == ("all>=1", "b[c]>=1", "d>=1", "e>=1")
    assert choice.requirements("kernel") == ("all>=1", "b[c]>=1")
    assert choice.requirements("services") == ("all>=1", "d>=1")
    assert choice.requirements("services", "accounts") == ("all>=1", "d>=1", "e>=1")


def test_a_variant_counts_where_all_that_it_names_are_mounted(tmp_path: Path) -> None:
    manifests = {
        "framework/alpha.yml": {**PLANTED["framework/alpha.yml"], "traits": ["threads"]},
        "database/stone.yml": {
            **PLANTED["database/stone.yml"],
            "dependencies": ["chisel>=1"],
            "variants": [
                {"with": ["threads"], "dependencies": ["hammer>=2"], "needed_by": {"hammer": "kernel"}},
                {"with": ["threads", "stone"], "dev_dependencies": ["goggles>=3"]},
                {"with": ["alpha", "paper"], "dependencies": ["glue>=4"]},
            ],
        },
        "database/paper.yml": PLANTED["database/paper.yml"],
    }
    stone = catalogue.load(plant(tmp_path, manifests)).choice("database", "stone")

    assert stone.beside(["stone"]).dependencies == ("chisel>=1",)
    found = stone.beside(["alpha", "stone", "threads"])
    assert found.dependencies == ("chisel>=1", "hammer>=2")
    assert found.dev_dependencies == ("goggles>=3",)
    assert found.requirements("kernel") == ("chisel>=1", "hammer>=2")
    assert found.requirements("services") == ("chisel>=1",)


def test_a_variant_that_can_never_count_is_named(tmp_path: Path) -> None:
    lost = {**PLANTED["database/paper.yml"], "variants": [{"with": ["thread"], "dependencies": ["glue>=4"]}]}

    with pytest.raises(catalogue.CatalogueError, match=r"catalogue/database/paper\.yml: variants name thread"):
        catalogue.load(plant(tmp_path, {"database/paper.yml": lost}))


def test_what_a_part_needs_is_a_dependency() -> None:
    for choice in catalogue.load(template.ROOT / "catalogue").choices:
        names = {re.split(r"[^a-z0-9-]", text)[0] for text in choice.dependencies}
        assert {name for name, _ in choice.needed_by} <= names, choice
        assert {part for _, part in choice.needed_by} <= {"kernel", "services", "accounts"}, choice
        assert {setting.needed_by for setting in choice.settings} <= {"", "accounts"}, choice


def test_rules_point_at_choices_that_exist() -> None:
    loaded = catalogue.load(template.ROOT / "catalogue")
    known = {axis: set(loaded.names(axis)) for axis in template.AXES}

    for choice in loaded.choices:
        for rule in choice.rules:
            for axis, excluded in rule.without:
                assert axis not in known or set(excluded) <= known[axis], choice
