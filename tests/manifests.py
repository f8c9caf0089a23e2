"""The rules of the Kubernetes manifests that are emitted. Each returns what breaks it; none is good.

A rule reads documents and knows nothing of how they were made, so that a planted violation can prove that it bites.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import kubernetes_validate
import yaml

import template

BASE = "deploy/base"
PRODUCTION = "deploy/overlays/production"
VERSION = "1.37"

# What answers on the ports of our own processes, and of the broker.
ROUTES = {"web": {"/health/live", "/health/ready"}, "gateway": {"/health/live"}, "broker": {"/healthz"}}

Document = dict[str, Any]


def build(files: Mapping[str, bytes], folder: str) -> list[Document]:
    """Return what kustomize makes of a folder, but for names that it appends hashes to.

    Raises `KeyError` where a resource is named that does not exist.
    """
    kustomization = template.read_yaml(files[f"{folder}/kustomization.yaml"])
    documents: list[Document] = []
    for resource in kustomization["resources"]:
        path = _joined(folder, resource)
        if f"{path}/kustomization.yaml" in files:
            documents += build(files, path)
        else:
            documents += [document for document in yaml.load_all(files[path], Loader=template.LOADER) if document]
    for generator in kustomization.get("configMapGenerator", []):
        data = dict(literal.split("=", 1) for literal in generator["literals"])
        if generator.get("behavior") == "merge":
            _find(documents, "ConfigMap", generator["name"])["data"].update(data)
        else:
            name = {"name": generator["name"]}
            documents.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "data": data})
    for image in kustomization.get("images", []):
        for container in (container for _, spec in pods(documents) for container in containers(spec)):
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    for document in documents:
        if "namespace" in kustomization and document["kind"] != "Namespace":
            document["metadata"]["namespace"] = kustomization["namespace"]
    return documents


def _joined(folder: str, relative: str) -> str:
    parts: list[str] = []
    for part in PurePosixPath(folder, relative).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _find(documents: list[Document], kind: str, name: str) -> Document:
    return next(found for found in documents if (found["kind"], found["metadata"]["name"]) == (kind, name))


def pods(documents: list[Document]) -> Iterator[tuple[Document, Document]]:
    """Yield the template of each pod: its labels and its spec."""
    for document in documents:
        if document["kind"] in ("Deployment", "StatefulSet", "Job"):
            template = document["spec"]["template"]
            yield template["metadata"]["labels"], template["spec"]


def containers(spec: Document) -> list[Document]:
    """Return all containers of a pod."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def invalid(documents: list[Document]) -> list[str]:
    """Find what the schema of Kubernetes refuses, unknown fields included, and what stands there twice."""
    broken = []
    seen = set()
    for document in documents:
        name = f"{document['kind']}/{document['metadata']['name']}"
        if name in seen:
            broken.append(f"{name} stands there twice")
        seen.add(name)
        if fault := _refusal(json.dumps(document, sort_keys=True, default=str)):
            broken.append(f"{name}: {fault}"[:300])
    return broken


@functools.cache
def _refusal(document: str) -> str:
    """Return what the schema has against a document, which many combinations have in common."""
    try:
        kubernetes_validate.validate(json.loads(document), VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error)
    return ""


def unlisted(files: Mapping[str, bytes]) -> list[str]:
    """Find manifests of Kubernetes that no kustomization names."""
    named = {
        _joined(folder, resource)
        for folder in (BASE, PRODUCTION)
        for resource in template.read_yaml(files[f"{folder}/kustomization.yaml"])["resources"]
    }
    folders = (f"{BASE}/", f"{PRODUCTION}/")
    present = {path for path in files if path.startswith(folders) and path.endswith(".yaml")}
    return sorted(path for path in present - named if not path.endswith("/kustomization.yaml"))


