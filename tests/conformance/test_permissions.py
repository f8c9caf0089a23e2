"""Who may do what: nobody anything, members what is theirs, administrators everything."""

from __future__ import annotations

import pytest

from conformance.client import Client
from conformance.contract import Domain, Resource
from conformance.people import ME, Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

pytestmark = pytest.mark.needs("accounts")


@pytest.fixture
def one(resource: Resource, ada: Person, rows: Rows) -> str:
    """The path of a row that Ada may see."""
    return f"{resource.path}/{rows.create(resource, ada)['id']}"


class TestNobody:
    def test_may_do_nothing(self, resource: Resource, one: str, anonymous: Client) -> None:
        anonymous.get(resource.path).expect(401)
        anonymous.post(resource.path, {}).expect(401)
        for path in (one, f"{resource.path}/{fresh_uuid()}"):
            anonymous.get(path).expect(401)
            anonymous.put(path, {}).expect(401)
            anonymous.patch(path, {}).expect(401)
            anonymous.delete(path).expect(401)

    def test_learns_nothing_of_what_is_below(self, domain: Domain, anonymous: Client) -> None:
        for nested in domain.nested:
            anonymous.get(nested.path(fresh_uuid())).expect(401)

    def test_has_no_account(self, domain: Domain, anonymous: Client, ada: Person) -> None:
        for path in (ME, domain.account.path, f"{domain.account.path}/{ada.id}"):
            anonymous.get(path).expect(401)
        anonymous.patch(ME, {}).expect(401)
        anonymous.delete(f"{domain.account.path}/{ada.id}").expect(401)


class TestMembers:
    def test_read_what_belongs_to_nobody(self, shared: Resource, ada: Person, rows: Rows) -> None:
        row = rows.create(shared, ada)

        assert ada.get(f"{shared.path}/{row['id']}").data == row
        assert ada.get(shared.path, {"filter[id]": row["id"]}).ids == [row["id"]]

    def test_may_not_write_it_whether_it_is_there_or_not(self, shared: Resource, ada: Person, rows: Rows) -> None:
        row = rows.create(shared, ada)
        body = rows.minimal(shared, ada)

        ada.post(shared.path, body).expect(403)
        ada.post(shared.path, {"surprise": 1}).expect(403)
        for id_ in (row["id"], fresh_uuid()):
            path = f"{shared.path}/{id_}"
            ada.put(path, body).expect(403)
            ada.patch(path, {}).expect(403)
            ada.patch(path, {}, headers={"If-Match": '"7"'}).expect(403)
            ada.delete(path).expect(403)
        assert ada.get(f"{shared.path}/{row['id']}").data == row

    def test_do_as_they_like_with_their_own(self, owned: Resource, ada: Person, rows: Rows) -> None:
        path = f"{owned.path}/{rows.create(owned, ada)['id']}"

        ada.get(path).expect(200)
        ada.put(path, rows.minimal(owned, ada)).expect(200)
        ada.patch(path, {}).expect(200)
        ada.delete(path).expect(204)

    def test_do_not_see_accounts(self, domain: Domain, ada: Person, eve: Person) -> None:
        ada.get(domain.account.path).expect(403)
        for id_ in (ada.id, eve.id, fresh_uuid()):
            path = f"{domain.account.path}/{id_}"
            ada.get(path).expect(403)
            ada.patch(path, {"roles": ["admin"]}).expect(403)
            ada.delete(path).expect(403)


class TestAdministrators:
    def test_write_what_belongs_to_nobody(self, shared: Resource, ada: Person, rows: Rows) -> None:
        path = f"{shared.path}/{rows.create(shared, ada)['id']}"

        rows.admin.put(path, rows.minimal(shared, ada)).expect(200)
        rows.admin.patch(path, {}).expect(200)
        rows.admin.delete(path).expect(204)
