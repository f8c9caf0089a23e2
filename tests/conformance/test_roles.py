"""What each role of the domain adds to what every member may, and that it adds nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.client import eventually
from conformance.contract import Domain, Reference, Resource, Role
from conformance.methods import Method
from conformance.people import ME, REVOKED_SECONDS, USERS, Person
from conformance.rows import Rows
from conformance.target import Target
from conformance.values import fresh_uuid

Holder = Callable[[Role], Person]

pytestmark = pytest.mark.needs("accounts")


@pytest.fixture
def holder(role: Role, holder_of: Holder) -> Person:
    """Somebody who has the role."""
    return holder_of(role)


def test_it_is_shown_beside_that_of_every_account(role: Role, holder: Person) -> None:
    assert holder.get(ME).data["roles"] == ["member", role.name]


@pytest.mark.needs("roles")
def test_it_counts_from_the_next_request_and_no_longer_than_it_is_held(
    role: Role, domain: Domain, admin: Person, method: Method, target: Target
) -> None:
    written = next(
        (one for one in (*domain.resources, domain.account) if not one.owned and one.name in role.writes), None
    )
    if written is None:
        return
    person, path = method.member(target, "Somebody"), f"{written.path}/{fresh_uuid()}"

    person.delete(path).expect(403)
    for roles, status in (([role.name], 404), ([], 403)):
        admin.patch(f"{USERS}/{person.id}", {"roles": roles}).expect(200)
        eventually(lambda status=status: person.delete(path).status == status, REVOKED_SECONDS, f"{status} for {roles}")


def test_what_belongs_to_nobody_is_read_by_all_and_written_by_some(
    role: Role, shared: Resource, holder: Person, rows: Rows, ada: Person
) -> None:
    row = rows.create(shared, ada)
    path = f"{shared.path}/{row['id']}"

    assert holder.get(path).data == row
    if shared.name not in role.writes:
        holder.post(shared.path, {"surprise": 1}).expect(403)
        for one in (path, f"{shared.path}/{fresh_uuid()}"):
            holder.put(one, {"surprise": 1}).expect(403)
            holder.patch(one, {}).expect(403)
            holder.delete(one).expect(403)
        assert holder.get(path).data == row
        return
    made = holder.post(shared.path, rows.minimal(shared, holder)).expect(201).data
    mine = f"{shared.path}/{made['id']}"
    assert holder.patch(mine, {}).expect(200).data["version"] == 2
    holder.put(mine, rows.minimal(shared, holder)).expect(200)
    holder.post(shared.path, {"surprise": 1}).expect(400)
    holder.delete(mine).expect(204)
    holder.delete(mine).expect(404)


def test_rows_of_others_are_open_to_some(
    role: Role, owned: Resource, holder: Person, rows: Rows, ada: Person, eve: Person
) -> None:
    hers = rows.create(owned, ada)
    path = f"{owned.path}/{hers['id']}"
    reads, writes = owned.name in role.reads, owned.name in role.writes

    if reads:
        assert holder.get(path).data == hers
    else:
        holder.get(path).expect(404)
    if writes:
        changed = holder.patch(path, {}, headers={"If-Match": f'"{hers["version"]}"'}).expect(200).data
        assert changed["owner_id"] == ada.id
        holder.patch(path, {}, headers={"If-Match": f'"{hers["version"]}"'}).expect(412)
        assert holder.put(path, rows.minimal(owned, holder)).expect(200).data["owner_id"] == ada.id
        holder.delete(path).expect(204)
        ada.get(path).expect(404)
        return
    for body in ({}, {"surprise": 1}):
        holder.put(path, body).expect(403 if reads else 404)
        holder.patch(path, body).expect(403 if reads else 404)
    holder.patch(path, {}, headers={"If-Match": '"7"'}).expect(403 if reads else 404)
    holder.delete(path).expect(403 if reads else 404)
    holder.patch(f"{owned.path}/{fresh_uuid()}", {}).expect(404)
    assert ada.get(path).data == hers
    eve.get(path).expect(404)


def test_lists_and_totals_count_what_is_open(
    role: Role, owned: Resource, holder: Person, rows: Rows, ada: Person
) -> None:
    hers, mine = rows.create(owned, ada)["id"], rows.create(owned, holder)["id"]
    expected = sorted([hers, mine] if owned.name in role.reads else [mine])

    answer = holder.get(owned.path, {"filter[id][in]": f"{hers},{mine}"})

    assert (sorted(answer.ids), answer.total) == (expected, len(expected))
    below = f"{USERS}/{ada.id}/{owned.path.rpartition('/')[2]}"
    if owned.name in role.reads:
        assert holder.get(below, {"filter[id]": hers}).ids == [hers]
        holder.get(below.replace(ada.id, fresh_uuid())).expect(404)
    else:
        holder.get(below).expect(404)


def test_own_rows_stay_own_rows(role: Role, owned: Resource, holder: Person, rows: Rows, eve: Person) -> None:
    mine = rows.create(owned, holder)
    path = f"{owned.path}/{mine['id']}"

    assert mine["owner_id"] == holder.id
    eve.get(path).expect(404)
    holder.post(owned.path, {**rows.minimal(owned, holder), "owner_id": eve.id}).expect(400)
    holder.patch(path, {}).expect(200)
    holder.delete(path).expect(204)


def test_what_is_embedded_or_lies_below_is_open_to_the_same(
    role: Role, to_owned: Reference, holder: Person, rows: Rows, ada: Person
) -> None:
    referring = to_owned.rows
    if referring.owned and referring.name not in role.reads:
        return
    hers = rows.new_id(to_owned.end, ada)
    row = rows.create(referring, ada, **{to_owned.field.wire: hers})
    opens = to_owned.end.name in role.reads

    shown = holder.get(f"{referring.path}/{row['id']}", {"include": to_owned.field.name}).data
    listed = holder.get(referring.path, {"filter[id]": row["id"], "include": to_owned.field.name}).data[0]

    for one in (shown, listed):
        assert one[to_owned.field.wire] == hers
        assert (one[to_owned.field.name] or {}).get("id") == (hers if opens else None)
    below = [nested for nested in rows.domain.nested if (nested.rows, nested.wire) == (referring, to_owned.field.wire)]
    for nested in below:
        answer = holder.get(nested.path(hers)).expect(200 if opens else 404)
        assert not opens or row["id"] in answer.ids


def test_references_lead_to_what_is_open(
    role: Role, to_owned: Reference, holder: Person, rows: Rows, ada: Person
) -> None:
    referring = to_owned.rows
    if not referring.owned and referring.name not in role.writes:
        return
    hers = rows.new_id(to_owned.end, ada)

    answer = holder.post(referring.path, rows.minimal(referring, holder, **{to_owned.field.wire: hers}))

    if to_owned.end.name in role.reads:
        assert answer.expect(201).data[to_owned.field.wire] == hers
    else:
        assert answer.expect(400).fields == {to_owned.field.wire}


def test_references_that_are_there_already_stay(
    role: Role, to_owned: Reference, holder: Person, rows: Rows, ada: Person
) -> None:
    referring, wire = to_owned.rows, to_owned.field.wire
    if referring.name not in role.writes:
        return
    hers, another = (rows.new_id(to_owned.end, ada) for _ in range(2))
    path = f"{referring.path}/{rows.create(referring, ada, **{wire: hers})['id']}"
    body = rows.minimal(referring, holder, **{wire: hers})

    for answer in (holder.put(path, body), holder.patch(path, {wire: hers})):
        assert answer.expect(200).data[wire] == hers
    answer = holder.put(path, {**body, wire: another})
    if to_owned.end.name in role.reads:
        assert answer.expect(200).data[wire] == another
    else:
        assert answer.expect(400).fields == {wire}


class TestAccounts:
    def test_are_shown_to_some(self, role: Role, holder: Person, ada: Person, admin: Person) -> None:
        reads = "user" in role.reads

        holder.get(USERS).expect(200 if reads else 403)
        for person in (ada, admin):
            answer = holder.get(f"{USERS}/{person.id}").expect(200 if reads else 403)
            assert not reads or answer.data["id"] == person.id

    def test_are_looked_after_by_some(
        self, role: Role, holder: Person, method: Method, target: Target, ada: Person
    ) -> None:
        path = f"{USERS}/{method.member(target, 'Somebody').id}"
        if "user" not in role.writes:
            holder.patch(path, {"surprise": 1}).expect(403)
            holder.delete(path).expect(403)
            return
        assert holder.patch(path, {"is_active": False}).expect(200).data["is_active"] is False
        holder.patch(path, {"is_active": True}, headers={"If-Match": '"1"'}).expect(412)
        holder.patch(path, {"surprise": 1}).expect(400)
        holder.delete(path).expect(204)
        holder.delete(path).expect(404)

    @pytest.mark.needs("roles")
    def test_get_roles_from_administrators_alone(
        self, role: Role, holder: Person, method: Method, target: Target, domain: Domain
    ) -> None:
        member = method.member(target, "Somebody")
        for path in (f"{USERS}/{member.id}", f"{USERS}/{holder.id}"):
            for given in ("admin", *(one.name for one in domain.roles)):
                holder.patch(path, {"roles": [given]}).expect(403)
        holder.patch(ME, {"roles": ["admin"]}).expect(400)
        assert member.get(ME).data["roles"] == ["member"]

    def test_that_may_do_more_are_left_alone(
        self, role: Role, holder: Person, admin: Person, domain: Domain, holder_of: Holder
    ) -> None:
        others = [holder_of(other) for other in domain.roles if other != role]
        for person in (admin, *others):
            before = person.get(ME).data
            for body in ({}, {"is_active": False}, {"surprise": 1}):
                holder.patch(f"{USERS}/{person.id}", body).expect(403)
            holder.delete(f"{USERS}/{person.id}").expect(403)
            assert person.get(ME).data == before
