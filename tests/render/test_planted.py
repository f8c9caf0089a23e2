"""Each rule is shown a tree that breaks it, and one that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import import_rules
import rules

Rule = Callable[[dict[str, bytes]], list[str]]

# rule, path, content that breaks it, content that does not
TREES: list[tuple[Rule, str, str, str]] = [
    (rules.leftovers, "README.md", "a {{ project.name }}\n", "a ${{ github.ref }}\n"),
    (rules.leftovers, "README.md", "{% if x %}\n", "100 % {ok}\n"),
    (rules.leftovers, "README.md", "a {# note #}\n", "a # note\n"),
    (rules.leftovers, "a.py", "x = '{{ name }}'\n", "x = f'{{{name}}}'\n"),
    (rules.leftovers, "deploy/monitoring/rules/a.yaml", "{{ service.kebab }}\n", "{{ $value | humanize }}\n"),
    (rules.leftovers, "deploy/monitoring/dashboard.json", "{{ name }}\n", "{{job}} {{status}}\n"),
    (rules.leftovers, "a.py", "{% for a in b %}\n", "x = {1: {2: {}}}\n"),
    (rules.leftovers, "a.py", "x = '{{ entity.snake | upper }}'\n", "x = '{{0}}'.format(1)\n"),
    (lambda files: rules.unselected(files, {"postgresql"}), "a.md", "Uses PostgreSQL.\n", "Uses postgresqlite.\n"),
    (lambda files: rules.unselected(files, {"nats"}), "nats.py", "", "resonates\n"),
    (rules.empty_files, "a.py", "", '"""Words."""\n'),
    (rules.empty_files, "a.py", "\n  \n", "x\n"),
    (rules.traces, "README.md", "Run copier update.\n", "See .copier-answers.yml.\n"),
    (rules.traces, "a.py", "# Auto-generated, do not edit.\n", "# Written by hand.\n"),
    (rules.traces, "a.py", "# auto-generated\n", 'mail["Auto-Submitted"] = "auto-generated"\n'),
    (rules.unparsable, "a.toml", "a = \n", "a = 1\n"),
    (rules.unparsable, "a.yml", "a: [\n", "a: []\n"),
    (rules.unparsable, "a.json", "{a: 1}\n", '{"a": 1}\n'),
    (rules.unparsable, "a.py", "def a(:\n", "def a(): ...\n"),
    (rules.unparsable, "a.py", "return 1\n", "def a(): return 1\n"),
    (rules.untidy_text, "a.md", "no newline", "newline\n"),
    (rules.untidy_text, "a.md", "two newlines\n\n", "one\n\ntwo\n"),
    (rules.untidy_text, "a.md", "blanks  \n", "no blanks\n"),
    (rules.untidy_text, "a.md", "carriage\r\n", "none\n"),
    (rules.unexplained, "a.py", "run(a)  # noqa: S603\n", "run(a)  # noqa: S603 - our own program\n"),
    (rules.unexplained, "a.py", "run(a)  # noqa\n", "run(a)  # noqa: S603, S607 - our own program\n"),
]


@pytest.mark.parametrize(
    ("rule", "path", "bad", "good"), TREES, ids=[f"{path}-{bad.strip()}" for _, path, bad, _ in TREES]
)
def test_a_planted_violation_is_found(rule: Rule, path: str, bad: str, good: str) -> None:
    assert rule({path: bad.encode()}) != []
    assert rule({path.replace("nats", "broker"): good.encode()}) == []


@pytest.mark.parametrize(
    "path", ["con", "a/aux.py", "a/com1", 'a"b', "a:b", "a?b", "a|b", "a.", "a ", "a\\b", "d/" + "x" * 138]
)
def test_an_illegal_file_name_is_found(path: str) -> None:
    assert rules.file_names([path]) == [path]


def test_names_that_differ_only_in_case_are_found() -> None:
    assert rules.file_names(["README.md", "readme.md"]) == ["readme.md"]
    assert rules.file_names(["console.py", "a/b.py", "a/c.py"]) == []


def test_text_in_another_encoding_is_found() -> None:
    assert rules.unparsable({"a.md": b"\xff\xfe"}) != []


def test_decisions_may_weigh_what_was_not_chosen() -> None:
    assert rules.unselected({"docs/decisions/0001.md": b"Not Kafka."}, {"kafka"}) == []


def test_a_chosen_name_may_hold_one_that_was_not_chosen() -> None:
    tree = {"a.md": b"A modular monolith."}

    assert rules.unselected(tree, {"monolith"}) != []
    assert rules.unselected(tree, {"monolith"}, {"modular monolith"}) == []
    assert rules.unselected(tree | {"b.md": b"A monolith."}, {"monolith"}, {"modular monolith"}) == ["b.md: monolith"]


def test_texts_of_the_answers_are_no_leftovers() -> None:
    assert rules.leftovers({"README.md": b"the {{ best }} shop\n"}, ["the {{ best }} shop"]) == []


PACKAGE = {
    "pyproject.toml": '[project]\ndependencies = ["pyjwt[crypto]>=2"]\n[dependency-groups]\ndev = ["pyyaml>=6"]\n',
    "src/shop/__init__.py": "",
    "src/shop/orders/order.py": "class Order: ...\n\n\nif True:\n    LIMIT = 3\n",
    "tests/__init__.py": "",
    "tests/making.py": "def made(): ...\n",
}


def importing(text: str, path: str = "src/shop/work.py") -> dict[str, bytes]:
    return {path: text.encode() for path, text in {**PACKAGE, path: text + "\n"}.items()}


@pytest.mark.parametrize(
    "bad",
    [
        "import shop.payments",
        "from shop import payments",
        "from shop.orders.order import Payment",
        "from shop.orders.payment import Payment",
        "from .orders.payment import Payment",
        "from tests.making import unmade",
        "def late():\n    from shop.payments import Payment",
    ],
)
def test_an_import_that_leads_nowhere_is_found(bad: str) -> None:
    assert import_rules.unresolved(importing(bad)) != []


@pytest.mark.parametrize(
    "good",
    [
        "import shop.orders",
        "import shop.orders.order",
        "from shop import orders",
        "from shop.orders import order",
        "from shop.orders.order import LIMIT, Order",
        "from .orders.order import Order",
        "from tests.making import made",
        "import json, elsewhere",
    ],
)
def test_an_import_that_leads_somewhere_is_none(good: str) -> None:
    assert import_rules.unresolved(importing(good)) == []


def test_each_deployable_has_tests_of_its_own() -> None:
    files = {
        "services/a/pyproject.toml": b"",
        "services/a/tests/making.py": b"made = 1\n",
        "services/b/pyproject.toml": b"",
        "services/b/tests/using.py": b"from tests.making import made\n",
    }

    assert import_rules.unresolved(files) == ["services/b/tests/using.py:1: tests.making made"]
    assert import_rules.unresolved(files | {"services/b/tests/making.py": b"made = 2\n"}) == []


@pytest.mark.parametrize("bad", ["import flask", "import django.db", "from nats import connect", "import psycopg_pool"])
def test_a_library_that_nobody_declares_is_found(bad: str) -> None:
    assert import_rules.undeclared(importing(bad)) != []


@pytest.mark.parametrize("good", ["import json", "import jwt", "import yaml", "import cryptography", "import shop"])
def test_what_is_declared_may_be_imported(good: str) -> None:
    assert import_rules.undeclared(importing(good)) == []


def test_an_extra_that_nobody_asks_for_is_found() -> None:
    files = importing("import cryptography") | {"pyproject.toml": b'[project]\ndependencies = ["pyjwt>=2"]\n'}

    assert import_rules.undeclared(files) == ["src/shop/work.py:1: cryptography"]


def test_two_sources_of_one_destination_are_found() -> None:
    assert rules.twice_written([("a/x.jinja", "x"), ("b/x.jinja", "x")]) == ["x: a/x.jinja and b/x.jinja"]
    assert rules.twice_written([("a/x.jinja", "x"), ("a/y.jinja", "y")]) == []


@pytest.mark.parametrize(
    "text",
    [
        "{% if database == 'sqlite' %}\n",
        "{%- elif use.fastapi -%}\n",
        "x = {{ 1 if framework == 'fastapi' else 2 }}\n",
        "{% if 'jwt' in choices %}\n",
    ],
)
def test_a_condition_on_a_choice_is_found(text: str) -> None:
    assert rules.conditions_on_choices({"template/a.py.jinja": text}) != []


@pytest.mark.parametrize(
    "text",
    [
        "{% if entity.owned %}\n",
        "{% for module in modules %}\n",
        "# if database == 1\n",
        "x = {{ 'check(request.auth)' if entity.owned else 'None' }}\n",
    ],
)
def test_a_condition_on_the_domain_is_none_on_a_choice(text: str) -> None:
    assert rules.conditions_on_choices({"template/a.py.jinja": text}) == []


def test_too_many_tags_are_found() -> None:
    loop = "{% for a in b %}\nx\n{% endfor %}\n"
    condition = "{% if a %}\nx\n{% endif %}\n"

    assert rules.too_many_tags({"a.md.jinja": loop * 5}) == []
    assert rules.too_many_tags({"a.md.jinja": loop + condition}) == []
    assert rules.too_many_tags({"a.md.jinja": loop + condition * 2}) == ["a.md.jinja: 4 of 9 lines"]
    assert rules.too_many_tags({"a.md.jinja": condition + "x\n" * 20}) == []
    assert rules.too_many_tags({"a.md.jinja": loop * 21}) == ["a.md.jinja: 42 of 63 lines"]
    assert rules.too_many_tags({"a.py.jinja": condition}) == []
