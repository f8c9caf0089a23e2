"""Passwords: how an account is made and entered with one, and what a change of it ends. Of methods that have them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from conformance.client import Client, at_once
from conformance.contract import Domain
from conformance.described import Document, conforms
from conformance.methods.passwords import log_in, new_password, register
from conformance.people import AUTH, ME, USERS, Person, ends, new_email
from conformance.values import ECHO, fresh_uuid

pytestmark = pytest.mark.needs("passwords")

ANewMember = Callable[[], Any]
"""Returns somebody new, who has a password."""


class TestRegister:
    def test_makes_an_account(self, anonymous: Client, domain: Domain, document: Document) -> None:
        email = new_email()

        answer = register(anonymous, email=email, name="Ada").expect(201)

        conforms(document, "post", f"{AUTH}/register", answer)

        assert set(answer.data) == set(domain.account.shown)
        shown = {name: answer.data[name] for name in ("email", "name", "roles", "is_active", "version")}
        assert shown == {"email": email, "name": "Ada", "roles": ["member"], "is_active": True, "version": 1}
        assert answer.header("Location") == f"{USERS}/{answer.data['id']}"

    def test_a_taken_address_is_a_conflict(self, anonymous: Client, ada: Person) -> None:
        for email in (ada.email, ada.email.upper(), ada.email.title()):
            register(anonymous, email=email).expect(409)

    def test_addresses_are_compared_by_their_characters(self, anonymous: Client) -> None:
        rest = new_email()
        first = unicodedata.normalize("NFC", f"jörg.strasse.{rest}")
        register(anonymous, email=first).expect(201)

        for same in (unicodedata.normalize("NFD", first), first.upper(), first.replace("strasse", "straße")):
            register(anonymous, email=same).expect(409)
        register(anonymous, email=first.replace("ö", "o")).expect(201)

    def test_of_many_with_one_address_one_wins(self, anonymous: Client) -> None:
        email = new_email()

        statuses = [answer.status for answer in at_once([lambda: register(anonymous, email=email)] * 6)]

        assert sorted(statuses) == [201] + [409] * 5

    @pytest.mark.parametrize(
        "password",
        [
            "x7#pK2 mQ9 z",
            "🏺🗿漢字 é ñ ß ∞ ♔ µ",
            "blank at both ends? ".center(40),
            "x7#pK2 mQ9 zW4 " * 8 + "vB6 nM1 ",
            "🏺🗿é漢ñß∞µ" * 15 + "and more",
        ],
    )
    def test_takes_a_good_password_and_all_of_it(self, anonymous: Client, password: str) -> None:
        email, password = new_email(), password[:128]
        register(anonymous, email=email, password=password).expect(201)

        log_in(anonymous, email, password).expect(200)
        for other in (
            password[:-1],
            password + "x",
            password.swapcase() + "?",
            password[:72] if len(password) > 80 else "x",
        ):
            log_in(anonymous, email, other).expect(401)

    @pytest.mark.parametrize(
        "password",
        [
            "x7#pK2 mQ9z",
            "🏺" * 11,
            "",
            "x7#pK2 mQ9 zW4 " * 8 + "vB6 nM1 X",
            "123456789012",
            "passwordpassword",
            "password1234",
            "qwertyuiop12",
            "aaaaaaaaaaaaaa",
            5,
            None,
            ["x7#pK2 mQ9 zW4"],
        ],
    )
    def test_refuses_a_bad_password(self, anonymous: Client, password: object) -> None:
        answer = register(anonymous, password=password).expect(400)

        assert answer.fields == {"password"}
        if isinstance(password, str) and len(password) > 11:
            assert password not in answer.text

    def test_names_every_fault_at_once(self, anonymous: Client) -> None:
        faulty = {"email": ECHO, "password": 5, "name": "", "roles": ["admin"]}

        answer = anonymous.post(f"{AUTH}/register", faulty).expect(400)

        assert answer.fields == set(faulty)
        assert ECHO not in answer.text
        assert anonymous.post(f"{AUTH}/register", {}).expect(400).fields == {"email", "password", "name"}

    @pytest.mark.parametrize(
        "extra", [{"roles": ["admin"]}, {"is_active": True}, {"id": fresh_uuid()}, {"surprise": 1}]
    )
    def test_takes_nothing_else(self, anonymous: Client, extra: dict[str, Any]) -> None:
        assert register(anonymous, **extra).expect(400).fields == set(extra)


class TestLogin:
    def test_lets_in(self, anonymous: Client, ada: Any, document: Document) -> None:
        conforms(document, "post", f"{AUTH}/login", log_in(anonymous, ada.email, ada.password).expect(200))

    def test_the_address_may_be_in_capitals(self, anonymous: Client, ada: Any) -> None:
        log_in(anonymous, ada.email.upper(), ada.password).expect(200)

    def test_answers_the_same_whatever_was_wrong(self, anonymous: Client, ada: Any) -> None:
        errors = [
            log_in(anonymous, email, password).expect(401).json["error"]
            for email, password in (
                (ada.email, new_password()),
                (new_email(), ada.password),
                (ada.email, ada.password.upper()),
                (ada.email, ""),
                (ada.email, "x" * 5000),
            )
        ]

        assert len({json.dumps({**error, "request_id": ""}) for error in errors}) == 1

    @pytest.mark.parametrize("body", [{}, {"email": 5, "password": 5}, {"email": ECHO, "password": None}])
    def test_refuses_what_is_none(self, anonymous: Client, body: dict[str, Any]) -> None:
        assert anonymous.post(f"{AUTH}/login", body).expect(400).fields == {"email", "password"}


class TestChange:
    def test_ends_every_login(
        self, anonymous: Client, a_member: ANewMember, paths: list[str], document: Document
    ) -> None:
        person, new = a_member(), new_password()
        logins = [person.here(), person.again().here()]
        for login in logins:
            login.get(ME).expect(200)

        answer = person.post(f"{AUTH}/password", {"current_password": person.password, "new_password": new})

        conforms(document, "post", f"{AUTH}/password", answer.expect(204))
        for login in logins:
            ends(login, *paths)
        log_in(anonymous, person.email, person.password).expect(401)
        log_in(anonymous, person.email, new).expect(200)

    def test_needs_the_current_one(self, anonymous: Client, a_member: ANewMember) -> None:
        person = a_member()
        body = {"current_password": new_password(), "new_password": new_password()}

        person.post(f"{AUTH}/password", body).expect(400, 401, 403)

        log_in(anonymous, person.email, person.password).expect(200)
        person.get(ME).expect(200)

    @pytest.mark.parametrize("new", ["short", "", "passwordpassword", "x7#pK2 mQ9 zW4 " * 9, 5, None])
    def test_the_new_one_must_be_good(self, a_member: ANewMember, new: object) -> None:
        person = a_member()

        answer = person.post(f"{AUTH}/password", {"current_password": person.password, "new_password": new})

        assert answer.expect(400).fields == {"new_password"}

    def test_is_for_who_is_logged_in(self, anonymous: Client) -> None:
        anonymous.post(f"{AUTH}/password", {}).expect(401)


class TestLogoutEverywhere:
    def test_ends_every_login_of_the_account_and_no_other(
        self, a_member: ANewMember, ada: Person, paths: list[str], document: Document
    ) -> None:
        person = a_member()
        logins = [person.here(), person.again().here()]

        answer = person.here().post(f"{AUTH}/logout/everywhere").expect(204)

        conforms(document, "post", f"{AUTH}/logout/everywhere", answer)
        for login in logins:
            ends(login, *paths)
        ada.get(ME).expect(200)
        person.again().get(ME).expect(200)

    def test_is_for_who_is_logged_in(self, anonymous: Client) -> None:
        anonymous.post(f"{AUTH}/logout/everywhere").expect(401)


NO_TOKENS = ("", "nothing", "a.b.c", "x" * 5000, "A" * 43, fresh_uuid(), f"{ECHO}' OR '1'='1")


class TestMails:
    @pytest.mark.parametrize("route", ["password/forgotten", "email/confirmation"])
    def test_nobody_learns_who_has_an_account(
        self, anonymous: Client, ada: Person, document: Document, route: str
    ) -> None:
        path = f"{AUTH}/{route}"

        answers = [anonymous.post(path, {"email": email}) for email in (ada.email, new_email(), ada.email.upper())]

        for answer in answers:
            conforms(document, "post", path, answer.expect(204))
        told = [{name for name, _ in answer.headers} for answer in answers]
        assert told[0] == told[1] == told[2]

    @pytest.mark.parametrize("route", ["password/forgotten", "email/confirmation"])
    def test_go_to_addresses(self, anonymous: Client, route: str) -> None:
        for email in (None, 5, "", ECHO, f"{ECHO}@example.org\n"):
            answer = anonymous.post(f"{AUTH}/{route}", {"email": email}).expect(400)
            assert answer.fields <= {"email", "body"}
            assert ECHO not in answer.text

    @pytest.mark.parametrize("token", NO_TOKENS)
    def test_what_no_mail_has_brought_resets_nothing(self, anonymous: Client, ada: Any, token: str) -> None:
        body = {"token": token, "new_password": new_password()}

        answer = anonymous.post(f"{AUTH}/password/reset", body).expect(400)

        assert answer.fields == {"token"}
        assert ECHO not in answer.text
        log_in(anonymous, ada.email, ada.password).expect(200)

    @pytest.mark.parametrize("token", NO_TOKENS)
    def test_nor_confirms_it_an_address(self, anonymous: Client, token: str) -> None:
        assert anonymous.post(f"{AUTH}/email/confirm", {"token": token}).expect(400).fields == {"token"}

    def test_bring_no_bad_password_either(self, anonymous: Client) -> None:
        body = {"token": "A" * 43, "new_password": "passwordpassword"}

        assert anonymous.post(f"{AUTH}/password/reset", body).expect(400).fields <= {"token", "new_password"}


class TestAccounts:
    def test_can_have_another_address(self, a_member: ANewMember, anonymous: Client) -> None:
        person, address = a_member(), new_email()

        assert person.patch(ME, {"email": address}).expect(200).data["email"] == address

        log_in(anonymous, address, person.password).expect(200)
        log_in(anonymous, person.email, person.password).expect(401)

    def test_that_are_disabled_let_nobody_in(self, anonymous: Client, admin: Person, a_member: ANewMember) -> None:
        person = a_member()
        admin.patch(f"{USERS}/{person.id}", {"is_active": False}).expect(200)

        log_in(anonymous, person.email, person.password).expect(401)

        admin.patch(f"{USERS}/{person.id}", {"is_active": True}).expect(200)
        log_in(anonymous, person.email, person.password).expect(200)

    def test_that_are_deleted_leave_their_address(self, anonymous: Client, admin: Person, a_member: ANewMember) -> None:
        person = a_member()
        admin.delete(f"{USERS}/{person.id}").expect(204)

        log_in(anonymous, person.email, person.password).expect(401)
        register(anonymous, email=person.email).expect(201)
