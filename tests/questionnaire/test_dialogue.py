"""The dialogue in a real pseudo-terminal, wrong answers included."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path

import yaml

ENTER, CLEAR, DOWN, ALT_ENTER = "\r", "\x15", "\x1b[B", "\x1b\r"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])")


class Terminal:
    """A child process in a pseudo-terminal: read what it shows, type what a person would."""

    def __init__(self, *command: str) -> None:
        self._seen = ""
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.environ.update(TERM="xterm-256color", PROMPT_TOOLKIT_NO_CPR="1")
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))  # rows and columns
            os.execv(command[0], command)  # noqa: S606 - the child becomes the command, without a shell

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Read until `text` is shown; what was shown before does not count again."""
        end = time.monotonic() + seconds
        while text not in (plain := ESCAPES.sub("", self._seen)):
            ready, _, _ = select.select([self._fd], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"waited for {text!r}, saw:\n{plain[-3000:]}"
            try:
                self._seen += os.read(self._fd, 65536).decode("utf-8", "replace")
            except OSError as error:  # the child has closed its side
                raise AssertionError(f"ended while waiting for {text!r}, saw:\n{plain[-3000:]}") from error
        self._seen = plain[plain.index(text) + len(text) :]

    def type(self, text: str) -> None:
        """Send keys."""
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Read to the end and return the exit code."""
        try:
            while os.read(self._fd, 65536):
                pass
        except OSError:
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)


def test_a_person_answers_wrong_and_then_right(template_dir: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    terminal = Terminal(sys.executable, "-m", "copier", "copy", "--trust", str(template_dir), str(project))

    terminal.wait_for("What is the project called?")
    terminal.type(CLEAR + ENTER)
    terminal.wait_for("it is empty; write at least one character.")
    terminal.type('Zoë\'s "Books"' + ENTER)

    terminal.wait_for("Its short name")
    terminal.wait_for("zoe-s-books")
    terminal.type(CLEAR + "Books!" + ENTER)
    terminal.wait_for("use lower-case letters a to z and digits")
    terminal.type(CLEAR + "books" + ENTER)

    terminal.wait_for("The name that code imports")
    terminal.type(CLEAR + "json" + ENTER)
    terminal.wait_for("is a module of Python's standard library")
    terminal.type(CLEAR + "books" + ENTER)

    terminal.wait_for("What is it for")
    terminal.type(ENTER)
    terminal.wait_for("Who holds the copyright?")
    terminal.type(ENTER)
    terminal.wait_for("Where can the authors be reached?")
    terminal.type("zoe" + ENTER)
    terminal.wait_for("write an address such as")
    terminal.type("@example.org" + ENTER)
    terminal.wait_for("Under which licence")
    terminal.type(DOWN + ENTER)
    terminal.wait_for("The oldest Python")
    terminal.type(ENTER)
    terminal.wait_for("How is the code divided?")
    terminal.type(ENTER)
    terminal.wait_for("Which web framework receives the requests?")
    terminal.type(ENTER)
    terminal.wait_for("Where is the data kept?")
    terminal.type(ENTER)
    terminal.wait_for("How do callers prove who they are?")
    terminal.type(ENTER)
    terminal.wait_for("keep an audit trail")
    terminal.type("y")
    terminal.wait_for("What is the backend about?")
    terminal.type("\x1b[A" + ENTER)  # up, around to the last one: custom

    terminal.wait_for("Describe modules, entities and fields")
    terminal.type("    stock: integr" + ALT_ENTER)
    terminal.wait_for("catalog.product.stock")
    terminal.type("\x7fer min=0" + ALT_ENTER)

    terminal.wait_for("is ready. Next:", 60)
    assert terminal.end() == 0
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert answers["project_name"] == 'Zoë\'s "Books"'
    assert answers["project_slug"] == "books"
    assert answers["package_name"] == "books"
    assert answers["description"] == 'The backend of Zoë\'s "Books".'
    assert answers["author_email"] == "zoe@example.org"
    assert answers["license"] == "Apache-2.0"
    assert answers["database"] == "sqlite"
    assert answers["framework"] == "fastapi"
    assert answers["auth"] == "jwt"
    assert answers["audit_trail"] is True
    assert answers["domain_preset"] == "custom"
    assert yaml.safe_load(answers["domain"])["catalog"]["product"]["stock"] == "integer min=0"


def test_an_interrupted_dialogue_leaves_nothing_behind(template_dir: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    answered = ["-d", "project_name=Books", "-d", "license=MIT"]
    terminal = Terminal(sys.executable, "-m", "copier", "copy", "--trust", *answered, str(template_dir), str(project))

    terminal.wait_for("Its short name")
    terminal.type("\x03")

    assert terminal.end() != 0
    assert not project.exists()
