"""What a service promises of processes that die, and how its code breaks one promise at a time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Violation:
    """A change of the code, and the beginning of what is found then."""

    file: str
    old: str
    new: str
    found: str

    def planted(self, source: Path, destination: Path) -> Path:
        """Return a copy of the code with this change."""
        shutil.copytree(source, destination)
        (file,) = destination.glob(self.file)
        text = file.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.file} is not what it was: {self.old}"
        file.write_text(text.replace(self.old, self.new), encoding="utf-8")
        return destination


VIOLATIONS = {
    "a key is kept after its effect": Violation(
        "*/shared/infrastructure/idempotency/attempt.py",
        "return database.transaction() if attempt is None else attempt.transaction()",
        "return database.transaction()",
        "2 rows of",
    ),
    "events are recorded after the commit": Violation(
        "*/shared/infrastructure/sql/work.py",
        "await add_to_outbox(self.executor, self.publication, event)",
        "import asyncio\n"
        "        loop = asyncio.get_running_loop()\n"
        "        later = add_to_outbox(self._database, self.publication, event)\n"
        "        loop.call_later(0.02, lambda: loop.create_task(later))",
        "no order.created of",
    ),
    "events are recorded whatever becomes of the change": Violation(
        "*/shared/infrastructure/sql/work.py",
        "await add_to_outbox(self.executor, self.publication, event)",
        "import asyncio\n"
        "        await add_to_outbox(self._database, self.publication, event)\n"
        "        await asyncio.sleep(0.02)",
        "order.created of",
    ),
}
"""What is broken, of a service that keeps its answers in the transaction of their effect, and its events likewise."""
