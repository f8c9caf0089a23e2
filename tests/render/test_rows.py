"""Every combination that is offered, with every sample: what holds for all that is emitted."""

from __future__ import annotations

import json

import import_rules
import names
import rules
import template
from rendering import Rendered


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
    """Records of decisions weigh what was not chosen; what stays asynchronous everywhere says so."""
    as_written = {path for source, path in emitted.writes if "{{ as_written }}" in source}
    files = {path: data for path, data in emitted.files.items() if path not in as_written}
    files["README.md"] = files["README.md"].replace(names.PLAIN_WORDS, b"")

    assert rules.unselected(files, names.left_out(row), names.vocabulary()) == []
    apart = names.left_out(row) - names.BESIDES["asyncio"] - {"asyncio"}
    assert rules.unselected({path: emitted.files[path] for path in as_written}, apart, names.vocabulary()) == []


def test_file_names_are_legal_everywhere(emitted: Rendered) -> None:
    assert rules.file_names(emitted.files) == []


def test_no_file_is_empty(emitted: Rendered) -> None:
    assert rules.empty_files(emitted.files) == []


def test_nobody_can_tell_that_a_template_wrote_it(emitted: Rendered) -> None:
    assert rules.traces(emitted.files) == []


def test_every_file_parses(emitted: Rendered) -> None:
    assert rules.unparsable(emitted.files) == []


def test_imports_lead_somewhere(emitted: Rendered) -> None:
    assert import_rules.unresolved(emitted.files) == []


def test_what_is_imported_is_declared(emitted: Rendered) -> None:
    assert import_rules.undeclared(emitted.files) == []


def test_text_is_tidy(emitted: Rendered) -> None:
    assert rules.untidy_text(emitted.files) == []


def test_no_linter_is_told_to_look_away_without_a_reason(emitted: Rendered) -> None:
    assert rules.unexplained(emitted.files) == []
