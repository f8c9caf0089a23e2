"""The identifier of a request, and what browsers are told. What every answer carries the oracle looks at."""

from __future__ import annotations

import pytest

from conformance.client import Answer, Client
from conformance.contract import Domain
from conformance.people import AUTH, ME, Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

GOOD = ("a", "A-1_b.c", "x" * 128, fresh_uuid())
BAD = ("", " ", "x" * 129, "a b", "a/b", "a;b", "<script>", "a,b", 'a"b', "$(id)", "é")


@pytest.mark.parametrize("text", GOOD)
def test_a_sound_identifier_is_echoed(ada: Person, text: str) -> None:
    assert ada.get(ME, headers={"X-Request-ID": text}).header("X-Request-ID") == text


@pytest.mark.parametrize("text", BAD)
def test_any_other_is_replaced(ada: Person, text: str) -> None:
    given = ada.get(ME, headers={"X-Request-ID": text}).header("X-Request-ID")

    assert given is not None
    assert given.startswith("req_")


def test_every_request_has_an_identifier_of_its_own(anonymous: Client) -> None:
    given = {anonymous.get("/health/live").header("X-Request-ID") for _ in range(20)}

    assert len(given) == 20
    assert all(text is not None and text.startswith("req_") for text in given)


def every_kind_of_answer(domain: Domain, rows: Rows, ada: Person, headers: dict[str, str]) -> list[Answer]:
    """Ask for each status that can be had without a race."""
    nobody = Client(ada.base_url)
    json = {**headers, "Content-Type": "application/json"}
    answers = [
        ada.get(ME, headers=headers),
        ada.get(ME, headers={**headers, "If-None-Match": "*"}),
        ada.send("OPTIONS", ME, headers=headers),
        ada.send("HEAD", ME, headers=headers),
        ada.patch(ME, raw=b"{", headers=json),
        nobody.get(ME, headers=headers),
        ada.get("/api/v1/users", headers=headers),
        ada.get("/surprise", headers=headers),
        ada.send("TRACE", ME, headers=headers),
        nobody.post(f"{AUTH}/register", {"email": ada.email, "password": ada.password, "name": "A"}, headers=headers),
        ada.patch(ME, {}, headers={**headers, "If-Match": '"1000000"'}),
        ada.patch(ME, raw=b"x" * (1024 * 1024 + 1), headers=json),
        ada.patch(ME, raw=b"{}", headers={**headers, "Content-Type": "text/plain"}),
        *(nobody.get(path, headers=headers) for path in ("/health/live", "/metrics", "/openapi.json", "/docs")),
    ]
    for resource in domain.resources[:1]:
        writer = rows.writer(resource, ada)
        created = writer.post(resource.path, rows.minimal(resource, ada), headers=headers).expect(201)
        one = f"{resource.path}/{created.data['id']}"
        answers += [created, writer.get(resource.path, headers=headers), writer.delete(one, headers=headers)]
    return answers


def test_every_answer_echoes_it(domain: Domain, rows: Rows, ada: Person) -> None:
    answers = every_kind_of_answer(domain, rows, ada, {"X-Request-ID": "conformance-1"})

    assert {answer.status for answer in answers} >= {200, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415}
    for answer in answers:
        assert answer.header("X-Request-ID") == "conformance-1", answer


def test_other_origins_are_told_nothing(domain: Domain, rows: Rows, ada: Person) -> None:
    for answer in every_kind_of_answer(domain, rows, ada, {"Origin": "https://evil.example"}):
        assert answer.header("Access-Control-Allow-Origin") is None, answer
        assert answer.header("Access-Control-Allow-Credentials") is None, answer


def test_a_preflight_allows_nothing(anonymous: Client) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"}

    answer = anonymous.send("OPTIONS", ME, headers=asked)

    assert not any(name.lower().startswith("access-control-") for name, _ in answer.headers)


def test_the_host_is_never_repeated(domain: Domain, rows: Rows, ada: Person) -> None:
    for resource in domain.resources[:1]:
        writer = rows.writer(resource, ada)
        given = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}

        created = writer.post(resource.path, rows.minimal(resource, ada), headers=given)
        listed = writer.get(resource.path, headers=given)

        for answer in (created.expect(201), listed.expect(200)):
            assert "evil.example" not in answer.text
            assert not any("evil.example" in value for _, value in answer.headers)


def test_the_server_does_not_say_what_it_runs_on(anonymous: Client) -> None:
    for name, value in anonymous.get("/api/v1/surprise").headers:
        assert name.lower() != "x-powered-by"
        assert not (name.lower() == "server" and any(digit.isdigit() for digit in value)), value
