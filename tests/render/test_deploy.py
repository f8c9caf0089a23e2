"""The manifests for a cluster: valid, complete, closed, and every rule shown what breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import covering
import manifests
import template
from rendering import Render, Rendered, grouped

SECRETS = {"SECRET_KEY", "SIGNING_KEY", "DATABASE_URL"}
Documents = list[dict[str, Any]]


def built(repository: Rendered, folder: str = manifests.PRODUCTION) -> Documents:
    return manifests.build(repository.files, folder)


def faults(repository: Rendered, documents: Documents) -> list[str]:
    """Return what any rule finds."""
    return [
        *manifests.unlisted(repository.files),
        *manifests.selecting_nothing(documents),
        *manifests.dangling(documents, repository.text("deploy/README.md")),
        *manifests.secret_values(documents, SECRETS),
        *manifests.unanswered_probes(documents),
        *manifests.unhardened(documents),
        *manifests.cut_short(documents),
        *manifests.shared_files(documents),
        *manifests.closed_ways(documents),
    ]


def test_manifests_follow_the_rules(row: template.Row, emitted: Rendered) -> None:
    assert faults(emitted, built(emitted)) == []


@pytest.mark.parametrize("shop", [grouped(row) for row in covering.rendered() if row.sample == row.richest_sample])
def test_manifests_are_valid(shop: template.Row, render: Render) -> None:
    emitted = render(**shop.answers)

    assert manifests.invalid(built(emitted)) == []


def test_every_deployable_is_there(row: template.Row, emitted: Rendered) -> None:
    components = {tuple(labels.values()) for labels, _ in manifests.pods(built(emitted))}
    services = {path.split("/")[1].replace("_", "-") for path in emitted.files if path.startswith("services/")}
    services = services or {row.answers.get("project_slug", "") or _slug(emitted)}

    expected = {(name, "web") for name in services}
    if row.database != "sqlite":
        expected |= {(name, "worker") for name in services}
    if row.architecture == "microservices":
        expected |= {("gateway", "gateway"), ("nats", "broker")}
    assert components == expected


def _slug(emitted: Rendered) -> str:
    return next(
        line.split(": ")[1] for line in emitted.text(".copier-answers.yml").splitlines() if "project_slug" in line
    )


@pytest.fixture(scope="session")
def cluster(render: Render) -> Rendered:
    """Return microservices with a database server: every kind of manifest but a claim."""
    return render(**template.row(architecture="microservices", database="postgresql").answers)


@pytest.fixture(scope="session")
def alone(render: Render) -> Rendered:
    """Return one deployable with its data in a file."""
    return render(**template.row().answers)


def found(documents: Documents, kind: str, name: str) -> dict[str, Any]:
    return next(d for d in documents if (d["kind"], d["metadata"]["name"]) == (kind, name))


def pod(documents: Documents, name: str = "catalog") -> dict[str, Any]:
    spec: dict[str, Any] = found(documents, "Deployment", name)["spec"]["template"]["spec"]
    return spec


def web(documents: Documents) -> dict[str, Any]:
    container: dict[str, Any] = pod(documents)["containers"][0]
    return container


Break = Callable[[Documents], object]
PLANTED: dict[str, Break] = {
    "a service selects nobody": lambda d: found(d, "Service", "catalog")["spec"]["selector"].update(x="y"),
    "a workload does not select its pods": lambda d: found(d, "Deployment", "catalog")["spec"]["selector"][
        "matchLabels"
    ].update(x="y"),
    "a budget selects nobody": lambda d: found(d, "PodDisruptionBudget", "catalog")["spec"]["selector"][
        "matchLabels"
    ].update(x="y"),
    "a policy selects nobody": lambda d: found(d, "NetworkPolicy", "catalog")["spec"]["podSelector"][
        "matchLabels"
    ].update(x="y"),
    "a spread selects nobody": lambda d: pod(d)["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].update(
        x="y"
    ),
    "nothing is scaled": lambda d: found(d, "HorizontalPodAutoscaler", "catalog")["spec"]["scaleTargetRef"].update(
        name="x"
    ),
    "settings that are not there": lambda d: web(d)["envFrom"][0]["configMapRef"].update(name="x"),
    "a key that nobody documents": lambda d: web(d)["env"][0]["valueFrom"]["secretKeyRef"].update(key="X"),
    "a secret that nobody documents": lambda d: web(d)["env"][0]["valueFrom"]["secretKeyRef"].update(name="x"),
    "a volume that is not there": lambda d: web(d)["volumeMounts"].append({"name": "x", "mountPath": "/x"}),
    "a claim that is not there": lambda d: pod(d)["volumes"].append(
        {"name": "x", "persistentVolumeClaim": {"claimName": "x"}}
    ),
    "a set without its service": lambda d: found(d, "StatefulSet", "nats")["spec"].update(serviceName="x"),
    "a secret with its value": lambda d: d.append(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"x": "y"}}
    ),
    "a secret among settings": lambda d: found(d, "ConfigMap", "settings")["data"].update(SECRET_KEY="x"),
    "a secret in plain sight": lambda d: web(d)["env"].append({"name": "SECRET_KEY", "value": "x"}),
    "no probe": lambda d: web(d).pop("livenessProbe"),
    "no probe of the worker": lambda d: pod(d, "catalog-worker")["containers"][0].pop("livenessProbe"),
    "a probe of no route": lambda d: web(d)["readinessProbe"]["httpGet"].update(path="/healthz"),
    "a probe of no port": lambda d: web(d)["readinessProbe"]["httpGet"].update(port="x"),
    "a service of no port": lambda d: found(d, "Service", "catalog")["spec"]["ports"][0].update(targetPort="x"),
    "root": lambda d: pod(d)["securityContext"].pop("runAsNonRoot"),
    "user 0": lambda d: pod(d)["securityContext"].update(runAsUser=0),
    "no seccomp profile": lambda d: pod(d)["securityContext"].pop("seccompProfile"),
    "a token": lambda d: pod(d).pop("automountServiceAccountToken"),
    "links": lambda d: pod(d).pop("enableServiceLinks"),
    "no /tmp": lambda d: web(d).update(volumeMounts=[]),
    "a writable file system": lambda d: web(d)["securityContext"].update(readOnlyRootFilesystem=False),
    "escalation": lambda d: web(d)["securityContext"].pop("allowPrivilegeEscalation"),
    "a capability": lambda d: web(d)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
    "an init container with privileges": lambda d: pod(d)["initContainers"][0].pop("securityContext"),
    "no requests": lambda d: web(d)["resources"].pop("requests"),
    "no limit": lambda d: web(d)["resources"].pop("limits"),
    "an image that moves": lambda d: web(d).update(image="shop:latest"),
    "too short an end": lambda d: pod(d).update(terminationGracePeriodSeconds=25),
    "no pause before the end": lambda d: web(d).pop("lifecycle"),
    "a longer grace": lambda d: found(d, "ConfigMap", "settings")["data"].update(SHUTDOWN_GRACE_SECONDS="60"),
    "an open network": lambda d: d.remove(found(d, "NetworkPolicy", "nothing")),
    "a way out that leads nowhere": lambda d: found(d, "NetworkPolicy", "catalog")["spec"].update(ingress=[]),
    "a way in that nobody takes": lambda d: found(d, "NetworkPolicy", "ordering-out")["spec"].update(egress=[]),
    "a broker that nobody reaches": lambda d: d.remove(found(d, "NetworkPolicy", "nats")),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_violation_is_found(cluster: Rendered, planted: str) -> None:
    documents = copy.deepcopy(built(cluster))
    assert faults(cluster, documents) == []

    PLANTED[planted](documents)

    assert faults(cluster, documents) != []


SHARED: dict[str, Break] = {
    "two replicas": lambda d: found(d, "Deployment", "shop")["spec"].update(replicas=2),
    "a rolling update": lambda d: found(d, "Deployment", "shop")["spec"].pop("strategy"),
    "a claim of another name": lambda d: found(d, "PersistentVolumeClaim", "shop-data")["metadata"].update(name="x"),
    "scaling": lambda d: d.append(
        {
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "shop"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "shop"}},
        }
    ),
}


@pytest.mark.parametrize("planted", SHARED)
def test_a_file_that_is_shared_is_found(alone: Rendered, planted: str) -> None:
    documents = copy.deepcopy(built(alone))
    assert faults(alone, documents) == []

    SHARED[planted](documents)

    assert faults(alone, documents) != []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: web(d).update(nonsense=1), "nonsense"),
        (lambda d: found(d, "Service", "catalog")["spec"]["ports"][0].update(port="http"), "port"),
        (lambda d: d.append(found(d, "Service", "catalog")), "twice"),
    ],
)
def test_what_the_schema_refuses_is_found(cluster: Rendered, change: Break, fault: str) -> None:
    documents = [d for d in copy.deepcopy(built(cluster)) if d["metadata"]["name"] == "catalog"]

    change(documents)

    assert any(fault in text for text in manifests.invalid(documents))


def test_a_resource_that_does_not_exist_is_found(cluster: Rendered) -> None:
    files = {path: data for path, data in cluster.files.items() if path != "deploy/base/catalog/web.yaml"}

    with pytest.raises(KeyError, match=r"catalog/web\.yaml"):
        manifests.build(files, manifests.PRODUCTION)


def test_a_manifest_that_nobody_names_is_found(cluster: Rendered) -> None:
    path = "deploy/base/catalog/more.yaml"

    assert manifests.unlisted(cluster.files | {path: b"kind: Service\n"}) == [path]
