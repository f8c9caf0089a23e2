"""Every combination that is offered, with every sample: what holds for all that is emitted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import rules
import template
from rendering import Rendered

# SQLite stays what development and tests start with when a server holds the data in production.
EMBEDDED = {"sqlite", "aiosqlite"}

# Technologies that no manifest offers today, and that nothing emitted may mention.
ELSEWHERE = {
    "django", "dynamodb", "flask", "graphql", "grpc", "kafka", "litestar", "mariadb", "mongodb", "mysql", "rabbitmq",
    "redis",
}  # fmt: skip


def not_chosen(row: template.Row) -> set[str]:
    """Return the names, labels and libraries of the choices that a row leaves out."""
    catalogue = template.extension("catalogue").load(template.ROOT / "catalogue")
    chosen, left_out = set(), set()
    for choice in catalogue.choices:
        words = {choice.name, choice.label.lower()}
        if row.choices.get(choice.axis, choice.name) == choice.name:
            chosen |= words | names_of((*choice.dependencies, *choice.dev_dependencies))
        else:
            left_out |= words | names_of(choice.dependencies)
    # A modular monolith is a monolith too.
    left_out = {word for word in left_out if not any(re.search(rf"\b{word}\b", other) for other in chosen)}
    return (left_out | ELSEWHERE) - chosen - EMBEDDED


def names_of(requirements: Iterable[str]) -> set[str]:
    """Return the names of distributions without their versions."""
    return {text.partition(">=")[0].partition("[")[0] for text in requirements}


def strings(value: object) -> list[str]:
    """Return every text in a JSON-like value."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def forms(text: str) -> tuple[str, ...]:
    """Return a text as Python, JSON and YAML write it within quotes."""
    return (
        text,
        repr(text)[1:-1],
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        text.replace("'", "''"),
    )


def braces_of(row: template.Row) -> set[str]:
    """Return the texts of a sample that hold braces themselves, in the forms in which files may write them."""
    domain = template.extension("domain").parse(row.answers["domain"])
    texts = {str(row.answers["description"])}
    for module in domain.modules:
        texts.add(module.description or "")
        for entity in module.entities:
            texts.add(entity.description or "")
            for field in entity.fields:
                texts |= {field.description or "", *field.members, *strings(field.default), *strings(field.example)}
    awkward = {text for text in texts if "{" in text or "}" in text}
    return {form for text in awkward for form in forms(text)}


def test_a_repository_is_emitted(emitted: Rendered) -> None:
    assert {"README.md", "Makefile", "pyproject.toml", "openapi.yaml", ".copier-answers.yml"} <= set(emitted.files)


def test_nothing_of_the_template_is_left_over(row: template.Row, emitted: Rendered) -> None:
    assert rules.leftovers(emitted.files, braces_of(row)) == []


def test_each_file_has_one_source(emitted: Rendered) -> None:
    assert len(emitted.writes) == len(emitted.files)
    assert rules.twice_written(emitted.writes) == []


def test_what_was_not_chosen_is_not_named(row: template.Row, emitted: Rendered) -> None:
    chosen = {row.architecture, row.architecture.replace("_", " "), row.architecture.replace("_", "-")}

    assert rules.unselected(emitted.files, not_chosen(row), chosen=chosen) == []


def test_file_names_are_legal_everywhere(emitted: Rendered) -> None:
    assert rules.file_names(emitted.files) == []


def test_no_file_is_empty(emitted: Rendered) -> None:
    assert rules.empty_files(emitted.files) == []


def test_nobody_can_tell_that_a_template_wrote_it(emitted: Rendered) -> None:
    assert rules.traces(emitted.files) == []


def test_every_file_parses(emitted: Rendered) -> None:
    assert rules.unparsable(emitted.files) == []


def test_text_is_tidy(emitted: Rendered) -> None:
    assert rules.untidy_text(emitted.files) == []
