"""Sessions: what the cookie is, whom it lets in and until when, and what nobody can do with somebody else's browser."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from conformance.client import Client, at_once
from conformance.contract import Domain
from conformance.described import Document, conforms
from conformance.methods.passwords import log_in, new_password, register
from conformance.methods.session import CSRF, Visitor, cookie_of, csrf_of, session_of
from conformance.people import AUTH, ME, USERS, Person, bearer, ends, new_email
from conformance.rows import Rows
from conformance.values import fresh_uuid

ANewMember = Callable[[], Visitor]
JSON = {"Content-Type": "application/json"}


def with_cookie(visitor: Visitor, cookie: str) -> Client:
    """Return a client that brings this cookie, and the CSRF token that somebody had."""
    return Client(visitor.base_url, lambda method: {**visitor.credentials(method), "Cookie": cookie})


def logged_out(visitor: Visitor, path: str = "") -> None:
    """End a session, or all of its account."""
    visitor.post(f"{AUTH}/logout{path}").expect(204)


@pytest.fixture
def grace(a_member: ANewMember) -> Visitor:
    """Somebody whose sessions come and go."""
    return a_member()


class TestCookie:
    def test_is_what_browsers_must_be_told(self, anonymous: Client, ada: Visitor) -> None:
        morsel = session_of(log_in(anonymous, ada.email, ada.password).expect(200))

        assert morsel["path"] == "/"
        assert morsel["httponly"] is True
        assert morsel["samesite"] == "Lax"
        assert (morsel["domain"], morsel["max-age"], morsel["expires"]) == ("", "", "")
        assert bool(morsel["secure"]) is morsel.key.startswith("__Host-")
        assert re.fullmatch(r"[A-Za-z0-9_-]{43,}", morsel.value)

    def test_is_another_at_every_login(self, anonymous: Client, ada: Visitor) -> None:
        values = {session_of(log_in(anonymous, ada.email, ada.password)).value for _ in range(5)}

        assert len(values) == 5

    def test_is_in_no_body(self, anonymous: Client, ada: Visitor) -> None:
        answer = log_in(anonymous, ada.email, ada.password).expect(200)

        assert answer.data == ada.get(ME).data
        for shown in (answer, ada.get(ME), ada.get(CSRF)):
            assert session_of(answer).value not in shown.text
            assert ada.cookie.partition("=")[2] not in shown.text

    def test_is_set_by_a_login_alone(self, anonymous: Client, ada: Visitor, document: Document) -> None:
        answers = [
            ada.get(ME),
            ada.get(CSRF),
            ada.patch(ME, {}),
            anonymous.get(ME),
            anonymous.get("/health/live"),
            anonymous.get("/docs"),
            log_in(anonymous, ada.email, new_password()),
            register(anonymous),
        ]

        assert [str(answer) for answer in answers if answer.all("Set-Cookie")] == []
        conforms(document, "get", CSRF, answers[1])

    def test_is_one_among_others(self, ada: Visitor) -> None:
        with_cookie(ada, f"theme=dark; {ada.cookie}; consent=yes").get(ME).expect(200)

    def test_is_taken_back_at_the_end(self, grace: Visitor) -> None:
        morsel = session_of(grace.post(f"{AUTH}/logout").expect(204))

        assert f"{morsel.key}=" == grace.cookie.partition("=")[0] + "="
        assert morsel.value == ""
        assert morsel["max-age"] == "0" or "1970" in morsel["expires"]
        assert (morsel["path"], morsel["httponly"], morsel["samesite"]) == ("/", True, "Lax")


class TestFixation:
    def test_a_cookie_of_somebody_elses_making_is_never_taken_over(self, anonymous: Client, ada: Visitor) -> None:
        planted = ada.cookie.partition("=")[0] + "=" + "A" * 43

        answer = anonymous.post(
            f"{AUTH}/login", {"email": ada.email, "password": ada.password}, headers={"Cookie": planted}
        )

        assert cookie_of(answer.expect(200)) != planted
        anonymous.get(ME, headers={"Cookie": planted}).expect(401)

    def test_a_login_ends_the_session_that_the_browser_had(
        self, anonymous: Client, ada: Visitor, grace: Visitor, paths: list[str]
    ) -> None:
        before = grace.here()

        answer = anonymous.post(
            f"{AUTH}/login", {"email": ada.email, "password": ada.password}, headers={"Cookie": grace.cookie}
        )

        assert cookie_of(answer.expect(200)) != grace.cookie
        ends(before, *paths)
        assert with_cookie(ada, cookie_of(answer)).get(ME).data["id"] == ada.id

    def test_a_new_password_is_a_new_session(self, anonymous: Client, grace: Visitor, paths: list[str]) -> None:
        before = [grace.here(), grace.again().here()]
        body = {"current_password": grace.password, "new_password": new_password()}

        cookie = cookie_of(grace.post(f"{AUTH}/password", body).expect(204))

        for login in before:
            ends(login, *paths)
        with_cookie(grace, cookie).patch(ME, {}).expect(403)
        csrf = csrf_of(anonymous, cookie)
        assert csrf != grace.csrf
        anonymous.patch(ME, {}, headers={"Cookie": cookie, "X-CSRF-Token": csrf}).expect(200)

    def test_a_change_that_is_refused_leaves_everything(self, grace: Visitor) -> None:
        answer = grace.post(f"{AUTH}/password", {"current_password": new_password(), "new_password": new_password()})

        assert answer.expect(400, 401, 403).all("Set-Cookie") == []
        grace.patch(ME, {}).expect(200)


class TestLogout:
    def test_ends_the_session_on_the_server_and_no_other(self, grace: Visitor, paths: list[str]) -> None:
        here, other = grace.here(), grace.again()
        for path in (ME, *paths):
            here.get(path).expect(200)

        logged_out(grace)

        ends(here, *paths)
        for path in (ME, *paths):
            other.get(path).expect(200)

    def test_everywhere_ends_all(self, grace: Visitor, ada: Visitor, paths: list[str], document: Document) -> None:
        others = [grace.again() for _ in range(2)]

        answer = grace.post(f"{AUTH}/logout/everywhere").expect(204)

        conforms(document, "post", f"{AUTH}/logout/everywhere", answer)
        for login in (grace, *others):
            ends(login, *paths)
        ada.get(ME).expect(200)

    @pytest.mark.parametrize("path", ["", "/everywhere"])
    def test_is_for_who_is_logged_in(self, anonymous: Client, grace: Visitor, path: str) -> None:
        anonymous.post(f"{AUTH}/logout{path}").expect(401)
        grace.post(f"{AUTH}/logout{path}", headers={"X-CSRF-Token": ""}).expect(403)
        grace.get(ME).expect(200)
        logged_out(grace)
        grace.post(f"{AUTH}/logout{path}").expect(401)

    def test_ends_the_token_that_goes_with_it(self, grace: Visitor) -> None:
        other = grace.again()
        logged_out(grace)

        other.patch(ME, {}, headers={"X-CSRF-Token": grace.csrf}).expect(403)
        other.patch(ME, {}).expect(200)

    def test_of_many_at_once_ends_it_once(self, grace: Visitor) -> None:
        here = grace.here()

        statuses = [answer.status for answer in at_once([lambda: here.post(f"{AUTH}/logout")] * 4)]

        assert set(statuses) <= {204, 401}
        assert 204 in statuses
        ends(here)


WORTHLESS = {
    "none": lambda ada, eve: None,
    "nothing": lambda ada, eve: "",
    "a guess": lambda ada, eve: "A" * 43,
    "that of another session": lambda ada, eve: eve.csrf,
    "that of another session of one's own": lambda ada, eve: ada.again().csrf,
    "the session itself": lambda ada, eve: ada.cookie.partition("=")[2],
    "cut": lambda ada, eve: ada.csrf[:-1],
    "longer": lambda ada, eve: ada.csrf + "A",
    "in capitals": lambda ada, eve: ada.csrf.swapcase(),
    "not ASCII": lambda ada, eve: ada.csrf[:-1] + "é",
    "twice": lambda ada, eve: f"{ada.csrf}, {ada.csrf}",
}


class TestCsrf:
    @pytest.mark.parametrize("token", WORTHLESS)
    def test_what_is_not_the_token_changes_nothing(
        self, ada: Visitor, eve: Visitor, domain: Domain, rows: Rows, token: str
    ) -> None:
        given = WORTHLESS[token](ada, eve)
        client = Client(
            ada.base_url, lambda method: {"Cookie": ada.cookie} | ({} if given is None else {"X-CSRF-Token": given})
        )
        before = ada.get(ME).data
        targets = [("PATCH", ME), ("POST", f"{AUTH}/logout"), ("POST", f"{AUTH}/password")]
        for resource in domain.resources:
            one = f"{resource.path}/{fresh_uuid()}"
            targets += [("POST", resource.path), ("PUT", one), ("PATCH", one), ("DELETE", one)]

        for method, path in targets:
            body = {} if method == "DELETE" else {"body": {}}
            answer = client.send(method, path, **body).expect(403)
            assert answer.json["error"]["code"] == "FORBIDDEN"

        client.get(ME).expect(200)
        client.send("HEAD", ME).expect(200)
        client.send("OPTIONS", ME).expect(204)
        assert ada.get(ME).data == before

    def test_comes_before_the_body_and_after_the_session(self, ada: Visitor, anonymous: Client) -> None:
        for raw in (b"{", b'{"surprise": 1}'):
            anonymous.patch(ME, raw=raw, headers={**JSON, "Cookie": ada.cookie}).expect(403)
            anonymous.patch(ME, raw=raw, headers={**JSON, "X-CSRF-Token": ada.csrf}).expect(401)

    def test_counts_in_its_header_alone(self, ada: Visitor, anonymous: Client) -> None:
        only = {"Cookie": f"{ada.cookie}; csrf={ada.csrf}; X-CSRF-Token={ada.csrf}; csrf_token={ada.csrf}"}

        anonymous.patch(ME, {}, headers=only).expect(403)
        for name in ("csrf", "csrf_token", "X-CSRF-Token"):
            anonymous.patch(f"{ME}?{name}={ada.csrf}", {}, headers=only).expect(400, 403)
            anonymous.patch(ME, {name: ada.csrf}, headers=only).expect(403)

    def test_twice_counts_for_nothing(self, ada: Visitor, anonymous: Client) -> None:
        twice = [("Cookie", ada.cookie), ("X-CSRF-Token", ada.csrf), ("X-CSRF-Token", "A" * 43)]

        # There are gateways that refuse a second header of that name.
        anonymous.patch(ME, {}, headers=twice).expect(400, 403)

    def test_needs_a_session(self, anonymous: Client, ada: Visitor) -> None:
        anonymous.get(CSRF).expect(401)
        anonymous.get(CSRF, headers={"Cookie": f"{ada.cookie}A"}).expect(401)

    def test_is_good_for_the_whole_session(self, anonymous: Client, ada: Visitor, eve: Visitor) -> None:
        again = csrf_of(anonymous, ada.cookie)

        for token in (ada.csrf, again):
            ada.patch(ME, {}, headers={"X-CSRF-Token": token}).expect(200)
        assert again != csrf_of(anonymous, eve.cookie)


def foreign(base_url: str) -> list[str]:
    """Return origins that are not the service's own, though some look like it."""
    place = urlsplit(base_url)
    return [
        "https://evil.example",
        "null",
        f"{place.scheme}://{place.netloc}.evil.example",
        f"{place.scheme}://evil.example/{place.netloc}",
        f"{place.scheme}://{place.netloc}@evil.example",
        f"{place.scheme}://{place.hostname}:{(place.port or 80) + 1}",
        f"{place.scheme}://x{place.netloc}",
        "file://",
        "",
    ]


