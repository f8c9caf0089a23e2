"""What a repository must not name: for each technology a stack that has it and one that has not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import names
import rules
import template

# a sentence, and what has to be chosen before it may be written
SENTENCES = {
    "import fastapi": {"framework": "fastapi"},
    "from starlette.requests import Request": {"framework": "fastapi"},
    "run by Uvicorn": {"framework": "fastapi"},
    "import asyncio": {"framework": "fastapi"},
    "async def work() -> None: ...": {"framework": "fastapi"},
    "await work()": {"framework": "fastapi"},
    "The event loop waits.": {"framework": "fastapi"},
    "an ASGI application": {"framework": "fastapi"},
    "sqlite+aiosqlite:///var/data.db": {"framework": "fastapi"},
    "from flask import Flask": {"framework": "flask"},
    "from flask_openapi import OpenAPI": {"framework": "flask"},
    "from werkzeug.exceptions import NotFound": {"framework": "flask"},
    "python manage.py check": {"framework": "django"},
    "DJANGO_SETTINGS_MODULE": {"framework": "django"},
    "from ninja import Router": {"framework": "django"},
    "python manage.py makemigrations": {"framework": "django"},
    "postgresql://localhost/shop": {"database": "postgresql"},
    "image: postgres:18-alpine": {"database": "postgresql"},
    "import asyncpg": {"database": "postgresql", "framework": "fastapi"},
    "import psycopg": {"database": "postgresql", "framework": "flask"},
    "import psycopg_pool": {"database": "postgresql", "framework": "django"},
    "mysql://localhost/shop": {"database": "mysql"},
    "image: mariadb:11.8": {"database": "mysql"},
    "CHARACTER SET utf8mb4": {"database": "mysql"},
    "import asyncmy": {"database": "mysql", "framework": "fastapi"},
    "import pymysql": {"database": "mysql", "framework": "flask"},
    "pymysql.install_as_MySQLdb()": {"database": "mysql", "framework": "django"},
    "a modular monolith": {"architecture": "modular_monolith"},
    "each of the microservices": {"architecture": "microservices"},
    "nats-server --jetstream": {"architecture": "microservices"},
}

# a sentence, and the frameworks of which any will do
SHARED = {
    "import sqlalchemy": {"fastapi", "flask"},
    "alembic upgrade head": {"fastapi", "flask"},
    "gunicorn --threads 8": {"flask", "django"},
    "a WSGI application": {"flask", "django"},
}


# a sentence, and the methods of authentication of which any will do
AUTHENTICATED = {
    "send the refresh_token": {"jwt"},
    "A refresh token is good for one use.": {"jwt", "oauth2"},
    "Every token family ends.": {"jwt"},
    "Set-Cookie: __Host-session=…": {"session"},
    "the header X-CSRF-Token": {"session"},
    "SESSION_IDLE_SECONDS=1800": {"session"},
    "make api-key NAME=backup ROLE=admin": {"api_key"},
    "the header X-API-Key": {"api_key"},
    "GET /api/v1/api-keys": {"api_key"},
    "OIDC_ISSUER=https://example.org": {"oauth2"},
    "keys of the OpenID provider": {"oauth2"},
    "its JWKS": {"jwt", "oauth2"},
    "an OAuth 2.0 resource server": {"oauth2"},
    "POST /api/v1/auth/register": {"jwt", "session"},
    "Argon2id": {"jwt", "session"},
    "import argon2": {"jwt", "session"},
    "ADMIN_PASSWORD": {"jwt", "session", "oauth2"},
    "its e-mail address": {"jwt", "session", "oauth2"},
    "GET /api/v1/users/me": {"jwt", "session", "api_key", "oauth2"},
    "the owner_id of a row": {"jwt", "session", "api_key", "oauth2"},
    "The account is disabled.": {"jwt", "session", "api_key", "oauth2"},
    "their roles": {"jwt", "session", "api_key", "oauth2"},
    "administrators may": {"jwt", "session", "api_key", "oauth2"},
    "WWW-Authenticate: Bearer": {"jwt", "session", "api_key", "oauth2"},
}

# a sentence, and who may say it
ELSEWISE: dict[str, Callable[[template.Stack], bool]] = {
    "the csrf token": lambda stack: stack.auth == "session" or stack.framework == "django",
    "import jwt": lambda stack: (
        stack.auth in ("jwt", "oauth2") or (stack.architecture == "microservices" and stack.auth != "none")
    ),
    "HS256": lambda stack: stack.auth in ("jwt", "oauth2") or stack.architecture == "microservices",
    "import cryptography": lambda stack: (
        stack.auth == "oauth2"
        or (stack.auth == "jwt" and stack.architecture == "microservices")
        or (stack.auth in ("api_key", "session") and stack.framework == "django")
    ),
}


def names_in(sentence: str, stack: template.Stack) -> list[str]:
    """Return what the rule finds in a document of a stack."""
    return rules.unselected({"README.md": sentence.encode()}, names.left_out(stack), names.vocabulary())


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_name_is_found_where_it_was_not_chosen(sentence: str) -> None:
    needs = SENTENCES[sentence]

    for stack in template.stacks():
        is_chosen = all(getattr(stack, axis) == name for axis, name in needs.items())
        shares_a_trait = sentence.startswith(("import psycopg", "import pymysql", "pymysql.")) and (
            stack.database == needs["database"] and stack.framework != "fastapi"
        )
        assert (names_in(sentence, stack) == []) is (is_chosen or shares_a_trait), stack.id


@pytest.mark.parametrize("sentence", SHARED)
def test_what_several_frameworks_share_is_found_with_the_others(sentence: str) -> None:
    for stack in template.stacks():
        assert (names_in(sentence, stack) == []) is (stack.framework in SHARED[sentence]), stack.id


@pytest.mark.parametrize("name", sorted(names.ELSEWHERE))
def test_what_nobody_offers_is_found_everywhere(name: str) -> None:
    assert all(names_in(f"It speaks {name.title()}.", stack) for stack in template.stacks())


@pytest.mark.parametrize("sentence", AUTHENTICATED)
def test_what_several_methods_share_is_found_with_the_others(sentence: str) -> None:
    for stack in template.stacks():
        assert (names_in(sentence, stack) == []) is (stack.auth in AUTHENTICATED[sentence]), stack.id


@pytest.mark.parametrize("sentence", ELSEWISE)
def test_what_comes_with_one_thing_or_another_is_found_without_either(sentence: str) -> None:
    for stack in template.stacks():
        assert (names_in(sentence, stack) == []) is ELSEWISE[sentence](stack), stack.id


@pytest.mark.parametrize(
    "sentence", ["a file of SQLite", "threads", "asynchronously", "psycopgical", "in process", "Python", "AsyncAPI"]
)
def test_ordinary_words_are_no_names(sentence: str) -> None:
    assert [stack.id for stack in template.stacks() if names_in(sentence, stack)] == []


def test_words_belong_to_choices_and_traits_that_exist() -> None:
    assert set(names.BESIDES) <= names.overlays()
