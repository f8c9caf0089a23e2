"""One cell of the table: wrk against one server for some seconds, and the CPU time the server used meanwhile."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from machine import core_of_load, cpu_seconds, run

__all__ = ["OPERATIONS", "Load", "Sample", "require_wrk"]

OPERATIONS = ("read", "list", "create")
SCRIPT = Path(__file__).with_name("load.lua")


def require_wrk() -> None:
    """End the program with advice where the load generator is missing."""
    if not shutil.which("wrk"):
        raise SystemExit("The load generator wrk is not installed: apt-get install wrk (or brew install wrk).")


@dataclass(frozen=True)
class Sample:
    """What one run of wrk saw: rate in requests per second, CPU in µs per request, latencies in milliseconds."""

    requests: int
    rate: float
    cpu: float
    p50: float
    p95: float
    p99: float
    faults: str


@dataclass(frozen=True)
class Load:
    """A load to be put on a server: what is asked, over how many connections, for how many seconds."""

    operation: str
    connections: int

    def put(self, port: int, pid: int, ids: Path, credentials: Mapping[str, str], seconds: float) -> Sample:
        """Load the server on `port`, whose process is `pid`, with these headers, and return what was seen.

        Raises:
            RuntimeError: wrk failed.
        """
        command = [
            "wrk", "--threads", "1", "--connections", str(self.connections), "--duration", f"{max(1, round(seconds))}s",
            "--timeout", "8s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}",
            "--", self.operation, str(ids), *(f"{name}: {value}" for name, value in credentials.items()),
        ]  # fmt: skip
        before = cpu_seconds(pid)
        output = run(command, core_of_load(), SCRIPT.parent, seconds=seconds + 30)
        used = cpu_seconds(pid) - before
        seen = json.loads(output.rpartition("RESULT ")[2])
        requests = seen["requests"]
        phrases = (("not_2xx", "answers not 2xx"), ("socket", "socket errors"), ("timeouts", "timeouts"))
        faults = [f"{seen[name]} {phrase}" for name, phrase in phrases if seen[name]]
        if not requests:
            faults.append("no answer at all")
        return Sample(
            requests=requests,
            rate=requests / seen["microseconds"] * 1e6,
            cpu=used / requests * 1e6 if requests else float("nan"),
            p50=seen["p50"] / 1000,
            p95=seen["p95"] / 1000,
            p99=seen["p99"] / 1000,
            faults=", ".join(faults),
        )
