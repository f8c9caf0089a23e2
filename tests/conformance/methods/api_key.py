"""API keys: accounts are machines, and administrators give them keys, of which the first comes from a command."""

from __future__ import annotations

from functools import cache
from typing import Any

from conformance.client import Answer, Client
from conformance.methods import ACCOUNTS, SHOWN, Method, given
from conformance.people import ME, USERS, Person, command, new_name
from conformance.target import Target

KEYS = "/api/v1/api-keys"
HEADER = "X-API-Key"


class Machine(Person):
    """A machine with an account and a key."""

    def __init__(self, base_url: str, key: str, administrator: Machine | None = None) -> None:
        super().__init__(base_url, self.credentials)
        self.key = key
        self.administrator = administrator or self
        account = self.get(ME).data
        self.id, self.name = account["id"], account["name"]

    def credentials(self, method: str) -> dict[str, str]:
        """Bring the key."""
        return {HEADER: self.key}

    def again(self) -> Machine:
        """Get another key."""
        return Machine(self.base_url, self.new_key().data["key"], self.administrator)

    def new_key(self, **wishes: Any) -> Answer:
        """Ask the administrator for another key."""
        return new_key(self.administrator, self.id, **wishes).expect(201)


def new_key(client: Client, account_id: str, **wishes: Any) -> Answer:
    """Ask for a key of an account."""
    return client.post(KEYS, {"name": "conformance", "user_id": account_id, **wishes})


@cache
def _administrator(target: Target) -> Machine:
    key = target.admin_key or command(target.admin_command, {"NAME": new_name(), "ROLE": "admin"})
    return Machine(target.base_url, key)


def _member(target: Target, name: str) -> Machine:
    administrator = _administrator(target)
    account = administrator.post(USERS, {"name": name, "roles": ["member"]}).expect(201).data
    key = new_key(administrator, account["id"]).expect(201).data["key"]
    return Machine(target.base_url, key, administrator)


METHOD = Method(
    name="api_key",
    has=frozenset({"accounts", "names", "roles"}),
    operations={
        **ACCOUNTS,
        USERS: frozenset({"get", "post"}),
        KEYS: frozenset({"get", "post"}),
        f"{KEYS}/{{id}}": frozenset({"delete"}),
        f"{KEYS}/{{id}}/rotate": frozenset({"post"}),
    },
    account={name: type_ for name, type_ in SHOWN.items() if name != "email"},
    challenge="ApiKey",
    administrator=_administrator,
    member=_member,
    having=given(_administrator, _member),
    strangers=tuple({HEADER: key} for key in ("nothing", "a.b", "aaaaaaaaaaaa." + "A" * 43, ".", "x" * 2000)),
)
