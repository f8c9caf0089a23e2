"""JSON web tokens: what a login gives, what keeps it alive, what ends it, what is no token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.client import Answer, Client, at_once, eventually
from conformance.described import Document, conforms
from conformance.methods.forging import FORGERIES, parts_of
from conformance.methods.jwt import Holder
from conformance.methods.passwords import log_in
from conformance.people import AUTH, ME, REVOKED_SECONDS, USERS, Person, bearer
from conformance.values import fresh_uuid

LIFETIME_SECONDS = 900
RACERS = 20
CLAIMS = {"sub", "roles", "iat", "exp", "jti", "iss", "aud"}

ANewMember = Callable[[], Holder]


def is_refused(client: Client, token: str, path: str = ME) -> bool:
    """Return whether an access token is good for nothing."""
    return client.get(path, headers=bearer(token)).status == 401


def ends(client: Client, token: str, *paths: str) -> None:
    """Assert that an access token ends everywhere, within the time that the contract allows."""
    for path in (ME, *paths):
        eventually(lambda path=path: is_refused(client, token, path), REVOKED_SECONDS, f"no access to {path}")


class TestLogin:
    def test_gives_a_pair_of_tokens(self, anonymous: Client, ada: Holder) -> None:
        tokens = log_in(anonymous, ada.email, ada.password).expect(200).data

        assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert tokens["token_type"] == "Bearer"
        assert 0 < tokens["expires_in"] <= LIFETIME_SECONDS
        assert not is_refused(anonymous, tokens["access_token"])

    def test_tokens_say_who_and_until_when(self, anonymous: Client, ada: Holder) -> None:
        header, claims = parts_of(log_in(anonymous, ada.email, ada.password).data["access_token"])

        assert header["alg"] in ("EdDSA", "HS256")
        assert set(claims) >= CLAIMS
        assert claims["sub"] == ada.id
        assert claims["roles"] == ["member"]
        assert claims["exp"] - claims["iat"] == LIFETIME_SECONDS
        assert not {"email", "name", "password"} & set(claims)

    def test_every_login_is_another(self, anonymous: Client, ada: Holder) -> None:
        one, other = (log_in(anonymous, ada.email, ada.password).data for _ in range(2))

        assert one["access_token"] != other["access_token"]
        assert one["refresh_token"] != other["refresh_token"]
        assert parts_of(one["access_token"])[1]["jti"] != parts_of(other["access_token"])[1]["jti"]


def refresh(client: Client, token: str) -> Answer:
    """Ask for the next pair."""
    return client.post(f"{AUTH}/refresh", {"refresh_token": token})


class TestRefresh:
    def test_gives_another_pair(self, anonymous: Client, ada: Holder, document: Document) -> None:
        first = log_in(anonymous, ada.email, ada.password).data

        answer = refresh(anonymous, first["refresh_token"]).expect(200)

        conforms(document, "post", f"{AUTH}/refresh", answer)
        second = answer.data

        assert set(second) == set(first)
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert not is_refused(anonymous, second["access_token"])
        refresh(anonymous, second["refresh_token"]).expect(200)

    def test_a_second_use_ends_the_whole_family(self, anonymous: Client, ada: Holder, paths: list[str]) -> None:
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

    def test_of_many_at_once_one_is_served(self, anonymous: Client, ada: Holder) -> None:
        token = log_in(anonymous, ada.email, ada.password).data["refresh_token"]

        answers = at_once([lambda: refresh(anonymous, token)] * RACERS)

        assert sorted(answer.status for answer in answers) == [200] + [401] * (RACERS - 1)
        [served] = [answer.data for answer in answers if answer.status == 200]
        ends(anonymous, served["access_token"])

    @pytest.mark.parametrize("token", ["", "nothing", "a.b.c", "x" * 5000, fresh_uuid()])
    def test_what_is_no_token_is_refused(self, anonymous: Client, token: str) -> None:
        refresh(anonymous, token).expect(401)

    def test_an_access_token_is_none(self, anonymous: Client, ada: Holder) -> None:
        refresh(anonymous, ada.tokens["access_token"]).expect(401)

    @pytest.mark.parametrize("body", [{}, {"refresh_token": 5}, {"refresh_token": None}])
    def test_a_faulty_body_is_refused(self, anonymous: Client, body: dict[str, Any]) -> None:
        assert anonymous.post(f"{AUTH}/refresh", body).expect(400).fields == {"refresh_token"}


class TestLogout:
    def test_ends_the_login_and_no_other(self, anonymous: Client, ada: Holder, paths: list[str]) -> None:
        tokens, other = (log_in(anonymous, ada.email, ada.password).data for _ in range(2))
        for path in (ME, *paths):
            assert not is_refused(anonymous, tokens["access_token"], path)

        anonymous.post(f"{AUTH}/logout", {"refresh_token": tokens["refresh_token"]}).expect(204)

        refresh(anonymous, tokens["refresh_token"]).expect(401)
        ends(anonymous, tokens["access_token"], *paths)
        assert not is_refused(anonymous, other["access_token"])

    def test_ends_later_tokens_of_the_login_too(self, anonymous: Client, ada: Holder) -> None:
        first = log_in(anonymous, ada.email, ada.password).data
        second = refresh(anonymous, first["refresh_token"]).data

        anonymous.post(f"{AUTH}/logout", {"refresh_token": second["refresh_token"]}).expect(204)

        for tokens in (first, second):
            ends(anonymous, tokens["access_token"])

    def test_a_faulty_body_is_refused(self, anonymous: Client) -> None:
        assert anonymous.post(f"{AUTH}/logout", {}).expect(400).fields == {"refresh_token"}


class TestPasswords:
    def test_a_change_ends_what_could_be_refreshed(self, anonymous: Client, a_member: ANewMember) -> None:
        person = a_member()
        tokens = person.tokens
        new = {"current_password": person.password, "new_password": "another passphrase 7"}

        person.post(f"{AUTH}/password", new).expect(204)

        refresh(anonymous, tokens["refresh_token"]).expect(401)


class TestDisabledAccounts:
    def test_refresh_nothing_then_and_later(self, anonymous: Client, admin: Person, a_member: ANewMember) -> None:
        person = a_member()
        tokens = person.tokens
        for is_active in (False, True):
            admin.patch(f"{USERS}/{person.id}", {"is_active": is_active}).expect(200)

            refresh(anonymous, tokens["refresh_token"]).expect(401)
        ends(anonymous, tokens["access_token"])


class TestForgedTokens:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_are_refused(self, anonymous: Client, ada: Holder, paths: list[str], forgery: str) -> None:
        forged = FORGERIES[forgery](ada.tokens["access_token"])

        for path in (ME, *paths):
            assert is_refused(anonymous, forged, path)

    def test_a_refresh_token_is_no_access_token(self, anonymous: Client, ada: Holder, paths: list[str]) -> None:
        for path in (ME, *paths):
            assert is_refused(anonymous, ada.tokens["refresh_token"], path)

    @pytest.mark.parametrize("name", ["access_token", "token", "jwt", "authorization"])
    def test_a_token_in_the_url_counts_for_nothing(self, anonymous: Client, ada: Holder, name: str) -> None:
        anonymous.get(ME, {name: ada.tokens["access_token"]}).expect(401)

    @pytest.mark.parametrize("name", ["access_token", "token", "session"])
    def test_neither_does_one_in_a_cookie(self, anonymous: Client, ada: Holder, name: str) -> None:
        anonymous.get(ME, headers={"Cookie": f"{name}={ada.tokens['access_token']}"}).expect(401)

    @pytest.mark.parametrize(
        "form", ["{0}", "Basic {0}", "Bearer", "Bearer ", "Bearer {0} {0}", "Bearer {0},", "Token {0}"]
    )
    def test_the_header_must_be_right(self, anonymous: Client, ada: Holder, form: str) -> None:
        given = {"Authorization": form.format(ada.tokens["access_token"])}

        answer = anonymous.get(ME, headers=given).expect(401)

        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")

    def test_the_scheme_may_be_in_small_letters(self, anonymous: Client, ada: Holder) -> None:
        anonymous.get(ME, headers={"Authorization": f"bearer {ada.tokens['access_token']}"}).expect(200)
