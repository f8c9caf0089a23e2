"""Names of the emitted project: what a slug and a package may be called, and good ones derived from any title."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

from copier_template_extensions.catalogue import Catalogue
from jinja2 import Environment
from jinja2.ext import Extension

SLUG_LENGTH = 60
PACKAGE_LENGTH = 30

_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
_PACKAGE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")

_WINDOWS = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})

# Modules that only some of the supported Python versions have: with them the set is the same on every version, and so
# is every name that is derived.
_STDLIB = frozenset(sys.stdlib_module_names) | frozenset(
    "aifc annotationlib asynchat asyncore audioop cgi cgitb chunk compression crypt distutils imghdr imp lib2to3"
    " mailcap msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib".split()
)
_KEYWORDS = frozenset(word.lower() for word in (*keyword.kwlist, "case", "match", "type"))

# Folders at the root of an emitted repository, and of its build products.
_FOLDERS = frozenset("build conftest deploy dist docs migrations scripts src test tests var venv".split())

# Letters that have no decomposition in Unicode, as they are written in plain Latin.
_LATIN = str.maketrans(
    {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ł": "l", "œ": "oe", "ŧ": "t", "ı": "i"}
)


def distributions(path: Path) -> frozenset[str]:
    """Read the names of a `*-names.txt` file of the catalogue: one a line, in kebab-case, `#` begins a comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def required(catalogue: Catalogue) -> frozenset[str]:
    """Return the distributions that the manifests require, in kebab-case."""
    parts = [part for choice in catalogue.choices for part in (choice, *choice.variants)]
    texts = [text for part in parts for text in (*part.dependencies, *part.dev_dependencies)]
    return frozenset(re.split(r"[^A-Za-z0-9._-]", text)[0].lower().replace("_", "-") for text in texts)


def slug_fault(slug: str, taken: frozenset[str]) -> str:
    """Say what is wrong with a slug, or nothing. `taken` are the distributions that the repository installs."""
    if not _SLUG.match(slug) or len(slug) > SLUG_LENGTH:
        return (
            "use lower-case letters a to z and digits in words joined by single hyphens, beginning with a letter,"
            f" {SLUG_LENGTH} characters at most."
        )
    if slug in _WINDOWS:
        return f'"{slug}" is a device on Windows, where no file can have that name; choose another.'
    if slug in taken:
        return f'"{slug}" is a library that the project installs; choose another, such as "{slug}-service".'
    return ""


def package_fault(package: str, taken: frozenset[str]) -> str:
    """Say what is wrong with a package name, or nothing. `taken` are as for `slug_fault`."""
    if not _PACKAGE.match(package) or len(package) > PACKAGE_LENGTH:
        return (
            "use lower-case letters a to z and digits in words joined by single underscores, beginning with a letter,"
            f" {PACKAGE_LENGTH} characters at most."
        )
    reasons = (
        (package in _WINDOWS, "a device on Windows, where no file can have that name"),
        (package in _KEYWORDS, "a word of the Python language"),
        (package in _STDLIB, "a module of Python's standard library"),
        (package in _FOLDERS, "a folder of the repository"),
        (package.replace("_", "-") in taken, "a library that the project installs"),
    )
    for broken, reason in reasons:
        if broken:
            return f'"{package}" is {reason}; choose another, such as "{package[: PACKAGE_LENGTH - 8]}_service".'
    return ""


def default_slug(title: str, taken: frozenset[str]) -> str:
    """Derive a valid slug from any title: `Ünïcode & Söhne 2` becomes `unicode-sohne-2`."""
    words = _words(title)
    if not words:
        return "service"
    slug = _cut(words if words[0][0].isalpha() else ["app", *words], "-", SLUG_LENGTH - len("-service"))
    return f"{slug}-service" if slug_fault(slug, taken) else slug


def default_package(slug: str, taken: frozenset[str]) -> str:
    """Derive a valid package name from a slug, cut at a word where it is too long."""
    words = _words(slug) or ["service"]
    package = _cut(words if words[0][0].isalpha() else ["app", *words], "_", PACKAGE_LENGTH)
    if package_fault(package, taken):
        return _cut([*_cut(words, "_", PACKAGE_LENGTH - len("_service")).split("_"), "service"], "_", PACKAGE_LENGTH)
    return package


def _words(title: str) -> list[str]:
    latin = unicodedata.normalize("NFKD", title.casefold().translate(_LATIN))
    return re.findall("[a-z0-9]+", "".join(letter for letter in latin if not unicodedata.combining(letter)))


def _cut(words: list[str], joint: str, length: int) -> str:
    """Join as many words as fit into `length` characters; a first word that is too long is cut."""
    name = words[0][:length]
    for word in words[1:]:
        if len(name) + len(joint) + len(word) > length:
            break
        name += joint + word
    return name


class ProjectNamesExtension(Extension):
    """Register `default_slug` and `default_package` for the questions."""

    def __init__(self, environment: Environment) -> None:
        """Read the names that are taken, once."""
        super().__init__(environment)
        given: dict[str, Any] = environment.globals
        file = Path(__file__).resolve().parent.parent / "catalogue" / "language" / "python-names.txt"
        taken = distributions(file) | required(given["catalogue"])
        environment.globals.update(
            taken_names=taken,
            default_slug=lambda title: default_slug(title, taken),
            default_package=lambda slug: default_package(slug, taken),
        )
