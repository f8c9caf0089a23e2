"""What holds for every answer, whatever was asked: the suite looks at each one with this eye."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from conformance.client import Answer

CODES = {
    400: {"VALIDATION_ERROR"},
    401: {"UNAUTHENTICATED"},
    403: {"FORBIDDEN"},
    404: {"NOT_FOUND"},
    405: {"METHOD_NOT_ALLOWED"},
    409: {"CONFLICT", "IDEMPOTENCY_KEY_IN_USE"},
    412: {"PRECONDITION_FAILED"},
    413: {"PAYLOAD_TOO_LARGE"},
    415: {"UNSUPPORTED_MEDIA_TYPE"},
    422: {"IDEMPOTENCY_KEY_REUSED"},
    429: {"RATE_LIMITED"},
}
TROUBLE = {503: {"UNAVAILABLE"}}
"""What only a service answers that is in trouble."""

SUCCESSES = {200, 201, 204, 304}
BESIDE = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}
"""Headers that go with a status."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
ETAG = re.compile(r'"[1-9][0-9]*"')
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

LEAKS = re.compile(
    r"""Traceback|stack ?trace|\bat\ [\w.$]+\([\w.]+:\d+\)|File\ "|line\ \d+,\ in\b|goroutine\ \d|panicked
    |\bSELECT\b.+\bFROM\b|\bINSERT\ INTO\b|\bUPDATE\b.+\bSET\b|\bDELETE\ FROM\b|\bUNIQUE\ constraint|\bFOREIGN\ KEY
    |sqlalchemy|psycopg|asyncpg|aiosqlite|sqlite3?\b|postgres|mysql|pymysql|django\.|sqlx|pgx|prisma|typeorm
    |\w(?:Error|Exception):|\.(?:py|rs|go|js|ts)\b:?\d*|(?<!\w)/(?:usr|home|app|var|tmp|srv|opt|root|src|etc|proc)/
    |password_hash|\$argon2""",
    re.IGNORECASE | re.VERBOSE,
)
"""What belongs in a log, and in no answer."""


class Fault(AssertionError):
    """An answer that breaks what holds for all of them."""


def inspect(answer: Answer, *, in_trouble: bool = False) -> None:
    """Raise `Fault` with everything that is wrong with an answer; a service that is in trouble may say so."""
    faults = [*_status(answer, in_trouble), *_headers(answer), *_body(answer)]
    if faults:
        raise Fault(f"{answer}\n" + "\n".join(f"  {fault}" for fault in faults))


def _status(answer: Answer, in_trouble: bool) -> list[str]:
    if answer.status in SUCCESSES or answer.status in CODES or (in_trouble and answer.status in TROUBLE):
        return []
    if _is_unready(answer):
        return []
    return [f"the contract knows no answer {answer.status}" + (" of a healthy service" * (answer.status >= 500))]


def _is_unready(answer: Answer) -> bool:
    return answer.status == 503 and answer.path == "/health/ready"


def _headers(answer: Answer) -> list[str]:
    faults = []
    ids = answer.all("X-Request-ID")
    if len(ids) != 1 or not REQUEST_ID.fullmatch(ids[0]):
        faults.append(f"X-Request-ID is {ids}")
    if answer.all("X-Content-Type-Options") != ["nosniff"]:
        faults.append(f"X-Content-Type-Options is {answer.all('X-Content-Type-Options')}")
    if answer.path.startswith("/api/"):
        expected = "private, no-cache" if answer.all("ETag") else "no-store"
        if answer.all("Cache-Control") != [expected]:
            faults.append(f"Cache-Control is {answer.all('Cache-Control')}, not {expected}")
    tags = answer.all("ETag")
    if answer.path.startswith("/api/") and tags and not (len(tags) == 1 and ETAG.fullmatch(tags[0])):
        faults.append(f"ETag is {tags}, not one version in quotes")
    if (location := answer.header("Location")) and not re.match("/(?!/)", location):
        faults.append(f"Location {location} is not relative to the origin")
    name = BESIDE.get(answer.status)
    if name and not answer.header(name) and not _is_unready(answer):
        faults.append(f"{answer.status} comes without {name}")
    return faults


def _body(answer: Answer) -> list[str]:
    if answer.method == "HEAD" or answer.status in (204, 304):
        return [f"{answer.status} to {answer.method} has a body"] if answer.body else []
    if answer.status >= 400 and answer.path != "/health/ready":
        return _error(answer)
    return _success(answer) if answer.path.startswith("/api/") else []


