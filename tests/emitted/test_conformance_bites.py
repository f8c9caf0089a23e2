"""The conformance suite finds what is wrong: in front of a sound service, a proxy breaks one promise at a time.

What every method of authentication promises is broken behind the preferred one, and what is a method's own behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import template
from emitted.breaking_methods import BY_METHOD
from emitted.breaking_proxy import MUTATIONS, Mutations, proxied, sound
from emitted.breaking_wire import WIRES, bent
from emitted.drawing import SEED, drawn
from emitted.running import Running, entrance, prepared, provided, running, suite

METHODS: dict[str, Mutations] = {"jwt": MUTATIONS, **BY_METHOD}

pytestmark = pytest.mark.emitted


def marked(auth: str) -> pytest.MarkDecorator:
    """Return the mark of the process that sets up a method."""
    return pytest.mark.xdist_group(f"conformance-bites-{auth}")


@dataclass(frozen=True)
class Bitten:
    """A sound service of a method, and how the suite comes in."""

    service: Running
    row: template.Row
    options: dict[str, str]


@pytest.fixture(scope="module")
def bitten(
    request: pytest.FixtureRequest, template_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bitten]:
    """A sound service."""
    row = template.row(auth=request.param)
    repository = prepared(row, template_dir, tmp_path_factory.mktemp("bites"))
    with provided(row) as provider, running(repository, provider.settings if provider else {}) as service:
        yield Bitten(service, row, {"auth": row.auth, **entrance(service, row.auth, provider)})


@pytest.mark.parametrize("bitten", [pytest.param(auth, id=auth, marks=marked(auth)) for auth in METHODS], indirect=True)
def test_nothing_is_found_where_nothing_is_broken(bitten: Bitten) -> None:
    asked = " or ".join(f"({tests.partition(': ')[2]})" for tests, _ in METHODS[bitten.row.auth].values())

    with proxied(bitten.service.url, sound) as url:
        done = suite(url, bitten.row.sample, "-k", asked, **bitten.options)

    assert done.returncode == 0, done.stdout[-10_000:]


@pytest.mark.parametrize(
    ("bitten", "broken"),
    [
        pytest.param(auth, broken, id=f"{auth}-{broken}", marks=marked(auth))
        for auth, mutations in METHODS.items()
        for broken in mutations
    ],
    indirect=["bitten"],
)
def test_a_broken_promise_is_found(bitten: Bitten, broken: str) -> None:
    tests, mutation = METHODS[bitten.row.auth][broken]
    file, _, asked = tests.partition(": ")

    with proxied(bitten.service.url, mutation) as url:
        done = suite(url, bitten.row.sample, "-x", "-k", asked, file=file, **bitten.options)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]


@pytest.mark.parametrize(
    ("bitten", "broken"),
    [pytest.param("jwt", broken, id=f"jwt-{broken}", marks=marked("jwt")) for broken in WIRES],
    indirect=["bitten"],
)
def test_a_broken_promise_below_is_found(bitten: Bitten, broken: str) -> None:
    asked, request, answer = WIRES[broken]

    with bent(bitten.service.url, request, answer) as url:
        done = suite(url, bitten.row.sample, "-x", "-k", asked, file="test_protocol.py", **bitten.options)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]


@pytest.mark.parametrize("bitten", [pytest.param("jwt", id="jwt", marks=marked("jwt"))], indirect=True)
def test_an_answer_that_the_document_does_not_know_is_drawn(bitten: Bitten, tmp_path: Path) -> None:
    _, mutation = MUTATIONS["422 for what is not valid"]

    with proxied(bitten.service.url, mutation) as url:
        service = replace(bitten.service, url=url)
        done = drawn(
            service,
            bitten.row,
            bitten.options,
            tmp_path / "drawn",
            "--phases=fuzzing",
            "--max-examples=4",
            "--max-failures=1",
            SEED,
        )

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-5_000:]
    assert "Undocumented" in done.stdout
