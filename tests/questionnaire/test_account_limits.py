"""A domain that needs accounts is refused where there are none: everything at once, and before anything is rendered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import template

NEEDY = """
_roles:
  clerk: write:product
catalog:
  product:
    _owned: true
    name: string(80)
    approver: ref(users.user)?
    owner_name: string(80)?
  _listens:
    user.deleted: forget
    payment.completed: deliver
users:
  user:
    phone: string(30)?
"""
NEEDS = [
    "catalog.product._owned: there are no accounts with auth=none, so rows cannot belong to any; remove it, or choose "
    "an authentication with accounts",
    "catalog.product.approver: there are no accounts with auth=none to refer to; make it a uuid, a string or a "
    "reference to an entity of yours, or choose an authentication with accounts",
    "catalog._listens.user.deleted: there are no accounts with auth=none, so nothing happens to them; remove it, or "
    "choose an authentication with accounts",
    "_roles: there are no accounts with auth=none, so nobody can have a role; remove it, or choose an authentication "
    "with accounts",
    "users.user.phone: there are no accounts with auth=none to add a field to; remove it, or choose an authentication "
    "with accounts",
]

answers = template.extension("answers")


@pytest.fixture(scope="module")
def rules() -> Any:
    """Return every rule for answers."""
    catalogue = template.extension("catalogue").load(template.ROOT / "catalogue")
    return answers.Answers(catalogue, answers.Samples(template.ROOT / "samples"), frozenset())


def test_everything_that_needs_accounts_is_told_at_once(rules: Any) -> None:
    assert list(rules.faults({"auth": "none", "domain": NEEDY})) == NEEDS


@pytest.mark.parametrize("auth", ["jwt", "session", "api_key", "oauth2"])
def test_with_accounts_nothing_is_wrong_with_it(rules: Any, auth: str) -> None:
    assert list(rules.faults({"auth": auth, "domain": NEEDY})) == []


@pytest.mark.parametrize("wish", [True, "true", "yes", "on"])
def test_without_accounts_nothing_is_kept_of_them(rules: Any, wish: object) -> None:
    [fault] = rules.faults({"auth": "none", "audit_trail": wish})

    assert fault == "audit_trail: there are no accounts whose events it could keep; say false, or choose another auth."
    assert list(rules.faults({"auth": "jwt", "audit_trail": wish})) == []


@pytest.mark.parametrize("wish", [False, "false", "no"])
def test_without_accounts_one_may_say_so(rules: Any, wish: object) -> None:
    assert list(rules.faults({"auth": "none", "audit_trail": wish})) == []


def test_an_audit_trail_is_there_or_not(rules: Any) -> None:
    [fault] = rules.faults({"audit_trail": "perhaps"})

    assert fault == 'audit_trail: "perhaps" is neither yes nor no; say true or false.'


def test_the_ledger_needs_none(rules: Any) -> None:
    assert list(rules.faults({"auth": "none", "domain": template.domain("ledger")})) == []
    assert rules.preset_refusal("ledger", {"auth": "none", "architecture": "microservices"}) == ""


@pytest.mark.parametrize("preset", ["shop", "blog", "museum"])
def test_a_preset_that_needs_them_says_so(rules: Any, preset: str) -> None:
    why = rules.preset_refusal(preset, {"auth": "none"})

    assert why.startswith(f"the preset {preset} cannot be combined with auth=none; choose blank, ledger or custom. ")
    assert "_owned: there are no accounts with auth=none" in why
    assert list(rules.faults({"auth": "none", "domain_preset": preset})) == [f"domain_preset: {why}"]
    assert rules.preset_refusal(preset, {"auth": "jwt"}) == ""


def test_without_accounts_and_modules_there_is_no_service(rules: Any) -> None:
    services = {"auth": "none", "architecture": "microservices", "broker": "nats"}

    [fault] = rules.faults({**services, "domain": ""})
    assert fault.startswith(
        "domain: without modules and without accounts there is no service at all; describe a module"
    )
    assert "choose ledger or custom" in rules.preset_refusal("blank", services)
    assert list(rules.faults({"auth": "none", "architecture": "monolith", "domain": ""})) == []
    assert list(rules.faults({**services, "auth": "jwt", "domain": ""})) == []


@pytest.mark.parametrize(("auth", "preset"), [("none", "ledger"), ("jwt", "shop"), ("api_key", "shop")])
def test_the_preset_to_begin_with_is_one_that_can_be_chosen(rules: Any, auth: str, preset: str) -> None:
    assert rules.preferred_preset({"auth": auth, "architecture": "microservices"}) == preset


@pytest.mark.parametrize("given", ["domain_preset=museum", f"domain={NEEDY}"])
def test_it_is_refused_before_anything_is_rendered(template_dir: Path, tmp_path: Path, given: str) -> None:
    data = ["--data=project_name=Shop", "--data=auth=none", f"--data={given}"]

    done = template.copier("copy", "--trust", "--defaults", "--quiet", *data, str(template_dir), str(tmp_path / "shop"))

    assert done.returncode != 0
    assert "there are no accounts with auth=none" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "shop").exists()
