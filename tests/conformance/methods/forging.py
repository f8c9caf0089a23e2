"""Forged tokens: what somebody makes of a good one who does not have the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from conformance.values import fresh_uuid


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token."""
    header, claims, _ = token.split(".")
    return _decoded(header), _decoded(claims)


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def encoded(value: object) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes, algorithm: str = "sha256") -> str:
    """Return a token that is signed with a key of somebody's own."""
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
        return signed({**header, "alg": "HS256", **changes}, claims, key)

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
    "another issuer": _claims(iss="https://evil.example"),
    "another audience": _claims(aud="https://evil.example"),
    "no audience": _claims(aud=None),
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
