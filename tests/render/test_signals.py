"""What runs in a container is the process itself, so that a request to stop reaches it: no shell stands before it."""

from __future__ import annotations

import re

import pytest

import manifests
import template
from rendering import Rendered

COMMAND = re.compile(r"^\s*(?:CMD|ENTRYPOINT)\s+(?P<command>.+)$", re.MULTILINE)
SHELLS = {"sh", "bash", "/bin/sh", "/bin/bash"}


def in_shells(text: str) -> list[str]:
    """Return the commands of a container file that a shell would run."""
    return [command for command in COMMAND.findall(text) if not command.startswith("[")]


def without_exec(text: str, files: dict[str, bytes]) -> list[str]:
    """Return the commands of a container file that run a script which does not end by becoming the process."""
    scripts = re.findall(r'\["sh", "/([^"]+\.sh)"', text)
    last = {script: files[script].decode("utf-8").rstrip().splitlines()[-1] for script in scripts}
    return [script for script, line in last.items() if not line.startswith("exec ")]


def behind_shells(documents: list[dict[str, object]]) -> list[str]:
    """Return the containers of manifests that are started by a shell."""
    return [
        container["name"]
        for _, pod in manifests.pods(documents)
        for container in pod["containers"]
        if (container.get("command") or [""])[0] in SHELLS
    ]


def test_containers_run_the_process_itself(row: template.Row, emitted: Rendered) -> None:
    images = {path: emitted.text(path) for path in emitted.files if path.endswith("Dockerfile")}

    assert images
    assert {path: found for path, text in images.items() if (found := in_shells(text))} == {}
    assert {path: found for path, text in images.items() if (found := without_exec(text, emitted.files))} == {}
    assert behind_shells(manifests.build(emitted.files, manifests.PRODUCTION)) == []


@pytest.mark.parametrize("line", ["CMD python -m shop", "ENTRYPOINT exec python -m shop"])
def test_a_shell_is_found(line: str) -> None:
    assert in_shells(f"FROM scratch\n{line}\n") == [line.partition(" ")[2]]


def test_a_script_that_stays_is_found() -> None:
    text = 'ENTRYPOINT ["sh", "/gateway/start.sh", "/tmp/gateway"]'

    assert without_exec(text, {"gateway/start.sh": b"set -eu\nnginx -g 'daemon off;'\n"}) == ["gateway/start.sh"]
    assert without_exec(text, {"gateway/start.sh": b"set -eu\nexec nginx\n"}) == []


def test_a_container_behind_a_shell_is_found() -> None:
    pod = {"containers": [{"name": "web", "command": ["sh", "-c", "python -m shop"]}]}
    web = {
        "kind": "Deployment",
        "metadata": {"name": "shop"},
        "spec": {"template": {"metadata": {"labels": {}}, "spec": pod}},
    }

    assert behind_shells([web]) == ["web"]