class TestOrigin:
    def test_a_page_of_another_origin_changes_nothing(self, ada: Visitor) -> None:
        for origin in foreign(ada.base_url):
            given = {"Origin": origin}
            ada.patch(ME, {"name": "Mallory"}, headers=given).expect(403)
            ada.post(f"{AUTH}/logout", headers=given).expect(403)
        assert ada.get(ME).data["name"] == "Ada"

    def test_nor_lets_it_somebody_in(self, anonymous: Client, ada: Visitor) -> None:
        for origin in foreign(ada.base_url):
            email, given = new_email(), {"Origin": origin}
            body = {"email": ada.email, "password": ada.password}
            assert anonymous.post(f"{AUTH}/login", body, headers=given).expect(403).all("Set-Cookie") == []
            made = {"email": email, "password": new_password(), "name": "Mallory"}
            anonymous.post(f"{AUTH}/register", made, headers=given).expect(403)
            register(anonymous, email=email).expect(201)

    def test_ones_own_page_may(self, anonymous: Client, ada: Visitor) -> None:
        given = {"Origin": ada.base_url}

        ada.patch(ME, {}, headers=given).expect(200)
        anonymous.post(f"{AUTH}/login", {"email": ada.email, "password": ada.password}, headers=given).expect(200)

    def test_who_only_reads_may_come_from_anywhere(self, ada: Visitor) -> None:
        for origin in foreign(ada.base_url):
            answer = ada.get(ME, headers={"Origin": origin}).expect(200)
            assert answer.header("Access-Control-Allow-Origin") is None
            assert answer.header("Access-Control-Allow-Credentials") is None


