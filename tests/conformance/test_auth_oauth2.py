"""OAuth 2.0: whom the provider sends has an account at first sight, which follows its tokens; and what is no token."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from conformance.client import Client, at_once, eventually
from conformance.contract import Domain
from conformance.methods.forging import FORGERIES, parts_of, signed
from conformance.methods.oauth2 import Holder, somebody, token_of
from conformance.people import AUTH, ME, REVOKED_SECONDS, USERS, bearer, ends, new_email, new_name
from conformance.rows import Rows
from conformance.target import Target

ANewMember = Callable[[], Holder]
NEXT_SECOND = 1.1
"""Tokens say in whole seconds when they were issued, and the newest counts."""


def is_refused(client: Client, token: str, path: str = ME) -> bool:
    """Return whether an access token is good for nothing."""
    return client.get(path, headers=bearer(token)).status == 401


def later(holder: Holder, **changes: Any) -> Holder:
    """Return the same person, of whom the provider says something else now."""
    time.sleep(NEXT_SECOND)
    return Holder(holder.target, holder.subject, **{**holder.claims, **changes})


class TestFirstSight:
    def test_makes_an_account(self, target: Target, domain: Domain, admin: Holder) -> None:
        email = new_email()
        ada = somebody(target, "member", name="Ada 🏺", email=email)

        account = ada.get(ME).data

        assert set(account) == set(domain.account.shown)
        shown = {name: account[name] for name in ("name", "email", "roles", "is_active", "version")}
        assert shown == {"name": "Ada 🏺", "email": email, "roles": ["member"], "is_active": True, "version": 1}
        assert admin.get(f"{USERS}/{ada.id}").data == account

    def test_is_the_first_one_once(self, ada: Holder) -> None:
        assert {ada.again().id for _ in range(3)} == {ada.id}

    def test_of_many_requests_at_once_makes_one(self, target: Target, anonymous: Client, admin: Holder) -> None:
        name = new_name()
        token = token_of(target, new_name(), name=name)

        answers = at_once([lambda: anonymous.get(ME, headers=bearer(token))] * 8)

        assert len({answer.expect(200).data["id"] for answer in answers}) == 1
        assert admin.get(USERS, {"filter[name]": name}).total == 1

    def test_may_be_anywhere(self, target: Target, anonymous: Client, admin: Holder, paths: list[str]) -> None:
        for path in paths:
            name = new_name()
            headers = bearer(token_of(target, new_name(), name=name))

            anonymous.get(path, headers=headers).expect(200)

            assert admin.get(USERS, {"filter[name]": name}).total == 1

    def test_tells_people_apart_by_their_subject_alone(self, target: Target) -> None:
        email = new_email()
        subject = new_name()
        people = [
            Holder(target, id_, name="Ada", email=email, email_verified=True)
            for id_ in (subject, subject.upper(), f"{subject} ", f"{subject}x")
        ]

        assert len({person.id for person in people}) == len(people)
        assert {person.get(ME).data["email"] for person in people} == {email}

    @pytest.mark.parametrize(
        "claims",
        [
            {"email": "ada@example.org"},
            {"email": "ada@example.org", "email_verified": False},
            {"email": "no address", "email_verified": True},
            {"email": ["ada@example.org"], "email_verified": True},
            {"email": None, "email_verified": True},
            {"email": f"{'x' * 300}@example.org", "email_verified": True},
            {},
        ],
    )
    def test_takes_no_address_that_nobody_has_verified(self, target: Target, claims: dict[str, Any]) -> None:
        assert Holder(target, new_name(), name="Ada", **claims).get(ME).data["email"] is None

    @pytest.mark.parametrize("name", ["", "   ", None, 5, ["Ada"], {"first": "Ada"}])
    def test_finds_some_name_for_everybody(self, target: Target, name: object) -> None:
        shown = Holder(target, new_name(), name=name).get(ME).data["name"]

        assert isinstance(shown, str)
        assert 1 <= len(shown) <= 120

    @pytest.mark.parametrize("name", ["x" * 500, "Ada\nLovelace", "Ada\x00", "🏺" * 200])
    def test_keeps_a_name_that_can_be_shown(self, target: Target, name: str) -> None:
        shown = Holder(target, new_name(), name=name).get(ME).data["name"]

        assert 1 <= len(shown) <= 120
        assert shown.isprintable()


class TestFollowing:
    def test_an_account_follows_what_is_said_of_somebody(self, target: Target, admin: Holder) -> None:
        before = somebody(target, name="Ada")
        version = before.get(ME).data["version"]
        email = new_email()

        after = later(before, name="Ada L.", email=email)

        account = after.get(ME).data
        assert (account["id"], account["name"], account["email"]) == (before.id, "Ada L.", email)
        assert account["version"] > version
        assert admin.get(f"{USERS}/{before.id}").data == account

    def test_what_is_said_again_changes_nothing(self, target: Target) -> None:
        before = somebody(target)
        account = before.get(ME).data

        assert later(before).get(ME).data == account

    def test_roles_are_those_of_the_newest_token(self, target: Target) -> None:
        member = somebody(target, "member")
        member.get(USERS).expect(403)

        boss = later(member, roles=["admin"])
        boss.get(USERS).expect(200)
        assert boss.get(ME).data["roles"] == ["member", "admin"]
        former = later(boss, roles=[])

        former.get(USERS).expect(403)
        eventually(lambda: boss.here().get(USERS).status == 403, REVOKED_SECONDS, "an older token gives no more")

    @pytest.mark.parametrize(
        "roles",
        [None, "king", ["king"], 5, True, {"admin": True}, [["admin"]], [None], ["ADMIN"], ["admin "], "administrator"],
    )
    def test_what_names_no_role_gives_none(self, target: Target, roles: object) -> None:
        person = Holder(target, new_name(), name="Ada", roles=roles)

        assert person.get(ME).data["roles"] == ["member"]
        person.get(USERS).expect(403)

    def test_roles_of_others_are_left_aside(self, target: Target) -> None:
        person = somebody(target, "offline_access", "admin", "uma_authorization")

        assert person.get(ME).data["roles"] == ["member", "admin"]
        person.get(USERS).expect(200)

    def test_roles_are_not_given_here(self, admin: Holder, ada: Holder) -> None:
        assert admin.patch(f"{USERS}/{ada.id}", {"roles": ["admin"]}).expect(400).fields == {"roles"}
        assert ada.get(ME).data["roles"] == ["member"]


class TestEnd:
    def test_of_an_account_is_the_beginning_of_another(
        self, target: Target, admin: Holder, domain: Domain, rows: Rows, a_member: ANewMember
    ) -> None:
        person = a_member()
        old = person.here()
        made = [f"{one.path}/{rows.create(one, person)['id']}" for one in domain.resources if one.owned]

        admin.delete(f"{USERS}/{person.id}").expect(204)

        ends(old)
        again = later(person)
        assert again.id != person.id
        for path in made:
            again.get(path).expect(404)
        assert is_refused(Client(target.base_url), person.token)

    def test_comes_with_the_token(self, target: Target, anonymous: Client, paths: list[str]) -> None:
        subject = new_name()
        token = token_of(target, subject, {"LIFETIME": "3"}, name="Ada")
        for path in (ME, *paths):
            anonymous.get(path, headers=bearer(token)).expect(200)

        time.sleep(3)

        for path in (ME, *paths):
            eventually(lambda path=path: is_refused(anonymous, token, path), REVOKED_SECONDS, f"no access to {path}")
        assert not is_refused(anonymous, token_of(target, subject, name="Ada"))


class TestTokensForOthers:
    def test_open_nothing(self, target: Target, anonymous: Client, paths: list[str]) -> None:
        token = token_of(target, new_name(), {"AUDIENCE": "https://other.example/api"}, name="Ada", roles=["admin"])
        assert parts_of(token)[1]["aud"] == "https://other.example/api"

        for path in (ME, *paths):
            assert is_refused(anonymous, token, path)

    def test_make_no_account(self, target: Target, anonymous: Client, admin: Holder) -> None:
        name = new_name()
        token = token_of(target, new_name(), {"AUDIENCE": "https://other.example/api"}, name=name)
        anonymous.get(ME, headers=bearer(token)).expect(401)

        assert admin.get(USERS, {"filter[name]": name}).total == 0


def published(token: str) -> list[dict[str, Any]]:
    """Return the keys that the issuer of a token publishes."""
    issuer = parts_of(token)[1]["iss"].rstrip("/")
    document = _read(f"{issuer}/.well-known/openid-configuration")
    keys: list[dict[str, Any]] = _read(document["jwks_uri"])["keys"]
    return keys


def _read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - the provider that the token names
        return json.load(response)


def _number(text: str) -> bytes:
    """Return a number of a key as ASN.1 writes it."""
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return _part(2, (b"\0" if value[0] & 0x80 else b"") + value)


def _part(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = (
        bytes([size])
        if size < 128
        else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8, "big")
    )
    return bytes([tag]) + length + content


def forms_of(key: dict[str, Any]) -> list[bytes]:
    """Return the forms in which a public key may be taken for a secret."""
    texts = [json.dumps(key), json.dumps(key, separators=(",", ":")), *map(str, key.values())]
    found = [text.encode() for text in texts]
    if key["kty"] == "RSA":
        numbers = _part(0x30, _number(key["n"]) + _number(key["e"]))
        algorithm = _part(0x30, bytes.fromhex("06092a864886f70d0101010500"))
        der = _part(0x30, algorithm + _part(3, b"\0" + numbers))
        text = base64.b64encode(der).decode()
        lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
        pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----"
        found += [der, pem.encode(), f"{pem}\n".encode(), numbers]
    return found


class TestForgedTokens:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_are_refused(self, anonymous: Client, ada: Holder, paths: list[str], forgery: str) -> None:
        forged = FORGERIES[forgery](ada.token)

        for path in (ME, *paths):
            answer = anonymous.get(path, headers=bearer(forged)).expect(401)
            assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")

    def test_what_is_public_signs_nothing(self, anonymous: Client, ada: Holder) -> None:
        header, claims = parts_of(ada.token)
        keys = published(ada.token)
        assert keys
        for key in keys:
            for secret in forms_of(key):
                for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
                    forged = signed({**header, "alg": algorithm, "kid": key.get("kid")}, claims, secret, digest)
                    assert is_refused(anonymous, forged)

    def test_keys_that_nobody_published_are_unknown(self, anonymous: Client, ada: Holder) -> None:
        header, claims = parts_of(ada.token)
        for kid in ("nobody's", "", None, 5, "../../keys", "x" * 5000):
            assert is_refused(anonymous, signed({**header, "kid": kid}, claims, b"secret"))
        assert not is_refused(anonymous, ada.token)

    @pytest.mark.parametrize("name", ["access_token", "token", "jwt", "authorization"])
    def test_a_token_in_the_url_counts_for_nothing(self, anonymous: Client, ada: Holder, name: str) -> None:
        anonymous.get(ME, {name: ada.token}).expect(401)

    @pytest.mark.parametrize("name", ["access_token", "token", "session"])
    def test_neither_does_one_in_a_cookie(self, anonymous: Client, ada: Holder, name: str) -> None:
        anonymous.get(ME, headers={"Cookie": f"{name}={ada.token}"}).expect(401)

    @pytest.mark.parametrize(
        "form", ["{0}", "Basic {0}", "Bearer", "Bearer ", "Bearer {0} {0}", "Bearer {0},", "DPoP {0}"]
    )
    def test_the_header_must_be_right(self, anonymous: Client, ada: Holder, form: str) -> None:
        answer = anonymous.get(ME, headers={"Authorization": form.format(ada.token)}).expect(401)

        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")

    def test_the_scheme_may_be_in_small_letters(self, anonymous: Client, ada: Holder) -> None:
        anonymous.get(ME, headers={"Authorization": f"bearer {ada.token}"}).expect(200)


class TestEntrance:
    def test_is_elsewhere(self, anonymous: Client, ada: Holder) -> None:
        body = {"email": new_email(), "password": "a long enough passphrase 7", "name": "Ada"}
        for name in ("register", "login", "refresh", "logout", "password", "csrf"):
            anonymous.post(f"{AUTH}/{name}", body).expect(404)
            ada.get(f"{AUTH}/{name}").expect(404)
        ada.post(USERS, body).expect(405)
