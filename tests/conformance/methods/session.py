"""Sessions: a login sets a cookie, and what changes something needs the token that is bound to it as well."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie

from conformance.client import Answer, Client
from conformance.methods import ACCOUNTS, SHOWN, Method, given
from conformance.methods.passwords import OPERATIONS, entering, log_in
from conformance.people import AUTH, ME, SAFE, Person

CSRF = f"{AUTH}/csrf"
COOKIES = ("__Host-session", "session")
"""What the cookie is called: in production, and in development."""


class Visitor(Person):
    """Somebody with an account, logged in by a browser."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        super().__init__(base_url, self.credentials)
        self.email = email
        self.password = password
        self.cookie = cookie_of(log_in(Client(base_url), email, password).expect(200))
        self.csrf = csrf_of(Client(base_url), self.cookie)
        account = self.get(ME).data
        self.id, self.name = account["id"], account["name"]

    def credentials(self, method: str) -> dict[str, str]:
        """Bring the cookie, and the token where something is to change."""
        return {"Cookie": self.cookie} | ({} if method in SAFE else {"X-CSRF-Token": self.csrf})

    def again(self) -> Visitor:
        """Log in in another browser."""
        return Visitor(self.base_url, self.email, self.password)


def session_of(answer: Answer) -> Morsel[str]:
    """Return the one cookie that an answer sets."""
    set_cookies = answer.all("Set-Cookie")
    assert len(set_cookies) == 1, f"{answer}\nsets {len(set_cookies)} cookies"
    jar: SimpleCookie = SimpleCookie()
    jar.load(set_cookies[0])
    [morsel] = jar.values()
    assert morsel.key in COOKIES, f"{answer}\ncalls its cookie {morsel.key}"
    return morsel


def cookie_of(answer: Answer) -> str:
    """Return what a browser sends back for the cookie of an answer."""
    morsel = session_of(answer)
    return f"{morsel.key}={morsel.value}"


def csrf_of(client: Client, cookie: str) -> str:
    """Ask for the token of a session."""
    data = client.get(CSRF, headers={"Cookie": cookie}).expect(200).data
    assert set(data) == {"csrf_token"}, data
    token: str = data["csrf_token"]
    return token


administrator, member = entering(Visitor)

METHOD = Method(
    name="session",
    has=frozenset({"accounts", "passwords", "email", "names", "roles"}),
    operations={**ACCOUNTS, **OPERATIONS, CSRF: frozenset({"get"})},
    account=SHOWN,
    challenge="Cookie",
    administrator=administrator,
    member=member,
    having=given(administrator, member),
    strangers=tuple({"Cookie": f"{name}={value}"} for name in COOKIES for value in ("nothing", "A" * 43)),
)
