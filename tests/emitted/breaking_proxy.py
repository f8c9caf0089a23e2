"""A proxy in front of a sound service that breaks one promise of the contract, and keeps all others.

A conformance suite is worth what it finds: behind this, it has to find something each time.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Headers = list[tuple[str, str]]
CREDENTIALS = ("authorization", "cookie", "x-api-key", "x-csrf-token")


@dataclass
class Request:
    """What the client asked."""

    method: str
    target: str
    headers: Headers
    body: bytes
    address: str = ""
    """Where it comes from."""

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.target.partition("?")[0]

    @property
    def authorization(self) -> str:
        """What the header `Authorization` says."""
        return value(self.headers, "Authorization")

    @property
    def credentials(self) -> Headers:
        """The headers that say who asks, whatever the method."""
        return [(key, value) for key, value in self.headers if key.lower() in CREDENTIALS]

    def come_as(self, credentials: Headers) -> None:
        """Ask as somebody else."""
        self.headers = [*without(self.headers, *CREDENTIALS), *credentials]

    def json(self) -> Any:
        """The body, None where it is no JSON."""
        return _json(self.body)


@dataclass
class Response:
    """What the service answered, and what the client will hear."""

    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:
        """The body, None where it is no JSON."""
        return _json(self.body)

    def change(self, body: Any, status: int | None = None) -> None:
        """Answer with another body."""
        self.body = json.dumps(body, ensure_ascii=False).encode()
        self.status = status or self.status

    def set(self, name: str, value: str | None) -> None:
        """Set a header, or leave it out."""
        self.headers = [(key, text) for key, text in self.headers if key.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))


def value(headers: Headers, name: str) -> str:
    return next(iter(values(headers, name)), "")


def values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name.lower()]


def without(headers: Headers, *names: str) -> Headers:
    return [(key, value) for key, value in headers if key.lower() not in {name.lower() for name in names}]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


@dataclass
class Memory:
    """What the proxy has seen: it knows credentials that are good, and answers given before."""

    administrator: Headers = field(default_factory=list)
    somebody: Headers = field(default_factory=list)
    answers: dict[Any, Response] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


Ask = Callable[[Request], Response]
Break = Callable[[Request, Ask, Memory], Response]


def sound(request: Request, ask: Ask, memory: Memory) -> Response:
    """Break nothing."""
    return ask(request)


def on_request(change: Callable[[Request, Memory], None]) -> Break:
    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        change(request, memory)
        return ask(request)

    return broken


def on_response(change: Callable[[Request, Response], None]) -> Break:
    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        response = ask(request)
        change(request, response)
        return response

    return broken


def header(name: str, value: str | None, where: Callable[[Request], bool] = lambda request: True) -> Break:
    return on_response(lambda request, response: response.set(name, value) if where(request) else None)


def _dropped(*names: str) -> Break:
    """Let the service not see headers of the request."""

    def change(request: Request, memory: Memory) -> None:
        request.headers = without(request.headers, *names)

    return on_request(change)


def _body(change: Callable[[Any], Any], *methods: str) -> Break:
    """Change the object in the body of requests."""

    def changed(request: Request, memory: Memory) -> None:
        if request.method in methods and isinstance(body := request.json(), dict):
            request.body = json.dumps(change(body)).encode()

    return on_request(changed)


def _query(change: Callable[[str, str], tuple[str, str] | None]) -> Break:
    """Change the parameters of the query; None leaves one out."""

    def changed(request: Request, memory: Memory) -> None:
        path, mark, query = request.target.partition("?")
        pairs = [change(name, value) for name, value in parse_qsl(query, keep_blank_values=True)]
        request.target = path + mark + urlencode([pair for pair in pairs if pair])

    return on_request(changed)


def _data(change: Callable[[Any], Any]) -> Break:
    """Change every resource that answers show."""

    def changed(request: Request, response: Response) -> None:
        body = response.json()
        if isinstance(body, dict) and "data" in body:
            data = body["data"]
            body["data"] = [change(row) for row in data] if isinstance(data, list) else change(data)
            response.change(body)

    return on_response(changed)


def _page(change: Callable[[dict[str, Any]], None]) -> Break:
    """Change every page of a list."""

    def changed(request: Request, response: Response) -> None:
        body = response.json()
        if isinstance(body, dict) and "meta" in body:
            change(body)
            response.change(body)

    return on_response(changed)


def _error(change: Callable[[Response, dict[str, Any]], None]) -> Break:
    """Change every error."""

    def changed(request: Request, response: Response) -> None:
        body = response.json()
        if response.status >= 400 and isinstance(body, dict) and "error" in body:
            change(response, body)

    return on_response(changed)


def _message(response: Response, body: dict[str, Any]) -> None:
    body["error"]["message"] += ' Traceback (most recent call last): File "/srv/app.py", line 7, in create'
    response.change(body)


def _echoing(request: Request, ask: Ask, memory: Memory) -> Response:
    response, sent = ask(request), request.json()
    if response.status == 400 and isinstance(sent, dict) and isinstance(body := response.json(), dict):
        body["error"]["message"] += f" It was {json.dumps(sent)}."
        response.change(body)
    return response


def _any_owner(request: Request, ask: Ask, memory: Memory) -> Response:
    """Show rows of others to whoever knows their identifiers."""
    response = ask(request)
    if request.method == "GET" and response.status == 404 and memory.administrator:
        request.come_as(memory.administrator)
        return ask(request)
    return response


def _total_of_all(request: Request, ask: Ask, memory: Memory) -> Response:
    """Count what the caller may not see."""
    response, body = ask(request), None
    if request.method == "GET" and isinstance(body := response.json(), dict) and "meta" in body:
        request.come_as(memory.administrator)
        everything = ask(request).json()
        if isinstance(everything, dict) and "total" in everything.get("meta", {}):
            body["meta"]["total"] = everything["meta"]["total"]
            response.change(body)
    return response


def _metrics_by_path(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let every path have a metric of its own."""
    response = ask(request)
    memory.answers[request.path] = response
    if request.path == "/metrics":
        lines = [f'http_requests_total{{method="GET",route="{path}",status="200"}} 1\n' for path in memory.answers]
        response.body += "".join(lines).encode()
    return response


