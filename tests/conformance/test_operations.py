"""Health, metrics and documents: open to everybody, and honest."""

from __future__ import annotations

import json
import re

import pytest

from conformance.client import Client
from conformance.contract import Domain
from conformance.methods import Method
from conformance.people import Person
from conformance.rows import Rows
from conformance.values import fresh_uuid

PATHS = ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs")
STATUSES = {"ok", "unavailable"}


@pytest.mark.parametrize("path", PATHS)
def test_need_no_credentials_and_mind_none(anonymous: Client, method: Method, path: str) -> None:
    anonymous.get(path).expect(200)
    for headers in method.strangers:
        anonymous.get(path, headers=headers).expect(200)


def test_live_says_that_it_is(anonymous: Client) -> None:
    answer = anonymous.get("/health/live")

    assert answer.json == {"status": "ok"}
    assert (answer.header("Content-Type") or "").startswith("application/json")


def test_ready_names_what_it_needs(anonymous: Client) -> None:
    answer = anonymous.get("/health/ready").expect(200)

    assert set(answer.json) == {"status", "checks"}
    assert answer.json["status"] == "ok"
    assert answer.json["checks"]
    for check in answer.json["checks"].values():
        assert check == {"status": "ok"}
    assert not re.search(r"://|@|\d+\.\d+\.\d+\.\d+|password|localhost", answer.text)


class TestMetrics:
    def test_count_by_route_and_never_by_path(
        self, anonymous: Client, domain: Domain, rows: Rows, ada: Person, admin: Person, known: str
    ) -> None:
        absent, one = fresh_uuid(), f"{domain.account.path}/{admin.id}" if domain.has_accounts else known
        admin.get(one).expect(200)
        admin.get(f"/api/v1/{absent}").expect(404)
        for resource in domain.resources[:1]:
            rows.create(resource, ada)

        answer = anonymous.get("/metrics").expect(200)

        assert (answer.header("Content-Type") or "").startswith(("text/plain", "application/openmetrics-text"))
        assert re.search(r"^# TYPE http_requests(_total)? counter$", answer.text, re.MULTILINE)
        assert re.search(r"^# TYPE http_request_duration_seconds histogram$", answer.text, re.MULTILINE)
        for text in ("http_requests_total{", "http_request_duration_seconds_bucket{"):
            assert text in answer.text
        counted = [line for line in answer.text.splitlines() if line.startswith("http_requests_total{")]
        parent, _, id_ = one.rpartition("/")
        assert any(f"{parent}/{{id}}" in line for line in counted), counted
        assert all("method=" in line and "status=" in line for line in counted)
        assert id_ not in answer.text
        assert absent not in answer.text


def test_docs_are_a_page(anonymous: Client) -> None:
    answer = anonymous.get("/docs").expect(200)

    assert (answer.header("Content-Type") or "").startswith("text/html")
    assert "<html" in answer.text.lower()
    for link in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert link.startswith(("/", "./", "data:", "docs/")), f"{link} is somebody else's"
        if link.startswith("/"):
            anonymous.get(link).expect(200)


def test_the_document_is_json(anonymous: Client) -> None:
    answer = anonymous.get("/openapi.json").expect(200)

    assert (answer.header("Content-Type") or "").startswith("application/json")
    assert json.loads(answer.body)["openapi"].startswith("3.1.")
