"""API keys: how machines come to be, how they get keys, how much a key opens and for how long, and what is no key."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.client import Answer, Client, at_once, eventually
from conformance.contract import Domain, Resource
from conformance.described import Document, conforms
from conformance.methods.api_key import HEADER, KEYS, Machine, new_key
from conformance.people import AUTH, ME, REVOKED_SECONDS, USERS, bearer, ends, new_email, new_name
from conformance.rows import Rows
from conformance.values import ECHO, fresh_uuid, moment

ANewMachine = Callable[[], Machine]
FORM = re.compile(r"[a-z2-7]{12}\.[A-Za-z0-9_-]{43}")
SHOWN = {
    "id", "version", "created_at", "updated_at", "user_id", "name", "prefix", "scopes", "expires_at", "last_used_at",
}  # fmt: skip
SOON = 2.0
"""Seconds after which a key of this suite ends by itself."""


def holding(machine: Machine, key: str) -> Client:
    """Return a client with a key."""
    return Client(machine.base_url, lambda method: {HEADER: key})


def in_seconds(seconds: float) -> str:
    """Return a moment from now on, as it travels."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def reading(resource: Resource) -> str:
    """Return the permission to read rows of a resource."""
    return f"read:{resource.path.rpartition('/')[2]}"


def writing(resource: Resource) -> str:
    """Return the permission to write them."""
    return f"write:{resource.path.rpartition('/')[2]}"


@pytest.fixture
def robot(a_member: ANewMachine) -> Machine:
    """A machine whose keys come and go."""
    return a_member()


