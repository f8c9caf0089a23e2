"""The dashboard of a backend, for Grafana: what its processes say of themselves in `/metrics`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from copier_template_extensions.blueprint_model import Blueprint
from jinja2 import Environment
from jinja2.ext import Extension

SCHEMA_VERSION = 39
WIDTH, HEIGHT = 8, 8
"""Of a panel; a row of them is 24 wide."""

SOURCE = {"type": "prometheus", "uid": "${source}"}
JOB = 'job=~"$service"'
WINDOW = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """A chart: its title, its unit in Grafana's words, and its lines by what each is called."""

    title: str
    unit: str
    lines: dict[str, str]


REQUESTS = (
    Panel(
        "Requests",
        "reqps",
        {"{{job}} {{status}}": f"sum by (job, status) (rate(http_requests_total{{{JOB}}}{WINDOW}))"},
    ),
    Panel(
        "Share that fails",
        "percentunit",
        {
            "{{job}}": f'sum by (job) (rate(http_requests_total{{{JOB}, status=~"5.."}}{WINDOW}))'
            f" / sum by (job) (rate(http_requests_total{{{JOB}}}{WINDOW}))"
        },
    ),
    Panel(
        "Duration",
        "s",
        {
            f"{{{{job}}}} {name}": f"histogram_quantile({share}, sum by (job, le)"
            f" (rate(http_request_duration_seconds_bucket{{{JOB}}}{WINDOW})))"
            for name, share in (("half", 0.5), ("99 %", 0.99))
        },
    ),
    Panel(
        "Slowest routes (95 %)",
        "s",
        {
            "{{job}} {{method}} {{route}}": "topk(5, histogram_quantile(0.95, sum by (job, method, route, le)"
            f" (rate(http_request_duration_seconds_bucket{{{JOB}}}{WINDOW}))))"
        },
    ),
    Panel("In flight", "short", {"{{job}}": f"sum by (job) (http_requests_in_flight{{{JOB}}})"}),
    Panel(
        "Refused as too many",
        "reqps",
        {
            "{{job}} {{policy}}": f"sum by (job, policy) (rate(rate_limited_total{{{JOB}}}{WINDOW}))",
            "{{job}} {{policy}} not counted": "sum by (job, policy)"
            f" (rate(rate_limiter_unavailable_total{{{JOB}}}{WINDOW}))",
        },
    ),
)
DATABASE = (
    Panel(
        "Connections",
        "short",
        {
            "{{job}} in use": f"sum by (job) (database_pool_in_use{{{JOB}}})",
            "{{job}} at most": f"sum by (job) (database_pool_size{{{JOB}}})",
        },
    ),
    Panel("Waiting for a connection", "short", {"{{job}}": f"sum by (job) (database_pool_waiting{{{JOB}}})"}),
)
EVENTS = (
    Panel("Events that wait", "short", {"{{job}} {{queue}}": f"max by (job, queue) (event_queue_pending{{{JOB}}})"}),
    Panel(
        "Age of the oldest", "s", {"{{job}} {{queue}}": f"max by (job, queue) (event_queue_oldest_seconds{{{JOB}}})"}
    ),
    Panel("Set aside", "short", {"{{job}} {{queue}}": f"max by (job, queue) (event_queue_dead_letters{{{JOB}}})"}),
)
CALLS = (
    Panel(
        "Calls",
        "reqps",
        {
            "{{job}} to {{peer}} {{outcome}}": "sum by (job, peer, outcome)"
            f" (rate(peer_call_duration_seconds_count{{{JOB}}}{WINDOW}))"
        },
    ),
    Panel(
        "Duration of calls (95 %)",
        "s",
        {
            "{{job}} to {{peer}}": "histogram_quantile(0.95, sum by (job, peer, le)"
            f" (rate(peer_call_duration_seconds_bucket{{{JOB}}}{WINDOW})))"
        },
    ),
    Panel("Given up on", "short", {"{{job}} to {{peer}}": f"sum by (job, peer) (peer_breaker_open{{{JOB}}})"}),
)


class MonitoringExtension(Extension):
    """Gives templates `dashboard`."""

    def __init__(self, environment: Environment) -> None:
        """Register the function under its name."""
        super().__init__(environment)
        environment.globals["dashboard"] = dashboard


def dashboard(blueprint: Blueprint, gateway: str) -> str:
    """Return the dashboard of all services of a Blueprint, and of what stands before them, as JSON."""
    project = blueprint.project
    names = [*filter(None, [gateway]), *(service.kebab for service in blueprint.services)]
    sections = {"Requests": REQUESTS, "Database": DATABASE, "Events": EVENTS}
    if any(module.peers for service in blueprint.services for module in service.all_modules) and gateway:
        sections["Calls between services"] = CALLS
    document = {
        "uid": f"{project.slug}-services"[:40],
        "title": project.name,
        "tags": [project.slug],
        "editable": True,
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_source(), _services(names)]},
        "panels": _panels(sections),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _services(names: Iterable[str]) -> dict[str, Any]:
    """Return the choice of services; all of them to begin with."""
    return {
        "name": "service",
        "label": "Service",
        "type": "custom",
        "query": ",".join(names),
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panels(sections: dict[str, tuple[Panel, ...]]) -> list[dict[str, Any]]:
    """Return the panels of all sections, each below the other, three beside each other."""
    placed: list[dict[str, Any]] = []
    top = 0
    for title, panels in sections.items():
        placed.append(
            {"id": len(placed) + 1, "type": "row", "title": title, "gridPos": _at(top, 0, 3 * WIDTH, 1), "panels": []}
        )
        for number, panel in enumerate(panels):
            line, column = divmod(number, 3)
            placed.append(_chart(panel, len(placed) + 1, _at(top + 1 + line * HEIGHT, column * WIDTH, WIDTH, HEIGHT)))
        top += 1 + -(-len(panels) // 3) * HEIGHT
    return placed


def _at(top: int, left: int, width: int, height: int) -> dict[str, int]:
    return {"h": height, "w": width, "x": left, "y": top}


def _chart(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    lines = [
        {"refId": chr(ord("A") + position), "datasource": SOURCE, "expr": expression, "legendFormat": name}
        for position, (name, expression) in enumerate(panel.lines.items())
    ]
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": lines,
    }
