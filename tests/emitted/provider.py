"""A real OpenID provider for the emitted service: the certified `oidc-provider`, on Node.js and on loopback."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).resolve().parent / "oidc_provider"
INSTALLED = ROOT / "build" / "oidc-provider"
DISCOVERY = "/.well-known/openid-configuration"
GRANT = "urn:tests:anybody"
READY_SECONDS = 60
STOP_SECONDS = 10
LIFETIME_SECONDS = 600

# Loopback is no way that leads through a proxy of the environment.
_opened = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Provider:
    """A provider that runs, or that was stopped: it comes back at the same address, with the same keys.

    Attributes:
        issuer: Where it is, and how it calls itself in its tokens.
        audience: Whom its tokens are meant for, unless another one is asked for.
        settings: What a service must be told to trust it, as environment variables.
        token_command: A command that prints an access token of `$SUBJECT` with the claims `$CLAIMS` (a JSON object),
            for `$AUDIENCE` and `$LIFETIME` seconds where these are given.
    """

    audience = "service-api"

    def __init__(self, folder: Path) -> None:
        import demo  # not on the path of the token command

        self._folder = folder
        self._port = demo.free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.issuer = f"http://127.0.0.1:{self._port}"
        self.settings = {"OIDC_ISSUER": self.issuer, "OIDC_AUDIENCE": self.audience}
        self.token_command = shlex.join([sys.executable, str(Path(__file__).resolve()), self.issuer])

    def start(self) -> None:
        """Start it, and return once it answers."""
        environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(self._port),
            "AUDIENCE": self.audience,
            "KEYS": str(self._folder / "keys.json"),
        }
        with (self._folder / "provider.log").open("ab") as log:
            command = [_node(), str(INSTALLED / "server.mjs")]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with _opened.open(self.issuer + DISCOVERY, timeout=STOP_SECONDS):
                    return
            except (urllib.error.URLError, OSError) as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = (self._folder / "provider.log").read_text(encoding="utf-8")
                    raise RuntimeError(f"the provider did not start: {said}") from error
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it; one that does not run stays as it is."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def rotate(self, *, keep: bool = False) -> None:
        """Sign with a new key from now on; the one before is published no more, unless it shall be kept."""
        request = urllib.request.Request(f"{self.issuer}/tests/rotate{'?keep=1' if keep else ''}", method="POST")  # noqa: S310 - loopback alone
        with _opened.open(request, timeout=STOP_SECONDS):
            return

    def token(self, subject: str, **claims: Any) -> str:
        """Return an access token of somebody."""
        return token_of(self.issuer, {"SUBJECT": subject, "CLAIMS": json.dumps(claims)})


@contextmanager
def started() -> Iterator[Provider]:
    """Run a provider as long as the block lasts."""
    install()
    with TemporaryDirectory(prefix="provider-") as folder:
        provider = Provider(Path(folder))
        try:
            provider.start()
            yield provider
        finally:
            provider.stop()


def install() -> None:
    """Put the server and what it needs into `build/`, unless it is there as it stands here."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCE / "package.json").read_bytes()
    shutil.copy(SOURCE / "server.mjs", INSTALLED)
    noted = INSTALLED / "installed.json"
    if noted.exists() and noted.read_bytes() == wanted:
        return
    shutil.copy(SOURCE / "package.json", INSTALLED)
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is missing: the provider of the tests needs Node.js 20 or later")
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    subprocess.run(command, cwd=INSTALLED, check=True)
    noted.write_bytes(wanted)


def token_of(issuer: str, asked: dict[str, str]) -> str:
    """Return an access token; `asked` are variables in the words of the token command."""
    fields = {
        "grant_type": GRANT,
        "client_id": "tests",
        "subject": asked["SUBJECT"],
        "claims": asked.get("CLAIMS") or "{}",
        "audience": asked.get("AUDIENCE") or Provider.audience,
        "lifetime": asked.get("LIFETIME") or str(LIFETIME_SECONDS),
    }
    body = urllib.parse.urlencode(fields).encode()
    with _opened.open(f"{issuer}/token", body, timeout=STOP_SECONDS) as answer:
        return str(json.load(answer)["access_token"])


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("node is missing: the provider of the tests needs Node.js 20 or later")
    return node


if __name__ == "__main__":
    sys.stdout.write(token_of(sys.argv[1], dict(os.environ)) + "\n")
