"""The names of all technologies, by what brings them: what a repository may say, and what it may not.

Names of choices, traits and libraries come from the catalogue. What else people would know a technology by is listed
here, by the choice or the trait that brings it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import template

# Words that are no names, although a choice or a trait is called so.
ORDINARY = frozenset({"in process", "in_process", "in-process", "python", "service", "threads"})

BESIDES: dict[str, set[str]] = {
    "asyncio": {"ASGI", "async", "await", "awaitable", "coroutine", "event loop", "event loops", "uvloop"},
    "wsgi": {"gthread"},
    "django_orm": {"django.db", "makemigrations", "QuerySet"},
    "django": {"manage.py", "ninja"},
    "flask": {"flask_openapi", "itsdangerous", "werkzeug"},
    "fastapi": {"httptools"},
    "mysql": {"InnoDB", "MariaDB", "MySQL", "mysqlclient", "mysqldb", "utf8mb4"},
    "postgresql": {"pg_isready", "postgres", "psql", "psycopg2"},
    "nats": {"JetStream"},
    "microservices": {"microservice"},
}
"""What nobody would name without the choice or trait, beside its own name, its label and its libraries."""

# Technologies that no manifest offers today, and that nothing emitted may mention.
ELSEWHERE = {
    "aiohttp", "celery", "dynamodb", "eventlet", "gevent", "graphql", "grpc", "kafka", "litestar", "mongodb",
    "rabbitmq", "redis", "tornado",
}  # fmt: skip

# SQLite stays what development and tests start with when a server holds the data in production.
EVERYWHERE = ("sqlite",)


@functools.cache
def mounted(stack: template.Stack) -> frozenset[str]:
    """Return the choices and traits that a stack has."""
    chosen = [template.catalogue().choice(axis, name) for axis, name in stack.choices.items()]
    return frozenset({*stack.choices.values(), *EVERYWHERE, *(trait for choice in chosen for trait in choice.traits)})


@functools.cache
def left_out(stack: template.Stack) -> frozenset[str]:
    """Return the names that a stack must not say."""
    has = mounted(stack)
    said = {name for overlay in has for name in _names(overlay)}
    unsaid = {name for overlay in overlays() - has for name in _names(overlay)}
    for choice in template.catalogue().choices:
        # A manifest that is no answer, such as that of the language, counts everywhere.
        counts = choice.name in has or choice.axis not in template.AXES
        here = choice.beside(has)
        if counts:
            said |= _distributions((*here.dependencies, *here.dev_dependencies))
            for variant in choice.variants:
                unsaid |= _distributions(variant.dependencies) if not variant.beside <= has else set()
        else:
            everything = (*choice.dependencies, *(text for v in choice.variants for text in v.dependencies))
            unsaid |= _distributions(everything)
    return frozenset((unsaid | ELSEWHERE) - said - ORDINARY)


@functools.cache
def vocabulary() -> frozenset[str]:
    """Return every name there is."""
    return frozenset(name for stack in template.stacks() for name in left_out(stack)) | frozenset(
        name for overlay in overlays() for name in _names(overlay)
    )


@functools.cache
def overlays() -> frozenset[str]:
    """Return the names of all choices and traits."""
    catalogue = template.catalogue()
    return frozenset(name for axis in template.AXES for name in catalogue.names(axis)) | catalogue.traits


def _names(overlay: str) -> set[str]:
    """Return what a choice or a trait is called, however it is written."""
    catalogue = template.catalogue()
    labels = {choice.label.lower() for choice in catalogue.choices if choice.name == overlay}
    parts = {part.strip() for label in labels for part in label.split("/")}
    written = {overlay, overlay.replace("_", " "), overlay.replace("_", "-")}
    return {word.lower() for word in written | labels | parts | BESIDES.get(overlay, set())} - ORDINARY


def _distributions(requirements: Iterable[str]) -> set[str]:
    """Return the names of distributions without their versions, as they are installed and as they are imported."""
    names = {text.partition(">=")[0].partition("[")[0].strip().lower() for text in requirements}
    return names | {name.replace("-", "_") for name in names}
