"""Render a sample, as `make render` does.

The environment says what: SAMPLE (shop), DEST (build/SAMPLE), DATA ("framework=fastapi database=sqlite").
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


class Refused(Exception):
    """What was asked for cannot be done; the message says why, and what can."""


def answers() -> list[str]:
    """Return DATA as options of Copier; raise `Refused` for a word that is no `NAME=VALUE`."""
    words = shlex.split(os.environ.get("DATA", ""))
    for word in words:
        if "=" not in word:
            raise Refused(f'DATA: "{word}" is no answer; write NAME=VALUE, with blanks between several.')
    return [option for word in words for option in ("--data", word)]


def clear(destination: Path) -> None:
    """Remove an earlier render from `destination`; raise `Refused` where something else is in the way."""
    if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
        return
    if not (destination / ".copier-answers.yml").is_file():
        raise Refused(f"DEST: {destination} holds something that was not rendered here; name another folder.")
    if (destination / ".git").exists():
        raise Refused(f"DEST: {destination} is somebody's project, with a history of its own; name another folder.")
    shutil.rmtree(destination)


def render(sample: str, destination: Path, *options: str) -> None:
    """Render `samples/SAMPLE.yml` into `destination`; raise `Refused` if Copier does not like the answers."""
    if shutil.which("git") is None:
        raise Refused("git is not installed, and Copier needs it; install it with your system's package manager.")
    recorded = yaml.safe_load((ROOT / "samples" / f"{sample}.yml").read_text(encoding="utf-8"))
    presets = [option for name in ("project_name", "description") for option in ("--data", f"{name}={recorded[name]}")]
    command = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    # The last value of an answer counts, so DATA may change what the sample says.
    command += [*presets, "--data", f"domain_preset={sample}", *options, str(ROOT), str(destination)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise Refused("Nothing was rendered; the sentence above says why.")


def main() -> int:
    """Render the sample that the environment asks for; return the exit code."""
    sample = os.environ.get("SAMPLE") or "shop"
    known = sorted(file.stem for file in (ROOT / "samples").glob("*.yml"))
    try:
        if sample not in known:
            raise Refused(f'SAMPLE: there is no sample "{sample}"; choose {", ".join(known)}.')
        destination = Path(os.environ.get("DEST") or ROOT / "build" / sample)
        options = answers()
        clear(destination)
        render(sample, destination, *options)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(f"{destination} holds the sample {sample}. Next: cd {shlex.quote(str(destination))} && make setup run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
