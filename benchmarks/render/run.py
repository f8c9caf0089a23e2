"""Measure how long rendering takes, and whether the time grows in proportion to the entities and the modules.

    python benchmarks/render/run.py [--runs 5] [--sizes 10,50,100] [--modules 2,5,10]

Each render is a process of its own, as a person starts it (`copier copy --trust --defaults …`). Beside it stands
Copier's floor: a template of one file, which costs what nobody who uses Copier can avoid.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
COLOURS = ("amber", "black", "coral", "green", "ivory", "khaki", "lilac", "olive", "pearl", "white")
ARCHITECTURES = ("monolith", "modular_monolith", "microservices")
SHORT = {"monolith": "monolith", "modular_monolith": "modular", "microservices": "services"}
THINGS = ("anchor", "basket", "candle", "drum", "engine", "filter", "garden", "hammer", "island", "jacket")
FIELDS = (
    ("title", "string(80) unique"),
    ("price", "decimal(10,2) min=0"),
    ("amount", "integer min=0 default=0"),
    ("state", "enum(draft, active, closed) default=draft"),
    ("remark", "text?"),
)


def generated(entities: int, each: int = 10) -> str:
    """Return a domain of so many entities (at most 100): five fields each, `each` (at most 10) entities a module.

    In every third entity the last field is a reference to the entity before it.
    """
    names = list(product(THINGS, COLOURS[:each]))[:entities]
    modules: dict[str, dict[str, dict[str, str]]] = {}
    before = None
    for number, (thing, colour) in enumerate(names):
        name, module = f"{colour}_{thing}", f"{thing}_store"
        fields = dict(FIELDS)
        if number % 3 == 2:
            fields.popitem()
            fields["related"] = f"ref({before})?"
        modules.setdefault(module, {})[name] = fields
        before = f"{module}.{name}"
    return json.dumps(modules, indent=1)  # JSON is YAML


@dataclass
class Render:
    """Something to render again and again, and what that took."""

    name: str
    template: Path
    answers: Mapping[str, str]
    entities: int | None = None
    modules: int | None = None
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    files: int = 0

    def once(self, folder: Path) -> None:
        """Render into a new folder inside `folder`, take the time, and remove what was rendered.

        Raises:
            SystemExit: Copier refused; with what it said.
        """
        answers, destination = folder / "answers.json", folder / "rendered"
        answers.write_text(json.dumps(self.answers))
        command = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "--data-file", str(answers), str(self.template), str(destination)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.seconds.append(time.perf_counter() - started)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime)
        if done.returncode:
            raise SystemExit(f"{self.name} was not rendered:\n{done.stderr.strip() or done.stdout.strip()}")
        self.files = sum(path.is_file() for path in destination.rglob("*"))
        shutil.rmtree(destination)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with no one's settings, and return what it printed."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


def one_file_template(folder: Path) -> Path:
    """Make the smallest template there is, in a git repository, as the real one is."""
    folder.mkdir()
    (folder / "copier.yml").write_text("project_name:\n  type: str\n  default: Shop\n")
    (folder / "README.md.jinja").write_text("# {{ project_name }}\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "The smallest template")
    return folder


def renders(folder: Path, sizes: list[int], modules: list[int]) -> Iterator[Render]:
    """Yield what is measured: the floor, no entity, the shop in every architecture, then the generated domains."""
    yield Render("floor: one file", one_file_template(folder / "floor"), {})
    yield Render("blank", ROOT, {"project_name": "Blank", "domain_preset": "blank"}, entities=0)
    for architecture in ARCHITECTURES:
        yield Render(f"shop, {SHORT[architecture]}", ROOT, {"domain_preset": "shop", "architecture": architecture})
    for size in sizes:
        answers = {"project_name": "Bench", "domain_preset": "custom", "domain": generated(size)}
        yield Render(f"{size} entities", ROOT, answers, entities=size)
    for number in modules:
        for architecture in ARCHITECTURES:
            answers = {"project_name": "Bench", "domain_preset": "custom", "architecture": architecture}
            answers["domain"] = generated(number * 5, 5)
            yield Render(f"{number} modules, {SHORT[architecture]}", ROOT, answers, modules=number)


def table(measured: list[Render]) -> str:
    """Return the medians as text; the time per entity or module is what it takes beyond the blank domain."""
    floor, blank = median(measured[0].seconds), median(measured[1].seconds)
    lines = [f"{'':22}{'seconds':>9}{'CPU s':>8}{'/floor':>8}{'files':>7}{'ms/entity':>11}{'ms/module':>11}"]
    for render in measured:
        seconds, cpu = median(render.seconds), median(render.cpu)
        each = [
            f"{(seconds - blank) / number * 1000:.1f}" if number else "-"
            for number in (render.entities, render.modules)
        ]
        cells = f"{render.name:22}{seconds:9.2f}{cpu:8.2f}{seconds / floor:8.2f}{render.files:7}"
        lines.append(f"{cells}{each[0]:>11}{each[1]:>11}")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="renders of each, to take the median of (5)")
    parser.add_argument(
        "--sizes", default="10,50,100", metavar="A,B", help="entities of the generated domains (1 to 100)"
    )
    parser.add_argument("--modules", default="2,5,10", metavar="A,B", help="modules of five entities each (1 to 10)")
    options = parser.parse_args()
    try:
        options.sizes = [int(size) for size in options.sizes.split(",")]
        options.modules = [int(number) for number in options.modules.split(",")]
    except ValueError:
        parser.error("--sizes and --modules: numbers, separated by commas, as in 10,50")
    if options.runs < 1 or not all(1 <= size <= 100 for size in options.sizes):
        parser.error("--runs is at least 1, and each of --sizes from 1 to 100")
    if not all(1 <= number <= 10 for number in options.modules):
        parser.error("each of --modules is from 1 to 10")
    return options


def main() -> None:
    """Render everything in turn, several times, and print the table."""
    options = arguments()
    if (ROOT / ".git").exists() and git(ROOT, "status", "--porcelain"):
        print("There are uncommitted changes: Copier commits them to a copy first, which takes time.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="groundplan-render-") as name:
        folder = Path(name)
        measured = list(renders(folder, options.sizes, options.modules))
        for number in range(options.runs):
            for render in measured:
                print(f"run {number + 1}/{options.runs}: {render.name}", file=sys.stderr, flush=True)
                render.once(folder)
    print(table(measured))


if __name__ == "__main__":
    main()
