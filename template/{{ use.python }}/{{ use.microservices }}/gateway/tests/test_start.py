"""How the gateway begins and ends."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateways import HERE, Gateway
from tests.services import Service
from tests.wire import Answer, exchange, request

Start = Callable[..., Gateway]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("MAX_BODY_BYTES", "0"),
        ("MAX_BODY_BYTES", "1m; root /"),
        ("REQUEST_TIMEOUT_SECONDS", "soon"),
        ("SHUTDOWN_GRACE_SECONDS", "-1"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "x"),
        ("WEB_CONCURRENCY", "auto"),
        ("TRUSTED_PROXIES", "10.0.0.0/8;"),
        ("CORS_ORIGINS", "https://a.example'; root /"),
        ("USERS_URL", "https://users.example"),
        ("USERS_URL", "http://users; root /"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", str(HERE / "start.sh"), str(tmp_path / "run")],
        env={"PATH": "/usr/bin:/bin", "NGINX_COMMAND": "true", name: value},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )

    assert done.returncode == 2
    assert name in done.stderr
    assert value not in done.stderr.replace("above 0", "")


def test_it_writes_into_its_folder_alone(start: Start, users: Service) -> None:
    before = sorted(HERE.rglob("*.conf"))
    gateway = start()

    gateway.ask("POST", "/api/v1/users", body=b"x" * 500_000)

    assert sorted(HERE.rglob("*.conf")) == before
    assert sorted(path.name for path in gateway.folder.iterdir()) == ["output", "run"]


def test_it_finishes_what_it_began(start: Start, users: Service) -> None:
    gateway = start()
    users.behaviour = users.hanging
    answers: list[Answer] = []
    sent = request("GET", "/api/v1/users")
    waiting = threading.Thread(target=lambda: answers.append(exchange(gateway.port, sent)))
    waiting.start()
    while not users.seen:
        time.sleep(0.01)

    gateway.process.send_signal(signal.SIGQUIT)
    time.sleep(0.5)
    with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as the system says it
        exchange(gateway.port, sent)
    users.open.set()
    waiting.join()

    assert [answer.status for answer in answers] == [200]
    assert gateway.process.wait(10) == 0


def test_it_ends_when_it_is_told_to(start: Start) -> None:
    assert start().stop() == 0
