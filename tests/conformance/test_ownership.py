"""Rows of somebody are there for their owner and for administrators; for all others they do not exist."""

from __future__ import annotations

import pytest

from conformance.client import Client
from conformance.contract import Resource
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

pytestmark = pytest.mark.needs("accounts")


def test_others_see_nothing(owned: Resource, ada: Person, eve: Person, rows: Rows) -> None:
    hers = rows.create(owned, ada)
    path = f"{owned.path}/{hers['id']}"
    body = rows.minimal(owned, eve)

    for answer, nothing in (
        (eve.get(path), eve.get(f"{owned.path}/{fresh_uuid()}")),
        (eve.put(path, body), eve.put(f"{owned.path}/{fresh_uuid()}", body)),
        (eve.patch(path, {}), eve.patch(f"{owned.path}/{fresh_uuid()}", {})),
        (eve.delete(path), eve.delete(f"{owned.path}/{fresh_uuid()}")),
    ):
        assert answer.expect(404).json["error"]["message"] == nothing.expect(404).json["error"]["message"]
    assert ada.get(path).data == hers


def test_not_even_whether_a_version_matches(owned: Resource, ada: Person, eve: Person, rows: Rows) -> None:
    path = f"{owned.path}/{rows.create(owned, ada)['id']}"

    for tag in ('"1"', '"7"', "*"):
        eve.patch(path, {}, headers={"If-Match": tag}).expect(404)
        eve.delete(path, headers={"If-Match": tag}).expect(404)
        eve.get(path, headers={"If-None-Match": tag}).expect(404)


def test_lists_and_totals_count_what_is_visible(owned: Resource, ada: Person, eve: Person, rows: Rows) -> None:
    hers = [rows.create(owned, ada)["id"] for _ in range(2)]
    mine = [rows.create(owned, eve)["id"]]
    asked = {"filter[id][in]": ",".join(hers + mine)}

    for client, seen in ((ada, hers), (eve, mine), (rows.admin, hers + mine)):
        answer = client.get(owned.path, asked)
        assert sorted(answer.ids) == sorted(seen)
        assert answer.total == len(seen)
    assert eve.get(owned.path, {"filter[owner_id]": ada.id}).total == 0
    assert {row["owner_id"] for row in eve.get(owned.path, {"limit": 100}).data} == {eve.id}


def test_a_page_of_what_is_visible_has_no_holes(owned: Resource, ada: Person, eve: Person, rows: Rows) -> None:
    ids = [rows.create(owned, person)["id"] for person in (ada, eve, ada, eve, ada)]
    asked = {"filter[id][in]": ",".join(ids), "limit": 2}

    pages = [ada.get(owned.path, {**asked, "page": page}) for page in (1, 2)]

    assert [page.ids for page in pages] == [[ids[0], ids[2]], [ids[4]]]


def test_administrators_may_do_everything(owned: Resource, ada: Person, rows: Rows) -> None:
    hers = rows.create(owned, ada)
    path = f"{owned.path}/{hers['id']}"

    assert rows.admin.get(path).data == hers
    assert rows.admin.patch(path, {}).data["owner_id"] == ada.id
    assert rows.admin.put(path, rows.minimal(owned, ada)).data["owner_id"] == ada.id
    rows.admin.delete(path).expect(204)
    ada.get(path).expect(404)


def test_administrators_own_what_they_create(owned: Resource, admin: Person, ada: Person, rows: Rows) -> None:
    row = admin.post(owned.path, rows.minimal(owned, admin)).expect(201).data

    assert row["owner_id"] == admin.id
    ada.get(f"{owned.path}/{row['id']}").expect(404)


def test_rows_of_an_account(owned: Resource, ada: Person, eve: Person, rows: Rows, anonymous: Client) -> None:
    hers = rows.create(owned, ada)["id"]
    below = f"/api/v1/users/{ada.id}/{owned.path.rpartition('/')[2]}"
    asked = {"filter[id]": hers}

    assert ada.get(below, asked).ids == [hers]
    assert rows.admin.get(below, asked).ids == [hers]
    eve.get(below).expect(404)
    eve.get(below.replace(ada.id, fresh_uuid())).expect(404)
    rows.admin.get(below.replace(ada.id, fresh_uuid())).expect(404)
    anonymous.get(below).expect(401)
