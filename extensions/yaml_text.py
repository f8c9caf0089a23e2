"""YAML with one way to write each value: what the emitted command writes, and the template itself.

The emitted `yaml_text` is the same in the language of the repository; a test of the repository compares the two.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension

_PLAIN = re.compile(r"[$/A-Za-z](?:[ $/\w.,;()\[\]{}<>*+'`-]*[$/\w.,;()\[\]{}<>*+'`-])?", re.ASCII)
_KEYWORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class YamlTextExtension(Extension):
    """Registers the filter `yaml_text`."""

    def __init__(self, environment: Environment) -> None:
        """Register the filter under its name."""
        super().__init__(environment)
        environment.filters["yaml_text"] = yaml_text


def yaml_text(document: dict[str, Any]) -> str:
    """Return a document of mappings, lists and JSON's scalars as YAML, in blocks two spaces deep.

    Text that cannot be taken for anything else stands as it is; other text stands in quotes, as in JSON.
    """
    lines: list[str] = []
    _write(document, "", lines)
    return "\n".join([*lines, ""])


def _write(value: Any, indent: str, lines: list[str]) -> None:
    """Add the lines of a mapping or a list that is not empty."""
    if isinstance(value, dict):
        for name, item in value.items():
            if _is_block(item):
                lines.append(f"{indent}{_scalar(name)}:")
                _write(item, f"{indent}  ", lines)
            else:
                lines.append(f"{indent}{_scalar(name)}: {_scalar(item)}")
        return
    for item in value:
        if _is_block(item):
            first = len(lines)
            _write(item, f"{indent}  ", lines)
            lines[first] = f"{indent}- {lines[first].lstrip()}"
        else:
            lines.append(f"{indent}- {_scalar(item)}")


def _is_block(value: Any) -> bool:
    return isinstance(value, dict | list) and len(value) > 0


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and "." not in text:
        return text.replace("e", ".0e")  # readers of YAML 1.1 take 1e+300 for text
    return text


@lru_cache(maxsize=4096)  # the same few words stand on most lines
def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _KEYWORDS:
        return value
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
