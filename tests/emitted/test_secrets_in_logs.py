"""What is searched for in logs is what was secret, and it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.witness import Witness
from emitted.test_conformance import lines_with

PASSWORD = "a long enough passphrase 7"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMUEifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
COOKIE = "PmBb2Jx0Qw8yV7n3Lk5sRt1"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """What a run has kept secret."""
    witness, path = Witness(), tmp_path / "secrets.txt"
    login = b'{"email": "ada@example.org", "password": "a long enough passphrase 7"}'
    witness.see([("Content-Type", "application/json")], login, [], b'{"data": {"access_token": "%b"}}' % TOKEN.encode())
    witness.see([("Authorization", f"Bearer {TOKEN}")], None, [("Set-Cookie", f"session={COOKIE}; HttpOnly")], b"")
    witness.see([("Cookie", "theme=dark; session=fQ1v9Zr4Ty6Ub8Io0Pa2")], None, [], b"[]")
    witness.see([("X-API-Key", "ab12cd34.Ku7Hy5Gt3Fr1De9Sw2Aq")], b"no JSON", [], b"")
    witness.keep(path)
    return path


@pytest.mark.parametrize(
    "line",
    [
        f"login of ada@example.org with {PASSWORD}",
        f'{{"event": "refused", "authorization": "Bearer {TOKEN}"}}',
        f"token …{TOKEN.rpartition('.')[2]}",
        f"Cookie: session={COOKIE}",
        "the session fQ1v9Zr4Ty6Ub8Io0Pa2 has ended",
        "the key Ku7Hy5Gt3Fr1De9Sw2Aq is not known",
    ],
)
def test_a_secret_is_found(told: Path, tmp_path: Path, line: str) -> None:
    log = tmp_path / "service.log"
    log.write_text(f"before\n{line}\nafter\n", encoding="utf-8")

    assert lines_with(told, log) == [line]


def test_nothing_else_is(told: Path, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text(
        "login.failed ada@example.org\nthe key ab12cd34 is not known\nsession dark Bearer\n", encoding="utf-8"
    )

    assert lines_with(told, log) == []
