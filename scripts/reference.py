"""Write docs/reference and the table of the README from the questions and the catalogue, so that none lags behind.

The ledger of combinations keeps what it says; combinations come and go with the catalogue.

Without arguments the pages are written; with `--check` nothing is written, and the exit code says whether they are
up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

import matrix

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
README = ROOT / "README.md"
NOTICE = "<!-- Written by `make docs` from questions/ and catalogue/. -->\n"
TOPICS = ("project", "stack", "domain")


def load(path: Path) -> dict[str, Any]:
    """Read a YAML mapping."""
    mapping: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return mapping


AXES = tuple(
    name
    for name, question in load(ROOT / "questions" / "stack.yml").items()
    if "offered(" in str(question.get("choices"))
)
"""The questions whose choices come from the catalogue."""


def manifests(axis: str) -> dict[str, dict[str, Any]]:
    """Return the manifests of an axis by name."""
    return {file.stem: load(file) for file in sorted((ROOT / "catalogue" / axis).glob("*.yml"))}


def choices_of(name: str, question: dict[str, Any]) -> str:
    """Return the values that a question accepts, as Markdown."""
    if name in AXES:
        values = list(manifests(name))
    elif question["type"] == "bool":
        values = ["true", "false"]
    elif name == "domain_preset":
        values = [*sorted(file.stem for file in (ROOT / "samples").glob("*.yml")), "custom"]
    else:
        choices = question.get("choices", [])
        values = list(choices.values()) if isinstance(choices, dict) else choices
    return ", ".join(f"`{value}`" for value in values) or "text"


def questions_page() -> str:
    """Return the page of the questions, in the order in which they are asked."""
    lines = ["# Questions", "", NOTICE, "| question | values | what it decides |", "| --- | --- | --- |"]
    for topic in TOPICS:
        for name, question in load(ROOT / "questions" / f"{topic}.yml").items():
            text = " ".join(question["help"].split())
            lines.append(f"| `{name}` | {choices_of(name, question)} | {text.replace('|', chr(92) + '|')} |")
    lines += [
        "",
        "Every answer is recorded in `.copier-answers.yml`, those that were not asked included. A question with a",
        "single choice is answered without being asked. `domain` is asked when the preset is `custom`; given by",
        "`--data` or `--data-file`, as text or as a mapping, it counts whatever the preset says.",
        "",
    ]
    return "\n".join(lines)


def choices_table() -> str:
    """Return the table of all choices that are offered, as the README shows it."""
    lines = ["| question | choice | what it is |", "| --- | --- | --- |"]
    for axis in AXES:
        for name, manifest in manifests(axis).items():
            lines.append(f"| `{axis}` | `{name}` | {manifest['label']}: {manifest['help']} |")
    return "\n".join(lines) + "\n"


def readme() -> str:
    """Return the README with the table of choices between its markers."""
    text = README.read_text(encoding="utf-8")
    before, start, rest = text.partition("<!-- choices -->\n")
    _, end, after = rest.partition("<!-- /choices -->")
    return f"{before}{start}{choices_table()}{end}{after}"


def choices_page() -> str:
    """Return the page of the choices: why one takes them, what they install, what they can be told."""
    lines = ["# Choices", "", NOTICE, choices_table()]
    for axis in AXES:
        for name, manifest in manifests(axis).items():
            lines += [f"## {manifest['label']} (`{axis}={name}`)", "", manifest["why"], ""]
            lines += installed(manifest)
            lines += settings_table(manifest)
            if rules := manifest.get("rules"):
                lines += [*(f"- Not with {pairs(rule)}: {rule['why']}" for rule in rules), ""]
    for name, manifest in manifests("option").items():
        lines += [f"## {manifest['label']} (`{name}=true`)", "", manifest["why"], "", *settings_table(manifest)]
    lines += ["## Settings of every service", ""]
    common = [load(ROOT / "catalogue" / "common" / f"{name}.yml") for name in ("service", "redis")]
    lines += settings_table({"settings": [setting for manifest in common for setting in manifest["settings"]]})
    return "\n".join(lines)


def installed(manifest: dict[str, Any]) -> list[str]:
    """Return the lines that say what a choice installs, also where that depends on what it is chosen with."""
    lines = []
    if dependencies := manifest.get("dependencies"):
        lines += [f"Installs {listed(dependencies)}.", ""]
    variants = [variant for variant in manifest.get("variants", ()) if variant.get("dependencies")]
    lines += [f"- With {company(variant)}: {listed(variant['dependencies'])}." for variant in variants]
    return [*lines, ""] if variants else lines


def listed(texts: list[str]) -> str:
    """Return texts as code, separated by commas."""
    return ", ".join(f"`{text}`" for text in texts)


def company(variant: dict[str, Any]) -> str:
    """Return the choices with which a variant counts, those that have its traits among them."""
    wanted = set(variant["with"])
    choices = {name: manifest for axis in AXES for name, manifest in manifests(axis).items()}
    traits = wanted - set(choices)
    having = [choice["label"] for choice in choices.values() if traits <= set(choice.get("traits", ()))]
    named = [choices[name]["label"] for name in sorted(wanted & set(choices))]
    return " and ".join([*named, *([" or ".join(having)] if traits else [])])


def pairs(rule: dict[str, Any]) -> str:
    """Return the choices that a rule excludes, as Markdown."""
    return " and ".join(f"`{axis}` {' or '.join(map(str, names))}" for axis, names in rule["without"].items())


def settings_table(manifest: dict[str, Any]) -> list[str]:
    """Return the lines of a table of environment variables, or none."""
    settings = manifest.get("settings", ())
    if not settings:
        return []
    rows = [f"| `{item['name']}` | {item['description']} | {item['default'] or 'nothing'} |" for item in settings]
    return ["| setting | meaning | default |", "| --- | --- | --- |", *rows, ""]


def main() -> int:
    """Write the pages, or check them; return the exit code."""
    pages = {
        FOLDER / "questions.md": questions_page(),
        FOLDER / "choices.md": choices_page(),
        README: readme(),
        matrix.PAGE: matrix.page(),
    }
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date; run `make docs`.", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
