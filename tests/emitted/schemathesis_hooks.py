"""What Schemathesis is told by a run of ours: who is there, and what refers to what. It loads this by itself.

It draws requests from the OpenAPI document alone, which says that a field refers to a product, and not which there are.
Requests that are meant to be valid get what a document cannot give: identifiers of rows that are there, a password
that is none of the best known. What is meant to be wrong is left alone. And nobody asks away their own account.
"""

from __future__ import annotations

import json
import os
import secrets
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import schemathesis

AIM = json.loads(Path(os.environ["SCHEMATHESIS_AIM"]).read_text(encoding="utf-8"))
"""`rows`: a row to read and change, by the path of its collection; `known`: by it and the name of a field,
a value that it takes; `kept`: identifiers that are never removed or changed; `guests`: how somebody comes in who
may be sent away, `jwt` or `session`, or nothing; `people`: who asks, by name."""

AUTH = "/api/v1/auth/"
PASSWORD = f"guest {uuid.uuid4()}"
DIFFERENT = 9
"""A password with fewer different characters may be one of the best known."""


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Call the cookie what it is called in development: the document says its name in production."""
    for scheme in raw_schema["components"].get("securitySchemes", {}).values():
        if scheme.get("in") == "cookie":
            scheme["name"] = "session"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Aim a request, and let guests ask for what ends logins."""
    is_positive = case.meta is None or case.meta.generation.mode.is_positive
    collection = case.operation.path.partition("/{id}")[0]
    identifier = case.path_parameters.get("id") if case.path_parameters else None
    is_a_step = case.meta is not None and case.meta.phase.name.value == "stateful"
    if is_positive and identifier and case.method != "DELETE" and collection in AIM["rows"] and not is_a_step:
        case.path_parameters["id"] = AIM["rows"][collection]
    if identifier in AIM["kept"] and case.method != "GET":
        case.path_parameters["id"] = str(uuid.uuid4())
    if is_positive and case.query and "cursor" in case.query:
        case.query["cursor"] = ""  # which is where every list begins, and not together with the number of a page
        case.query.pop("page", None)
    if case.query and "If-None-Match" in case.headers:
        case.query.pop("include", None)  # an answer that embeds others has no tag, and nobody looks for one
    if is_positive and isinstance(case.body, dict):
        _say(case.body, AIM["known"].get(collection, {}))
    if case.auth_identity in AIM["people"] and AIM["guests"] and case.operation.path.startswith(AUTH):
        case.headers.update(_guest(AIM["guests"]))


def _say(body: dict[str, Any], known: dict[str, Any]) -> None:
    """Put into a body what a document cannot say."""
    for name, value in body.items():
        if name in known and value is not None:
            body[name] = known[name]
        elif name == "current_password":
            body[name] = PASSWORD
        elif name in ("password", "new_password") and len(set(value)) < DIFFERENT:
            body[name] = secrets.token_urlsafe(len(value))[: len(value)]
        elif isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
            body[name] = int(value)  # JSON Schema takes 5.0 for an integer, and the service does not
        elif isinstance(value, int) and abs(value) >= 2**63:
            body[name] = float(value)  # and a number of that size has an exponent


def _guest(method: str) -> dict[str, str]:
    """Register somebody, log in, and return the headers that let them in."""
    who = {"email": f"guest-{uuid.uuid4().hex}@example.org", "password": PASSWORD}
    _post("register", {**who, "name": "Guest"})
    headers, body = _post("login", who)
    if method == "jwt":
        return {"Authorization": f"Bearer {body['data']['access_token']}"}
    cookie = headers["Set-Cookie"].partition(";")[0]
    with urllib.request.urlopen(_request("csrf", {"Cookie": cookie})) as response:  # noqa: S310 - our own service
        return {"Cookie": cookie, "X-CSRF-Token": json.load(response)["data"]["csrf_token"]}


def _post(path: str, body: dict[str, str]) -> tuple[Any, Any]:
    request = _request(path, {"Content-Type": "application/json"}, json.dumps(body).encode())
    with urllib.request.urlopen(request) as response:  # noqa: S310 - our own service
        return response.headers, json.load(response)


def _request(path: str, headers: dict[str, str], data: bytes | None = None) -> urllib.request.Request:
    return urllib.request.Request(AIM["url"] + AUTH + path, data, headers)  # noqa: S310 - our own service
