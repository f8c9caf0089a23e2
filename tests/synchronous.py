"""What asynchronous Python says in a synchronous world: written down once more, without the template's filter.

Domain, application and contracts are one source for all frameworks. The filter that derives the synchronous form works
on text; this works on the syntax tree and on the comments, so the two cannot be wrong in the same way.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping

RENAMED = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncExitStack": "ExitStack",
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "asynccontextmanager": "contextmanager",
    "aclose": "close",
    "enter_async_context": "enter_context",
    "push_async_callback": "callback",
}
"""Names of the asynchronous world, and what the same thing is called without it."""

PROMISES = {"Awaitable": -1, "Coroutine": -1}
"""Types of what is awaited; of their parameters the last is what one gets."""


class Synchronous(ast.NodeTransformer):
    """Takes asynchrony out of a syntax tree."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Make it a function."""
        plain = dict(ast.iter_fields(node))
        return self.visit(ast.FunctionDef(**{**plain, "name": RENAMED.get(node.name, node.name)}))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        """Make it a loop."""
        return self.generic_visit(ast.For(**dict(ast.iter_fields(node))))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """Make it a block."""
        return self.generic_visit(ast.With(**dict(ast.iter_fields(node))))

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Make it an ordinary one."""
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        """Take what is awaited."""
        return self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Take what a promise is one of."""
        name = getattr(node.value, "id", "")
        if name in PROMISES:
            parameters = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return self.visit(parameters[PROMISES[name]])
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Call it as others do."""
        return ast.Name(RENAMED.get(node.id, node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Call it as others do."""
        return ast.Attribute(self.visit(node.value), RENAMED.get(node.attr, node.attr), node.ctx)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """Leave out what there is no promise of any more."""
        node.names = [
            ast.alias(RENAMED.get(alias.name, alias.name), alias.asname)
            for alias in node.names
            if alias.name not in PROMISES
        ]
        return node


def without_asynchrony(source: str) -> str:
    """Return a module as text that says the same of the asynchronous form and of the synchronous one.

    Imports stand sorted and each name by itself, since shorter names stand in another order, and a type that is no
    longer mentioned is no longer imported. Comments follow, in their order.
    """
    tree = Synchronous().visit(ast.parse(source))
    body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    rest = ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))
    imports = sorted(_imports(tree.body, used={part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}))
    return "\n".join([*imports, rest, *_comments(source)])


def _imports(body: list[ast.stmt], used: set[str]) -> Iterable[str]:
    for node in body:
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            name = alias.asname or alias.name
            if not isinstance(node, ast.ImportFrom):
                yield f"import {name}"
            elif name in used:
                yield f"from {node.module} import {name}"


def _comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def differences(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Return the paths that only one of two trees has, and those of files that do not say the same."""
    return [
        path
        for path in sorted({*one, *other})
        if path not in one
        or path not in other
        or (one[path] != other[path] and not _says_the_same(path, one[path].decode(), other[path].decode()))
    ]


def _says_the_same(path: str, one: str, other: str) -> bool:
    return path.endswith(".py") and without_asynchrony(one) == without_asynchrony(other)
