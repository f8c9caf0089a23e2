"""YAML: what is refused before a domain is read, and what stays the text that was written."""

from collections.abc import Callable

import pytest

REFUSED: dict[str, tuple[object, str, str]] = {
    "key twice": ("shop: {item: {name: text, name: text}}", "shop.item.name", "remove or rename one of the two"),
    "module twice": ("shop: {a: {n: text}}\nshop: {b: {n: text}}", "shop", "remove or rename one of the two"),
    "option twice": ("shop: {a: {n: {type: text, type: text}}}", "shop.a.n.type", "remove or rename one of the two"),
    "anchor": ("shop: &a {item: {name: text}}", "line 1", "write the value out"),
    "alias": ("shop: {item: {name: text}}\nmore: *a", "line 2", "write the value out"),
    "merge": ("shop: {item: {name: text}}\nmore: {<<: {}}", "more.", "no name"),
    "tag": ("shop: {item: {name: !!str text}}", "line 1", "remove the tag"),
    "python tag": ("shop: !!python/object/apply:os.system ['true']", "line 1", "remove the tag"),
    "two documents": ("shop: {item: {name: text}}\n---\nmore: {}", "line 2", "write one document"),
    "mapping as key": ("? {a: b}\n: c", "line 1", "put the key in quotes"),
    "tab": ("shop:\n\titem: {name: text}", "line 2", "spaces, no tabs"),
    "indentation": ("shop:\n    item: {}\n  other: {}", "line 3", "check the indentation"),
    "colon in a text": ("shop:\n  item:\n    x: text default=a: b", "line 3", "in quotes"),
    "open brace": ("shop: {item: {", "line", "check the indentation"),
    "bomb of braces": ("a: " + "{a: " * 5000, "line 1", "make it flatter"),
    "bomb of brackets": ("a: " + "[" * 100_000, "line 1", "make it flatter"),
    "too long": ("#" * 1_000_001, "domain", "shorten it"),
    "NUL": ("shop:\n  item: {name: text\0}", "line 2", "U+0000"),
    "escape": ("shop: \x1b[31m", "line 1", "U+001B"),
    "next line": ("a: b\x85c: d", "line 1", "U+0085"),
    "line separator": ("a: b\u2028c: d", "line 1", "U+2028"),
    "lone surrogate": ("a:\n  b: \ud800", "line 2", "U+D800"),
    "reversed text": ("a: \u202eb", "line 1", "U+202E"),
    "a number": (5, "domain", "write the modules as YAML"),
    "a list": ([], "domain", "write the modules as YAML"),
    "bytes in a mapping": ({"shop": {"item": {"x": b"text"}}}, "shop.item.x", "write it as text in quotes"),
    "huge number in a mapping": ({"shop": {"item": {"x": 10**5000}}}, "shop.item.x", "write it as text in quotes"),
    "list as key in a mapping": ({"shop": {("a", "b"): {}}}, "shop", "put the key in quotes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, problems_of: Callable[[object], tuple[object, ...]]) -> None:
    text, where, remedy = REFUSED[case]
    problem = str(problems_of(text)[0])
    assert problem.startswith(where)
    assert remedy in problem
    assert problem.isprintable()


def test_a_mapping_that_holds_itself(problems_of: Callable[[object], tuple[object, ...]]) -> None:
    loop: dict[str, object] = {}
    loop["a"] = loop
    assert "make it flatter" in str(problems_of(loop)[0])


@pytest.mark.parametrize(
    "text",
    [
        "shop: {item: {name: text}}",
        "---\nshop: {item: {name: text}}\n...\n",
        "\ufeffshop: {item: {name: text}}",
        "shop:\r\n  item:\r\n    name: text\r\n",
        "# a remark\nshop: # another\n  item:\n    name: text # and\tone more\n",
        '"shop": {"item": {"name": "text"}}',
        "shop:\n  item:\n    name: text\n" + "#" * 999_000,
    ],
    ids=["braces", "document marks", "byte order mark", "line ends of Windows", "remarks", "JSON", "nearly too long"],
)
def test_accepted(text: str, problems_of: Callable[[object], tuple[object, ...]]) -> None:
    assert problems_of(text) == ()
