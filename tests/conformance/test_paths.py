"""What is nowhere, what is not allowed, and what `HEAD`, `OPTIONS` and `TRACE` say."""

from __future__ import annotations

import pytest

from conformance.client import Client
from conformance.contract import Domain, Resource
from conformance.people import ME, Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
OPERATIONS = ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs")

# No identifier that is not canonical names anything, even where a lenient parser would find a UUID in it.
NOT_CANONICAL = ("nothing", "1", "{id}", "..%2f", "ID-", "UPPER", "BARE", "BRACED", "URN")


@pytest.fixture
def one(resource: Resource, ada: Person, rows: Rows) -> str:
    """The path of a row."""
    return f"{resource.path}/{rows.create(resource, ada)['id']}"


@pytest.mark.parametrize("form", NOT_CANONICAL)
def test_an_identifier_in_another_form_is_nothing(
    resource: Resource, writer: Client, one: str, rows: Rows, ada: Person, form: str
) -> None:
    id_ = one.rpartition("/")[2]
    forms = {
        "ID-": f"{id_}-",
        "UPPER": id_.upper(),
        "BARE": id_.replace("-", ""),
        "BRACED": f"%7B{id_}%7D",
        "URN": f"urn:uuid:{id_}",
        "{id}": "%7Bid%7D",
    }
    path = f"{resource.path}/{forms.get(form, form)}"

    writer.get(path).expect(404)
    writer.put(path, rows.minimal(resource, ada)).expect(404)
    writer.patch(path, {}).expect(404)
    writer.delete(path).expect(404)
    writer.get(one).expect(200)


def test_slashes_too_many_are_never_redirected(resource: Resource, writer: Client, one: str) -> None:
    doubled = [f"/{one}", one.replace("/v1/", "/v1//"), one.replace("/api/", "/api//"), one.replace("/api", "//api")]
    for path in (f"{resource.path}/", f"{one}/", f"{resource.path}//", *doubled, f"{resource.path}/?page=1"):
        writer.get(path).expect(404)
    writer.post(f"{resource.path}/", {}).expect(404)


def test_what_is_below_a_row_is_nothing(resource: Resource, writer: Client, one: str) -> None:
    for path in (f"{one}/surprise", f"{one}/{fresh_uuid()}", f"{resource.path}.json", resource.path.upper()):
        writer.get(path).expect(404)


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/api/v2/users", "/api/v1/surprise", "/surprise"])
def test_no_such_route(admin: Person, path: str) -> None:
    admin.get(path).expect(404)


def test_nothing_is_below_what_is_known(admin: Person, known: str) -> None:
    admin.get(f"{known}/surprise").expect(404)


@pytest.mark.parametrize("path", ["/%00", "/api/v1/users/%00", "/api/v1/%00"])
def test_nul_is_nothing_or_not_valid(admin: Person, path: str) -> None:
    admin.get(path).expect(400, 404)


@pytest.mark.parametrize("path", OPERATIONS)
def test_slashes_too_many_elsewhere(admin: Person, path: str) -> None:
    admin.get(f"{path}/").expect(404)
    admin.get(f"/{path}").expect(404)


def routes(resource: Resource, one: str) -> dict[str, set[str]]:
    """Return the methods of a resource's two paths."""
    return {
        resource.path: {"GET", "HEAD", "POST", "OPTIONS"},
        one: {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"},
    }


def test_options_says_what_is_allowed(resource: Resource, writer: Client, one: str) -> None:
    for path, allowed in routes(resource, one).items():
        assert writer.send("OPTIONS", path).expect(204).allow == allowed


def test_other_methods_are_refused(resource: Resource, writer: Client, one: str) -> None:
    for path, allowed in routes(resource, one).items():
        for method in METHODS:
            if method not in allowed:
                assert writer.send(method, path).expect(405).allow == allowed


def test_head_is_get_without_its_body(resource: Resource, writer: Client, one: str) -> None:
    for path in (resource.path, f"{resource.path}?limit=1", one, f"{resource.path}/{fresh_uuid()}"):
        head, get = writer.send("HEAD", path), writer.send("GET", path)

        assert head.status == get.status
        assert head.body == b""
        for name in ("ETag", "Content-Type", "Cache-Control"):
            assert head.header(name) == get.header(name)
        assert head.header("Content-Length") in (None, str(len(get.body)))


def test_head_honours_conditions(resource: Resource, writer: Client, one: str) -> None:
    writer.send("HEAD", one, headers={"If-None-Match": '"1"'}).expect(304)
    writer.send("HEAD", one, headers={"If-None-Match": '"2"'}).expect(200)


@pytest.mark.needs("accounts")
class TestAccounts:
    @pytest.mark.parametrize("path", [ME, "/api/v1/users"])
    def test_slashes_too_many(self, admin: Person, path: str) -> None:
        admin.get(f"{path}/").expect(404)
        admin.get(f"/{path}").expect(404)

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            (ME, {"GET", "HEAD", "PATCH", "OPTIONS"}),
            ("/api/v1/users/{id}", {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"}),
        ],
    )
    def test_methods(self, admin: Person, path: str, allowed: set[str]) -> None:
        path = path.format(id=admin.id)

        assert admin.send("OPTIONS", path).expect(204).allow == allowed
        for method in METHODS:
            if method not in allowed:
                assert admin.send(method, path).expect(405).allow == allowed
        assert admin.send("HEAD", path).expect(200).etag == admin.get(path).etag

    def test_identifiers_are_canonical(self, admin: Person, domain: Domain) -> None:
        for text in (admin.id.upper(), admin.id.replace("-", ""), "nobody", fresh_uuid()):
            admin.get(f"{domain.account.path}/{text}").expect(404)


@pytest.mark.parametrize("path", OPERATIONS)
def test_operations_are_read_only(anonymous: Client, path: str) -> None:
    assert anonymous.send("OPTIONS", path).expect(204).allow == {"GET", "HEAD", "OPTIONS"}
    assert anonymous.send("HEAD", path).expect(200).body == b""
    for method in METHODS[1:]:
        assert anonymous.send(method, path).expect(405).allow == {"GET", "HEAD", "OPTIONS"}
