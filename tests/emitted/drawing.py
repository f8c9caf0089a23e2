"""Schemathesis draws requests from the OpenAPI document of a service that runs, and sees whether it keeps to it.

All of its checks are on. It comes as two members, who must not see each other's rows, and as an administrator, and
takes each in turn where the one before may not.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import template
from conformance.contract import Domain, Field, Resource, domain_of
from conformance.methods import method_of
from conformance.methods.api_key import KEYS
from conformance.people import ME, Person
from conformance.rows import Rows
from conformance.target import Target, target_of
from conformance.values import valid
from emitted.running import Running

HERE = Path(__file__).parent
PEERS = ("ada", "eve")
MOST_SECONDS = 300
SEED = "--seed=1"

ACCEPTED = ["2xx", 304, 401, 403, 404, 409, 412, 422]
"""What is said to a request that is valid: it may be refused to this caller, for this state, or this version, and its
key may belong to another."""

BY_MAIL = ("/api/v1/auth/email/confirm", "/api/v1/auth/password/reset")
"""What takes a token that came by mail: one that is drawn is none, and not valid."""


def drawn(
    service: Running, row: template.Row, options: dict[str, str], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Let Schemathesis try a service.

    `options` are those by which the suite would come in, `arguments` its own, and `folder` is where it works.
    """
    target = target_of(
        {
            "base-url": service.url,
            "domain": str(template.ROOT / "samples" / f"{row.sample}.yml"),
            "auth": row.auth,
            **{name.replace("_", "-"): value for name, value in options.items()},
        }
    )
    assert target is not None
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(_configuration(row), encoding="utf-8")
    people = _people(target)
    (folder / "aim.json").write_text(json.dumps(_aim(target, people)), encoding="utf-8")
    (folder / "people.json").write_text(json.dumps(_credentials(people)), encoding="utf-8")
    return subprocess.run(
        [service.repository / ".venv" / "bin" / "st", "run", f"{service.url}/openapi.json", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(HERE),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "SCHEMATHESIS_AIM": str(folder / "aim.json"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )


def _people(target: Target) -> dict[str, Person]:
    method = method_of(target.auth)
    return {
        **{name: method.member(target, name.capitalize()) for name in PEERS},
        "administrator": method.administrator(target),
    }


def _credentials(people: dict[str, Person]) -> dict[str, Any]:
    """Return who is there, as Web Fuzzing Commons write it."""
    entries = [
        {
            "name": name,
            "fixedHeaders": [{"name": key, "value": value} for key, value in person.credentials("POST").items()],
        }
        for name, person in people.items()
    ]
    return {"auth": entries}


def _configuration(row: template.Row) -> str:
    lines = [
        "generation.database = 'none'",
        "color = false",
        "continue-on-failure = true",
        "checks.enabled = true",
        f"checks.positive_data_acceptance.expected-statuses = {json.dumps(ACCEPTED)}",
    ]
    if row.auth != "none":
        lines += ["[auth.wfc]", "path = 'people.json'", f"peers = {list(PEERS)}"]
    if row.auth in ("jwt", "session"):
        for path in BY_MAIL:
            lines += [
                "[[operations]]",
                f"include-path = '{path}'",
                f"checks.positive_data_acceptance.expected-statuses = {json.dumps([*ACCEPTED, 400])}",
            ]
    return "\n".join(lines)


def _aim(target: Target, people: dict[str, Person]) -> dict[str, Any]:
    """Return what the hooks are told: see there."""
    domain, ada = domain_of(target.domain, target.auth), people["ada"]
    rows = Rows(domain, people["administrator"])
    existing = {one.path: str(rows.create(one, ada)["id"]) for one in domain.resources}
    known = {one.path: _known(one, domain, rows, ada) for one in (*domain.resources, domain.account)}
    if target.auth == "api_key":
        scopes = [f"read:{one.path.rpartition('/')[2]}" for one in domain.resources]
        known[KEYS] = {"user_id": ada.id, "scopes": scopes, "expires_at": "2999-12-31T23:59:59Z"}
    if domain.has_accounts:
        known[ME] = known[domain.account.path]
        existing[domain.account.path] = method_of(target.auth).member(target, "Somebody").id
    return {
        "url": target.base_url,
        "people": list(people),
        "rows": existing,
        "known": known,
        "kept": [
            *(person.id for person in people.values()),
            *(value for values in known.values() for value in values.values() if isinstance(value, str)),
        ],
        "guests": target.auth if target.auth in ("jwt", "session") else "",
    }


def _known(resource: Resource, domain: Domain, rows: Rows, ada: Person) -> dict[str, Any]:
    """Return a value for each field of which a document cannot say what it can be."""
    return {
        **{field.wire: valid(field, 1)[0] for field in resource.fields if _says_more(field)},
        **{field.wire: rows.new_id(domain.end(field), ada) for field in resource.references},
    }


def _says_more(field: Field) -> bool:
    """Return whether the service asks more of a field than JSON Schema can say.

    Of decimals and days, which travel as texts, it knows no least and no greatest; of any JSON, no numbers of 64 bits.
    """
    is_bounded = field.rules.min is not None or field.rules.max is not None
    return field.type == "json" or (field.type in ("decimal", "date", "datetime") and is_bounded)
