"""The architecture is only a placement: the same answers give the same cells, wherever these are mounted.

A cell is what one module has in one layer. Its files are compared as syntax, with the dotted names of one place
written as those of another: layout follows from the length of names, and so does the order of imports.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
from collections import Counter
from typing import Any

import pytest

import covering
import template
from rendering import Render, Rendered

ARCHITECTURES = ("monolith", "modular_monolith", "microservices")
LAYERS = ("domain", "application", "infrastructure", "api")

EXCEPTIONS = {
    "*/infrastructure/*_peer.py": "how a peer is reached: in the same process, or over the network",
    "*/api/internal.py": "what a service shows to other services",
    "*/application/permissions.py": "one table for all, or in each service the table of its own entities",
    "users/*/access_tokens.py": "tokens are read where they are signed, or signed for others to verify",
    "users/*/signing_key.py": "the key that they are signed with",
    "users/*/key_*.py": "the key that others verify with",
    "users/api/other_services.py": "what is asked whether all services are ready",
    "users/*revo*.py": "what others must hear of logins that have ended",
    "users/infrastructure/redis_work.py": "the same, where logins stand in Redis",
    "users/api/*callers.py": "who a credential belongs to, for other services",
    "users/application/introspection.py": "the same",
    "users/application/scopes.py": "what scopes there are, in other services as well",
    "users/infrastructure/apps.py": "Django is told of the tables that this takes",
    "users/*/readiness.py": "whether all services are ready, for the gateway",
    "users/api/routes.py": "the wiring of these",
}
"""The files that may differ, and why; everything else is the same file three times."""

ONE_FRAMEWORK = {"users/infrastructure/apps.py": "django"}
"""The exceptions that one framework alone needs."""

Cells = dict[str, str]


def blueprint_of(answers: dict[str, Any]) -> Any:
    """Return the Blueprint of recorded answers."""
    return template.extension("blueprint").build(answers, template.catalogue())


def recorded(rendered: Rendered) -> dict[str, Any]:
    """Return the answers that a repository was made with."""
    answers: dict[str, Any] = template.read_yaml(rendered.text(".copier-answers.yml"))
    return answers


class Normal(ast.NodeTransformer):
    """Writes dotted names and names of tables as no architecture does."""

    def __init__(self, blueprint: Any) -> None:
        """Take what says where everything lies."""
        names = {blueprint.shared.py: "SHARED"}
        for module in blueprint.all_modules:
            names |= {getattr(module, layer).py: f"{module.name}.{layer}" for layer in (*LAYERS, "contracts")}
            names[module.root.py] = "ROOT"
        for copy in blueprint.copies:
            names[copy.contracts.py] = f"{copy.name}.contracts"
        # The longest first: the root of a service begins the names of all that is in it.
        self._names = sorted(names.items(), key=lambda pair: -len(pair[0]))
        self._prefixes = tuple(module.table_prefix for module in blueprint.all_modules if module.table_prefix)
        # A field may begin as a prefix does.
        self._fields = {
            form
            for module in blueprint.all_modules
            for entity in module.entities
            for field in entity.fields
            for form in (field.name, f"{field.name}_id")
        }
        self._schemas = {module.schema for module in blueprint.all_modules if module.schema}

    def name(self, dotted: str) -> str:
        """Return a dotted name in words that are the same everywhere."""
        for mount, normal in self._names:
            if dotted == mount or dotted.startswith(f"{mount}."):
                return normal + dotted[len(mount) :]
        return dotted

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """Write where an import leads."""
        return ast.ImportFrom(self.name(node.module or ""), sorted(node.names, key=lambda alias: alias.name), 0)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Write a table without its prefix or schema, also where a docstring names it, and a cell by its name."""
        if isinstance(node.value, str):
            text = node.value
            for prefix in () if text in self._fields else self._prefixes:
                text = text.removeprefix(prefix).replace(f"`{prefix}", "`")
            first, dot, rest = text.partition(".")
            if dot and text in dict(self._names):
                return ast.Constant(dict(self._names)[text])
            return ast.Constant(rest if dot and first in self._schemas else text)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Leave the name of a consumer, which is no table although it is written like one."""
        return node if ast.unparse(node.targets[0]) in ("AUDITOR", "CONSUMER") else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave out the schema of a table."""
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "schema"]
        return self.generic_visit(node)


def normal(source: str, blueprint: Any) -> str:
    """Return a file as text that says the same in every architecture, if the file does."""
    tree = Normal(blueprint).visit(ast.parse(source))
    imports = sorted(ast.unparse(node) for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import))
    # An import of two names may stand on two lines or on one.
    rest = [ast.unparse(node) for node in tree.body if not isinstance(node, ast.ImportFrom | ast.Import)]
    return "\n".join([*imports, *rest])


