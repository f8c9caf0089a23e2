"""What is collected, looked at and shown: rules that Prometheus takes, for exactly the services there are."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import template
from rendering import Render, Rendered, grouped

FOLDER = "deploy/monitoring"
CALM = {
    **{f'up{{job="{job}"}}': "1x10" for job in ("gateway", "users", "catalog", "ordering")},
    'event_queue_oldest_seconds{job="catalog", queue="outbox"}': "59x10",
    'event_queue_oldest_seconds{job="catalog", queue="inbox"}': "299x10",
    'event_queue_dead_letters{job="catalog", queue="inbox"}': "0x10",
    'event_queue_pending{job="catalog", queue="inbox"}': "9x10",
    'database_pool_waiting{job="catalog"}': "0x10",
    'peer_breaker_open{job="ordering", peer="catalog"}': "0x10",
    'http_requests_total{job="catalog", route="/", status="200"}': "0+100x10",
    'http_requests_total{job="catalog", route="/", status="500"}': "0+1x10",
}
"""What is collected while nothing is wrong."""

MOMENTS = {
    "NobodyAnswers": {'up{job="catalog"}': "0x10"},
    "ManyRequestsFail": {'http_requests_total{job="catalog", route="/", status="500"}': "0+5x10"},
    "EventsAreNotPublished": {'event_queue_oldest_seconds{job="catalog", queue="outbox"}': "61x10"},
    "EventsAreNotReactedTo": {'event_queue_oldest_seconds{job="catalog", queue="inbox"}': "301x10"},
    "EventsAreSetAside": {'event_queue_dead_letters{job="catalog", queue="inbox"}': "1x10"},
    "DatabaseIsSilent": {'event_queue_pending{job="catalog", queue="inbox"}': "9 9 NaN NaN NaN NaN NaN NaN NaN NaN"},
    "RequestsWaitForTheDatabase": {'database_pool_waiting{job="catalog"}': "3x10"},
    "CallsAreRefused": {'peer_breaker_open{job="ordering", peer="catalog"}': "1x10"},
}
"""What is collected in its place when each of these has to be heard."""


def jobs(emitted: Rendered) -> set[str]:
    """Return the names under which processes are collected."""
    settings = yaml.safe_load(emitted.text(f"{FOLDER}/prometheus.yaml"))
    return {job["job_name"] for job in settings["scrape_configs"]}


def written(emitted: Rendered, folder: Path) -> Path:
    """Write what Prometheus reads into a folder, and return it."""
    for path, data in emitted.files.items():
        if path.startswith(FOLDER):
            target = folder / Path(path).relative_to(FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return folder


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Prometheus' own checker; it is never missing in CI."""
    program = shutil.which("promtool")
    if program is None:
        assert not os.environ.get("CI"), "scripts/promtool install"
        pytest.skip("promtool is not installed: scripts/promtool install")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_every_service_is_collected_and_shown(row: template.Row, emitted: Rendered) -> None:
    services = {path.split("/")[1].replace("_", "-") for path in emitted.files if path.startswith("services/")}
    board: dict[str, Any] = json.loads(emitted.text(f"{FOLDER}/dashboard.json"))
    shown = next(item["query"].split(",") for item in board["templating"]["list"] if item["name"] == "service")

    assert jobs(emitted) == set(shown)
    if row.architecture == "microservices":
        assert jobs(emitted) == services | {"gateway"}
    else:
        assert len(shown) == 1


def test_no_panel_lies_on_another(emitted: Rendered) -> None:
    board: dict[str, Any] = json.loads(emitted.text(f"{FOLDER}/dashboard.json"))
    taken = [
        (left, top)
        for panel in board["panels"]
        for left in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for top in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(taken) == len(set(taken))
    assert max(left for left, _ in taken) < 24
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize(
    "shop", [grouped(template.row("shop", architecture=name)) for name in ("monolith", "microservices")]
)
def test_prometheus_takes_it(shop: template.Row, render: Render, tmp_path: Path) -> None:
    folder = written(render(**shop.answers), tmp_path)

    done = promtool(folder, "check", "config", "prometheus.yaml")

    assert done.returncode == 0, done.stderr
    (folder / "rules" / "broken.yaml").write_text("groups: [{name: a, rules: [{alert: A, expr: 'sum(('}]}]\n")
    assert promtool(folder, "check", "config", "prometheus.yaml").returncode != 0


def test_rules_are_heard_when_they_should_be_and_only_then(render: Render, tmp_path: Path) -> None:
    shop = template.row("shop", architecture="microservices")
    folder = written(render(**shop.answers), tmp_path)
    _write(folder / "quiet.yaml", dict.fromkeys(MOMENTS, CALM))
    _write(folder / "loud.yaml", {alert: CALM | series for alert, series in MOMENTS.items()})

    quiet, loud = (promtool(folder, "test", "rules", f"{name}.yaml") for name in ("quiet", "loud"))

    assert quiet.returncode == 0, quiet.stdout
    assert set(re.findall(r"alertname: (\w+), time", loud.stdout + loud.stderr)) == set(MOMENTS)


def _write(file: Path, moments: dict[str, dict[str, str]]) -> None:
    """Write an examination in which no alert is expected, whatever is collected."""
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [{"eval_time": "8m", "alertname": alert, "exp_alerts": []}],
        }
        for alert, series in moments.items()
    ]
    file.write_text(yaml.safe_dump({"rule_files": ["rules/*.yaml"], "evaluation_interval": "1m", "tests": tests}))
