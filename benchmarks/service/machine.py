"""The machine: which core does what, a process that is pinned to one, and the CPU time its tree has used."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Process", "core_of_load", "core_of_server", "cpu_seconds", "free_port", "run"]

TICKS = os.sysconf("SC_CLK_TCK")


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def core_of_server() -> int:
    """Return the core the measured server has to itself, where there are two."""
    return _cores()[0]


def core_of_load() -> int:
    """Return the core that wrk and PostgreSQL share."""
    return _cores()[min(1, len(_cores()) - 1)]


def free_port(first: int) -> int:
    """Return the first port from `first` on that nobody listens on."""
    for port in range(first, first + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise SystemExit(f"There is no free port on 127.0.0.1 from {first} to {first + 199}: stop what holds them.")


def run(
    command: Sequence[str], core: int, folder: Path, environment: Mapping[str, str] | None = None, seconds: float = 120
) -> str:
    """Run a command to its end, on one core, and return what it printed.

    Raises:
        RuntimeError: It failed, or took longer than `seconds`; with the last lines it printed.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{command[0]} did not end within {seconds:.0f} seconds") from error
    except FileNotFoundError as error:
        raise RuntimeError(f"{command[0]} is not installed") from error
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {_tail(done.stdout)}")
    return done.stdout


def _tail(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines()[-4:]) or "it printed nothing"


class Process:
    """A server on one core, its output in a file."""

    def __init__(
        self, command: Sequence[str], core: int, folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """Return the last lines it printed."""
        return _tail(self._log.read_text(errors="replace"))

    def stop(self) -> None:
        """Ask it to end, and after 10 seconds make it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            print(f"process {self.pid} did not end when asked; it was killed", file=sys.stderr)
            self._process.kill()
            self._process.wait()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, that a process and its descendants have used, ended children included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                used[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS
    tree = {pid}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(used.get(member, 0.0) for member in tree)