def cells(rendered: Rendered, blueprint: Any) -> Cells:
    """Return the files of every cell, named by module and layer, in normal form."""
    found: Cells = {}
    for module in blueprint.all_modules:
        for layer in LAYERS:
            folder = f"{getattr(module, layer).path}/"
            for path in rendered.files:
                inside = path.removeprefix(folder)
                # A layer of a monolith holds a folder for each module, and files of its own.
                if path.startswith(folder) and inside.endswith(".py") and inside != "__init__.py":
                    found[f"{module.name}/{layer}/{inside}"] = normal(rendered.text(path), blueprint)
        contracts = f"{module.contracts.path}.py"
        found[f"{module.name}/contracts.py"] = normal(rendered.text(contracts), blueprint)
    return found


def is_excepted(name: str) -> bool:
    """Return whether a file is one of the declared exceptions."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in EXCEPTIONS)


def differences(one: Cells, other: Cells) -> list[str]:
    """Return the files that are not the same in both, but for the declared exceptions."""
    names = sorted({*one, *other})
    return [name for name in names if one.get(name) != other.get(name) and not is_excepted(name)]


COMPLETE = Counter((row.framework, row.database, row.auth, row.sample) for row in covering.rendered())


def stands_for(row: template.Row) -> frozenset[covering.Met]:
    """Return what is met in a row: each authentication on each framework, and each sample on each database."""
    return frozenset({covering.together(row, "framework", "auth"), covering.together(row, "database", "sample")})


STACKS = covering.cover(
    [
        row
        for row in covering.rendered()
        if row.architecture == "monolith"
        and COMPLETE[row.framework, row.database, row.auth, row.sample] == len(ARCHITECTURES)
    ],
    [],
    stands_for,
)
"""Rows that are rendered in every architecture, and stand for all others."""


@functools.cache
def cells_of(row: template.Row, render: Render) -> Cells:
    """Return the cells of a row."""
    emitted = render(**row.answers)
    return cells(emitted, blueprint_of(recorded(emitted)))


def forms_of(row: template.Row, render: Render) -> dict[str, Cells]:
    """Return the cells of a row in every architecture."""
    rest = {"framework": row.framework, "database": row.database, "auth": row.auth}
    return {name: cells_of(template.row(row.sample, architecture=name, **rest), render) for name in ARCHITECTURES}


def on(framework: str) -> pytest.MarkDecorator:
    """Return the mark of the process that looks at a framework."""
    return pytest.mark.xdist_group(f"transposition-{framework}")


@pytest.fixture(scope="module", params=[pytest.param(row, id=row.id, marks=on(row.framework)) for row in STACKS])
def forms(request: pytest.FixtureRequest, render: Render) -> dict[str, Cells]:
    """Return the cells of one row by architecture."""
    return forms_of(request.param, render)


@pytest.mark.parametrize("architecture", ARCHITECTURES[1:])
def test_cells_are_the_same_wherever_they_are_mounted(forms: dict[str, Cells], architecture: str) -> None:
    assert len(forms["monolith"]) > 10

    assert differences(forms["monolith"], forms[architecture]) == []


@pytest.mark.parametrize(
    "framework", [pytest.param(name, marks=on(name)) for name in template.catalogue().names("framework")]
)
def test_every_exception_is_one(render: Render, framework: str) -> None:
    """A list of exceptions that nobody needs any more would hide the next one."""
    seen = set()
    for row in (row for row in STACKS if row.framework == framework):
        several = list(forms_of(row, render).values())
        seen |= {
            pattern
            for pattern in EXCEPTIONS
            for form in several
            for name in form
            if fnmatch.fnmatchcase(name, pattern) and any(form.get(name) != other.get(name) for other in several)
        }
    assert seen == {pattern for pattern in EXCEPTIONS if ONE_FRAMEWORK.get(pattern, framework) == framework}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(): return 1", "def f(): return 2"),
        ("from shop.shared.domain.clock import now", "from shop.shared.domain.identity import now"),
        ('TABLE = "orders"', 'TABLE = "order_lines"'),
        ("x = 1", "x = 1\ny = 2"),
    ],
)
def test_a_difference_is_noticed(render: Render, one: str, other: str) -> None:
    blueprint = blueprint_of(recorded(render(**template.row().answers)))

    before, after = ({"cell": normal(source, blueprint)} for source in (one, other))

    assert differences(before, after) == ["cell"]


def test_a_missing_file_is_noticed() -> None:
    assert differences({"a": "", "b": ""}, {"a": ""}) == ["b"]
