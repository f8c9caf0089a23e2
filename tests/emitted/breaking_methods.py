"""Promises of each method of authentication, and how a proxy breaks one of them at a time."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from emitted import breaking_proxy as proxy
from emitted.breaking_proxy import Ask, Break, Memory, Mutations, Request, Response

AUTH = "/api/v1/auth"
KEYS = "/api/v1/api-keys"
ME = "/api/v1/users/me"


def _to(path: str, method: str = "POST") -> Callable[[Request], bool]:
    return lambda request: request.method == method and request.path == path


def _unheard(where: Callable[[Request], bool], status: int = 204) -> Break:
    """Answer as if it had been done."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        if where(request):
            return Response(status, [("X-Request-ID", "a"), ("X-Content-Type-Options", "nosniff"), *NO_STORE], b"")
        return ask(request)

    return broken


NO_STORE = [("Cache-Control", "no-store")]


def _cookie(change: Callable[[str], str]) -> Break:
    """Change what sets the cookie."""

    def changed(request: Request, response: Response) -> None:
        if cookie := proxy.value(response.headers, "Set-Cookie"):
            response.set("Set-Cookie", change(cookie))

    return proxy.on_response(changed)


def _taken_over(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let a browser keep the session that it came with."""
    response = ask(request)
    cookie = proxy.value(request.headers, "Cookie")
    if cookie and request.path == f"{AUTH}/login" and response.status == 200:
        rest = proxy.value(response.headers, "Set-Cookie").partition(";")[2]
        response.set("Set-Cookie", f"{cookie};{rest}")
    return response


def _with_its_token(request: Request, ask: Ask, memory: Memory) -> Response:
    """Bring the CSRF token of whatever session asks."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and (cookie := proxy.value(request.headers, "Cookie")):
        found = ask(Request("GET", f"{AUTH}/csrf", [("Cookie", cookie)], b"")).json()
        if found and "data" in found:
            token = ("X-CSRF-Token", found["data"]["csrf_token"])
            request.headers = [*proxy.without(request.headers, "X-CSRF-Token"), token]
    return ask(request)


def _from_anywhere(path: str = "") -> Break:
    def changed(request: Request, memory: Memory) -> None:
        if request.path.startswith(path):
            request.headers = proxy.without(request.headers, "Origin")

    return proxy.on_request(changed)


def _cookie_in_body(request: Request, response: Response) -> None:
    if request.path == f"{AUTH}/login" and response.status == 200:
        body = response.json()
        body["data"]["session"] = proxy.value(response.headers, "Set-Cookie").partition(";")[0].partition("=")[2]
        response.change(body)


def _from_query(header: str, form: str, *names: str) -> Break:
    """Take credentials from the URL."""

    def changed(request: Request, memory: Memory) -> None:
        for name, values in parse_qs(request.target.partition("?")[2]).items():
            if name in names:
                request.target = request.path
                request.headers.append((header, form.format(values[0])))

    return proxy.on_request(changed)


def _unquoted(request: Request, memory: Memory) -> None:
    request.headers = [
        (name, value.replace('"', "") if name.lower() == "cookie" else value) for name, value in request.headers
    ]


def _says_why(header: str) -> Break:
    """Tell those who bring something else than those who bring nothing."""

    def changed(request: Request, response: Response) -> None:
        if response.status == 401 and proxy.value(request.headers, header):
            body = response.json()
            body["error"]["message"] = "There is something, but it is not right."
            response.change(body)

    return proxy.on_response(changed)


def _elsewhere(path: str, other: str) -> Break:
    def changed(request: Request, memory: Memory) -> None:
        if request.path == path:
            request.target = other

    return proxy.on_request(changed)


SESSION: Mutations = {
    "scripts read the cookie": (
        "test_auth_session.py: test_is_what_browsers_must_be_told",
        _cookie(lambda text: text.replace("; HttpOnly", "")),
    ),
    "other sites send the cookie": (
        "test_auth_session.py: test_is_what_browsers_must_be_told",
        _cookie(lambda text: text.replace("SameSite=Lax", "SameSite=None")),
    ),
    "the cookie outlives the browser": (
        "test_auth_session.py: test_is_what_browsers_must_be_told",
        _cookie(lambda text: f"{text}; Max-Age=31536000"),
    ),
    "a cookie is known to the page": ("test_auth_session.py: test_is_in_no_body", proxy.on_response(_cookie_in_body)),
    "a planted cookie is taken over": ("test_auth_session.py: test_a_cookie_of_somebody_elses", _taken_over),
    "a logout only clears the cookie": (
        "test_auth_session.py: test_ends_the_session_on_the_server",
        _unheard(_to(f"{AUTH}/logout")),
    ),
    "a logout leaves the cookie": (
        "test_auth_session.py: test_is_taken_back_at_the_end",
        proxy.header("Set-Cookie", None, _to(f"{AUTH}/logout")),
    ),
    "a logout everywhere ends one session": (
        "test_auth_session.py: test_everywhere_ends_all",
        _elsewhere(f"{AUTH}/logout/everywhere", f"{AUTH}/logout"),
    ),
    "nobody asks for a CSRF token": ("test_auth_session.py: TestCsrf and guess", _with_its_token),
    "a CSRF token of before is good": ("test_auth_session.py: TestCsrf and another", _with_its_token),
    "any page may act": ("test_auth_session.py: test_a_page_of_another_origin", _from_anywhere()),
    "any page may let somebody in": ("test_auth_session.py: test_nor_lets_it", _from_anywhere(f"{AUTH}/login")),
    "any page may register": ("test_auth_session.py: test_nor_lets_it", _from_anywhere(f"{AUTH}/register")),
    "sessions in the URL count": (
        "test_auth_session.py: test_elsewhere_it_counts",
        _from_query("Cookie", "session={}", "session"),
    ),
    "quotes around a cookie pass": (
        "test_auth_session.py: test_are_refused_alike and quotes",
        proxy.on_request(_unquoted),
    ),
    "a refusal tells a forger apart": ("test_auth_session.py: test_are_refused_alike and cut", _says_why("Cookie")),
    "a session goes on after its end": (
        "test_passwords.py: TestLogoutEverywhere and ends",
        proxy.remembering(proxy.asked_by, lambda response: response.status == 401),
    ),
    "a password change leaves other sessions": (
        "test_passwords.py: test_ends_every_login",
        _unheard(_to(f"{AUTH}/password")),
    ),
}


def _keys_remembered(request: Request, ask: Ask, memory: Memory) -> Response:
    """Remember keys by their prefix, when they are shown."""
    response = ask(request)
    if request.path.startswith(KEYS) and response.status == 201:
        key = response.json()["data"]["key"]
        memory.secrets[key.partition(".")[0]] = key
    return response


def _prefix_is_enough(request: Request, ask: Ask, memory: Memory) -> Response:
    key = proxy.value(request.headers, "X-API-Key")
    if full := memory.secrets.get(key.partition(".")[0]):
        request.come_as([("X-API-Key", full)])
    return _keys_remembered(request, ask, memory)


def _listed_with_keys(request: Request, ask: Ask, memory: Memory) -> Response:
    response = _keys_remembered(request, ask, memory)
    if request.path == KEYS and request.method == "GET" and response.status == 200:
        body = response.json()
        for row in body["data"]:
            row["key"] = memory.secrets.get(row["prefix"], "")
        response.change(body)
    return response


def _wish(name: str, value: Any = None, path: str = KEYS) -> Break:
    """Change a wish of whoever asks for a key; None leaves it out."""

    def changed(request: Request, memory: Memory) -> None:
        body = request.json()
        if request.method == "POST" and request.path.startswith(path) and isinstance(body, dict):
            rest = {key: other for key, other in body.items() if key != name}
            request.body = json.dumps(rest if value is None else {**rest, name: value}).encode()

    return proxy.on_request(changed)


def _rotating(request: Request) -> bool:
    return request.path.endswith("/rotate")


def _overlap(seconds: int) -> Break:
    def changed(request: Request, memory: Memory) -> None:
        if _rotating(request):
            request.body = json.dumps({"overlap_seconds": seconds}).encode()
            request.headers = [*proxy.without(request.headers, "Content-Type"), ("Content-Type", "application/json")]

    return proxy.on_request(changed)


def _bearer_keys(request: Request, memory: Memory) -> None:
    if request.authorization.startswith("Bearer "):
        request.headers.append(("X-API-Key", request.authorization.removeprefix("Bearer ")))


def _row(name: str, value: Any, path: str) -> Break:
    """Change a field of the rows of a list."""

    def changed(request: Request, response: Response) -> None:
        body = response.json()
        if request.path == path and isinstance(body, dict) and isinstance(body.get("data"), list):
            body["data"] = [{**row, name: value} for row in body["data"]]
            response.change(body)

    return proxy.on_response(changed)


def _as_administrator(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let everybody do what administrators may."""
    response = ask(request)
    if response.status == 403 and memory.administrator:
        request.come_as(memory.administrator)
        return ask(request)
    return response


API_KEY: Mutations = {
    "keys are shown again": ("test_auth_api_key.py: test_are_shown_once", _listed_with_keys),
    "scopes are ignored": ("test_auth_api_key.py: test_open_what_they_say and product", _wish("scopes")),
    "scopes are ignored where rows are owned": ("test_auth_api_key.py: test_of_what_is_owned", _wish("scopes")),
    "any scope passes": ("test_auth_api_key.py: test_that_the_account_has_not and product", _wish("scopes")),
    "keys never expire": ("test_auth_api_key.py: test_ends_a_key_by_itself", _wish("expires_at")),
    "rotation leaves the old key": ("test_auth_api_key.py: test_replaces_a_key_at_once", _overlap(600)),
    "rotation knows no overlap": ("test_auth_api_key.py: test_leaves_both_for_a_while", _overlap(0)),
    "a deleted key goes on": (
        "test_auth_api_key.py: test_that_are_deleted_open_nothing",
        _unheard(lambda request: request.method == "DELETE" and request.path.startswith(KEYS)),
    ),
    "a prefix is enough": ("test_auth_api_key.py: TestForgedKeys and wrong", _prefix_is_enough),
    "keys in the URL count": (
        "test_auth_api_key.py: test_in_the_url and apikey",
        _from_query("X-API-Key", "{}", "apikey", "api_key", "key"),
    ),
    "keys in other headers count": ("test_auth_api_key.py: test_nor_elsewhere", proxy.on_request(_bearer_keys)),
    "members make keys": ("test_auth_api_key.py: test_are_the_business_of_administrators", _as_administrator),
    "members make members": ("test_auth_api_key.py: test_do_not_make_each_other", _as_administrator),
    "nobody knows when a key was used": (
        "test_auth_api_key.py: test_say_when_they_were_used",
        _row("last_used_at", None, KEYS),
    ),
    "a refusal tells a forger apart": ("test_auth_api_key.py: test_are_refused_alike and cut", _says_why("X-API-Key")),
}


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    try:
        head, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
        )
    except ValueError:
        return None
    return (head, claims) if isinstance(head, dict) and isinstance(claims, dict) else None


def _believed(holds: Callable[[dict[str, Any], dict[str, Any]], bool]) -> Break:
    """Take tokens for good of which something holds."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        parts = _parts(request.authorization.removeprefix("Bearer "))
        if parts and memory.somebody and holds(*parts):
            request.come_as(memory.somebody)
        return ask(request)

    return broken


def _claimed(name: str) -> Break:
    """Show what a token claims, whether it may be believed or not."""

    def changed(request: Request, response: Response) -> None:
        parts, body = _parts(request.authorization.removeprefix("Bearer ")), response.json()
        if request.path == ME and response.status == 200 and parts and isinstance(parts[1].get(name), str):
            body["data"][name] = parts[1][name]
            response.change(body)

    return proxy.on_response(changed)


def _is_algorithm(text: str) -> Callable[[dict[str, Any], dict[str, Any]], bool]:
    return lambda head, claims: str(head.get("alg")).lower().startswith(text)


OAUTH2: Mutations = {
    "unsigned tokens are believed": (
        "test_auth_oauth2.py: TestForgedTokens and nothing",
        _believed(_is_algorithm("none")),
    ),
    "a public key signs": ("test_auth_oauth2.py: test_what_is_public_signs_nothing", _believed(_is_algorithm("hs"))),
    "keys from nowhere count": (
        "test_auth_oauth2.py: test_keys_that_nobody_published",
        _believed(lambda head, claims: head.get("kid") == "nobody's"),
    ),
    "tokens for others count": (
        "test_auth_oauth2.py: test_is_the_first_one_once or test_open_nothing",
        _believed(lambda head, claims: claims.get("aud") == "https://other.example/api"),
    ),
    "tokens in the URL count": (
        "test_auth_oauth2.py: test_a_token_in_the_url and access_token",
        _from_query("Authorization", "Bearer {}", "access_token"),
    ),
    "a token goes on after its end": (
        "test_auth_oauth2.py: test_comes_with_the_token",
        proxy.remembering(proxy.asked_by, lambda response: response.status == 401),
    ),
    "any role opens everything": (
        "test_auth_oauth2.py: test_makes_an_account or test_what_names_no_role",
        _as_administrator,
    ),
    "addresses are taken unverified": ("test_auth_oauth2.py: test_takes_no_address", _claimed("email")),
    "names are shown as they come": ("test_auth_oauth2.py: test_keeps_a_name", _claimed("name")),
    "roles are given here": (
        "test_auth_oauth2.py: test_roles_are_not_given_here",
        proxy.on_request(
            lambda request, memory: setattr(request, "body", b"{}") if b'"roles"' in request.body else None
        ),
    ),
}


def _asking(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let nobody in who brings something that does not hold."""
    response = ask(request)
    if request.credentials:
        response.status = 401
        response.set("WWW-Authenticate", "Bearer")
        error = {"code": "UNAUTHENTICATED", "message": "No.", "details": []}
        response.change({"error": {**error, "request_id": proxy.value(response.headers, "X-Request-ID")}})
    return response


def _speaking_of_somebody(request: Request, response: Response) -> None:
    if request.path == "/openapi.json":
        document = response.json()
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        response.change(document)


def _with_owner(request: Request, response: Response) -> None:
    if response.status in (200, 201) and b'"data": {' in re.sub(rb'":\s*', b'": ', response.body):
        body = response.json()
        body["data"]["owner_id"] = None
        response.change(body)


NONE: Mutations = {
    "credentials are looked at": ("test_auth_none.py: test_what_somebody_brings", _asking),
    "the document speaks of credentials": (
        "test_auth_none.py: test_the_document_speaks_of_nobody",
        proxy.on_response(_speaking_of_somebody),
    ),
    "rows have owners": ("test_auth_none.py: test_rows_belong_to_nobody", proxy.on_response(_with_owner)),
    "a cookie is set": ("test_auth_none.py: test_every_operation_is_open", proxy.header("Set-Cookie", "a=b; Path=/")),
}

BY_METHOD: dict[str, Mutations] = {"session": SESSION, "api_key": API_KEY, "oauth2": OAUTH2, "none": NONE}