class TestMachines:
    def test_are_made_by_administrators(self, admin: Machine, domain: Domain, document: Document) -> None:
        answer = admin.post(USERS, {"name": "Robot", "roles": ["member"]}).expect(201)

        conforms(document, "post", USERS, answer)
        assert set(answer.data) == set(domain.account.shown)
        shown = {name: answer.data[name] for name in ("name", "roles", "is_active", "version")}
        assert shown == {"name": "Robot", "roles": ["member"], "is_active": True, "version": 1}
        assert answer.header("Location") == f"{USERS}/{answer.data['id']}"
        assert admin.get(f"{USERS}/{answer.data['id']}").data == answer.data

    def test_are_members_at_least(self, admin: Machine) -> None:
        assert admin.post(USERS, {"name": "Robot"}).expect(201).data["roles"] == ["member"]
        robot = admin.post(USERS, {"name": "Robot", "roles": ["admin"]}).data
        assert robot["roles"] == ["member", "admin"]
        admin.delete(f"{USERS}/{robot['id']}").expect(204)

    def test_are_made_once_for_a_name_of_the_request(self, admin: Machine) -> None:
        body, once = {"name": new_name()}, {"Idempotency-Key": fresh_uuid()}

        first, again = (admin.post(USERS, body, headers=once).expect(201) for _ in range(2))

        assert first.body == again.body
        assert again.header("Idempotency-Replayed") == "true"
        assert admin.get(USERS, {"filter[name]": body["name"]}).total == 1

    def test_get_another_key_each_time(self, admin: Machine, robot: Machine) -> None:
        body, once = {"name": "again", "user_id": robot.id}, {"Idempotency-Key": fresh_uuid()}

        first, again = (admin.post(KEYS, body, headers=once).expect(201) for _ in range(2))

        assert first.data["key"] != again.data["key"]
        assert not again.header("Idempotency-Replayed")

    def test_may_have_the_same_name(self, admin: Machine) -> None:
        name = new_name()

        assert len({admin.post(USERS, {"name": name}).expect(201).data["id"] for _ in range(2)}) == 2

    @pytest.mark.parametrize(
        ("changes", "faulty"),
        [
            ({"name": ""}, "name"),
            ({"name": None}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": f"{ECHO}\x00"}, "name"),
            ({"roles": ["king"]}, "roles"),
            ({"roles": "admin"}, "roles"),
            ({"email": f"{ECHO}@example.org"}, "email"),
            ({"password": ECHO}, "password"),
            ({"is_active": False}, "is_active"),
            ({"id": fresh_uuid()}, "id"),
        ],
    )
    def test_are_nothing_else(self, admin: Machine, changes: dict[str, Any], faulty: str) -> None:
        answer = admin.post(USERS, {"name": "Robot", **changes}).expect(400)

        assert {name.partition(".")[0] for name in answer.fields} <= {faulty, "body"}
        assert ECHO not in answer.text

    def test_do_not_make_each_other(self, ada: Machine, anonymous: Client) -> None:
        for body in ({"name": "Robot", "roles": ["admin"]}, {"name": "Robot"}, {}):
            ada.post(USERS, body).expect(403)
            anonymous.post(USERS, body).expect(401)

    def test_do_not_register(self, anonymous: Client, admin: Machine) -> None:
        body = {"email": new_email(), "password": "a long enough passphrase 7", "name": "Robot"}
        for name in ("register", "login", "refresh", "logout", "password", "csrf"):
            anonymous.post(f"{AUTH}/{name}", body).expect(404)
            admin.get(f"{AUTH}/{name}").expect(404)

    def test_that_are_disabled_have_no_keys_left(self, admin: Machine, robot: Machine) -> None:
        admin.patch(f"{USERS}/{robot.id}", {"is_active": False}).expect(200)

        assert admin.get(KEYS, {"filter[user_id]": robot.id}).total == 0
        new_key(admin, robot.id).expect(409)


class TestKeys:
    def test_are_shown_once(self, admin: Machine, robot: Machine, document: Document) -> None:
        answer = new_key(admin, robot.id, name="conveyor").expect(201)

        conforms(document, "post", KEYS, answer)
        key = answer.data
        assert set(key) == {*SHOWN, "key"}
        assert FORM.fullmatch(key["key"])
        assert key["key"].partition(".")[0] == key["prefix"]
        assert (key["user_id"], key["name"], key["scopes"], key["expires_at"]) == (robot.id, "conveyor", None, None)
        assert key["last_used_at"] is None
        listed = admin.get(KEYS, {"filter[id]": key["id"]})
        conforms(document, "get", KEYS, listed)
        assert listed.data == [{name: key[name] for name in SHOWN}]
        secret = key["key"].partition(".")[2]
        for form in (
            secret,
            hashlib.sha256(secret.encode()).hexdigest(),
            hashlib.sha256(key["key"].encode()).hexdigest(),
        ):
            assert form not in listed.text

    def test_are_never_the_same(self, robot: Machine) -> None:
        made = [robot.new_key().data for _ in range(10)]

        assert len({key["prefix"] for key in made}) == 10
        assert len({key["key"].partition(".")[2] for key in made}) == 10

    def test_are_listed_like_everything(self, admin: Machine, robot: Machine) -> None:
        ids = [robot.new_key(name=name).data["id"] for name in ("b", "a", "c")]
        asked = {"filter[id][in]": ",".join(ids)}

        assert admin.get(KEYS, asked).ids == ids
        assert admin.get(KEYS, {**asked, "sort": "name"}).ids == [ids[1], ids[0], ids[2]]
        assert admin.get(KEYS, {**asked, "limit": 2}).ids == ids[:2]
        assert admin.get(KEYS, {**asked, "filter[user_id]": fresh_uuid()}).total == 0
        assert admin.get(KEYS, {"filter[key]": "x"}).expect(400).fields == {"filter[key]"}

    def test_say_when_they_were_used(self, admin: Machine, robot: Machine) -> None:
        key = robot.new_key().data
        before = datetime.now(UTC) - timedelta(seconds=60)
        holding(robot, key["key"]).get(ME).expect(200)

        def used() -> str | None:
            last: str | None = admin.get(KEYS, {"filter[id]": key["id"]}).data[0]["last_used_at"]
            return last

        eventually(lambda: used() is not None, REVOKED_SECONDS, "its use is known")
        last = used()
        assert last is not None
        assert moment(last) > before

    def test_belong_to_somebody(self, admin: Machine) -> None:
        assert new_key(admin, fresh_uuid()).expect(400).fields == {"user_id"}
        for user_id in (None, 5, "nobody"):
            assert admin.post(KEYS, {"name": "a", "user_id": user_id}).expect(400).fields == {"user_id"}

    @pytest.mark.parametrize(
        ("wishes", "faulty"),
        [
            ({"name": ""}, "name"),
            ({"name": None}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"scopes": "admin"}, "scopes"),
            ({"scopes": [5]}, "scopes"),
            ({"scopes": ["write:everything"]}, "scopes"),
            ({"scopes": ["*"]}, "scopes"),
            ({"scopes": ["admin"]}, "scopes"),
            ({"expires_at": "tomorrow"}, "expires_at"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
            ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
            ({"prefix": "aaaaaaaaaaaa"}, "prefix"),
            ({"key": ECHO}, "key"),
            ({"digest": ECHO}, "digest"),
        ],
    )
    def test_wishes_are_checked(self, admin: Machine, robot: Machine, wishes: dict[str, Any], faulty: str) -> None:
        answer = new_key(admin, robot.id, **wishes).expect(400)

        assert {name.partition(".")[0] for name in answer.fields} <= {faulty, "body"}
        assert ECHO not in answer.text

    def test_are_the_business_of_administrators(self, ada: Machine, anonymous: Client, robot: Machine) -> None:
        one = f"{KEYS}/{robot.new_key().data['id']}"
        for client, status in ((ada, 403), (anonymous, 401)):
            client.get(KEYS).expect(status)
            new_key(client, ada.id).expect(status)
            client.post(KEYS, {}).expect(status)
            client.delete(one).expect(status)
            client.post(f"{one}/rotate", {}).expect(status)
            client.delete(f"{KEYS}/{fresh_uuid()}").expect(status)

    def test_that_are_deleted_open_nothing(
        self, admin: Machine, robot: Machine, paths: list[str], document: Document
    ) -> None:
        key, other = robot.new_key().data, robot.here()
        client = holding(robot, key["key"])
        for path in (ME, *paths):
            client.get(path).expect(200)

        answer = admin.delete(f"{KEYS}/{key['id']}").expect(204)

        conforms(document, "delete", f"{KEYS}/{{id}}", answer)
        ends(client, *paths)
        assert admin.get(KEYS, {"filter[id]": key["id"]}).total == 0
        admin.delete(f"{KEYS}/{key['id']}").expect(404)
        admin.post(f"{KEYS}/{key['id']}/rotate", {}).expect(404)
        other.get(ME).expect(200)

    def test_of_nobody(self, admin: Machine) -> None:
        for id_ in (fresh_uuid(), "nothing", fresh_uuid().upper()):
            admin.delete(f"{KEYS}/{id_}").expect(404)
            admin.post(f"{KEYS}/{id_}/rotate", {}).expect(404)


class TestScopes:
    def test_open_what_they_say_and_no_more(self, shared: Resource, admin: Machine, rows: Rows) -> None:
        row = rows.create(shared, admin)
        one, body = f"{shared.path}/{row['id']}", rows.minimal(shared, admin)
        reader = holding(admin, admin.new_key(scopes=[reading(shared)]).data["key"])

        assert reader.get(one).data == row
        reader.get(shared.path).expect(200)
        reader.post(shared.path, body).expect(403)
        reader.put(one, body).expect(403)
        reader.patch(one, {}).expect(403)
        reader.delete(one).expect(403)
        for path in (USERS, KEYS):
            reader.get(path).expect(403)

    def test_of_writing_write(self, shared: Resource, admin: Machine, rows: Rows) -> None:
        scopes = [reading(shared), writing(shared)]
        writer = holding(admin, admin.new_key(scopes=scopes).data["key"])

        row = writer.post(shared.path, rows.minimal(shared, admin)).expect(201).data
        writer.delete(f"{shared.path}/{row['id']}").expect(204)
        writer.get(KEYS).expect(403)

    def test_of_what_is_owned_reach_ones_own(self, owned: Resource, admin: Machine, ada: Machine, rows: Rows) -> None:
        hers = rows.create(owned, ada)
        scopes = [reading(owned), writing(owned)]
        mine, clerk = (holding(who, who.new_key(scopes=scopes).data["key"]) for who in (ada, admin))

        assert mine.get(f"{owned.path}/{hers['id']}").data == hers
        mine.patch(f"{owned.path}/{hers['id']}", {}).expect(200)
        # Everybody's rows are the administrator's, but not a key's that was given less.
        clerk.get(f"{owned.path}/{hers['id']}").expect(404)
        reader = holding(ada, ada.new_key(scopes=[reading(owned)]).data["key"])
        reader.get(f"{owned.path}/{hers['id']}").expect(200)
        reader.patch(f"{owned.path}/{hers['id']}", {}).expect(403)
        reader.delete(f"{owned.path}/{hers['id']}").expect(403)

    def test_that_the_account_has_not_are_refused(self, shared: Resource, robot: Machine, admin: Machine) -> None:
        assert new_key(admin, robot.id, scopes=[writing(shared)]).expect(400).fields <= {"scopes", "scopes.0"}

    def test_give_nothing_that_is_taken_from_the_account(
        self, shared: Resource, admin: Machine, robot: Machine, rows: Rows
    ) -> None:
        target = f"{shared.path}/{rows.create(shared, admin)['id']}"
        admin.patch(f"{USERS}/{robot.id}", {"roles": ["admin"]}).expect(200)
        client = holding(robot, robot.new_key(scopes=[reading(shared), writing(shared)]).data["key"])
        client.patch(target, {}).expect(200)

        admin.patch(f"{USERS}/{robot.id}", {"roles": []}).expect(200)

        eventually(lambda: client.patch(target, {}).status == 403, REVOKED_SECONDS, "a scope gives nothing by itself")
        client.get(target).expect(200)

    def test_do_not_grow(self, shared: Resource, admin: Machine) -> None:
        reader = holding(admin, admin.new_key(scopes=[reading(shared)]).data["key"])

        new_key(reader, admin.id).expect(403)
        reader.patch(f"{USERS}/{admin.id}", {"roles": ["admin"]}).expect(403)
        reader.post(USERS, {"name": "Robot"}).expect(403)
        reader.get(ME).expect(200)


class TestExpiry:
    def test_ends_a_key_by_itself(self, robot: Machine, paths: list[str]) -> None:
        key = robot.new_key(expires_at=in_seconds(SOON)).data
        client = holding(robot, key["key"])
        client.get(ME).expect(200)
        for path in paths:
            client.get(path)

        time.sleep(SOON)

        ends(client, *paths)
        robot.get(ME).expect(200)

    def test_is_shown(self, robot: Machine) -> None:
        key = robot.new_key(expires_at="2099-01-01T01:00:00+01:00").data

        assert moment(key["expires_at"]) == datetime(2099, 1, 1, tzinfo=UTC)


def rotated(admin: Machine, key: dict[str, Any], **wishes: Any) -> Answer:
    """Ask for the key that follows another."""
    return admin.post(f"{KEYS}/{key['id']}/rotate", wishes)


class TestRotation:
    def test_replaces_a_key_at_once(self, admin: Machine, robot: Machine, paths: list[str], document: Document) -> None:
        old = robot.new_key(name="conveyor", scopes=None).data

        answer = rotated(admin, old).expect(201)

        conforms(document, "post", f"{KEYS}/{{id}}/rotate", answer)
        new = answer.data
        assert FORM.fullmatch(new["key"])
        assert new["prefix"] != old["prefix"]
        assert [new[name] for name in ("user_id", "name", "scopes")] == [robot.id, "conveyor", None]
        holding(robot, new["key"]).get(ME).expect(200)
        ends(holding(robot, old["key"]), *paths)

    def test_leaves_both_for_a_while(self, admin: Machine, robot: Machine, paths: list[str]) -> None:
        old = robot.new_key().data

        new = rotated(admin, old, overlap_seconds=int(SOON)).expect(201).data

        for key in (old, new):
            holding(robot, key["key"]).get(ME).expect(200)
        time.sleep(SOON)
        ends(holding(robot, old["key"]), *paths)
        holding(robot, new["key"]).get(ME).expect(200)

    def test_keeps_what_a_key_opens(self, shared: Resource, admin: Machine, rows: Rows) -> None:
        old = admin.new_key(scopes=[reading(shared)]).data

        new = rotated(admin, old).expect(201).data

        assert new["scopes"] == old["scopes"]
        holding(admin, new["key"]).get(shared.path).expect(200)
        holding(admin, new["key"]).post(shared.path, rows.minimal(shared, admin)).expect(403)

    def test_makes_no_key_live_longer(self, admin: Machine, robot: Machine) -> None:
        old = robot.new_key(expires_at=in_seconds(SOON)).data

        rotated(admin, old, overlap_seconds=604_800).expect(201)

        time.sleep(SOON)
        ends(holding(robot, old["key"]))

    def test_of_a_key_that_has_ended_makes_none(self, admin: Machine, robot: Machine) -> None:
        old = robot.new_key(expires_at=in_seconds(SOON)).data
        time.sleep(SOON + 0.1)

        rotated(admin, old).expect(409)

    @pytest.mark.parametrize("overlap", [-1, 604_801, 1.5, "60", None, True])
    def test_overlaps_within_reason(self, admin: Machine, robot: Machine, overlap: object) -> None:
        key = robot.new_key().data

        assert rotated(admin, key, overlap_seconds=overlap).expect(400).fields == {"overlap_seconds"}
        holding(robot, key["key"]).get(ME).expect(200)

    def test_of_two_at_once_leaves_no_key_that_nobody_knows(self, admin: Machine, robot: Machine) -> None:
        old = robot.new_key().data

        answers = at_once([lambda: rotated(admin, old)] * 4)

        assert {answer.status for answer in answers} <= {201, 409}
        made = [answer.data["id"] for answer in answers if answer.status == 201]
        assert made
        ends(holding(robot, old["key"]))
        now = [row["id"] for row in admin.get(KEYS, {"filter[user_id]": robot.id, "limit": 100}).data]
        assert set(made) <= set(now)


Forge = Callable[[str, str], str]
FORGERIES: dict[str, Forge] = {
    "nothing": lambda prefix, secret: "",
    "no secret": lambda prefix, secret: f"{prefix}.",
    "a prefix alone": lambda prefix, secret: prefix,
    "a secret alone": lambda prefix, secret: secret,
    "no prefix": lambda prefix, secret: f".{secret}",
    "another prefix": lambda prefix, secret: f"aaaaaaaaaaaa.{secret}",
    "a wrong secret": lambda prefix, secret: f"{prefix}.{'A' * 43}",
    "the last bits are others": lambda prefix, secret: f"{prefix}.{secret[:-1]}{'B' if secret[-1] != 'B' else 'C'}",
    "cut": lambda prefix, secret: f"{prefix}.{secret[:-1]}",
    "longer": lambda prefix, secret: f"{prefix}.{secret}A",
    "padded": lambda prefix, secret: f"{prefix}.{secret}=",
    "the prefix in capitals": lambda prefix, secret: f"{prefix.upper()}.{secret}",
    "the secret in capitals": lambda prefix, secret: f"{prefix}.{secret.swapcase()}",
    "what is stored": lambda prefix, secret: f"{prefix}.{hashlib.sha256(secret.encode()).hexdigest()}",
    "what is stored, in base64": lambda prefix, secret: (
        f"{prefix}.{base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode().rstrip('=')}"
    ),
    "a pattern": lambda prefix, secret: f"{prefix[:-1]}%.{secret}",
    "a pattern of one letter": lambda prefix, secret: f"{prefix[:-1]}_.{secret}",
    "a statement": lambda prefix, secret: f"' OR '1'='1.{secret}",
    "twice": lambda prefix, secret: f"{prefix}.{secret}, {prefix}.{secret}",
    "with a scheme": lambda prefix, secret: f"Bearer {prefix}.{secret}",
    "not ASCII": lambda prefix, secret: f"{prefix}.{secret[:-1]}é",
    "very long": lambda prefix, secret: f"{prefix}.{'A' * 6000}",
}


class TestForgedKeys:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_are_refused_alike(self, anonymous: Client, ada: Machine, paths: list[str], forgery: str) -> None:
        prefix, _, secret = ada.key.partition(".")
        nothing = anonymous.get(ME).expect(401)
        for path in (ME, *paths):
            answer = anonymous.get(path, headers={HEADER: FORGERIES[forgery](prefix, secret)}).expect(401)
            assert answer.json["error"]["message"] == nothing.json["error"]["message"]
            assert answer.header("WWW-Authenticate") == nothing.header("WWW-Authenticate")

    def test_the_secret_of_another_opens_nothing(self, anonymous: Client, ada: Machine, eve: Machine) -> None:
        mixed = f"{ada.key.partition('.')[0]}.{eve.key.partition('.')[2]}"

        anonymous.get(ME, headers={HEADER: mixed}).expect(401)

    def test_two_open_nothing(self, anonymous: Client, ada: Machine, eve: Machine) -> None:
        # There are gateways that refuse a second header of that name.
        anonymous.get(ME, headers=[(HEADER, ada.key), (HEADER, eve.key)]).expect(400, 401)

    @pytest.mark.parametrize("name", ["api_key", "apikey", "key", "X-API-Key", "x-api-key"])
    def test_in_the_url_they_count_for_nothing(self, anonymous: Client, ada: Machine, name: str) -> None:
        anonymous.get(ME, {name: ada.key}).expect(401)

    def test_nor_elsewhere(self, anonymous: Client, ada: Machine) -> None:
        basic = base64.b64encode(ada.key.replace(".", ":").encode()).decode()
        elsewhere: list[dict[str, str]] = [
            bearer(ada.key),
            {"Authorization": f"Basic {basic}"},
            {"Authorization": f"ApiKey {ada.key}"},
            {"Cookie": f"api_key={ada.key}; X-API-Key={ada.key}"},
            {"X-Auth-Token": ada.key},
        ]
        for headers in elsewhere:
            anonymous.get(ME, headers=headers).expect(401)

    def test_the_name_of_the_header_may_be_in_any_letters(self, anonymous: Client, ada: Machine) -> None:
        anonymous.get(ME, headers={HEADER.lower(): ada.key}).expect(200)
