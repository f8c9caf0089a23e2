"""A request with an idempotency key has its effect once, however often it is sent."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from conformance.client import Answer, Client, at_once
from conformance.contract import Domain, Resource
from conformance.described import Document, conforms
from conformance.people import Person
from conformance.rows import Rows

RACERS = 20
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
BELONGING = ("Content-Type", "ETag", "Location", "Cache-Control")
"""Headers that go with the body."""


def key(value: str | None = None) -> dict[str, Any]:
    """Return the options of a request with a key, a new one unless it is said which."""
    return {"headers": {"Idempotency-Key": value or str(uuid4())}}


def raw(once: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a request whose body is given as bytes."""
    return {"headers": {**once["headers"], "Content-Type": "application/json"}}


def is_replay(answer: Answer) -> bool:
    """Return whether an answer says that it was given before."""
    said = answer.all("Idempotency-Replayed")
    assert said in ([], ["true"]), answer
    return bool(said)


def count(writer: Client, resource: Resource) -> int:
    """Return how many rows there are."""
    return writer.get(resource.path, {"limit": 1}).total


class TestRepeated:
    def test_makes_one_row(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        body, once = rows.minimal(resource, ada), key()
        before = count(writer, resource)

        first = writer.post(resource.path, body, **once).expect(201)
        again = [writer.post(resource.path, body, **once).expect(201) for _ in range(2)]

        assert not is_replay(first)
        assert all(is_replay(answer) for answer in again)
        assert {answer.body for answer in again} == {first.body}
        for name in BELONGING:
            assert {answer.header(name) for answer in again} == {first.header(name)}
        assert count(writer, resource) == before + 1

    def test_is_known_however_it_is_written(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        body, once = rows.minimal(resource, ada), key()
        first = writer.post(resource.path, body, **once).expect(201)
        other = json.dumps(dict(reversed(body.items())), indent=4).encode()

        again = writer.post(resource.path, raw=other, **raw(once)).expect(201)

        assert is_replay(again)
        assert again.data == first.data

    def test_says_the_same_when_the_row_is_gone(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows
    ) -> None:
        body, once = rows.minimal(resource, ada), key()
        first = writer.post(resource.path, body, **once).expect(201)
        path = f"{resource.path}/{first.data['id']}"
        writer.delete(path).expect(204)

        again = writer.post(resource.path, body, **once).expect(201)

        assert is_replay(again)
        assert again.data == first.data
        writer.get(path).expect(404)

    def test_is_refused_again(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        once = key()
        first = writer.post(resource.path, {"surprise": 1}, **once).expect(400)
        again = writer.post(resource.path, {"surprise": 1}, **once).expect(400)

        assert not is_replay(first)
        assert is_replay(again)
        assert again.json["error"]["details"] == first.json["error"]["details"]
        # The first request with the key was answered; what would be right is another one.
        writer.post(resource.path, rows.minimal(resource, ada), **once).expect(422)
        writer.post(resource.path, rows.minimal(resource, ada), **key()).expect(201)

    def test_counts_from_when_it_could_be_read(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows
    ) -> None:
        once = key()
        writer.post(resource.path, raw=b"{", **raw(once)).expect(400)

        answer = writer.post(resource.path, rows.minimal(resource, ada), **once).expect(201)

        assert not is_replay(answer)


class TestKey:
    def test_is_for_one_request(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows, document: Document
    ) -> None:
        body, once = rows.minimal(resource, ada), key()
        first = writer.post(resource.path, body, **once).expect(201)
        before = count(writer, resource)

        other = writer.post(resource.path, {**body, "surprise": 1}, **once).expect(422)

        assert other.json["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
        assert not is_replay(other)
        conforms(document, "post", resource.path, other)
        assert count(writer, resource) == before
        assert writer.post(resource.path, body, **once).data == first.data

    def test_is_for_one_path(self, domain: Domain, ada: Person, rows: Rows) -> None:
        once = key()
        for resource in domain.resources:
            body = rows.minimal(resource, ada)
            assert not is_replay(rows.writer(resource, ada).post(resource.path, body, **once).expect(201))

    def test_is_its_callers_own(self, owned: Resource, ada: Person, eve: Person, rows: Rows) -> None:
        once = key()
        bodies = {person: rows.minimal(owned, person) for person in (ada, eve)}

        answers = [person.post(owned.path, body, **once).expect(201) for person, body in bodies.items()]

        assert not any(is_replay(answer) for answer in answers)
        assert len({answer.data["id"] for answer in answers}) == len(answers)

    @pytest.mark.parametrize("malformed", ["two words", "x" * 256, "schl\xfcssel"])
    def test_in_another_form_is_refused(
        self, resource: Resource, writer: Client, ada: Person, rows: Rows, malformed: str
    ) -> None:
        answer = writer.post(resource.path, rows.minimal(resource, ada), **key(malformed)).expect(400)

        assert answer.fields == {"Idempotency-Key"}

    def test_of_any_visible_characters(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        for value in (VISIBLE + str(uuid4()), (uuid4().hex * 8)[:255]):
            writer.post(resource.path, rows.minimal(resource, ada), **key(value)).expect(201)

    def test_means_nothing_to_other_methods(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        once, row = key(), rows.create(resource, ada)
        path = f"{resource.path}/{row['id']}"

        for _ in range(2):
            assert not is_replay(writer.get(path, **once).expect(200))
            assert not is_replay(writer.patch(path, {}, **once).expect(200))


def test_of_many_at_once_one_has_an_effect(resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
    body, once = rows.minimal(resource, ada), key()
    before = count(writer, resource)

    answers = at_once([lambda: writer.post(resource.path, body, **once) for _ in range(RACERS)])

    made = [answer.expect(201, 409) for answer in answers if answer.status == 201]
    assert [is_replay(answer) for answer in made].count(False) == 1
    assert len({answer.body for answer in made}) == 1
    for answer in answers:
        if answer.status == 409:
            assert answer.json["error"]["code"] == "IDEMPOTENCY_KEY_IN_USE"
    assert count(writer, resource) == before + 1
    assert is_replay(writer.post(resource.path, body, **once).expect(201))
