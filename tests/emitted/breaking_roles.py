"""Promises about roles, each broken in a way of its own."""

from __future__ import annotations

from typing import Any

from emitted.breaking_proxy import Ask, Break, Memory, Request, Response

ME = "/api/v1/users/me"
NOBODY = "/api/v1/users/00000000-0000-7000-8000-000000000000"
NOWHERE = "/api/v1/nowhere"


def _who(request: Request, ask: Ask) -> dict[str, Any]:
    """Return the account that asks."""
    account: dict[str, Any] = ask(Request("GET", ME, request.credentials, b"")).json()["data"]
    return account


def _is_plain(account: dict[str, Any]) -> bool:
    return "admin" not in account["roles"]


def _as_administrator(request: Request, ask: Ask, memory: Memory) -> Response:
    request.come_as(memory.administrator)
    return ask(request)


def _writes_all(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let whoever has a role write what belongs to nobody."""
    response = ask(request)
    if response.status == 403 and len(_who(request, ask)["roles"]) > 1:
        return _as_administrator(request, ask, memory)
    return response


def _writes_nothing(request: Request, ask: Ask, memory: Memory) -> Response:
    """Take no notice of roles where something is written."""
    if request.method != "GET" and request.path != ME and request.credentials and _is_plain(_who(request, ask)):
        return ask(Request("DELETE", NOBODY, request.credentials, b""))
    return ask(request)


def _own_rows_alone(request: Request, ask: Ask, memory: Memory) -> Response:
    """Hide rows of others from everybody but administrators."""
    response = ask(request)
    body = response.json() if request.method == "GET" and response.status == 200 else None
    if not isinstance(body, dict) or "owner_id" not in str(body) or not _is_plain(me := _who(request, ask)):
        return response
    if isinstance(body["data"], dict) and body["data"].get("owner_id", me["id"]) != me["id"]:
        return ask(Request("GET", NOWHERE, request.credentials, b""))
    return response


def _own_rows_in_lists(request: Request, ask: Ask, memory: Memory) -> Response:
    """Count and list rows of others for nobody but administrators."""
    response = ask(request)
    body = response.json() if request.method == "GET" and response.status == 200 else None
    if isinstance(body, dict) and "meta" in body and "owner_id" in str(body) and _is_plain(me := _who(request, ask)):
        body["data"] = [row for row in body["data"] if row.get("owner_id") == me["id"]]
        body["meta"]["total"] = len(body["data"])
        response.change(body)
    return response


def _everyones_rows(request: Request, ask: Ask, memory: Memory) -> Response:
    """Show whoever has any role the rows of others."""
    response = ask(request)
    if request.method == "GET" and response.status == 404 and len(_who(request, ask)["roles"]) > 1:
        return _as_administrator(request, ask, memory)
    return response


def _reading_is_writing(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let those change a row of others who may read it."""
    response = ask(request)
    if response.status == 403 and request.method in ("PUT", "PATCH", "DELETE"):
        read = ask(Request("GET", request.path, request.credentials, b"")).json()
        if isinstance(read, dict) and "owner_id" in read.get("data", {}):
            return _as_administrator(request, ask, memory)
    return response


def _as_if_absent(request: Request, ask: Ask, memory: Memory) -> Response:
    """Answer a change of a row that can be read as if the row were not there."""
    response = ask(request)
    read = ask(Request("GET", request.path, request.credentials, b"")).json() if response.status == 403 else None
    if isinstance(read, dict) and "owner_id" in read.get("data", {}):
        return ask(Request("GET", NOWHERE, request.credentials, b""))
    return response


def _taking(request: Request, ask: Ask, memory: Memory) -> Response:
    """Give a row to whoever changes it."""
    response = ask(request)
    body = response.json() if request.method in ("PUT", "PATCH") and response.status == 200 else None
    if isinstance(body, dict) and "owner_id" in body["data"]:
        body["data"]["owner_id"] = _who(request, ask)["id"]
        response.change(body)
    return response


def _embeds_all(request: Request, ask: Ask, memory: Memory) -> Response:
    """Embed what the caller may not see."""
    response = ask(request)
    if "include=" in request.target and response.status == 200 and "filter" not in request.target:
        return _as_administrator(request, ask, memory)
    return response


def _refers_to_all(request: Request, ask: Ask, memory: Memory) -> Response:
    """Take references to rows that the caller may not see."""
    response = ask(request)
    if request.method == "POST" and response.status == 400 and b"_id" in response.body:
        return _as_administrator(request, ask, memory)
    return response


def _refers_anew(request: Request, ask: Ask, memory: Memory) -> Response:
    """Look up again what a row refers to already, and miss what the caller may not see."""
    body = request.json() if request.method == "PUT" else None
    loan = body.get("loan_id") if isinstance(body, dict) else None
    if loan and ask(Request("GET", f"/api/v1/loans/{loan}", request.credentials, b"")).status == 404:
        request.body = b"{}"
    return ask(request)


def _accounts(wanted: bytes) -> Break:
    """Let whoever looks after accounts do everything with them that says this."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        response = ask(request)
        if response.status != 403 or wanted not in request.body or not request.path.startswith("/api/v1/users/"):
            return response
        looks_after = ask(Request("GET", request.path, request.credentials, b"")).status == 200
        return _as_administrator(request, ask, memory) if looks_after else response

    return broken


MUTATIONS: dict[str, tuple[str, Break]] = {
    "a role writes what it may not": ("test_what_belongs_to_nobody", _writes_all),
    "a role writes nothing": ("test_what_belongs_to_nobody", _writes_nothing),
    "a role reads nothing of others": ("test_rows_of_others", _own_rows_alone),
    "a role lists nothing of others": ("test_lists_and_totals", _own_rows_in_lists),
    "any role reads everything": ("test_rows_of_others", _everyones_rows),
    "who may read may write": ("test_rows_of_others", _reading_is_writing),
    "what may not be written is not there": ("test_rows_of_others", _as_if_absent),
    "who changes a row owns it": ("test_rows_of_others", _taking),
    "everything is embedded": ("test_what_is_embedded", _embeds_all),
    "everything can be referred to": ("test_references_lead", _refers_to_all),
    "what was referred to has to be seen": ("test_references_that_are_there", _refers_anew),
    "accounts of administrators are looked after": ("test_that_may_do_more", _accounts(b"surprise")),
    "roles are given by whoever looks after accounts": ("test_get_roles", _accounts(b"roles")),
}
"""What is broken: the test that must notice, and how."""
