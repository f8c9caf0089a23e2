"""Accounts: one's own, those of others for administrators, the last administrator, and what goes with an account."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from conformance.client import Client, at_once, eventually
from conformance.contract import Domain, Field
from conformance.methods import Method
from conformance.methods.passwords import register
from conformance.people import ME, REVOKED_SECONDS, USERS, Person, ends
from conformance.rows import Rows
from conformance.values import ECHO, accepted, fresh_uuid, refused, same, wire

pytestmark = pytest.mark.needs("accounts")

ISSUED_SECONDS = 1.1
"""Tokens say in whole seconds when they were issued, and those of before are refused."""

REMOVED_SECONDS = 10
"""How long the rows of a deleted account may be seen."""

ANewMember = Callable[[], Person]


class TestOnesOwn:
    def test_is_shown(self, ada: Person, domain: Domain) -> None:
        account = ada.get(ME).data

        assert set(account) == set(domain.account.shown)
        assert account.get("email") == (ada.email or None)
        assert account["name"] == ada.name == "Ada"
        assert account["roles"] == ["member"]
        assert account["is_active"] is True
        assert account["id"] == ada.id

    def test_has_the_defaults_of_the_domain(self, a_member: ANewMember, domain: Domain) -> None:
        account = a_member().get(ME).data

        for field in domain.account.fields:
            assert same(field, account[field.wire], wire(field.default))

    @pytest.mark.needs("names")
    def test_can_be_renamed(self, a_member: ANewMember, admin: Person) -> None:
        ada = a_member()
        before = ada.get(ME).data

        after = ada.patch(ME, {"name": "Ada L. 🏺"}).expect(200).data

        changed = {"name": "Ada L. 🏺", "version": before["version"] + 1, "updated_at": after["updated_at"]}
        assert after == {**before, **changed}
        assert admin.get(f"{USERS}/{ada.id}").data == after

    @pytest.mark.needs("email")
    def test_cannot_have_anothers_address(self, ada: Person, eve: Person) -> None:
        for taken in (eve.email, eve.email.upper()):
            ada.patch(ME, {"email": taken}).expect(409)
        ada.patch(ME, {"email": ada.email}).expect(200)

    @pytest.mark.parametrize(
        "name", ["roles", "is_active", "id", "version", "created_at", "updated_at", "password", "surprise"]
    )
    def test_refuses_what_is_not_theirs_to_change(self, ada: Person, name: str) -> None:
        value = {"roles": ["admin"], "is_active": True}.get(name, "x")

        assert ada.patch(ME, {name: value}).expect(400).fields == {name}
        assert ada.get(ME).data["roles"] == ["member"]

    def test_refuses_what_comes_from_elsewhere(self, ada: Person, admin: Person, method: Method) -> None:
        given = {"email": "ada@example.org", "name": "Somebody else", "roles": ["member"]}
        fixed = set(given) - {what for what in ("email", "name", "roles") if {what, f"{what}s"} & method.has}

        for name in fixed:
            ada.patch(ME, {name: given[name]}).expect(400)
            assert admin.patch(f"{USERS}/{ada.id}", {name: given[name]}).expect(400).fields == {name}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("name", value) for value in (5, None, "", "x" * 121, f"{ECHO}\x00", [ECHO], True)),
            *(("email", value) for value in (5, None, "", ECHO, f"{ECHO} @example.org", f"{'x' * 250}@example.org")),
        ],
    )
    @pytest.mark.needs("names")
    def test_refuses_what_is_none(self, ada: Person, name: str, value: object) -> None:
        answer = ada.patch(ME, {name: value}).expect(400)

        assert answer.fields <= {name, "body"}
        assert ECHO not in answer.text


class TestFieldsOfTheDomain:
    def test_take_what_is_allowed(self, account_field: Field, ada: Person, admin: Person, rows: Rows) -> None:
        field = account_field
        end = [rows.referred(field, ada)] + [None] * field.optional if field.target else accepted(field)
        for value in end:
            assert same(field, ada.patch(ME, {field.wire: value}).expect(200).data[field.wire], value)
            assert same(field, admin.patch(f"{USERS}/{ada.id}", {field.wire: value}).data[field.wire], value)
        if field.optional:
            ada.patch(ME, {field.wire: None}).expect(200)

    def test_refuse_everything_else(self, account_field: Field, ada: Person, admin: Person) -> None:
        field = account_field
        for value in refused(field):
            for answer in (ada.patch(ME, {field.wire: value}), admin.patch(f"{USERS}/{ada.id}", {field.wire: value})):
                assert answer.status == 400, (value, answer)
                assert answer.fields <= {field.wire, "body"}
                assert ECHO not in answer.text

    def test_refer_to_what_is_there(self, account_field: Field, ada: Person, rows: Rows) -> None:
        field = account_field
        if not field.target:
            return
        assert ada.patch(ME, {field.wire: fresh_uuid()}).expect(400).fields == {field.wire}
        end = rows.domain.end(field)
        end_id = rows.new_id(end, ada)
        ada.patch(ME, {field.wire: end_id}).expect(200)

        assert ada.get(ME, {"include": field.name}).data[field.name]["id"] == end_id
        rows.writer(end, ada).delete(f"{end.path}/{end_id}").expect(204)
        left = ada.get(ME, {"include": field.name}).data
        assert left[field.wire] == end_id
        assert left[field.name] is None
        ada.patch(ME, {field.wire: None}).expect(200)

    @pytest.mark.needs("passwords")
    def test_are_not_taken_at_registration(self, account_field: Field, anonymous: Client) -> None:
        field = account_field
        if not field.target:
            answer = register(anonymous, **{field.wire: wire(field.default)})
            assert answer.expect(400).fields == {field.wire}


class TestOthers:
    def test_are_listed_for_administrators(self, admin: Person, ada: Person, eve: Person) -> None:
        asked = {"filter[id][in]": f"{ada.id},{eve.id}", "sort": "id"}

        answer = admin.get(USERS, asked)

        assert answer.ids == sorted([ada.id, eve.id])
        assert answer.data[0] == admin.get(f"{USERS}/{answer.ids[0]}").data
        if ada.email:
            assert admin.get(USERS, {"filter[email]": ada.email}).ids == [ada.id]
            assert admin.get(USERS, {"filter[email][contains]": ada.email[5:20]}).ids == [ada.id]
        assert admin.get(USERS, {**asked, "filter[is_active]": "false"}).total == 0

    def test_of_nobody(self, admin: Person) -> None:
        path = f"{USERS}/{fresh_uuid()}"

        admin.get(path).expect(404)
        admin.patch(path, {}).expect(404)
        admin.delete(path).expect(404)

    def test_never_show_secrets(self, admin: Person) -> None:
        for row in admin.get(USERS, {"limit": 100}).data:
            secret = ("password", "hash", "token", "digest", "key", "session", "subject")
            assert not {name for name in row if any(word in name for word in secret)}

    @pytest.mark.parametrize(
        "changes",
        [
            {"roles": ["king"]},
            {"roles": "admin"},
            {"roles": None},
            {"is_active": 1},
            {"is_active": None},
            {"is_active": "true"},
            {"version": 3},
            {"surprise": 1},
        ],
    )
    def test_values_are_checked(self, admin: Person, ada: Person, changes: dict[str, object]) -> None:
        answer = admin.patch(f"{USERS}/{ada.id}", changes).expect(400)

        assert {name.partition(".")[0] for name in answer.fields} == set(changes)

    def test_are_not_replaced(self, admin: Person, method: Method) -> None:
        if "post" not in method.operations[USERS]:
            admin.post(USERS, {}).expect(405)
        admin.put(f"{USERS}/{admin.id}", {}).expect(405)


@pytest.mark.needs("roles")
class TestRoles:
    def test_count_from_the_next_request(self, admin: Person, a_member: ANewMember) -> None:
        person = a_member()
        path = f"{USERS}/{person.id}"

        assert admin.patch(path, {"roles": ["admin"]}).data["roles"] == ["member", "admin"]
        person.get(USERS).expect(200)
        assert admin.patch(path, {"roles": []}).data["roles"] == ["member"]
        person.get(USERS).expect(403)

    def test_count_everywhere(self, admin: Person, a_member: ANewMember, domain: Domain, rows: Rows) -> None:
        person = a_member()
        shared = [resource for resource in domain.resources if not resource.owned]
        for roles, status in ((["admin"], 204), (["member"], 403)):
            targets = [f"{resource.path}/{rows.create(resource, person)['id']}" for resource in shared]
            admin.patch(f"{USERS}/{person.id}", {"roles": roles}).expect(200)
            for path in targets:
                eventually(
                    lambda path=path, status=status: person.delete(path).status == status,
                    REVOKED_SECONDS,
                    f"DELETE {path} of {roles} is {status}",
                )


@pytest.mark.needs("roles")
class TestLastAdministrator:
    @pytest.fixture(autouse=True)
    def _alone(self, admin: Person) -> None:
        """See that nobody else administrates: who is there already is not sent away for a test."""
        page, others = 1, []
        while True:
            answer = admin.get(USERS, {"page": page, "limit": 100, "filter[is_active]": "true"})
            others += [row["name"] for row in answer.data if "admin" in row["roles"] and row["id"] != admin.id]
            if answer.json["links"]["next"] is None:
                break
            page += 1
        if others:
            pytest.skip(f"others administrate the service as well: {', '.join(others)}")

    @pytest.mark.parametrize("changes", [{"roles": ["member"]}, {"roles": []}, {"is_active": False}])
    def test_cannot_be_demoted(self, admin: Person, changes: dict[str, object]) -> None:
        admin.patch(f"{USERS}/{admin.id}", changes).expect(409)

        admin.get(USERS).expect(200)

    def test_cannot_leave(self, admin: Person) -> None:
        admin.delete(f"{USERS}/{admin.id}").expect(409)

        admin.get(USERS).expect(200)

    def test_of_two_who_leave_at_once_one_stays(self, admin: Person, a_member: ANewMember) -> None:
        other = a_member()
        admin.patch(f"{USERS}/{other.id}", {"roles": ["admin"]}).expect(200)

        answers = at_once([lambda who=who: who.patch(f"{USERS}/{who.id}", {"roles": []}) for who in (admin, other)])

        if answers[0].status == 200:  # whoever runs this suite goes on as an administrator
            other.patch(f"{USERS}/{admin.id}", {"roles": ["admin"]}).expect(200)
            admin.patch(f"{USERS}/{other.id}", {"roles": []}).expect(200)
        assert sorted(answer.status for answer in answers) == [200, 409]

    def test_one_of_two_may_go(self, admin: Person, a_member: ANewMember) -> None:
        other = a_member()
        admin.patch(f"{USERS}/{other.id}", {"roles": ["admin"]}).expect(200)

        other.delete(f"{USERS}/{other.id}").expect(204)

        admin.get(f"{USERS}/{other.id}").expect(404)


class TestDisabledAccounts:
    def test_can_do_nothing(self, admin: Person, a_member: ANewMember, paths: list[str]) -> None:
        person = a_member()
        logins = [person.here(), person.again().here()]
        for login in logins:
            for path in (ME, *paths):
                login.get(path).expect(200)

        assert admin.patch(f"{USERS}/{person.id}", {"is_active": False}).data["is_active"] is False

        for login in logins:
            ends(login, *paths)

    def test_begin_anew_when_they_are_enabled(self, admin: Person, a_member: ANewMember, paths: list[str]) -> None:
        person = a_member()
        login = person.here()
        admin.patch(f"{USERS}/{person.id}", {"is_active": False}).expect(200)
        ends(login, *paths)

        admin.patch(f"{USERS}/{person.id}", {"is_active": True}).expect(200)

        for path in (ME, *paths):
            login.get(path).expect(401)
        time.sleep(ISSUED_SECONDS)
        assert person.again().get(ME).data["id"] == person.id


class TestDeletion:
    def test_leaves_nothing_of_the_account(self, admin: Person, a_member: ANewMember) -> None:
        person = a_member()
        login = person.here()

        admin.delete(f"{USERS}/{person.id}").expect(204)

        admin.get(f"{USERS}/{person.id}").expect(404)
        assert admin.get(USERS, {"filter[id]": person.id}).total == 0
        ends(login)

    def test_ends_its_logins_everywhere(self, admin: Person, a_member: ANewMember, domain: Domain) -> None:
        person = a_member()
        paths = [resource.path for resource in domain.resources]
        login = person.here()
        for path in paths:
            login.get(path).expect(200)

        admin.delete(f"{USERS}/{person.id}").expect(204)

        ends(login, *paths)

    def test_removes_its_rows_and_no_others(
        self, admin: Person, a_member: ANewMember, eve: Person, domain: Domain, rows: Rows
    ) -> None:
        person = a_member()
        owned = [resource for resource in domain.resources if resource.owned]
        gone = {resource: [rows.create(resource, person)["id"] for _ in range(3)] for resource in owned}
        kept = {resource: rows.create(resource, eve)["id"] for resource in owned}

        admin.delete(f"{USERS}/{person.id}").expect(204)

        for resource in owned:
            eventually(
                lambda resource=resource: admin.get(resource.path, {"filter[owner_id]": person.id}).total == 0,
                REMOVED_SECONDS,
                f"nothing of {resource.path} is left of a deleted account",
            )
            for id_ in gone[resource]:
                admin.get(f"{resource.path}/{id_}").expect(404)
            admin.get(f"{resource.path}/{kept[resource]}").expect(200)

    def test_removes_what_cannot_be_without_its_rows(
        self, admin: Person, a_member: ANewMember, domain: Domain, rows: Rows
    ) -> None:
        for reference in domain.references:
            if not (reference.within_module and reference.end.owned):
                continue
            person = a_member()
            hers = rows.create(reference.end, person)["id"]
            body = rows.minimal(reference.rows, admin, **{reference.field.wire: hers})
            path = f"{reference.rows.path}/{admin.post(reference.rows.path, body).expect(201).data['id']}"

            admin.delete(f"{USERS}/{person.id}").expect(204)

            eventually(
                lambda end=reference.end, hers=hers: admin.get(f"{end.path}/{hers}").status == 404,
                REMOVED_SECONDS,
                f"{reference.id} does not hold on to a row of a deleted account",
            )
            left = admin.get(path)
            if reference.field.required:
                left.expect(404)
            else:
                assert left.data[reference.field.wire] is None
