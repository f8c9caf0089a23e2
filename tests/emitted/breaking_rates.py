"""Promises about limits, and how a proxy breaks one of them at a time.

The service trusts the proxy, which says honestly from where each request comes: what is broken is broken on top.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from emitted import breaking_proxy as proxy
from emitted.breaking_proxy import Ask, Break, Memory, Mutations, Request, Response

AUTH = "/api/v1/auth"
FORWARDED = "X-Forwarded-For"


def honest(request: Request, ask: Ask, memory: Memory) -> Response:
    """Append whom the request was heard from."""
    return ask(_seen(request, request.address))


def _seen(request: Request, *addresses: str) -> Request:
    hops = ", ".join([*filter(None, proxy.values(request.headers, FORWARDED)), *addresses])
    rest = proxy.without(request.headers, FORWARDED)
    return Request(request.method, request.target, [*rest, (FORWARDED, hops)], request.body, request.address)


def _anywhere() -> str:
    return f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def _told(change: Callable[[Request], str]) -> Break:
    """Name another address in place of the true one."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        return ask(_seen(request, change(request)))

    return broken


def _believed(request: Request, ask: Ask, memory: Memory) -> Response:
    """Pass on what anybody says of where they come from."""
    said = [hops for hops in proxy.values(request.headers, FORWARDED) if hops]
    return ask(_seen(request, *([] if said else [request.address])))


def _counted(*paths: str) -> Break:
    """Let requests count that are for everybody."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        if request.path in paths:
            honest(Request("GET", "/api/v1/users/me", [], b"", request.address), ask, memory)
        return honest(request, ask, memory)

    return broken


def _limited(*paths: str) -> Break:
    """Refuse what is for everybody to those who have nothing left."""

    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        if request.path in paths:
            return honest(Request("GET", "/api/v1/users/me", [], b"", request.address), ask, memory)
        return honest(request, ask, memory)

    return broken


def _on_refusal(change: Callable[[Request, Response], None]) -> Break:
    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        response = honest(request, ask, memory)
        if response.status == 429:
            change(request, response)
        return response

    return broken


def _header(name: str, value: str | None) -> Break:
    def broken(request: Request, ask: Ask, memory: Memory) -> Response:
        response = honest(request, ask, memory)
        response.set(name, value)
        return response

    return broken


def _ends(path: str) -> Callable[[Request], str]:
    """Return what forgets where requests for a path come from."""
    return lambda request: _anywhere() if request.path.endswith(path) else request.address


def _any_password(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let a login be tried again where it was refused."""
    response = honest(request, ask, memory)
    if response.status == 429 and request.path == f"{AUTH}/login":
        return ask(_seen(request, _anywhere()))
    return response


def _accounts_by_address(request: Request, ask: Ask, memory: Memory) -> Response:
    """Let strangers spend what those who are known have: refuse everybody at an address that has spent its own."""
    if request.credentials:
        probe = Request("GET", "/api/v1/users/me", [], b"", request.address)
        refusal = honest(probe, ask, memory)
        if refusal.status == 429:
            return refusal
    return honest(request, ask, memory)


RATES: Mutations = {
    "nobody is limited": ("TestStrangers and share", _told(lambda request: _anywhere())),
    "no Retry-After": ("test_is_spent_and_comes_back", _header("Retry-After", None)),
    "Retry-After is a date": (
        "test_is_spent_and_comes_back",
        _on_refusal(lambda request, response: response.set("Retry-After", "Fri, 21 Nov 2026 23:59:59 GMT")),
    ),
    "a refusal has another code": (
        "test_is_spent_and_comes_back",
        _on_refusal(
            lambda request, response: response.change(
                {"error": {**response.json()["error"], "code": "TOO_MANY_REQUESTS"}}
            )
        ),
    ),
    "nothing is announced": ("test_is_announced", _header("RateLimit", None)),
    "the policy is not told": ("test_is_announced", _header("RateLimit-Policy", None)),
    "anybody names an address": ("test_that_strangers_name_are_not_believed", _believed),
    "health counts": ("test_spend_nothing", _counted("/health/live")),
    "metrics are refused": ("test_answer_those_who_have_spent", _limited("/metrics")),
    "all addresses are one": ("TestAddresses and test_have_a_budget_each", _told(lambda request: "198.19.0.1")),
    "strangers spend what members have": ("test_share_no_address_with_strangers", _accounts_by_address),
    "passwords can be guessed": ("test_takes_a_few_wrong_passwords", _told(_ends("/login"))),
    "a right password is let in when all is spent": ("test_takes_a_few_wrong_passwords", _any_password),
    "registration is open": ("test_makes_a_few_accounts", _told(_ends("/register"))),
    "refresh tokens can be guessed": ("test_is_narrow_everywhere and refresh", _told(_ends("/refresh"))),
    "mails are sent without end": (
        "test_is_narrow_everywhere and forgotten",
        _told(_ends("/password/forgotten")),
    ),
}
"""What is broken: the tests that have to find it, as pytest's -k reads, and how it is broken."""
