"""What runs where in a cluster: the manifests of a Blueprint, what is told to whom, and who may call whom.

Whether the data lies in a file beside the service or on a server is read from the manifest of the database: one with
a container of its own is a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from copier_template_extensions.blueprint_model import Blueprint, Service
from copier_template_extensions.catalogue import Catalogue, Choice, ComposeService, Setting
from jinja2 import Environment
from jinja2.ext import Extension

PORT = 8000
HEARTBEAT = "/tmp/heartbeat"  # noqa: S108 - a path in a container that nobody shares


@dataclass(frozen=True)
class Deployed:
    """A service in a cluster: the names of its secrets, and the rules of who may reach it and whom it may reach.

    It starts without its `optional_secrets`.
    """

    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    ingress: tuple[str, ...]
    egress: tuple[str, ...]


class DeployFormsExtension(Extension):
    """Gives templates `deployed`, `backing`, three functions `deploy_…`, and two that name an overlay."""

    def __init__(self, environment: Environment) -> None:
        """Register the functions under their names."""
        super().__init__(environment)
        environment.globals.update(
            backing=backing,
            data_in_a_file=lambda choices: "." if not _database(choices).compose else "",
            data_on_a_server=lambda choices: "." if _database(choices).compose else "",
            deploy_files=files,
            deploy_images=images,
            deploy_settings=settings,
            deployed=self._deployed,
        )

    def _deployed(self, blueprint: Blueprint, service: Service) -> Deployed:
        catalogue: Catalogue = self.environment.globals["catalogue"]
        return deployed(blueprint, service, (*catalogue.offered("common"), *blueprint.choices))


def deployed(blueprint: Blueprint, service: Service, manifests: tuple[Choice, ...]) -> Deployed:
    """Return a service as it is deployed; the first asks all others whether they are ready."""
    secret = [
        setting
        for manifest in manifests
        for setting in manifest.settings
        if setting.secret and _concerns(setting, service)
    ]
    secrets = {setting.name for setting in secret if "production" in setting.required_in}
    known = secrets | settings(blueprint).keys()
    callers = ["gateway"] * _has_gateway(blueprint)
    callers += [other.kebab for other in blueprint.services if _calls(blueprint, other, service)]
    reached = [(other.kebab, PORT) for other in blueprint.services if _calls(blueprint, service, other)]
    if broker := _broker(blueprint.choices):
        reached.append((broker.name, broker.port))
    egress = [_rule("to", name, port) for name, port in reached]
    if database := _database(blueprint.choices).compose:
        egress.append(f"ports: [{{port: {database.port}, protocol: TCP}}] # wherever the database is")
    egress += [
        f"ports: [{{port: {manifest.compose.port}, protocol: TCP}}] # wherever {manifest.label} is"
        for manifest in manifests
        if manifest.axis == "common" and manifest.compose
    ]
    if service.hosts_users:
        reached_elsewhere = [choice.reaches for choice in blueprint.choices if choice.reaches]
        egress += [f"ports: [{{port: 443, protocol: TCP}}] # {name}" for name in reached_elsewhere]
    return Deployed(
        secrets=tuple(sorted(secrets)),
        optional_secrets=tuple(sorted({setting.name for setting in secret} - known)),
        ingress=tuple(_rule("from", name, PORT) for name in callers) or (f"ports: [{{port: {PORT}, protocol: TCP}}]",),
        egress=tuple(egress),
    )


def _rule(side: str, name: str, port: int) -> str:
    ports = f"ports: [{{port: {port}, protocol: TCP}}]"
    pods = f"{side}: [{{podSelector: {{matchLabels: {{app.kubernetes.io/name: {name}}}}}}}]"
    return f"{ports}\n      {pods}"


def _concerns(setting: Setting, service: Service) -> bool:
    return service.hosts_users or bool(setting.needed_by != "accounts")


def _calls(blueprint: Blueprint, service: Service, other: Service) -> bool:
    if service.name == other.name:
        return False
    return service == blueprint.front or other.name in {peer.name for peer in service.peers}


def files(blueprint: Blueprint) -> list[str]:
    """Return the manifests of the base, folder by folder."""
    data = ("data.yaml",) if not _database(blueprint.choices).compose else ("scaling.yaml", "worker.yaml")
    found = ["network.yaml"]
    for service in blueprint.services:
        found += [f"{service.kebab}/{name}" for name in sorted((*data, "network.yaml", "service.yaml", "web.yaml"))]
    if _has_gateway(blueprint):
        found += [f"gateway/{name}" for name in ("gateway.yaml", "network.yaml", "scaling.yaml")]
    if _broker(blueprint.choices):
        found += [f"broker/{name}" for name in ("broker.yaml", "network.yaml")]
    return found


def settings(blueprint: Blueprint) -> dict[str, str]:
    """Return what every process is told: how to run, and where the others are."""
    told = {
        "CORS_ORIGINS": "",
        "ENVIRONMENT": "production",
        "HEARTBEAT_FILE": HEARTBEAT,
        "HOST": "0.0.0.0",  # noqa: S104 - a container's only address
        "LOG_LEVEL": "info",
        "MAX_BODY_BYTES": "1048576",
        "PORT": str(PORT),
        "REQUEST_TIMEOUT_SECONDS": "4.5",
        "SHUTDOWN_GRACE_SECONDS": "20",
    }
    if _has_gateway(blueprint):
        told |= {service.env: f"http://{service.kebab}:{PORT}" for service in blueprint.services}
    if broker := _broker(blueprint.choices):
        told["BROKER_URL"] = f"{broker.name}://{broker.name}:{broker.port}"
    return dict(sorted(told.items()))


def images(blueprint: Blueprint) -> list[str]:
    """Return the names of our own images."""
    found = [
        f"{service.distribution}-{part}" for service in blueprint.services for part in ("migrate", "web", "worker")
    ]
    return found + [f"{blueprint.project.slug}-gateway"] * _has_gateway(blueprint)


def backing(choices: tuple[Choice, ...], axis: str) -> ComposeService:
    """Return the container of a choice that has one; raises `LookupError` where there is none."""
    for choice in choices:
        if choice.axis == axis and choice.compose:
            return choice.compose
    raise LookupError(f"no choice of {axis} has a container")


def _broker(choices: tuple[Choice, ...]) -> ComposeService | None:
    return next((choice.compose for choice in choices if choice.axis == "broker" and choice.compose), None)


def _database(choices: tuple[Choice, ...]) -> Choice:
    return next(choice for choice in choices if choice.axis == "database")


def _has_gateway(blueprint: Blueprint) -> bool:
    use: Mapping[str, str] = blueprint.use
    return bool(use["microservices"])
