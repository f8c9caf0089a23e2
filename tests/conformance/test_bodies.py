"""Bodies: JSON without its traps, of one media type, up to a size; and looked at last."""

from __future__ import annotations

import pytest

from conformance.client import Client
from conformance.contract import Domain
from conformance.people import ME, Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

JSON = {"Content-Type": "application/json"}
LIMIT = 1024 * 1024
DEEPEST = 32

MALFORMED = {
    "nothing": b"",
    "blanks": b"  ",
    "a half": b"{",
    "two values": b"{} {}",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"name"',
    "a number": b"5",
    "a word": b"name",
    "single quotes": b"{'name': 'Ada'}",
    "a comma too many": b'{"name": "Ada",}',
    "a comment": b'{"name": "Ada" /* me */}',
    "the same key twice": b'{"name": "Ada", "name": "Eve"}',
    "the same key twice, once escaped": b'{"name": "Ada", "n\\u0061me": "Eve"}',
    "the same key twice, deeper": b'{"name": {"a": 1, "a": 2}}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "a number beyond doubles": b'{"name": 1e999}',
    "a number beyond 64 bits": b'{"name": 9223372036854775808}',
    "a number of many digits": b'{"name": ' + b"9" * 5000 + b"}",
    "a mark of the byte order": b'\xef\xbb\xbf{"name": "Ada"}',
    "UTF-16": '{"name": "Ada"}'.encode("utf-16"),
    "UTF-32": '{"name": "Ada"}'.encode("utf-32-le"),
    "Latin-1": b'{"name": "J\xf6rg"}',
    "half a character in UTF-8": b'{"name": "\xf0\x9f\x8f"}',
    "a surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "NUL": b'{"name": "Ada\x00"}',
    "NUL, escaped": b'{"name": "\\u0000"}',
    "a control character": b'{"name": "a\x1bb"}',
    "a control character, escaped": b'{"name": "a\\u001bb"}',
    "a line break in a line": b'{"name": "a\\nb"}',
    "half a character": b'{"name": "\\ud83c"}',
    "the other half": b'{"name": "\\udffa"}',
    "a key with NUL": b'{"na\\u0000me": "Ada"}',
    "too many levels": b'{"name": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
    "very many levels": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "very many levels of objects": b'{"name": ' * 20_000 + b"1" + b"}" * 20_000,
}

OTHER_MEDIA = (
    "text/plain",
    "text/json",
    "application/xml",
    "application/jsonp",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    "application/json, text/plain",
    "json",
)
SAME_MEDIA = ("application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON")

Said = tuple[Client, str, str]


@pytest.fixture
def place(
    request: pytest.FixtureRequest, domain: Domain, rows: Rows, ada: Person
) -> tuple[Client, list[tuple[str, str]]]:
    """Who may send bodies, and where: an account's own, and a row's."""
    if request.param == "me":
        return ada, [("PATCH", ME)]
    resource = domain.resources[-1]
    one = f"{resource.path}/{rows.create(resource, ada)['id']}"
    return rows.writer(resource, ada), [("POST", resource.path), ("PUT", one), ("PATCH", one)]


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_no_sound_json_object_is_refused(place: tuple[Client, list[tuple[str, str]]], what: str) -> None:
    client, requests = place
    for method, path in requests:
        answer = client.send(method, path, raw=MALFORMED[what], headers=JSON)

        if what == "nothing":
            answer.expect(400, 415)
        else:
            assert answer.expect(400).json["error"]["details"]


def test_whole_characters_are_welcome(said: Said) -> None:
    client, path, name = said
    raw = b'{"%b": "\\ud83c\\udffa \\u00e9 \xe6\xbc\xa2"}' % name.encode()

    assert client.patch(path, raw=raw, headers=JSON).data[name] == "🏺 é 漢"


def test_white_space_around_is_welcome(said: Said) -> None:
    client, path, name = said
    client.patch(path, raw=b' \r\n\t{ "%b" : "Ada" } \n' % name.encode(), headers=JSON).expect(200)


@pytest.mark.parametrize("media_type", OTHER_MEDIA)
def test_other_media_types_are_refused(place: tuple[Client, list[tuple[str, str]]], media_type: str) -> None:
    client, requests = place
    for method, path in requests:
        client.send(method, path, raw=b"{}", headers={"Content-Type": media_type}).expect(415)


