"""The names of all technologies, by what brings them: what a repository may say, and what it may not.

Names of choices, traits and libraries come from the catalogue. What else people would know a technology by is listed
here, by the choice or the trait that brings it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import template

# Words that are no names, although a choice or a trait is called so.
ORDINARY = frozenset(
    {"bearer", "in process", "in_process", "in-process", "none", "passwords", "python", "service", "session", "threads"}
)

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
    "accounts": {
        "account", "account_id", "administrator", "administrators", "api/v1/users", "is_active", "log in", "logged in",
        "log out", "make admin", "owner_id", "roles", "Unauthenticated", "user.deleted", "WWW-Authenticate",
    },
    "passwords": {
        "Argon2", "Argon2id", "auth/login", "auth/register", "current_password", "email_key",
        "hasher", "new_password", "registration",
    },
    "jwt": {"refresh_token", "token_family", "token_families", "token family"},
    "audit_trail": {"audit", "audit_retention_days", "audited", "auditing"},
    "session": {"__Host-session", "csrf_token", "SESSION_IDLE_SECONDS", "SESSION_LIFETIME_SECONDS", "X-CSRF-Token"},
    "api_key": {"api-keys", "API key", "overlap_seconds", "X-API-Key"},
    "oauth2": {"identity provider", "OAuth", "OAuth2", "OIDC", "OpenID", "OpenID Connect", "PKCE"},
}  # fmt: skip
"""What nobody would name without the choice or trait, beside its own name, its label and its libraries."""

SEVERAL: dict[str, set[str]] = {
    "ADMIN_PASSWORD": {"passwords", "oauth2"},
    "refresh token": {"jwt", "oauth2"},
    "refresh tokens": {"jwt", "oauth2"},
    "csrf": {"django", "session"},
    "e-mail": {"passwords", "oauth2"},
    "EdDSA": {"jwt", "oauth2"},
    "HS256": {"jwt", "over_network", "oauth2"},
    "JWKS": {"jwt", "oauth2"},
    "JSON Web Token": {"jwt", "oauth2", "over_network"},
    "JSON Web Tokens": {"jwt", "oauth2", "over_network"},
}
"""What several choices, traits or places bring: words, and those of which any lets them be said."""

PLAIN_WORDS = b"There are no accounts"
"""What a README says in plain words of what it does not have."""

MODULES = {"pyjwt": {"jwt"}, "pyjwt[crypto]": {"cryptography"}}
"""What libraries are imported as or bring along, where that is a technology's name as well."""

# Technologies that no manifest offers today, and that nothing emitted may mention.
ELSEWHERE = {
    "aiohttp", "celery", "dynamodb", "eventlet", "gevent", "graphql", "grpc", "kafka", "litestar", "mongodb",
    "rabbitmq", "tornado",
}  # fmt: skip

# SQLite stays what development and tests start with when a server holds the data in production.
EVERYWHERE = ("sqlite",)


@functools.cache
def mounted(stack: template.Stack) -> frozenset[str]:
    """Return the choices and traits that a stack has, and what its deployables share."""
    chosen = [template.catalogue().choice(axis, name) for axis, name in stack.choices.items()]
    place = "over_network" if stack.architecture == "microservices" else "one_deployable"
    traits = {trait for choice in chosen for trait in choice.traits}
    answers = stack.answers if isinstance(stack, template.Row) else {}
    options = {name for name in template.catalogue().names("option") if answers.get(name)}
    return frozenset({*stack.choices.values(), *EVERYWHERE, *traits, *options, place})


@functools.cache
def left_out(stack: template.Stack) -> frozenset[str]:
    """Return the names that a stack must not say."""
    has = mounted(stack)
    said = {name for overlay in has for name in _names(overlay)}
    unsaid = {name for overlay in overlays() - has for name in _names(overlay)}
    for word, bringing in SEVERAL.items():
        (said if bringing & has else unsaid).add(word.lower())
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
    several = frozenset(word.lower() for word in SEVERAL)
    return several.union(
        (name for stack in template.stacks() for name in left_out(stack)),
        (name for overlay in overlays() for name in _names(overlay)),
    )


@functools.cache
def overlays() -> frozenset[str]:
    """Return the names of all choices, options and traits."""
    catalogue = template.catalogue()
    axes = (*template.AXES, "option")
    return frozenset(name for axis in axes for name in catalogue.names(axis)) | catalogue.traits


def _names(overlay: str) -> set[str]:
    """Return what a choice or a trait is called, however it is written."""
    catalogue = template.catalogue()
    labels = {choice.label.lower() for choice in catalogue.choices if choice.name == overlay}
    parts = {part.strip() for label in labels for part in label.split("/")}
    written = {overlay, overlay.replace("_", " "), overlay.replace("_", "-")}
    return {word.lower() for word in written | labels | parts | BESIDES.get(overlay, set())} - ORDINARY


def _distributions(requirements: Iterable[str]) -> set[str]:
    """Return the names of distributions without their versions, as they are installed and as they are imported."""
    requirements = tuple(requirements)
    names = {text.partition(">=")[0].partition("[")[0].strip().lower() for text in requirements}
    whole = {text.partition(">=")[0].strip().lower() for text in requirements}
    modules = {module for name in names | whole for module in MODULES.get(name, set())}
    return names | modules | {name.replace("-", "_") for name in names}
