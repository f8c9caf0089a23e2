"""JSON web tokens: how an account is made and entered, what keeps a login alive, what ends it, what is no token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from conformance.client import Answer, Client, at_once, eventually
from conformance.contract import Domain
from conformance.people import (
    AUTH,
    ME,
    USERS,
    Person,
    bearer,
    encoded,
    log_in,
    new_email,
    new_password,
    parts_of,
    register,
)
from conformance.values import ECHO, fresh_uuid

REVOKED_SECONDS = 5
LIFETIME_SECONDS = 900
CLAIMS = {"sub", "roles", "iat", "exp", "jti", "iss", "aud"}

ANewMember = Callable[[], Person]


def is_refused(client: Client, token: str, path: str = ME) -> bool:
    """Return whether an access token is good for nothing."""
    return client.get(path, headers=bearer(token)).status == 401


def ends(client: Client, token: str, *paths: str) -> None:
    """Assert that an access token ends everywhere, within the time that the contract allows."""
    for path in (ME, *paths):
        eventually(lambda path=path: is_refused(client, token, path), REVOKED_SECONDS, f"no access to {path}")


@pytest.fixture
def paths(domain: Domain) -> list[str]:
    """A path of each module."""
    return [resource.path for resource in {one.module: one for one in domain.resources}.values()]


class TestRegister:
    def test_makes_an_account(self, anonymous: Client, domain: Domain) -> None:
        email = new_email()

        answer = register(anonymous, email=email, name="Ada").expect(201)

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
    def test_gives_a_pair_of_tokens(self, anonymous: Client, ada: Person) -> None:
        tokens = log_in(anonymous, ada.email, ada.password).expect(200).data

        assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert tokens["token_type"] == "Bearer"
        assert 0 < tokens["expires_in"] <= LIFETIME_SECONDS
        assert not is_refused(anonymous, tokens["access_token"])

    def test_tokens_say_who_and_until_when(self, anonymous: Client, ada: Person) -> None:
        header, claims = parts_of(log_in(anonymous, ada.email, ada.password).data["access_token"])

        assert header["alg"] in ("EdDSA", "HS256")
        assert set(claims) >= CLAIMS
        assert claims["sub"] == ada.id
        assert claims["roles"] == ["member"]
        assert claims["exp"] - claims["iat"] == LIFETIME_SECONDS
        assert not {"email", "name", "password"} & set(claims)

    def test_every_login_is_another(self, anonymous: Client, ada: Person) -> None:
        one, other = (log_in(anonymous, ada.email, ada.password).data for _ in range(2))

        assert one["access_token"] != other["access_token"]
        assert one["refresh_token"] != other["refresh_token"]
        assert parts_of(one["access_token"])[1]["jti"] != parts_of(other["access_token"])[1]["jti"]

    def test_the_address_may_be_in_capitals(self, anonymous: Client, ada: Person) -> None:
        log_in(anonymous, ada.email.upper(), ada.password).expect(200)

    def test_answers_the_same_whatever_was_wrong(self, anonymous: Client, ada: Person) -> None:
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


def refresh(client: Client, token: str) -> Answer:
    """Ask for the next pair."""
    return client.post(f"{AUTH}/refresh", {"refresh_token": token})


class TestRefresh:
    def test_gives_another_pair(self, anonymous: Client, ada: Person) -> None:
        first = log_in(anonymous, ada.email, ada.password).data

        second = refresh(anonymous, first["refresh_token"]).expect(200).data

        assert set(second) == set(first)
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert not is_refused(anonymous, second["access_token"])
        refresh(anonymous, second["refresh_token"]).expect(200)

    def test_a_second_use_ends_the_whole_family(self, anonymous: Client, ada: Person, paths: list[str]) -> None:
        first = log_in(anonymous, ada.email, ada.password).data
        other_login = log_in(anonymous, ada.email, ada.password).data
        second = refresh(anonymous, first["refresh_token"]).expect(200).data
        third = refresh(anonymous, second["refresh_token"]).expect(200).data
        assert not is_refused(anonymous, first["access_token"])
        assert not is_refused(anonymous, third["access_token"])

        refresh(anonymous, first["refresh_token"]).expect(401)

        refresh(anonymous, third["refresh_token"]).expect(401)
        for tokens in (first, second, third):
            ends(anonymous, tokens["access_token"], *paths)
        assert not is_refused(anonymous, other_login["access_token"])
        refresh(anonymous, other_login["refresh_token"]).expect(200)

    def test_of_two_at_once_at_most_one_is_served(self, anonymous: Client, ada: Person) -> None:
        token = log_in(anonymous, ada.email, ada.password).data["refresh_token"]

        answers = at_once([lambda: refresh(anonymous, token)] * 4)

        assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]
        [served] = [answer.data for answer in answers if answer.status == 200]
        ends(anonymous, served["access_token"])

    @pytest.mark.parametrize("token", ["", "nothing", "a.b.c", "x" * 5000, fresh_uuid()])
    def test_what_is_no_token_is_refused(self, anonymous: Client, token: str) -> None:
        refresh(anonymous, token).expect(401)

    def test_an_access_token_is_none(self, anonymous: Client, ada: Person) -> None:
        refresh(anonymous, ada.tokens["access_token"]).expect(401)

    @pytest.mark.parametrize("body", [{}, {"refresh_token": 5}, {"refresh_token": None}])
    def test_a_faulty_body_is_refused(self, anonymous: Client, body: dict[str, Any]) -> None:
        assert anonymous.post(f"{AUTH}/refresh", body).expect(400).fields == {"refresh_token"}


class TestLogout:
    def test_ends_the_login_and_no_other(self, anonymous: Client, ada: Person, paths: list[str]) -> None:
        tokens, other = (log_in(anonymous, ada.email, ada.password).data for _ in range(2))
        for path in (ME, *paths):
            assert not is_refused(anonymous, tokens["access_token"], path)

        anonymous.post(f"{AUTH}/logout", {"refresh_token": tokens["refresh_token"]}).expect(204)

        refresh(anonymous, tokens["refresh_token"]).expect(401)
        ends(anonymous, tokens["access_token"], *paths)
        assert not is_refused(anonymous, other["access_token"])

    def test_ends_later_tokens_of_the_login_too(self, anonymous: Client, ada: Person) -> None:
        first = log_in(anonymous, ada.email, ada.password).data
        second = refresh(anonymous, first["refresh_token"]).data

        anonymous.post(f"{AUTH}/logout", {"refresh_token": second["refresh_token"]}).expect(204)

        for tokens in (first, second):
            ends(anonymous, tokens["access_token"])

    def test_a_faulty_body_is_refused(self, anonymous: Client) -> None:
        assert anonymous.post(f"{AUTH}/logout", {}).expect(400).fields == {"refresh_token"}


class TestPassword:
    def test_a_change_ends_every_login(self, anonymous: Client, a_member: ANewMember, paths: list[str]) -> None:
        person, new = a_member(), new_password()
        elsewhere = log_in(anonymous, person.email, person.password).data
        here = person.tokens
        for tokens in (here, elsewhere):
            assert not is_refused(anonymous, tokens["access_token"])

        person.post(f"{AUTH}/password", {"current_password": person.password, "new_password": new}).expect(204)

        for tokens in (here, elsewhere):
            ends(anonymous, tokens["access_token"], *paths)
            refresh(anonymous, tokens["refresh_token"]).expect(401)
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


class TestDisabledAccounts:
    def test_can_do_nothing(self, anonymous: Client, admin: Person, a_member: ANewMember, paths: list[str]) -> None:
        person = a_member()
        tokens = person.tokens
        assert not is_refused(anonymous, tokens["access_token"])

        assert admin.patch(f"{USERS}/{person.id}", {"is_active": False}).data["is_active"] is False

        ends(anonymous, tokens["access_token"], *paths)
        refresh(anonymous, tokens["refresh_token"]).expect(401)
        log_in(anonymous, person.email, person.password).expect(401)

    def test_begin_anew_when_they_are_enabled(
        self, anonymous: Client, admin: Person, a_member: ANewMember, paths: list[str]
    ) -> None:
        person = a_member()
        tokens = person.tokens
        admin.patch(f"{USERS}/{person.id}", {"is_active": False}).expect(200)
        ends(anonymous, tokens["access_token"], *paths)

        admin.patch(f"{USERS}/{person.id}", {"is_active": True}).expect(200)

        for path in (ME, *paths):
            assert is_refused(anonymous, tokens["access_token"], path)
        refresh(anonymous, tokens["refresh_token"]).expect(401)
        log_in(anonymous, person.email, person.password).expect(200)


def _signed(header: dict[str, Any], claims: dict[str, Any], key: bytes, algorithm: str = "sha256") -> str:
    text = f"{encoded(header)}.{encoded(claims)}"
    signature = hmac.new(key, text.encode(), getattr(hashlib, algorithm)).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


Forge = Callable[[str], str]


def _claims(**changes: Any) -> Forge:
    """Return what changes claims and leaves the signature."""

    def forge(token: str) -> str:
        header, _, signature = token.split(".")
        return f"{header}.{encoded({**parts_of(token)[1], **changes})}.{signature}"

    return forge


def _header(**changes: Any) -> Forge:
    """Return what changes the header and leaves the signature."""

    def forge(token: str) -> str:
        _, body, signature = token.split(".")
        return f"{encoded({**parts_of(token)[0], **changes})}.{body}.{signature}"

    return forge


def _unsigned(algorithm: str) -> Forge:
    def forge(token: str) -> str:
        _, body, _ = token.split(".")
        return f"{encoded({**parts_of(token)[0], 'alg': algorithm})}.{body}."

    return forge


def _key(key: bytes, **changes: Any) -> Forge:
    """Return what signs again with a key of its own."""

    def forge(token: str) -> str:
        header, claims = parts_of(token)
        return _signed({**header, "alg": "HS256", **changes}, claims, key)

    return forge


def _last_changed(token: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) ^ 1]


FORGERIES: dict[str, Forge] = {
    "nothing is signed": _unsigned("none"),
    "nothing is signed, in capitals": _unsigned("None"),
    "nothing is signed, all in capitals": _unsigned("NONE"),
    "the signature is missing": lambda token: token.rpartition(".")[0] + ".",
    "signature and point are missing": lambda token: token.rpartition(".")[0],
    "an empty key": _key(b""),
    "a key that is guessed": _key(b"secret"),
    "a key of its own in the header": _key(b"\0\0\0", jwk={"kty": "oct", "k": "AAAA"}),
    "a place of keys in the header": _key(b"secret", jku="https://evil.example/keys"),
    "a certificate in the header": _key(b"secret", x5u="https://evil.example/certificate"),
    "the name of a file as key": _key(b"", kid="../../../../dev/null"),
    "a name of a key for databases": _key(b"secret", kid="x' UNION SELECT 'secret' --"),
    "another algorithm": _header(alg="HS512"),
    "an asymmetric algorithm": _header(alg="RS256"),
    "a place of keys, still signed": _header(jku="https://evil.example/keys"),
    "another type": _header(typ="refresh"),
    "more roles": _claims(roles=["member", "admin"]),
    "a longer life": _claims(exp=9_999_999_999),
    "somebody else": _claims(sub=fresh_uuid()),
    "the last bits are others": _last_changed,
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "padded": lambda token: token + "=",
    "a fourth part": lambda token: token + ".AAAA",
    "twice": lambda token: f"{token}{token}",
    "no token": lambda token: "nothing",
    "points only": lambda token: "..",
    "very long": lambda token: "a" * 6000,
}


class TestForgedTokens:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_are_refused(self, anonymous: Client, ada: Person, paths: list[str], forgery: str) -> None:
        forged = FORGERIES[forgery](ada.tokens["access_token"])

        for path in (ME, *paths):
            assert is_refused(anonymous, forged, path)

    def test_a_refresh_token_is_no_access_token(self, anonymous: Client, ada: Person, paths: list[str]) -> None:
        for path in (ME, *paths):
            assert is_refused(anonymous, ada.tokens["refresh_token"], path)

    @pytest.mark.parametrize("name", ["access_token", "token", "jwt", "authorization"])
    def test_a_token_in_the_url_counts_for_nothing(self, anonymous: Client, ada: Person, name: str) -> None:
        anonymous.get(ME, {name: ada.tokens["access_token"]}).expect(401)

    @pytest.mark.parametrize("name", ["access_token", "token", "session"])
    def test_neither_does_one_in_a_cookie(self, anonymous: Client, ada: Person, name: str) -> None:
        anonymous.get(ME, headers={"Cookie": f"{name}={ada.tokens['access_token']}"}).expect(401)

    @pytest.mark.parametrize(
        "form", ["{0}", "Basic {0}", "Bearer", "Bearer ", "Bearer {0} {0}", "Bearer {0},", "Token {0}"]
    )
    def test_the_header_must_be_right(self, anonymous: Client, ada: Person, form: str) -> None:
        given = {"Authorization": form.format(ada.tokens["access_token"])}

        answer = anonymous.get(ME, headers=given).expect(401)

        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")

    def test_the_scheme_may_be_in_small_letters(self, anonymous: Client, ada: Person) -> None:
        anonymous.get(ME, headers={"Authorization": f"bearer {ada.tokens['access_token']}"}).expect(200)
