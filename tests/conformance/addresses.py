"""Addresses that nobody has spoken from, so that none is counted with what went before."""

from __future__ import annotations

import secrets


def local_address() -> str:
    """Return an address of this machine that nobody has spoken from."""
    return f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"


def far_address() -> str:
    """Return an address of a network that nobody is in: it is there for tests of networks."""
    return f"198.{18 + secrets.randbelow(2)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"


def far_network() -> str:
    """Return the first half of addresses of IPv6, of a network that is there for examples."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
