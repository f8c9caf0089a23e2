"""Rules of emitted documents. Like those of `rules`, each returns the places that break it, and none is good."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

_LINK = re.compile(r"(?<!\\)\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```", re.DOTALL | re.MULTILINE)
_NODE = re.compile(r"\b(?:module|data)_(\w+)")
_CHANGE = re.compile(r"\b[a-z]\w*(?:\.[a-z]\w*)*\.(?:created|updated|deleted)\b")
_RECORD = re.compile(r"docs/decisions/([0-9]{4})-[a-z0-9-]+\.md")
_TITLE = re.compile(r"# ([0-9]+)\. (.+)")
_LISTED = re.compile(r"^- \[([0-9]{4})\]\(([^)]+)\)", re.MULTILINE)


def dead_links(files: Mapping[str, bytes]) -> list[str]:
    """Find relative links of Markdown files that lead to no file, folder or heading of the repository."""
    folders = {parent.as_posix() for path in files for parent in PurePosixPath(path).parents}
    broken = []
    for path, text in _documents(files):
        for link in _LINK.findall(_CODE.sub("", text)):
            if "://" in link or link.startswith("mailto:"):
                continue
            target, _, anchor = link.partition("#")
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            is_there = found in folders or (found in files and (not anchor or anchor in _anchors(files[found])))
            if not is_there:
                broken.append(f"{path}: {link}")
    return broken


def strange_modules(files: Mapping[str, bytes], modules: Collection[str]) -> list[str]:
    """Find nodes of diagrams that stand for a module there is not."""
    return [
        f"{path}: {name}"
        for path, text in _documents(files)
        for diagram in _DIAGRAM.findall(text)
        for name in sorted(set(_NODE.findall(diagram)) - set(modules))
    ]


def strange_events(files: Mapping[str, bytes], events: Collection[str]) -> list[str]:
    """Find changes of entities that documents speak of and nobody says; examples are written `ENTITY.created`."""
    return [
        f"{path}: {name}"
        for path, text in _documents(files)
        for name in sorted(set(_CHANGE.findall(text)) - set(events))
    ]


def unlisted_events(architecture: str, events: Collection[str]) -> list[str]:
    """Find events that the document of the architecture leaves out."""
    return sorted(name for name in events if f"`{name}`" not in architecture)


def untidy_decisions(files: Mapping[str, bytes]) -> list[str]:
    """Find records of decisions that the index leaves out or misnumbers, numbers that are missing or given twice."""
    index = files["docs/decisions/README.md"].decode("utf-8")
    listed = _LISTED.findall(index)
    records = {path: match[1] for path in files if (match := _RECORD.fullmatch(path))}
    broken = [f"not listed: {path}" for path in records if PurePosixPath(path).name not in {name for _, name in listed}]
    broken += [f"listed as {number}: {name}" for number, name in listed if not name.startswith(f"{number}-")]
    broken += [path for path, number in records.items() if _number(files[path]) != int(number)]
    numbers = sorted(int(number) for number in records.values())
    if numbers != list(range(1, len(numbers) + 1)) or [int(number) for number, _ in listed] != numbers:
        broken.append(f"numbers: {numbers}")
    return broken


def _documents(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for path, data in files.items():
        if path.endswith(".md"):
            yield path, data.decode("utf-8")


def _anchors(document: bytes) -> set[str]:
    """Return what headings are called in links."""
    text = document.decode("utf-8")
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(text)}


def _number(record: bytes) -> int:
    match = _TITLE.match(record.decode("utf-8"))
    return int(match[1]) if match else 0
