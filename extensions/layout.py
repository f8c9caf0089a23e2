"""Lay out rendered Python as `ruff format` and ruff's import rules would.

Names of modules, entities and fields are between 1 and 30 characters long, so no template can know where a line
breaks, how imports sort, or which of them a domain needs. Templates therefore put a statement on one line and import
what they may need, and `tidy` does the rest: it drops unused imports, sorts them, and breaks lines at the limit.

It knows the statements that the templates hold (imports, calls, definitions, literals), not all of Python. The split
is the right-hand split of Black's "The Black code style": the last bracket pair opens first, its content goes on one
line if it fits, else on one line per item with a trailing comma.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context

LIMIT = 100
"""Columns of a line in the emitted code; the emitted `pyproject.toml` says the same."""

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_IMPORT = re.compile(r"(?:from (?P<module>[\w.]+) )?import (?P<names>[\w., ]+)$")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_DOCSTRING = re.compile(r'"""(?:(?!""").)*"""', re.DOTALL)
_DEFINITION = re.compile(r"(?:async )?def |class |@")


class LayoutExtension(Extension):
    """Sends every template whose name ends in `.py.jinja` through `tidy`."""

    def __init__(self, environment: Environment) -> None:
        """Register the filter under the name that `preprocess` uses."""
        super().__init__(environment)
        environment.filters["tidy"] = _tidy_in_context

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Wrap the source of a Python template in the filter."""
        if name is not None and name.endswith(".py.jinja"):
            return "{% filter tidy %}" + source + "{% endfilter %}"
        return source


@pass_context
def _tidy_in_context(context: Context, text: str) -> str:
    return tidy(text, first_party=context["first_party"])


def tidy(text: str, first_party: Iterable[str] = ()) -> str:
    """Return Python source with imports pruned and sorted, long lines broken, and blank lines normalised.

    `text` has one statement a line, or exploded statements with trailing commas; triple-quoted strings stay as they
    are. `first_party` are the top-level packages of the repository itself, which are imported last.
    """
    lines = _with_sorted_imports(text.strip("\n").split("\n"), frozenset(first_party))
    lines = list(_without_empty_brackets(lines))
    return "\n".join(_without_spare_blanks(_with_short_lines(lines))) + "\n"


def _with_sorted_imports(lines: list[str], first_party: frozenset[str]) -> list[str]:
    matches = {index: match for index, line in enumerate(lines) if (match := _IMPORT.match(line))}
    if not matches:
        return lines
    rest = "\n".join(line for index, line in enumerate(lines) if index not in matches)
    used = set(_WORD.findall(_DOCSTRING.sub("", rest)))
    members: dict[str, set[str]] = {}
    modules: set[str] = set()
    for match in matches.values():
        names = [name.strip() for name in match["names"].split(",")]
        if match["module"] is None:
            modules.update(name for name in names if name.split(" as ")[-1].split(".")[0] in used)
        else:
            kept = {name for name in names if name.split(" as ")[-1] in used}
            members.setdefault(match["module"], set()).update(kept)
    start = min(matches)
    before = lines[:start]
    after = [line for index, line in enumerate(lines) if index > start and index not in matches]
    while after and not after[0].strip():
        del after[0]
    block = list(_import_block(members, modules, first_party))
    if not block:
        return [*before, *([""] if _DEFINITION.match(after[0]) else []), *after] if after else before
    if not after:
        return [*before, *block]
    return [*before, *block, "", *([""] if _DEFINITION.match(after[0]) else []), *after]


def _import_block(members: dict[str, set[str]], modules: set[str], first_party: frozenset[str]) -> Iterator[str]:
    def section(module: str) -> int:
        top = re.split("[. ]", module)[0]
        return 0 if top in sys.stdlib_module_names else 2 if top in first_party else 1

    lines: dict[int, list[str]] = {}
    for module in sorted(modules, key=_natural):
        lines.setdefault(section(module), []).append(f"import {module}")
    for module in sorted(members, key=_natural):
        plain = sorted((name for name in members[module] if " as " not in name), key=_member_order)
        renamed = [[name] for name in members[module] if " as " in name]
        for names in sorted([*([plain] if plain else []), *renamed], key=lambda names: _member_order(names[0])):
            lines.setdefault(section(module), []).append(f"from {module} import {', '.join(names)}")
    for position, number in enumerate(sorted(lines)):
        if position:
            yield ""
        yield from lines[number]


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key: case-insensitive, runs of digits by value."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D", name.lower())]


def _member_order(name: str) -> tuple[int, list[tuple[int, int, str]], str]:
    """Constants, then classes, then the rest: isort's order by type."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    return kind, _natural(name), name


def _without_empty_brackets(lines: Iterable[str]) -> Iterator[str]:
    """Close a bracket on the line that opens it, where a loop had nothing to put between."""
    opened = ""
    for line in lines:
        if opened and line.strip().startswith(_PAIRS[opened[-1]]):
            line = opened + line.strip()
        elif opened:
            yield opened
        opened = line if line.endswith(tuple(_PAIRS)) else ""
        if not opened:
            yield line
    if opened:
        yield opened


def _with_short_lines(lines: list[str]) -> Iterator[str]:
    inside_string = False
    for line in lines:
        toggles = line.count('"""') % 2 == 1
        if inside_string or toggles or _width(line) <= LIMIT or '"""' in line or line.lstrip().startswith("#"):
            yield line.rstrip()
        else:
            yield from _split(line)
        inside_string ^= toggles


def _split(line: str) -> Iterator[str]:
    """Break one line that is too long, and what comes of it, as far as brackets allow."""
    if _width(line) > LIMIT and (match := _IMPORT.match(line)) and match["module"]:
        line = f"from {match['module']} import ({match['names']})"
    if _width(line) > LIMIT and (parts := _assignment(line)):
        yield from _split_assignment(*parts)
        return
    yield from _opened(line, _bracket_to_open(line) if _width(line) > LIMIT else None)


def _opened(line: str, bounds: tuple[int, int] | None) -> Iterator[str]:
    """Break a line at a pair of brackets."""
    if bounds is None:
        yield line
        return
    opening, closing = bounds
    indent = " " * (len(line) - len(line.lstrip()))
    inner = indent + "    "
    body = line[opening + 1 : closing]
    items = list(_items(body))
    is_import = line.lstrip().startswith("from ")
    yield line[: opening + 1]
    clauses = list(_clauses(body))
    is_display = len(clauses) == 1 and _is_display(line, opening, items)
    is_lone_parameter = len(items) == 1 and line[opening] == "(" and re.match(r"\s*(async )?def ", line)
    fits = _width(inner + body) <= LIMIT and not body.endswith(",")
    if fits and not is_import and not is_display and not is_lone_parameter:
        yield inner + body
    elif len(clauses) > 1:
        for clause in clauses:
            yield from _split(inner + clause)
    elif len(items) > 1 or is_import or is_display or body.endswith(",") or _wants_comma(line, opening):
        for item in items:
            yield from _split(f"{inner}{item},")
    else:
        yield from _split(inner + body)
    yield indent + line[closing:]


def _assignment(line: str) -> tuple[str, str] | None:
    """Return what stands before and after the equals sign of an assignment to a name, or `None` for anything else."""
    if re.match(r"\s*[\w.]+(?:: | = )", line) is None:
        return None
    for index, depth in _depths(line):
        if depth == 0 and line.startswith(" = ", index):
            return line[:index], line[index + 3 :]
    return None


def _split_assignment(target: str, value: str) -> Iterator[str]:
    """Break an assignment: in its value if what stands before the bracket fits, else around it, else in the target."""
    line = f"{target} = {value}"
    offset = len(line) - len(value)
    bounds = _bracket_to_open(value)
    indent = " " * (len(target) - len(target.lstrip()))
    can_move = bounds is not None or _width(f"{indent}    {value}") <= LIMIT
    if bounds and _width(line[: offset + bounds[0] + 1]) <= LIMIT:
        yield from _opened(line, (offset + bounds[0], offset + bounds[1]))
    elif can_move and _width(f"{target} = (") <= LIMIT and not re.match(r"-|\[\]|\{\}", value):
        yield f"{target} = ("
        yield from _split(f"{indent}    {value}")
        yield f"{indent})"
    else:
        yield from _opened(line, _bracket_to_open(line if bounds else target))


def _width(line: str) -> int:
    """Return how many columns a line takes: two for wide letters, none for marks upon others or words to a linter."""
    if "  # noqa" in line:
        line = line.partition("  # noqa")[0]
    if line.isascii():
        return len(line)
    width = 0
    for letter in line:
        if unicodedata.category(letter) not in ("Mn", "Me", "Cf"):
            width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
    return width


def _is_display(line: str, opening: int, items: list[str]) -> bool:
    """Whether the brackets are a list, a set, a dictionary or a tuple: opened, these have an item a line."""
    before = line[:opening].rstrip(" ")
    is_trailer = before == line[:opening] and re.search(r"[\w)\]\"']$", before)
    if is_trailer or re.search(r"\b(?:def|class) ", line[:opening]):
        return False
    return len(items) > 1 or line[opening] != "("


def _clauses(body: str) -> Iterator[str]:
    """Split a comprehension before each `for`, and before each `if` that follows; anything else is one clause."""
    start = 0
    for index, depth in _depths(body):
        if depth == 0 and re.match(r" (?:async for|for|if) " if start else r" (?:async for|for) ", body[index:]):
            yield body[start:index].strip()
            start = index
    yield body[start:].strip()


def _wants_comma(line: str, opening: int) -> bool:
    """Whether one item alone gets a trailing comma when its line still does not fit: arguments do, subscripts not."""
    return line[opening] == "("


def _items(body: str) -> Iterator[str]:
    """Split at the commas outside brackets and strings."""
    start = 0
    for index, depth in _depths(body):
        if depth == 0 and body[index] == ",":
            yield body[start:index].strip()
            start = index + 1
    if body[start:].strip():
        yield body[start:].strip()


def _bracket_to_open(line: str) -> tuple[int, int] | None:
    """Where the pair to open starts and ends: a definition's first, else the last at depth 0 that holds something."""
    pairs: list[tuple[int, int]] = []
    stack: list[int] = []
    for index, _ in _depths(line):
        if line[index] in _PAIRS:
            stack.append(index)
        elif line[index] in _PAIRS.values() and stack:
            opening = stack.pop()
            if not stack and index > opening + 1:
                pairs.append((opening, index))
    if not pairs:
        return None
    return pairs[0] if re.match(r"\s*(async )?def ", line) else pairs[-1]


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Yield the index of every character outside string literals, with the bracket depth before it."""
    depth = 0
    quote = ""
    skip = False
    for index, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            if character == "\\":
                skip = True
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        else:
            if character in _PAIRS.values():
                depth -= 1
            yield index, depth
            if character in _PAIRS:
                depth += 1


def _without_spare_blanks(lines: Iterable[str]) -> Iterator[str]:
    """At most two blank lines in a row, none after an opening line or at the end."""
    blanks = 0
    previous = ""
    for line in lines:
        if not line:
            blanks += 1
            continue
        allowed = 2 if not line[0].isspace() else 1
        if previous.endswith((":", "(", "[", "{")) and previous:
            allowed = 0
        yield from [""] * min(blanks, allowed)
        blanks = 0
        yield line
        previous = line