def _json(answer: Answer) -> tuple[Any, list[str]]:
    media = (answer.header("Content-Type") or "").replace(" ", "").lower()
    faults = [] if media in ("application/json", "application/json;charset=utf-8") else [f"Content-Type is {media}"]
    try:
        return answer.json, faults
    except ValueError:
        return None, [*faults, "the body is no JSON in UTF-8"]


def _error(answer: Answer) -> list[str]:
    body, faults = _json(answer)
    if LEAKS.search(answer.text):
        faults.append(f"the body discloses {LEAKS.search(answer.text)!r}")
    error = body.get("error") if isinstance(body, dict) and set(body) == {"error"} else None
    if not isinstance(error, dict) or set(error) != {"code", "message", "details", "request_id"}:
        return [*faults, "the body is no error envelope"]
    if error["code"] not in {**CODES, **TROUBLE}.get(answer.status, ()):
        faults.append(f"the code {error['code']} does not go with {answer.status}")
    if not isinstance(error["message"], str) or not error["message"].strip():
        faults.append("the message says nothing")
    if error["request_id"] != answer.header("X-Request-ID"):
        faults.append("request_id is not the X-Request-ID of the answer")
    details = error["details"]
    if not isinstance(details, list) or not all(
        isinstance(detail, dict)
        and set(detail) == {"field", "message"}
        and all(isinstance(text, str) and text for text in detail.values())
        for detail in details
    ):
        faults.append("details is no list of field and message")
    return faults


def _success(answer: Answer) -> list[str]:
    body, faults = _json(answer)
    if not isinstance(body, dict) or "data" not in body:
        return [*faults, "the body has no data"]
    if isinstance(body["data"], list):
        return [*faults, *_page(answer, body)]
    if not isinstance(body["data"], dict) or set(body) != {"data"}:
        return [*faults, "the body is not one resource under data"]
    data, tag = body["data"], answer.header("ETag")
    if "version" in data:
        included = "include=" in answer.query
        if not included and tag != f'"{data["version"]}"':
            faults.append(f"ETag is {tag}, the version {data['version']}")
        if included and tag:
            faults.append("an answer with include has an ETag")
        faults += _resource(data)
    return faults


def _resource(data: dict[str, Any]) -> list[str]:
    faults = []
    if not (isinstance(data.get("id"), str) and UUID.fullmatch(data["id"])):
        faults.append(f"the id {data.get('id')} is no canonical UUID")
    elif data["id"][14] != "7":
        faults.append(f"the id {data['id']} is no UUIDv7")
    if type(data["version"]) is not int or data["version"] < 1:
        faults.append(f"the version is {data['version']!r}")
    return faults


def _page(answer: Answer, body: dict[str, Any]) -> list[str]:
    faults = ["a list has an ETag"] if answer.header("ETag") else []
    if set(body) != {"data", "meta", "links"}:
        return [*faults, f"a page has {sorted(body)}"]
    meta, links = body["meta"], body["links"]
    by_cursor = "cursor" in dict(parse_qsl(answer.query, keep_blank_values=True))
    known = {"limit"} if by_cursor else {"page", "limit", "total"}
    if set(meta) != known or any(type(number) is not int for number in meta.values()):
        return [*faults, f"meta is {meta}"]
    if set(links) != {"self", "next", "prev"} or not isinstance(links["self"], str):
        return [*faults, f"links is {links}"]
    faults += [f"the link {link} is not relative" for link in links.values() if link and not link.startswith("/api/")]
    for row in body["data"]:
        faults += _resource(row)
    if by_cursor:
        rows, limit = len(body["data"]), meta["limit"]
        if rows > limit or (links["next"] and rows < limit) or links["prev"]:
            faults.append(f"{rows} rows by {limit}, with the links {links}")
        return faults
    expected = max(0, min(meta["limit"], meta["total"] - (meta["page"] - 1) * meta["limit"]))
    if len(body["data"]) != expected:
        faults.append(f"{len(body['data'])} rows on page {meta['page']} of {meta['total']} by {meta['limit']}")
    if (links["next"] is not None) != (meta["page"] * meta["limit"] < meta["total"]):
        faults.append(f"next is {links['next']} on page {meta['page']} of {meta['total']} by {meta['limit']}")
    if (links["prev"] is not None) != (meta["page"] > 1):
        faults.append(f"prev is {links['prev']} on page {meta['page']}")
    return faults
