"""A client that shows what it says and hears, and stops at the first answer that is not the expected one."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

SECRETS = frozenset({"password", "access_token", "refresh_token"})
LONGEST = 1200


class Wrong(Exception):
    """Something was not as it should be; the message says what."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer with a JSON body."""

    status: int
    etag: str
    body: Any

    @property
    def data(self) -> dict[str, Any]:
        """Return the resource in the body; raise `Wrong` if there is none."""
        data = self.body.get("data") if isinstance(self.body, dict) else None
        if not isinstance(data, dict):
            raise Wrong("The answer holds no resource under `data`.")
        return data


class Client:
    """Speaks to one service. `token` is the access token that it sends, empty for nobody."""

    def __init__(self, base: str) -> None:
        """Remember the origin, such as `http://127.0.0.1:8000`."""
        self.base = base
        self.token = ""

    def say(self, text: str) -> None:
        """Print what is going to be tried."""
        print(f"\n{text}")

    def require(self, held: object, what: str) -> None:
        """Raise `Wrong` unless `held` is true."""
        if not held:
            raise Wrong(f"The answer above should show that {what}.")

    def is_ready(self) -> bool:
        """Return whether the service says that it is ready, without showing anything."""
        try:
            return self._exchange("GET", "/health/ready", None, {}).status == 200
        except OSError:
            return False

    def get(self, path: str, *, expect: int) -> Answer:
        """Read, and show it."""
        return self._shown("GET", path, None, expect, {})

    def post(self, path: str, body: dict[str, Any], *, expect: int, quiet: bool = False) -> Answer:
        """Create; `quiet` shows the first line of the answer only."""
        return self._shown("POST", path, body, expect, {}, quiet=quiet)

    def patch(self, path: str, body: dict[str, Any], *, expect: int, if_match: str) -> Answer:
        """Change, on condition that the version is still `if_match`."""
        return self._shown("PATCH", path, body, expect, {"If-Match": if_match})

    def get_status(self, path: str) -> int:
        """Read, and return the status alone, without showing anything."""
        return self._exchange("GET", path, None, {}).status

    def post_status(self, path: str, body: dict[str, Any]) -> int:
        """Create, and return the status alone, without showing anything."""
        return self._exchange("POST", path, body, {}).status

    def delete_status(self, path: str) -> int:
        """Remove, and return the status alone, without showing anything."""
        return self._exchange("DELETE", path, None, {}).status

    def _shown(
        self, method: str, path: str, body: Any, expect: int, headers: dict[str, str], *, quiet: bool = False
    ) -> Answer:
        condition = "".join(f"  {name}: {value}" for name, value in headers.items())
        print(f"  → {method} {path}{condition}{'' if body is None else '  ' + _short(body)}")
        answer = self._exchange(method, path, body, headers)
        print(f"  ← {answer.status}{'  ETag: ' + answer.etag if answer.etag else ''}")
        if not quiet and answer.body is not None:
            print("\n".join(f"    {line}" for line in _long(answer.body).splitlines()))
        if answer.status != expect:
            raise Wrong(f"{method} {path} was answered with {answer.status} instead of {expect}.")
        return answer

    def _exchange(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data else {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        url = self.base + urllib.parse.quote(path, safe="/?&=%,")
        request = urllib.request.Request(url, data, {**sent, **headers}, method=method)  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - loopback alone
                return _answer(response.status, response.headers.get("ETag"), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers.get("ETag"), error.read())


def _answer(status: int, etag: str | None, body: bytes) -> Answer:
    return Answer(status, etag or "", json.loads(body) if body else None)


def _hidden(value: Any) -> Any:
    """Return the value without secrets: what is printed may end up in a log."""
    if isinstance(value, dict):
        return {name: "…" if name in SECRETS else _hidden(item) for name, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list) else value


def _short(value: Any) -> str:
    return json.dumps(_hidden(value), ensure_ascii=False)


def _long(value: Any) -> str:
    text = json.dumps(_hidden(value), ensure_ascii=False, indent=2)
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n…"