Forge = Callable[[str, str], str]
FORGERIES: dict[str, Forge] = {
    "nothing": lambda name, value: f"{name}=",
    "only its name": lambda name, value: name,
    "no name": lambda name, value: f"={value}",
    "cut": lambda name, value: f"{name}={value[:-1]}",
    "longer": lambda name, value: f"{name}={value}A",
    "padded": lambda name, value: f"{name}={value}=",
    "in capitals": lambda name, value: f"{name}={value.swapcase()}",
    "in quotes": lambda name, value: f'{name}="{value}"',
    "another name": lambda name, value: f"{name}id={value}",
    "the name in capitals": lambda name, value: f"{name.upper()}={value}",
    "what is stored": lambda name, value: f"{name}={hashlib.sha256(value.encode()).hexdigest()}",
    "what is stored, in base64": lambda name, value: (
        f"{name}={urlsafe_b64encode(hashlib.sha256(value.encode()).digest()).decode().rstrip('=')}"
    ),
    "a pattern": lambda name, value: f"{name}={value[:-1]}%",
    "a statement": lambda name, value: f"{name}=' OR '1'='1",
    "a path": lambda name, value: f"{name}=../../../../etc/passwd",
    "very long": lambda name, value: f"{name}={'A' * 4000}",
    "points and commas": lambda name, value: ";;;=;,",
    "not ASCII": lambda name, value: f"{name}={value[:-1]}é",
    "two that differ": lambda name, value: f"{name}={'A' * 43}; {name}={value}",
}


