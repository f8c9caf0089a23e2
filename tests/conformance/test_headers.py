"""The identifier of a request, and what browsers are told. What every answer carries the oracle looks at."""

from __future__ import annotations

import pytest

from conformance.client import Answer, Client
from conformance.contract import Domain
from conformance.methods import Method
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

GOOD = ("a", "A-1_b.c", "x" * 128, fresh_uuid())
BAD = ("", " ", "x" * 129, "a b", "a/b", "a;b", "<script>", "a,b", 'a"b', "$(id)", "é")


@pytest.mark.parametrize("text", GOOD)
def test_a_sound_identifier_is_echoed(ada: Person, known: str, text: str) -> None:
    assert ada.get(known, headers={"X-Request-ID": text}).header("X-Request-ID") == text


@pytest.mark.parametrize("text", BAD)
def test_any_other_is_replaced(ada: Person, known: str, text: str) -> None:
    given = ada.get(known, headers={"X-Request-ID": text}).header("X-Request-ID")

    assert given is not None
    assert given.startswith("req_")


def test_every_request_has_an_identifier_of_its_own(anonymous: Client) -> None:
    given = {anonymous.get("/health/live").header("X-Request-ID") for _ in range(20)}

    assert len(given) == 20
    assert all(text is not None and text.startswith("req_") for text in given)


class Asked:
    """Asks for each status that can be had without a race."""

    def __init__(self, domain: Domain, rows: Rows, ada: Person, known: str, method: Method) -> None:
        self._domain, self._rows, self._ada, self._known, self._method = domain, rows, ada, known, method

    def answers(self, headers: dict[str, str]) -> list[Answer]:
        """Return what comes of each request, sent with these headers."""
        ada, known, json = self._ada, self._known, {**headers, "Content-Type": "application/json"}
        return [
            ada.get(known, headers=headers),
            ada.get(known, headers={**headers, "If-None-Match": "*"}),
            ada.send("OPTIONS", known, headers=headers),
            ada.send("HEAD", known, headers=headers),
            ada.patch(known, raw=b"{", headers=json),
            ada.get("/surprise", headers=headers),
            ada.send("TRACE", known, headers=headers),
            ada.patch(known, {}, headers={**headers, "If-Match": '"1000000"'}),
            ada.patch(known, raw=b"x" * (1024 * 1024 + 1), headers=json),
            ada.patch(known, raw=b"{}", headers={**headers, "Content-Type": "text/plain"}),
            *(
                Client(ada.base_url).get(path, headers=headers)
                for path in ("/health/live", "/metrics", "/openapi.json", "/docs")
            ),
            *self._of_accounts(headers),
            *self._of_rows(headers),
        ]

    def _of_accounts(self, headers: dict[str, str]) -> list[Answer]:
        if not self._method.has_accounts:
            return []
        return [
            Client(self._ada.base_url).get(self._known, headers=headers),
            self._ada.get("/api/v1/users", headers=headers),
        ]

    def _of_rows(self, headers: dict[str, str]) -> list[Answer]:
        answers, rows = [], self._rows
        for resource in self._domain.resources[:1]:
            writer, body = rows.writer(resource, self._ada), rows.minimal(resource, self._ada)
            answers += [writer.post(resource.path, body, headers=headers), writer.get(resource.path, headers=headers)]
            one = f"{resource.path}/{rows.create(resource, self._ada)['id']}"
            answers.append(writer.delete(one, headers=headers))
            if any(field.unique for field in resource.fields):
                taken = rows.create(resource, self._ada)
                body |= {field.wire: taken[field.wire] for field in resource.fields if field.unique}
                answers.append(writer.post(resource.path, body, headers=headers))
        return answers

    @property
    def statuses(self) -> set[int]:
        """What there has to be among the answers."""
        some = {200, 204, 304, 400, 404, 405, 412, 413, 415}
        if self._method.has_accounts:
            some |= {401, 403}
        if self._domain.resources:
            some |= {201} | {409 for field in self._domain.resources[0].fields if field.unique}
        return some


@pytest.fixture
def asked(domain: Domain, rows: Rows, ada: Person, known: str, method: Method) -> Asked:
    """Every kind of answer, for the asking."""
    return Asked(domain, rows, ada, known, method)


def test_every_answer_echoes_it(asked: Asked) -> None:
    answers = asked.answers({"X-Request-ID": "conformance-1"})

    assert {answer.status for answer in answers} >= asked.statuses
    for answer in answers:
        assert answer.header("X-Request-ID") == "conformance-1", answer


def test_other_origins_are_told_nothing(asked: Asked) -> None:
    for answer in asked.answers({"Origin": "https://evil.example"}):
        assert answer.header("Access-Control-Allow-Origin") is None, answer
        assert answer.header("Access-Control-Allow-Credentials") is None, answer


def test_a_preflight_allows_nothing(anonymous: Client, known: str) -> None:
    given = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"}

    answer = anonymous.send("OPTIONS", known, headers=given)

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
