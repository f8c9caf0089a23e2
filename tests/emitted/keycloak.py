"""Keycloak with the realm that an emitted repository brings, on Java and on loopback, as compose.yaml starts it."""

from __future__ import annotations

import base64
import hashlib
import html
import http.cookiejar
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / "build" / "keycloak"
REALM = "service"
READY_SECONDS = 180
STOP_SECONDS = 30
FORM = re.compile(r'<form[^>]+id="kc-form-login"[^>]+action="([^"]+)"')

# Loopback is no way that leads through a proxy of the environment.
_DIRECT = urllib.request.ProxyHandler({})


class Redirected(urllib.request.HTTPRedirectHandler):
    """Leaves it to the caller to follow a redirect: the code of a login is in its address."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class Keycloak:
    """A server that runs with the realm of a repository.

    Attributes:
        issuer: How it calls itself in its tokens.
    """

    def __init__(self, issuer: str, people_password: str) -> None:
        self.issuer = issuer
        self._password = people_password

    def token(self, username: str, client: str, redirect_uri: str) -> str:
        """Return an access token of somebody who has logged in on its page: authorization code with PKCE."""
        metadata = self._json(f"{self.issuer}/.well-known/openid-configuration")
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": secrets.token_urlsafe(8),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        exchanged = {
            "grant_type": "authorization_code",
            "client_id": client,
            "redirect_uri": redirect_uri,
            "code": self._code(f"{metadata['authorization_endpoint']}?{urllib.parse.urlencode(asked)}", username),
            "code_verifier": verifier,
        }
        return str(self._json(metadata["token_endpoint"], exchanged)["access_token"])

    def _code(self, url: str, username: str) -> str:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy=LoopbackCookies()))
        browser = urllib.request.build_opener(_DIRECT, cookies, Redirected())
        with browser.open(url, timeout=STOP_SECONDS) as page:
            form = FORM.search(page.read().decode())
        assert form is not None, "there is no form to log in with"
        typed = urllib.parse.urlencode({"username": username, "password": self._password}).encode()
        try:
            with browser.open(html.unescape(form[1]), typed, timeout=STOP_SECONDS) as page:
                raise AssertionError(f"the login was refused: {page.status}")
        except urllib.error.HTTPError as redirect:
            found = urllib.parse.parse_qs(urllib.parse.urlsplit(redirect.headers["Location"]).query)
            return found["code"][0]

    def _json(self, url: str, form: Mapping[str, str] | None = None) -> Any:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        with urllib.request.build_opener(_DIRECT).open(url, data, timeout=STOP_SECONDS) as answer:
            return json.load(answer)


class LoopbackCookies(http.cookiejar.DefaultCookiePolicy):
    """Takes secure cookies to loopback without TLS, as browsers do."""

    def return_ok_secure(self, cookie: http.cookiejar.Cookie, request: urllib.request.Request) -> bool:
        """Return that loopback is secure enough."""
        return True


@contextmanager
def started(repository: Path) -> Iterator[Keycloak]:
    """Run Keycloak as the `provider` of a repository's compose.yaml, as long as the block lasts."""
    import demo  # beside the tests on the path

    compose = yaml.safe_load((repository / "compose.yaml").read_text(encoding="utf-8"))["services"]["provider"]
    program = install(compose["image"].rpartition(":")[2])
    port, management_port = demo.free_port(), demo.free_port()
    password = secrets.token_hex(8)
    with TemporaryDirectory(prefix="keycloak-") as folder:
        home = Path(folder) / "keycloak"
        shutil.copytree(program, home)
        shutil.copytree(repository / "provider", home / "data" / "import")
        issuer = f"http://127.0.0.1:{port}/realms/{REALM}"
        environment = {
            **{name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ},
            **{name: re.sub(r"\$\{.*\}", password, value) for name, value in compose["environment"].items()},
            "JAVA_OPTS_KC_HEAP": "-Xmx768m",
        }
        place = [f"--http-port={port}", f"--http-management-port={management_port}", "--http-host=127.0.0.1"]
        command = [str(home / "bin" / "kc.sh"), *compose["command"].split(), *place]
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_ready(f"http://127.0.0.1:{management_port}/health/ready", process, log)
            yield Keycloak(issuer, password)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def install(release: str) -> Path:
    """Put the server of a release (such as 26.4) into `build/`, with Maven, unless it is there; return its folder."""
    version = f"{release}.0"
    folder = INSTALLED / f"keycloak-{version}"
    if not (folder / "bin" / "kc.sh").exists():
        if shutil.which("mvn") is None:
            raise RuntimeError("Keycloak comes by Maven, which is not there: install Java 17 and the package maven.")
        artifact = f"org.keycloak:keycloak-quarkus-dist:{version}:zip"
        wanted = ["mvn", "--quiet", "--batch-mode", "dependency:copy", f"-Dartifact={artifact}"]
        subprocess.run([*wanted, f"-DoutputDirectory={INSTALLED}"], check=True, stdin=subprocess.DEVNULL)
        with zipfile.ZipFile(INSTALLED / f"keycloak-quarkus-dist-{version}.zip") as archive:
            archive.extractall(INSTALLED)
        (folder / "bin" / "kc.sh").chmod(0o755)
    return folder


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.build_opener(_DIRECT).open(url, timeout=STOP_SECONDS):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"Keycloak did not start: {log.read_text(encoding='utf-8')[-4000:]}")