def test_a_body_must_say_what_it_is(place: tuple[Client, list[tuple[str, str]]]) -> None:
    client, requests = place
    for method, path in requests:
        client.send(method, path, raw=b"{}").expect(415)


def test_merge_patch_is_for_changes_only(place: tuple[Client, list[tuple[str, str]]]) -> None:
    client, requests = place
    for method, path in requests:
        answer = client.send(method, path, raw=b"{}", headers={"Content-Type": "application/merge-patch+json"})
        answer.expect(200 if method == "PATCH" else 415)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "surprise"])
def test_compressed_bodies_are_refused(place: tuple[Client, list[tuple[str, str]]], encoding: str) -> None:
    client, requests = place
    for method, path in requests:
        client.send(method, path, raw=b"{}", headers={**JSON, "Content-Encoding": encoding}).expect(415)


@pytest.mark.parametrize("media_type", SAME_MEDIA)
def test_json_may_say_its_encoding(ada: Person, known: str, media_type: str) -> None:
    ada.patch(known, raw=b"{}", headers={"Content-Type": media_type}).expect(200)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", "nothing"])
def test_accept_is_not_negotiated(ada: Person, domain: Domain, known: str, accept: str) -> None:
    ada.get(known, headers={"Accept": accept}).expect(200)
    ada.get(f"/api/v1/users/{accept}", headers={"Accept": accept}).expect(403, 404)
    for resource in domain.resources[:1]:
        ada.get(resource.path, headers={"Accept": accept}).expect(200)
        ada.get(f"{resource.path}/{accept}", headers={"Accept": accept}).expect(404)


class TestSize:
    def test_too_much_is_refused_as_announced(self, place: tuple[Client, list[tuple[str, str]]]) -> None:
        client, requests = place
        for method, path in requests:
            client.send(method, path, raw=b"{}".ljust(LIMIT + 1), headers=JSON).expect(413)

    def test_too_much_is_refused_in_chunks(self, place: tuple[Client, list[tuple[str, str]]]) -> None:
        client, requests = place
        for method, path in requests:
            chunks = [b"{}", *(b" " * 65536 for _ in range(LIMIT // 65536))]

            client.send(method, path, chunks=chunks, headers=JSON).expect(413)

    def test_as_much_as_is_allowed_is_taken(self, ada: Person, known: str) -> None:
        ada.patch(known, raw=b"{}".ljust(LIMIT), headers=JSON).expect(200)

    def test_chunks_are_taken(self, said: Said) -> None:
        client, path, name = said
        raw = b'{"%b": "Ada"}' % name.encode()

        assert client.patch(path, chunks=[raw[:3], raw[3:9], raw[9:]], headers=JSON).data[name] == "Ada"


class TestOrder:
    """Authentication and permission come before existence, and existence before the body."""

    @pytest.mark.needs("accounts")
    def test_nobody_learns_whether_a_body_is_valid(self, domain: Domain, anonymous: Client) -> None:
        for path in (domain.account.path, *(resource.path for resource in domain.resources)):
            one = f"{path}/{fresh_uuid()}"
            targets = (
                [("PATCH", one)] if path == domain.account.path else [("POST", path), ("PUT", one), ("PATCH", one)]
            )
            for method, place in targets:
                anonymous.send(method, place, raw=b"{", headers=JSON).expect(401)
                anonymous.send(method, place, raw=b"x", headers={"Content-Type": "text/plain"}).expect(401)

    @pytest.mark.needs("accounts")
    def test_neither_does_who_may_not_write(self, domain: Domain, ada: Person) -> None:
        for resource in domain.resources:
            if not resource.owned:
                one = f"{resource.path}/{fresh_uuid()}"
                for method, place in (("POST", resource.path), ("PUT", one), ("PATCH", one)):
                    ada.send(method, place, raw=b"{", headers=JSON).expect(403)

    def test_what_is_not_there_is_not_there_whatever_the_body(self, domain: Domain, ada: Person, rows: Rows) -> None:
        if domain.has_accounts:
            rows.admin.send("PATCH", f"{domain.account.path}/{fresh_uuid()}", raw=b"{", headers=JSON).expect(404)
        for resource in domain.resources:
            for method in ("PUT", "PATCH"):
                one = f"{resource.path}/{fresh_uuid()}"
                rows.writer(resource, ada).send(method, one, raw=b"{", headers=JSON).expect(404)