class TestForgedCookies:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_are_refused_alike(self, anonymous: Client, ada: Visitor, paths: list[str], forgery: str) -> None:
        name, _, value = ada.cookie.partition("=")
        nothing = anonymous.get(ME).expect(401).json["error"]
        for path in (ME, *paths):
            answer = anonymous.get(path, headers={"Cookie": FORGERIES[forgery](name, value)}).expect(401)
            assert answer.json["error"]["message"] == nothing["message"]

    def test_elsewhere_it_counts_for_nothing(self, anonymous: Client, ada: Visitor) -> None:
        value = ada.cookie.partition("=")[2]

        for headers in (bearer(value), {"X-Session": value}, {"X-API-Key": value}, {"Authorization": ada.cookie}):
            anonymous.get(ME, headers=headers).expect(401)
        for name in ("session", "__Host-session", "sid"):
            anonymous.get(ME, {name: value}).expect(401)


class TestRoles:
    def test_are_those_of_the_moment_in_sessions_that_are_open(
        self, admin: Person, grace: Visitor, paths: list[str]
    ) -> None:
        sessions = [grace.here(), grace.again().here()]
        for roles, status in ((["admin"], 200), ([], 403)):
            admin.patch(f"{USERS}/{grace.id}", {"roles": roles}).expect(200)
            for session in sessions:
                session.get(USERS).expect(status)