def selecting_nothing(documents: list[Document]) -> list[str]:
    """Find selectors that no pod matches, and those of workloads that do not match their own pods."""
    labels = [found for found, _ in pods(documents)]
    broken = []
    for document in documents:
        spec = document.get("spec", {})
        selectors = list(_selectors(spec))
        if document["kind"] == "Service":
            selectors.append(spec["selector"])
        own = [spec["template"]["metadata"]["labels"]] if "template" in spec else labels
        broken += [
            f"{document['kind']}/{document['metadata']['name']}: {selector}"
            for selector in selectors
            if not any(selector.items() <= found.items() for found in own)
        ]
        if document["kind"] == "HorizontalPodAutoscaler":
            target = spec["scaleTargetRef"]
            if not any(_is(found, target["kind"], target["name"]) for found in documents):
                broken.append(f"{document['metadata']['name']} scales nothing")
    return broken


def _selectors(value: Any) -> Iterator[Document]:
    """Yield the labels of every selector of pods within a value; those of other namespaces are not ours to know."""
    if isinstance(value, list):
        for item in value:
            yield from _selectors(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in ("podSelector", "selector", "labelSelector") and isinstance(item, dict):
                if "namespaceSelector" not in value and "matchLabels" in item:
                    yield item["matchLabels"]
            else:
                yield from _selectors(item)


def _is(document: Document, kind: str, name: str) -> bool:
    return bool(document["kind"] == kind and document["metadata"]["name"] == name)


def dangling(documents: list[Document], readme: str) -> list[str]:
    """Find references to what is neither here nor, for keys of secrets, named by the page on how to make them."""
    broken = []
    settings = {found["metadata"]["name"] for found in documents if found["kind"] == "ConfigMap"}
    claims = {found["metadata"]["name"] for found in documents if found["kind"] == "PersistentVolumeClaim"}
    services = {found["metadata"]["name"] for found in documents if found["kind"] == "Service"}
    documented = {
        row[1]: set(re.findall(r"`(\w+)`", row[2])) for row in re.finditer(r"\| `([\w-]+)` \| (.*) \|", readme)
    }
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "StatefulSet" and spec["serviceName"] not in services:
            broken.append(f"service {spec['serviceName']}")
        if document["kind"] not in ("Deployment", "StatefulSet"):
            continue
        pod = spec["template"]["spec"]
        volumes = {volume["name"] for volume in [*pod["volumes"]]}
        volumes |= {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        for volume in pod["volumes"]:
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            broken += [f"claim {claim}"] if claim and claim not in claims else []
        for container in containers(pod):
            mounts = {mount["name"] for mount in container["volumeMounts"]}
            broken += [f"volume {name}" for name in mounts - volumes]
            for source in container.get("envFrom", []):
                name = source["configMapRef"]["name"]
                broken += [f"settings {name}"] if name not in settings else []
            for variable in container.get("env") or []:
                key = variable.get("valueFrom", {}).get("secretKeyRef")
                if key and key["key"] not in documented.get(key["name"], set()):
                    broken.append(f"secret {key['name']}: {key['key']}")
    return broken


def secret_values(documents: list[Document], secrets: set[str]) -> list[str]:
    """Find secrets that are emitted, and names of secrets among what is no secret."""
    broken = [f"Secret/{found['metadata']['name']}" for found in documents if found["kind"] == "Secret"]
    for document in documents:
        broken += [name for name in document.get("data", {}) if name in secrets]
    for _, spec in pods(documents):
        for container in containers(spec):
            broken += [v["name"] for v in container.get("env") or [] if v["name"] in secrets and "value" in v]
    return broken


def unanswered_probes(documents: list[Document]) -> list[str]:
    """Find processes without a probe of their life, and probes of ports and routes that nobody answers."""
    broken = []
    for labels, spec in pods(documents):
        for container in spec["containers"]:
            ports = {port["name"] for port in container.get("ports", [])}
            if "livenessProbe" not in container or (ports and "readinessProbe" not in container):
                broken.append(f"{container['name']} has no probe")
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked = container.get(kind, {}).get("httpGet")
                if not asked:
                    continue
                routes = ROUTES[labels["app.kubernetes.io/component"]]
                if asked["port"] not in ports or asked["path"].partition("?")[0] not in routes:
                    broken.append(f"{container['name']}: {asked}")
    for document in documents:
        if document["kind"] == "Service":
            wanted = {port["targetPort"] for port in document["spec"]["ports"]}
            selector = document["spec"]["selector"].items()
            offered = {
                port["name"]
                for labels, spec in pods(documents)
                if selector <= labels.items()
                for container in spec["containers"]
                for port in container.get("ports", [])
            }
            broken += [f"Service/{document['metadata']['name']}: {port}" for port in wanted - offered]
    return broken


def unhardened(documents: list[Document]) -> list[str]:
    """Find pods and containers that may do more than they need, or take more than they say."""
    broken = []
    for labels, spec in pods(documents):
        name = "/".join(labels.values())
        context = spec.get("securityContext", {})
        wanted = {
            "runs as root": context.get("runAsNonRoot") is True and context.get("runAsUser", 0) > 0,
            "has no seccomp profile": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "has a token": spec.get("automountServiceAccountToken") is False,
            "has links": spec.get("enableServiceLinks") is False,
            "has no /tmp": all(
                any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"])  # noqa: S108 - a path inside of containers
                for container in containers(spec)
            ),
        }
        broken += [f"{name} {fault}" for fault, holds in wanted.items() if not holds]
        for container in containers(spec):
            own = container.get("securityContext", {})
            resources = container.get("resources", {})
            wanted = {
                "can write": own.get("readOnlyRootFilesystem") is True,
                "can gain privileges": own.get("allowPrivilegeEscalation") is False,
                "has capabilities": own.get("capabilities") == {"drop": ["ALL"]},
                "says not what it needs": {"cpu", "memory"} <= set(resources.get("requests", {})),
                "has no limit": "memory" in resources.get("limits", {}),
                "is not pinned": bool(re.search(r":\d+\.\d+", container["image"])),
            }
            broken += [f"{name} {container['name']} {fault}" for fault, holds in wanted.items() if not holds]
    return broken


def cut_short(documents: list[Document]) -> list[str]:
    """Find pods that are killed before their time to finish is over."""
    settings = _find(documents, "ConfigMap", "settings")["data"]
    grace = int(settings["SHUTDOWN_GRACE_SECONDS"])
    broken = []
    for labels, spec in pods(documents):
        pauses = [
            c.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for c in spec["containers"]
        ]
        served = labels["app.kubernetes.io/component"] in ("web", "gateway")
        if spec["terminationGracePeriodSeconds"] <= max(pauses) + grace or (served and not max(pauses)):
            broken.append("/".join(labels.values()))
    return broken


def shared_files(documents: list[Document]) -> list[str]:
    """Find data in a file that more than one pod could have at a time."""
    scaled = {
        found["spec"]["scaleTargetRef"]["name"] for found in documents if found["kind"] == "HorizontalPodAutoscaler"
    }
    broken = []
    for document in documents:
        if document["kind"] != "Deployment":
            continue
        spec = document["spec"]
        if any("persistentVolumeClaim" in volume for volume in spec["template"]["spec"]["volumes"]):
            alone = spec.get("replicas") == 1 and spec.get("strategy", {}).get("type") == "Recreate"
            if not alone or document["metadata"]["name"] in scaled:
                broken.append(document["metadata"]["name"])
    return broken


def closed_ways(documents: list[Document]) -> list[str]:
    """Find calls that one policy lets out and none lets in, the other way round, and pods that no policy closes."""
    out, into = set(), set()
    policies = [found["spec"] for found in documents if found["kind"] == "NetworkPolicy"]
    closed = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    broken = [] if closed in policies else ["all is open"]
    for spec in policies:
        chosen = _named(documents, spec["podSelector"].get("matchLabels", {}))
        if not spec["podSelector"]:
            continue
        for side, peers, ways in (("egress", "to", out), ("ingress", "from", into)):
            for rule in spec.get(side, []):
                for peer in rule.get(peers, []):
                    if "namespaceSelector" in peer:
                        continue
                    others = _named(documents, peer["podSelector"]["matchLabels"])
                    for port in rule["ports"]:
                        pairs = [(a, b) if side == "egress" else (b, a) for a in chosen for b in others]
                        ways |= {(*pair, port["port"]) for pair in pairs}
    return broken + [f"{caller} -> {called}:{port}" for caller, called, port in sorted(out ^ into)]


def _named(documents: list[Document], selector: Document) -> set[str]:
    return {labels["app.kubernetes.io/name"] for labels, _ in pods(documents) if selector.items() <= labels.items()}
