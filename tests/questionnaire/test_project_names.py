"""Slugs and packages: what is derived from a title is always valid, and is the same on every Python version."""

from __future__ import annotations

import random
import sys

import pytest

import template

names = template.extension("project_names")
CATALOGUE = template.extension("catalogue").load(template.ROOT / "catalogue")
TAKEN = names.distributions(template.ROOT / "catalogue" / "language" / "python-names.txt") | names.required(CATALOGUE)

DERIVED = [
    ("Shop", "shop", "shop"),
    ("My Shop 2", "my-shop-2", "my_shop_2"),
    ("Ünïcode & Söhne 2", "unicode-sohne-2", "unicode_sohne_2"),
    ("Straße Ærø Łódź", "strasse-aero-lodz", "strasse_aero_lodz"),
    ("123", "app-123", "app_123"),
    ("🚀", "service", "service"),
    ("магазин", "service", "service"),
    ("{{ x }} %s", "x-s", "x_s"),
    ("../../etc/passwd", "etc-passwd", "etc_passwd"),
    ("FastAPI", "fastapi-service", "fastapi_service"),
    ("Class", "class", "class_service"),
    ("json", "json", "json_service"),
    ("Tests", "tests", "tests_service"),
    ("CON", "con-service", "con_service"),
    ("x", "x", "x"),
    ("a" * 100, "a" * 52, "a" * 30),
    (" ".join(["word"] * 20), "-".join(["word"] * 10), "word_word_word_word_word_word"),
]


@pytest.mark.parametrize(("title", "slug", "package"), DERIVED, ids=[title[:20] for title, _, _ in DERIVED])
def test_names_are_derived(title: str, slug: str, package: str) -> None:
    assert names.default_slug(title, TAKEN) == slug
    assert names.default_package(slug, TAKEN) == package


def test_what_is_derived_is_valid_for_any_title() -> None:
    chance = random.Random(7)  # noqa: S311 - a repeatable choice of titles, no secret
    letters = "aZ09 -_.:/\\'\"{}%#é中🚀ßŁ"
    titles = ["".join(chance.choices(letters, k=chance.randint(1, 100))) for _ in range(2000)]

    for title in [*titles, *TAKEN, *sys.stdlib_module_names, *names._KEYWORDS, *names._WINDOWS, *names._FOLDERS]:
        slug = names.default_slug(title, TAKEN)
        assert names.slug_fault(slug, TAKEN) == "", title
        package = names.default_package(slug, TAKEN)
        assert names.package_fault(package, TAKEN) == "", title


def test_modules_of_every_supported_python_are_refused() -> None:
    # What one version calls part of its standard library and another does not; names beginning with _ are no choice.
    for name in ("asynchat", "imp", "distutils", "cgi", "telnetlib", "annotationlib", "compression", "tomllib"):
        assert names.package_fault(name, frozenset()) != ""


def test_what_the_catalogue_installs_is_taken() -> None:
    assert {"fastapi", "pydantic-settings", "sqlalchemy", "uvicorn", "pytest", "aiosqlite"} <= names.required(CATALOGUE)
    assert names.slug_fault("pydantic-settings", TAKEN) != ""
    assert names.package_fault("pydantic_settings", TAKEN) != ""


@pytest.mark.parametrize("name", ["jwt", "yaml", "argon2", "starlette", "anyio", "importlinter"])
def test_what_dependencies_bring_along_is_taken(name: str) -> None:
    assert names.package_fault(name, TAKEN) != ""
