"""Collections below what they refer to: the same lists, narrowed."""

from __future__ import annotations

from conformance.contract import Nested
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import fresh_uuid


def below(nested: Nested, rows: Rows, ada: Person) -> tuple[str, list[str]]:
    """Return a new parent's identifier, and those of three rows of it where a field is not unique."""
    if nested.parent.is_account:
        parent, given = ada.id, {}
    else:
        parent = rows.new_id(nested.parent, ada)
        given = {nested.wire: parent}
    count = 1 if nested.wire != "owner_id" and nested.rows.field(nested.wire).unique else 3
    if nested.parent.is_account and nested.wire != "owner_id":
        given = {nested.wire: parent}
    return parent, [str(rows.create(nested.rows, ada, **given)["id"]) for _ in range(count)]


def test_lists_the_rows_of_its_parent(nested: Nested, ada: Person, rows: Rows) -> None:
    if nested.rows.is_account:
        return
    parent, ids = below(nested, rows, ada)
    rows.create(nested.rows, ada)
    reader = rows.writer(nested.rows, ada)

    answer = reader.get(nested.path(parent), {"filter[id][in]": ",".join(ids)})

    assert answer.ids == ids
    assert {row[nested.wire] for row in answer.data} == {parent}
    if not nested.parent.is_account:
        assert reader.get(nested.path(parent)).ids == ids


def test_pages_and_filters_as_every_list(nested: Nested, ada: Person, rows: Rows) -> None:
    if nested.rows.is_account:
        return
    parent, ids = below(nested, rows, ada)
    reader, path = rows.writer(nested.rows, ada), nested.path(parent)
    asked = {"filter[id][in]": ",".join(ids), "sort": "id", "order": "desc", "limit": 1}

    first = reader.get(path, asked)

    assert first.ids == ids[-1:]
    assert first.total == len(ids)
    assert first.json["links"]["self"].partition("?")[0] == path
    if len(ids) > 1:
        assert reader.send("GET", first.json["links"]["next"]).ids == ids[-2:-1]
    assert reader.get(path, {"surprise": 1}).expect(400).fields == {"surprise"}
    assert reader.get(path, {"limit": 101}).expect(400).fields == {"limit"}


def test_is_read_by_cursor_as_every_list(nested: Nested, ada: Person, rows: Rows) -> None:
    if nested.rows.is_account:
        return
    parent, ids = below(nested, rows, ada)
    reader, path = rows.writer(nested.rows, ada), nested.path(parent)
    asked = {"filter[id][in]": ",".join(ids), "sort": "id", "limit": 1}

    found, page = [], reader.get(path, {**asked, "cursor": ""})
    while link := page.json["links"]["next"]:
        assert link.partition("?")[0] == path
        found += page.ids
        page = reader.send("GET", link)

    assert [*found, *page.ids] == ids


def test_of_a_parent_without_rows(nested: Nested, ada: Person, rows: Rows) -> None:
    if nested.parent.is_account or nested.rows.is_account:
        return

    answer = rows.writer(nested.rows, ada).get(nested.path(rows.new_id(nested.parent, ada)))

    assert answer.ids == []
    assert answer.total == 0


def test_of_no_parent(nested: Nested, ada: Person, rows: Rows) -> None:
    reader = rows.admin if nested.rows.is_account else rows.writer(nested.rows, ada)

    for absent in (fresh_uuid(), "nothing", fresh_uuid().upper()):
        reader.get(nested.path(absent)).expect(404)


def test_of_another_accounts_parent(nested: Nested, ada: Person, eve: Person, rows: Rows) -> None:
    if not nested.parent.owned or nested.rows.is_account:
        return

    eve.get(nested.path(rows.new_id(nested.parent, ada))).expect(404)


def test_shows_members_their_own_rows_only(nested: Nested, ada: Person, eve: Person, rows: Rows) -> None:
    if nested.rows.is_account or not nested.rows.owned or nested.parent.owned or nested.parent.is_account:
        return
    parent, ids = below(nested, rows, ada)

    assert eve.get(nested.path(parent)).total == 0
    assert ada.get(nested.path(parent)).ids == ids
    assert rows.admin.get(nested.path(parent)).ids == ids


def test_is_read_only(nested: Nested, ada: Person, rows: Rows) -> None:
    parent = ada.id if nested.parent.is_account else rows.shared_id(nested.parent, ada)
    path = nested.path(parent)

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert rows.admin.send(method, path, {}).expect(405).allow == {"GET", "HEAD", "OPTIONS"}
    rows.admin.get(f"{path}/{fresh_uuid()}").expect(404)


def test_accounts_below_what_they_refer_to(nested: Nested, ada: Person, rows: Rows) -> None:
    if not nested.rows.is_account:
        return
    parent = rows.new_id(nested.parent, ada)
    ada.patch("/api/v1/users/me", {nested.wire: parent}).expect(200)

    assert rows.admin.get(nested.path(parent)).ids == [ada.id]
    ada.get(nested.path(parent)).expect(403)
    ada.patch("/api/v1/users/me", {nested.wire: None}).expect(200)
