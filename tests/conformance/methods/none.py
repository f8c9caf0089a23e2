"""No authentication: whoever reaches the service may do everything."""

from __future__ import annotations

from conformance.methods import Method
from conformance.people import Person
from conformance.target import Target
from conformance.values import fresh_uuid


class Anybody(Person):
    """Somebody, of whom nothing is known; the identifier is nobody's."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url, self.credentials)
        self.id = fresh_uuid()

    def credentials(self, method: str) -> dict[str, str]:
        """Bring nothing."""
        return {}

    def again(self) -> Anybody:
        """Come once more."""
        return Anybody(self.base_url)


def _anybody(target: Target, name: str = "") -> Anybody:
    return Anybody(target.base_url)


METHOD = Method(
    name="none",
    has=frozenset(),
    operations={},
    account={},
    challenge="",
    administrator=_anybody,
    member=_anybody,
    having=lambda target, roles: _anybody(target),
    strangers=(),
)
