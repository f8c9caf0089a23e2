"""A repository of services: each brings what it needs and no more, and what runs all of them names all of them."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

import covering
import template
from rendering import Render, Rendered, grouped

SERVICES = {"users": 8101, "catalog": 8102, "ordering": 8103}
ROWS = [
    row for row in covering.rendered() if (row.architecture, row.auth, row.sample) == ("microservices", "jwt", "shop")
]

# By hand: what each stack speaks to its database with, and what its services are made of.
DRIVERS = {
    "fastapi": {"sqlite": {"aiosqlite"}, "postgresql": {"aiosqlite", "asyncpg"}, "mysql": {"aiosqlite", "asyncmy"}},
    "flask": {"sqlite": set(), "postgresql": {"psycopg"}, "mysql": {"pymysql"}},
    "django": {"sqlite": set(), "postgresql": {"psycopg"}, "mysql": {"pymysql"}},
}
SERVED_BY = {"fastapi": {"alembic", "fastapi"}, "flask": {"alembic"}, "django": {"django", "django-ninja"}}


@pytest.fixture(params=[grouped(row) for row in ROWS])
def stack(request: pytest.FixtureRequest) -> template.Row:
    """Return each framework and database in turn."""
    found: template.Row = request.param
    return found


@pytest.fixture
def database(stack: template.Row) -> str:
    """Return the database of the stack."""
    return stack.database


@pytest.fixture
def shop(render: Render, stack: template.Row) -> Rendered:
    """Return the shop as services."""
    return render(**stack.answers)


@pytest.fixture
def containers(shop: Rendered) -> dict[str, Any]:
    """Return the containers of the shop by name."""
    found: dict[str, Any] = template.read_yaml(shop.text("compose.yaml"))["services"]
    return found


def requirements(shop: Rendered, path: str) -> set[str]:
    """Return the names of what a package needs."""
    project = tomllib.loads(shop.text(f"{path}/pyproject.toml"))["project"]
    return {re.split(r"[^a-z0-9-]", text)[0] for text in project["dependencies"]}


def test_only_the_service_of_the_accounts_knows_passwords(shop: Rendered) -> None:
    having = {path for path in (*(f"services/{name}" for name in SERVICES), "libs/shared")
              if "argon2-cffi" in requirements(shop, path)}  # fmt: skip

    assert having == {"services/users"}


def test_drivers_belong_to_the_kernel(shop: Rendered, stack: template.Row) -> None:
    drivers = {"nats-py", "httpx2"} | DRIVERS[stack.framework][stack.database]
    others = set().union(*(names for databases in DRIVERS.values() for names in databases.values())) - drivers

    assert drivers <= requirements(shop, "libs/shared")
    assert not others & requirements(shop, "libs/shared")
    for name in SERVICES:
        assert not drivers & requirements(shop, f"services/{name}")
        assert {*SERVED_BY[stack.framework], "shop-shared"} <= requirements(shop, f"services/{name}")


def test_the_root_is_no_package(shop: Rendered) -> None:
    settings = tomllib.loads(shop.text("pyproject.toml"))

    assert "project" not in settings
    assert settings["tool"]["uv"]["workspace"]["members"] == ["libs/*", "services/*"]
    assert not [path for path in shop.files if path.endswith("uv.lock")]


def test_each_service_has_three_containers(containers: dict[str, Any]) -> None:
    for name in SERVICES:
        for suffix, target in (("", "web"), ("-worker", "worker"), ("-migrate", "migrate")):
            container = containers[name + suffix]
            assert container["build"]["target"] == target
            assert container["read_only"] is True
        waits = containers[f"{name}-worker"]["depends_on"]
        assert waits[f"{name}-migrate"] == {"condition": "service_completed_successfully"}
        assert waits["nats"] == {"condition": "service_healthy"}
        assert containers[f"{name}-migrate"]["restart"] == "no"
        assert f"{name}-migrate" not in containers[f"{name}-migrate"]["depends_on"]


def test_secrets_are_required_and_only_where_they_are_needed(containers: dict[str, Any]) -> None:
    told = {name: containers[name]["environment"] for name in SERVICES}

    assert {environment["SECRET_KEY"] for environment in told.values()} == {"${SECRET_KEY:?set SECRET_KEY}"}
    assert [name for name in SERVICES if "SIGNING_KEY" in told[name]] == ["users"]
    assert "SECRET_KEY" not in containers["gateway"]["environment"]


def test_no_service_reaches_the_data_of_another(shop: Rendered, database: str, containers: dict[str, Any]) -> None:
    if database == "sqlite":
        places = {containers[name]["volumes"][0] for name in SERVICES}
    else:
        places = {containers[name]["environment"]["DATABASE_URL"] for name in SERVICES}
        assert all(f"//{name}:" in containers[name]["environment"]["DATABASE_URL"] for name in SERVICES)
        assert f"in {' '.join(SERVICES)};" in shop.text("database/services.sh")

    assert len(places) == len(SERVICES)


def test_calls_lead_to_containers(containers: dict[str, Any]) -> None:
    for name in (*SERVICES, "gateway"):
        urls = {key: value for key, value in containers[name]["environment"].items() if value.startswith("http")}
        assert urls
        for key, url in urls.items():
            assert key.removesuffix("_URL").lower() in SERVICES
            assert url == f"http://{key.removesuffix('_URL').lower()}:8000"


def test_make_run_starts_everything(shop: Rendered) -> None:
    started = re.findall(r"^([\w-]+): ", shop.text("Procfile"), re.MULTILINE)
    expected = {f"{name}-{process}" for name in SERVICES for process in ("web", "worker")} | {"gateway", "broker"}

    assert sorted(started) == sorted(expected)
    makefile = shop.text("Makefile")
    for name, port in SERVICES.items():
        assert f"run: export {name.upper()}_PORT ?= {port}\n" in makefile
        assert f"{name.upper()}_PORT" in makefile.partition("free_ports.py")[2]


def test_the_gateway_hands_out_the_document(shop: Rendered) -> None:
    assert json.loads(shop.text("gateway/openapi.json")) == template.read_yaml(shop.text("openapi.yaml"))


def test_every_setting_is_explained_once(shop: Rendered) -> None:
    names = re.findall(r"^# ([A-Z_]+)=", shop.text(".env.example"), re.MULTILINE)

    assert len(names) == len(set(names))
    assert {"SECRET_KEY", "SIGNING_KEY", "DATABASE_URL", "BROKER_URL", "CATALOG_PORT"} <= set(names)