def _writers_all(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let members write what only administrators may."""
    response = ask(request)
    if response.status == 403:
        request.come_as(memory.administrator)
        return ask(request)
    return response


def _accounts_shown(request: Request, ask: Ask, memory: Memory) -> Response:
    """Show members who else is there."""
    response = ask(request)
    if response.status == 403 and request.method == "GET" and request.path.startswith("/api/v1/users"):
        request.come_as(memory.administrator)
        return ask(request)
    return response


def _heads_unguarded(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let everybody ask for the head of everything."""
    if request.method == "HEAD":
        request.come_as(memory.administrator)
    return ask(request)


def _body_before_permission(request: Request, ask: Ask, memory: Memory) -> Response:
    """Look at the body before it is asked whether the caller may."""
    response = ask(request)
    if response.status == 403 and "surprise" in (request.json() or {}):
        request.come_as(memory.administrator)
        return ask(Request("POST", "/api/v1/auth/login", request.headers, b"{}"))
    return response


def _another_route(request: Request, response: Response) -> None:
    """Describe a route of which nobody has said who may use it."""
    body = response.json()
    if request.path == "/openapi.json":
        operation = body["paths"]["/api/v1/users/me"]["get"]
        body["paths"]["/api/v1/users/me/export"] = {"get": {**operation, "operationId": "export"}}
        response.change(body)


def remembering(key: Callable[[Request], Any], when: Callable[[Response], bool]) -> Break:
    """Give an answer of before to a request that is refused now."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        response, place = ask(request), key(request)
        if place is not None and response.status in (200, 201):
            memory.answers[place] = response
        elif place is not None and when(response) and place in memory.answers:
            return memory.answers[place]
        return response

    return broken


def asked_by(request: Request) -> Any:
    return (request.target, *request.credentials) if request.method == "GET" and request.credentials else None


def _refreshed(request: Request) -> Any:
    return request.body if request.path.endswith("/auth/refresh") else None


def _created(request: Request) -> Any:
    return request.path if request.method == "POST" and "/auth/" not in request.path else None


def _everybodys_keys(request: Request, ask: Ask, memory: Memory) -> Response:
    """Give everybody the answer that the first with a key was given."""
    response, key = ask(request), value(request.headers, "Idempotency-Key")
    return memory.answers.setdefault((request.path, key), response) if key else response


def _kept_successes(request: Request, ask: Ask, memory: Memory) -> Response:
    """Keep what was done, and nothing of what was refused."""
    if request.method == "POST" and "surprise" in (request.json() or {}):
        request.headers = without(request.headers, "Idempotency-Key")
    return ask(request)


def _unsigned_accepted(request: Request, ask: Ask, memory: Memory) -> Response:
    """Believe a token that says that it is not signed."""
    token = request.authorization.removeprefix("Bearer ").split(".")
    if len(token) == 3:
        head = _json(base64.urlsafe_b64decode(token[0] + "=" * (-len(token[0]) % 4)))
        if isinstance(head, dict) and str(head.get("alg")).lower() == "none":
            request.come_as(memory.somebody)
    return ask(request)


def _url_token(request: Request, memory: Memory) -> None:
    match = re.search(r"[?&]access_token=([^&]+)", request.target)
    if match:
        request.target = request.path
        request.headers.append(("Authorization", f"Bearer {match[1]}"))


def _lenient(request: Request, ask: Ask, memory: Memory) -> Response:
    """Take texts for numbers where the service refuses them."""
    response, body = ask(request), request.json()
    if response.status == 400 and isinstance(body, dict):
        loose = {key: int(text) if isinstance(text, str) and text.isdigit() else text for key, text in body.items()}
        if loose != body:
            request.body = json.dumps(loose).encode()
            return ask(request)
    return response


def _status(old: int, new: int, body: bytes | None = None, *methods: str) -> Break:
    def changed(request: Request, response: Response) -> None:
        if response.status == old and (not methods or request.method in methods):
            response.status = new
            response.body = response.body if body is None else body

    return on_response(changed)


def _looked_up_again(request: Request, ask: Ask, memory: Memory) -> Response:
    """Look up again what a row refers to already, and miss what is there no more."""
    body = request.json() if request.method in ("PUT", "PATCH") else None
    product = body.get("product_id") if isinstance(body, dict) else None
    if product and ask(Request("GET", f"/api/v1/products/{product}", request.credentials, b"")).status == 404:
        request.body = b"["
    return ask(request)


def _path(change: Callable[[str], str]) -> Break:
    def changed(request: Request, memory: Memory) -> None:
        path, mark, query = request.target.partition("?")
        request.target = change(path) + mark + query

    return on_request(changed)


def _as_patch(request: Request, memory: Memory) -> None:
    if request.method == "PUT":
        request.method = "PATCH"


def _override(request: Request, memory: Memory) -> None:
    """Let a header say the method, and another one the path."""
    request.method = value(request.headers, "X-HTTP-Method-Override") or request.method
    request.target = value(request.headers, "X-Original-URL") or request.target


def _no_halves(request: Request, memory: Memory) -> None:
    request.body = re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", b"?", request.body)


def _first_wins(request: Request, memory: Memory) -> None:
    if (body := request.json()) is not None and b"NaN" not in request.body:
        request.body = json.dumps(body).encode()


def _number(row: dict[str, Any]) -> dict[str, Any]:
    is_decimal = re.compile(r"-?\d+\.\d+").fullmatch
    return {key: float(value) if isinstance(value, str) and is_decimal(value) else value for key, value in row.items()}


def _offset(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value.replace("Z", "+00:00") if key.endswith("_at") and value else value for key, value in row.items()}


def _unsorted(body: dict[str, Any]) -> None:
    body["data"].sort(key=lambda row: row["id"])


def _cursor_in(target: str) -> str | None:
    """The cursor of a request, None where it has none."""
    return dict(parse_qsl(target.partition("?")[2], keep_blank_values=True)).get("cursor")


def _with_place(target: str, place: tuple[str, str]) -> str:
    path, _, query = target.partition("?")
    rest = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in ("cursor", "page")]
    return f"{path}?{urlencode([place, *rest])}"


def _gap(request: Request, response: Response) -> None:
    """Begin one row too late where a cursor leads on."""
    body = response.json()
    if _cursor_in(request.target) and response.status == 200 and len(body["data"]) > 1:
        body["data"].pop(0)
        response.change(body)


def _numbered(request: Request, ask: Ask, memory: Memory) -> Response:
    """Count rows from the beginning to find the place of a cursor."""
    cursor, target = _cursor_in(request.target), request.target
    if cursor is None or not (cursor or "1").isdigit():
        return ask(request)
    number = int(cursor or "1")
    request.target = _with_place(target, ("page", str(number)))
    response, body = ask(request), None
    if response.status == 200 and isinstance(body := response.json(), dict):
        following = _with_place(target, ("cursor", str(number + 1))) if body["links"]["next"] else None
        body["links"] = {"self": target, "next": following, "prev": None}
        body["meta"] = {"limit": body["meta"]["limit"]}
        response.change(body)
    return response


def _any_cursor(request: Request, ask: Ask, memory: Memory) -> Response:
    """Begin anew where a cursor belongs to another list."""
    response = ask(request)
    if response.status == 400 and _cursor_in(request.target):
        request.target = _with_place(request.target, ("cursor", ""))
        return ask(request)
    return response


def _absolute(request: Request, response: Response) -> None:
    if location := value(response.headers, "Location"):
        response.set("Location", f"http://{value(request.headers, 'Host')}{location}")


def _head_refused(request: Request, response: Response) -> None:
    if request.method == "HEAD":
        response.status = 405


def _no_match(request: Request, response: Response) -> None:
    if response.status == 200 and request.method == "GET":
        response.set("ETag", '"1"' if value(response.headers, "ETag") else None)


def _any_case(name: str, value: str) -> tuple[str, str]:
    return name, value.strip("%") if name.endswith("[contains]") else value


Mutations = dict[str, tuple[str, Break]]

MUTATIONS: Mutations = {
    # what is broken: the tests that have to find it (a file, and what pytest's -k reads), and how it is broken
    "no ETag": ("test_resources.py: test_answers_with_the_row", header("ETag", None)),
    "a weak ETag": (
        "test_resources.py: test_shows_what_was_created",
        on_response(
            lambda request, response: (
                response.set("ETag", f"W/{tag}") if (tag := value(response.headers, "ETag")) else None
            )
        ),
    ),
    "an ETag that never changes": ("test_conditional.py: test_a_change_makes_another_version", on_response(_no_match)),
    "If-Match is ignored": ("test_conditional.py: test_any_other_is_left_alone", _dropped("If-Match")),
    "If-None-Match is ignored": (
        "test_conditional.py: test_a_known_version_is_not_sent_again",
        _dropped("If-None-Match"),
    ),
    "no X-Request-ID": ("test_operations.py: test_live_says_that_it_is", header("X-Request-ID", None)),
    "X-Request-ID is not echoed": ("test_headers.py: test_a_sound_identifier_is_echoed", _dropped("X-Request-ID")),
    "no nosniff": ("test_operations.py: test_docs_are_a_page", header("X-Content-Type-Options", None)),
    "answers may be kept": (
        "test_resources.py: test_a_list_shows_the_same",
        header("Cache-Control", "public, max-age=60"),
    ),
    "Location names the host": ("test_resources.py: test_answers_with_the_row", on_response(_absolute)),
    "another envelope": (
        "test_resources.py: TestRead and test_of_nothing",
        _error(lambda response, body: response.change({"detail": body["error"]["message"]})),
    ),
    "a word more in the envelope": (
        "test_resources.py: TestRead and test_of_nothing",
        _error(lambda response, body: response.change({**body, "status": 1})),
    ),
    "the request's identifier is missing in errors": (
        "test_resources.py: TestRead and test_of_nothing",
        _error(lambda response, body: response.change({"error": {**body["error"], "request_id": ""}})),
    ),
    "a stack trace in errors": ("test_resources.py: TestRead and test_of_nothing", _error(_message)),
    "values are echoed": ("test_fields.py: test_refuses_everything_else and name", _echoing),
    "500 for a conflict": ("test_uniqueness.py: test_a_second_creation_is_a_conflict", _status(409, 500)),
    "two of one kind": (
        "test_uniqueness.py: test_one_of_many_at_once_wins and sku",
        remembering(_created, lambda response: response.status == 409),
    ),
    "a repeated request has its effect again": (
        "test_idempotency.py: TestRepeated and test_makes_one_row",
        _dropped("Idempotency-Key"),
    ),
    "at once a key makes several": ("test_idempotency.py: test_of_many_at_once", _dropped("Idempotency-Key")),
    "a replay does not say so": (
        "test_idempotency.py: TestRepeated and test_makes_one_row",
        header("Idempotency-Replayed", None),
    ),
    "a key is for any request": (
        "test_idempotency.py: TestKey and test_is_for_one_request",
        remembering(_created, lambda response: response.status == 422),
    ),
    "keys are everybody's": ("test_idempotency.py: TestKey and test_is_its_callers_own", _everybodys_keys),
    "a refusal is forgotten": ("test_idempotency.py: TestRepeated and test_is_refused_again", _kept_successes),
    "422 for what is not valid": ("test_resources.py: test_names_everything_that_is_missing", _status(400, 422)),
    "unknown fields pass": (
        "test_resources.py: test_refuses_what_it_does_not_know",
        _body(lambda body: {key: value for key, value in body.items() if key != "surprise"}, "POST", "PUT", "PATCH"),
    ),
    "texts pass for numbers": ("test_fields.py: test_refuses_everything_else and stock", _lenient),
    "decimals are numbers": ("test_resources.py: test_answers_with_the_row", _data(_number)),
    "moments have an offset": ("test_resources.py: test_says_when", _data(_offset)),
    "the same key twice passes": (
        "test_bodies.py: test_what_is_no_sound_json_object_is_refused",
        on_request(_first_wins),
    ),
    "null clears nothing": (
        "test_resources.py: test_null_clears_what_is_optional",
        _body(lambda body: {key: value for key, value in body.items() if value is not None}, "PATCH"),
    ),
    "PUT leaves what is absent": (
        "test_resources.py: test_an_absent_field_falls_back_to_its_default",
        on_request(_as_patch),
    ),
    "halves of characters become signs": (
        "test_hostile.py: test_no_field_takes_it and character",
        on_request(_no_halves),
    ),
    "what is no UTF-8 becomes a sign": (
        "test_hostile.py: test_no_filter_takes_it and product",
        _query(lambda name, value: (name, value)),
    ),
    "accounts take what is not theirs": (
        "test_hostile.py: test_take_nothing_that_is_not_theirs",
        _body(lambda body: {key: value for key, value in body.items() if key != "is_admin"}, "POST", "PATCH"),
    ),
    "a header is a method": ("test_hostile.py: test_no_header_is_a_method", on_request(_override)),
    "a header is a path": ("test_hostile.py: test_no_header_is_a_path", on_request(_override)),
    "any media type passes": (
        "test_bodies.py: test_other_media_types_are_refused",
        on_request(
            lambda request, memory: setattr(
                request,
                "headers",
                [*without(request.headers, "Content-Type"), ("Content-Type", "application/json")]
                if request.body
                else request.headers,
            )
        ),
    ),
    "a slash too many is forgiven": ("test_paths.py: test_slashes_too_many", _path(lambda path: path.rstrip("/"))),
    "identifiers in capitals pass": (
        "test_paths.py: test_an_identifier_in_another_form",
        _path(lambda path: "/".join(part.lower() if len(part) == 36 else part for part in path.split("/"))),
    ),
    "HEAD is not allowed": ("test_paths.py: test_head_is_get_without_its_body", on_response(_head_refused)),
    "405 says not what is allowed": (
        "test_paths.py: test_other_methods_are_refused",
        header("Allow", "GET", lambda request: request.method == "TRACE"),
    ),
    "another's row is shown": ("test_ownership.py: test_others_see_nothing", _any_owner),
    "another's row is forbidden, not absent": ("test_ownership.py: test_others_see_nothing", _status(404, 403)),
    "totals count what is not visible": (
        "test_ownership.py: test_lists_and_totals_count_what_is_visible",
        _total_of_all,
    ),
    "a route that nobody has a line for": ("test_permissions.py: test_every_route", on_response(_another_route)),
    "members see accounts": ("test_permissions.py: test_everybody_gets and accounts-member", _accounts_shown),
    "heads of everything are open": ("test_permissions.py: test_everybody_gets and nobody", _heads_unguarded),
    "the body comes before permission": (
        "test_permissions.py: test_everybody_gets and category-member",
        _body_before_permission,
    ),
    "members write everything": ("test_permissions.py: test_everybody_gets and member", _writers_all),
    "lists are in no order": ("test_lists.py: test_by_every_field and price", _page(_unsorted)),
    "absent values come first": (
        "test_lists.py: test_by_every_field and category_id-asc",
        _page(lambda body: body["data"].sort(key=lambda row: row.get("category_id") is not None)),
    ),
    "a filter is ignored": (
        "test_lists.py: test_comparisons and price",
        _query(lambda name, value: None if name == "filter[price][lt]" else (name, value)),
    ),
    "contains knows wildcards": ("test_lists.py: test_parts_of_texts and name", _query(_any_case)),
    "unknown parameters pass": (
        "test_lists.py: test_unknown_ones_are_refused",
        _query(lambda name, value: None if name == "surprise" else (name, value)),
    ),
    "a limit too large passes": (
        "test_lists.py: test_a_limit_out_of_range",
        _query(lambda name, value: (name, "100") if (name, value) == ("limit", "101") else (name, value)),
    ),
    "a page by cursor leaves a row out": ("test_lists.py: test_leads_through_every_order and price", on_response(_gap)),
    "a cursor is the number of a page": ("test_lists.py: test_misses_and_repeats_nothing", _numbered),
    "any cursor will do": ("test_lists.py: test_belongs_to_one_list", _any_cursor),
    "rows are counted for a cursor": (
        "test_lists.py: test_leads_through_accounts",
        _page(lambda body: body["meta"].setdefault("total", len(body["data"]))),
    ),
    "no next page": (
        "test_lists.py: test_pages_follow_each_other",
        _page(lambda body: body["links"].update(next=None)),
    ),
    "include embeds nothing": (
        "test_references.py: test_embeds_the_object",
        _query(lambda name, value: None if name == "include" else (name, value)),
    ),
    "what is referred to goes": (
        "test_references.py: test_is_a_conflict_within_a_module",
        _status(409, 204, b"", "DELETE"),
    ),
    "what was referred to has to be there": ("test_references.py: test_may_be_there_no_more", _looked_up_again),
    "references to nothing pass": (
        "test_references.py: TestToNothing",
        _body(
            lambda body: {
                key: value
                for key, value in body.items()
                if not (key.endswith("_id") and isinstance(value, str) and value[14:15] == "4")
            },
            "POST",
            "PATCH",
        ),
    ),
    "a spent refresh token is good": (
        "test_auth_jwt.py: test_a_second_use_ends_the_whole_family",
        remembering(_refreshed, lambda response: response.status == 401),
    ),
    "a token goes on after its end": (
        "test_auth_jwt.py: TestLogout and no_other",
        remembering(asked_by, lambda response: response.status == 401),
    ),
    "unsigned tokens are believed": ("test_auth_jwt.py: TestForgedTokens and nothing", _unsigned_accepted),
    "tokens in the URL count": ("test_auth_jwt.py: test_a_token_in_the_url", on_request(_url_token)),
    "a refused login says why": (
        "test_passwords.py: test_answers_the_same_whatever_was_wrong",
        on_response(
            lambda request, response: (
                response.change(
                    {"error": {**response.json()["error"], "message": f"No {request.json().get('email')}."}}
                )
                if request.path.endswith("/login") and response.status == 401
                else None
            )
        ),
    ),
    "the last administrator may go": ("test_accounts.py: TestLastAdministrator", _status(409, 204, b"", "DELETE")),
    "metrics by path": ("test_operations.py: test_count_by_route_and_never_by_path", _metrics_by_path),
    "any origin may call": (
        "test_headers.py: test_other_origins_are_told_nothing",
        header("Access-Control-Allow-Origin", "*"),
    ),
    "the document forgets a path": (
        "test_document.py: test_says_all_that_domain_and_method_promise",
        on_response(
            lambda request, response: (
                response.change({**(doc := response.json()), "paths": dict(list(doc["paths"].items())[1:])})
                if request.path == "/openapi.json"
                else None
            )
        ),
    ),
}


@contextmanager
def proxied(upstream: str, broken: Break) -> Iterator[str]:
    """Serve a broken form of a service; yield where it answers.

    Raises what went wrong in the proxy itself: that the suite trips over it proves nothing.
    """
    place, memory = urlsplit(upstream), Memory()
    faults: list[Exception] = []

    def ask(request: Request) -> Response:
        connection = http.client.HTTPConnection(place.netloc, timeout=60)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            # Requests of a breach's own say nothing of a host, and one without is none.
            if not values(request.headers, "Host"):
                connection.putheader("Host", place.netloc)
            for name, value in without(request.headers, "Content-Length", "Transfer-Encoding", "Connection"):
                connection.putheader(name, value.encode("latin-1"))
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            answer = connection.getresponse()
            response = Response(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()
        if response.status == 200 and request.credentials and request.path == "/api/v1/users/me":
            memory.somebody = request.credentials
            if request.method == "GET" and "admin" in response.json()["data"]["roles"]:
                memory.administrator = request.credentials
        return response

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline:
                self.close_connection = True
            elif self.parse_request():
                target = self.requestline.split()[1]  # as it was sent: `self.path` has lost double slashes
                address = self.client_address[0]
                request = Request(self.command, target, list(self.headers.items()), self._body(), address)
                try:
                    response = broken(request, ask, memory)
                except Exception as fault:
                    faults.append(fault)
                    raise
                self._send(request, response)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def _send(self, request: Request, response: Response) -> None:
            self.send_response_only(response.status)
            for name, value in without(response.headers, "Content-Length", "Connection", "Transfer-Encoding"):
                self.send_header(name, value)
            is_bare = request.method == "HEAD" or response.status in (204, 304)
            if not is_bare:
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if not is_bare:
                self.wfile.write(response.body)
            self.wfile.flush()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if faults:
        raise faults[0]
