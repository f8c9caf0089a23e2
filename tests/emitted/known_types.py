"""What mypy has learned of libraries, handed from one emitted repository to the next.

To read the libraries takes most of its time. Of a repository's own modules nothing is handed on: these are looked at
anew each time. Of a library mypy compares every source with the one that it has read before.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

CACHE = ".mypy_cache"


def parts(repository: Path) -> list[Path]:
    """Return the folders of a repository in which mypy is run, those with most libraries first."""
    found = [*repository.glob("services/*"), *repository.glob("libs/*"), repository]
    return [part for part in found if (part / "src").is_dir()]


def lend(repository: Path, store: Path) -> bool:
    """Tell mypy in every part of a repository what is in `store`; return whether anything is."""
    if not store.is_dir():
        return False
    for part in parts(repository):
        shutil.copytree(store, part / CACHE, dirs_exist_ok=True)
    return True


def keep(repository: Path, store: Path) -> None:
    """Put into `store` what mypy has learned of libraries in a repository, unless something is there already."""
    first = parts(repository)[0]
    if store.is_dir() or not (first / CACHE).is_dir():
        return
    written = store.with_name(f"{store.name}-{os.getpid()}")
    shutil.copytree(first / CACHE, written)
    for file in written.rglob("*.db"):
        _forget(file, own(repository))
    try:
        written.rename(store)
    except OSError:  # another process was first
        shutil.rmtree(written)


def own(repository: Path) -> set[str]:
    """Return the names of all packages and modules that lie in a repository."""
    places = [folder for part in parts(repository) for folder in (part, part / "src")]
    found = [entry for folder in places for entry in folder.iterdir() if not entry.name.startswith(".")]
    return {entry.stem for entry in found if entry.is_dir() or entry.suffix == ".py"}


def _forget(file: Path, names: set[str]) -> None:
    """Remove from a part of a cache what it knows of modules with these names."""
    with closing(sqlite3.connect(file)) as cache, cache:
        for table in list(_tables(cache)):
            for (path,) in cache.execute(f"SELECT path FROM {table}").fetchall():  # noqa: S608
                if path.partition("/")[0].partition(".")[0] in names:
                    cache.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608


def _tables(cache: sqlite3.Connection) -> Iterator[str]:
    for (name,) in cache.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        yield name
