"""Text as it is written in files that are not code: free text stays text there, and manifests become lists.

An answer may hold any visible character. `md`, `toml` and `yaml` write it so that Markdown, TOML and YAML show the
same characters and obey none. Names (slug, package, modules, entities) need no filter: they are letters and digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import yaml
from copier_template_extensions.answers import PYTHONS
from copier_template_extensions.blueprint_model import Entity, Field, Project, Service
from copier_template_extensions.catalogue import Catalogue, Choice, ComposeService, Mixin, Setting
from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context

# Also in Markdown: `$` begins a formula, `:name:` is an emoji.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&$%]|:(?=[a-z0-9_+-]+:)")
_MARKDOWN_START = re.compile(r"[0-9]+(?=[.)])|(?=[-+=])")

# What JSON leaves as it is, and TOML or YAML refuse.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

# Distributions whose module is not called as they are.
_IMPORT_NAMES = {"argon2-cffi": "argon2", "django-ninja": "ninja", "nats-py": "nats", "pyjwt": "jwt", "pyyaml": "yaml"}

_MERMAID_KEYS = frozenset({"fk", "pk", "uk"})

# Containers of services are reached by the gateway and by each other alone, from networks that are private everywhere.
_BEHIND_THE_GATEWAY = {"TRUSTED_PROXIES": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fd00::/8"}


class TextFormsExtension(Extension):
    """Registers the filters for free text, and functions that gather what the chosen manifests say."""

    def __init__(self, environment: Environment) -> None:
        """Register filters and functions under their names."""
        super().__init__(environment)
        for name, form in _FILTERS.items():
            environment.filters[name] = form
        environment.globals.update(
            dependencies=self._dependencies,
            dev_dependencies=self._dev_dependencies,
            settings=self._settings,
            setting_mixins=self._setting_mixins,
            needed_in_production=self._needed_in_production,
            manifests=self._manifests,
            backing_services=self._backing_services,
            compose_environment=self._compose_environment,
            compose_volumes=self._compose_volumes,
            compose_container=self._compose_container,
        )

    @pass_context
    def _manifests(self, context: Context) -> tuple[Choice, ...]:
        """Return the manifests that count: what every service has, its language, and what was chosen."""
        catalogue: Catalogue = self.environment.globals["catalogue"]
        mounted = [name for name, folder in context["use"].items() if folder]
        languages = (choice.beside(mounted) for choice in catalogue.offered("language") if choice.name in mounted)
        return tuple(
            dict.fromkeys((*catalogue.offered("common"), *languages, *context["choices"], *context["options"]))
        )

    @pass_context
    def _dependencies(self, context: Context, *parts: str) -> list[str]:
        """Return every requirement once, sorted; `parts` are `kernel`, `services` and `accounts`, all if none."""
        return sorted({text for manifest in self._manifests(context) for text in manifest.requirements(*parts)})

    @pass_context
    def _dev_dependencies(self, context: Context) -> list[str]:
        """Return every requirement of development once, sorted."""
        return sorted({text for manifest in self._manifests(context) for text in manifest.dev_dependencies})

    @pass_context
    def _settings(self, context: Context) -> list[Setting]:
        """Return every setting, in the order of the manifests."""
        return [setting for manifest in self._manifests(context) for setting in manifest.settings]

    @pass_context
    def _setting_mixins(self, context: Context, service: Service) -> list[Mixin]:
        """Return the classes that the settings of a deployable are made of, in the order of their names."""
        mixins = {mixin for manifest in self._manifests(context) for mixin in manifest.mixins}
        hosts = {"accounts": service.hosts_users, "front": service == context["front"]}
        wanted = (mixin for mixin in mixins if hosts.get(mixin.needed_by, True))
        return sorted(wanted, key=lambda mixin: mixin.name)

    @pass_context
    def _needed_in_production(self, context: Context, service: Service) -> list[str]:
        """Return the names of the settings without which a deployable does not start in production."""
        needed = (setting for setting in self._settings(context) if "production" in setting.required_in)
        return sorted(setting.name for setting in needed if service.hosts_users or setting.needed_by != "accounts")

    @pass_context
    def _backing_services(self, context: Context) -> list[ComposeService]:
        """Return the services that run beside ours in containers."""
        return [manifest.compose for manifest in self._manifests(context) if manifest.compose]

    @pass_context
    def _compose_environment(self, context: Context, service: Service | None = None) -> dict[str, str]:
        """Return what our containers are told: where backing services are, and the secrets that production needs.

        The example of a setting that leads to a backing service names the host `localhost` and the password
        `change-me`; among containers these are the service's name and a variable. Where each `service` of ours has
        containers of its own, it has a user and a database of its own too, and knows where the others are.
        """
        environment: dict[str, str] = {}
        for manifest in self._manifests(context):
            for setting in manifest.settings:
                if service and setting.needed_by == "accounts" and not service.users:
                    continue
                if setting.composed:
                    environment[setting.name] = setting.composed
                elif manifest.compose and "://" in setting.example:
                    url = setting.example.replace("localhost", manifest.compose.name)
                    password = f"{manifest.compose.name.upper()}_PASSWORD"
                    environment[setting.name] = url.replace("change-me", _required(password))
                elif "production" in setting.required_in:
                    environment[setting.name] = _required(setting.name)
        if service is None:
            return environment
        if "DATABASE_URL" in environment:
            environment["DATABASE_URL"] = environment["DATABASE_URL"].replace("service", service.name)
        others = [other for other in context["services"] if other.name != service.name]
        callees = others if service == context["front"] else service.peers
        return environment | {peer.env: f"http://{peer.kebab}:8000" for peer in callees} | _BEHIND_THE_GATEWAY

    @pass_context
    def _compose_volumes(self, context: Context) -> dict[str, dict[str, str]]:
        """Return the volumes of the containers: our own, where data needs no backing service, and those of others."""
        manifests = self._manifests(context)
        embedded = any(manifest.axis == "database" and not manifest.compose for manifest in manifests)
        own = [_data_volume(service) for service in context["services"]] if embedded else []
        services = [service.name for service in self._backing_services(context) if service.volume]
        return {name: {} for name in [*own, *services]}

    @pass_context
    def _compose_container(self, context: Context, service: Service) -> dict[str, Any]:
        """Return what the containers of one service of ours are told, and where they keep data."""
        volume = _data_volume(service)
        kept = {"volumes": [f"{volume}:/app/var"]} if volume in self._compose_volumes(context) else {}
        return {"environment": self._compose_environment(context, service)} | kept


def _data_volume(service: Service) -> str:
    return "data" if service.path == "." else f"{service.kebab}-data"


def _required(variable: str) -> str:
    return f"${{{variable}:?set {variable}}}"


def md(text: str) -> str:
    """Return text that Markdown shows as it is, within a line or as a line of its own, in a table or outside."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", text.strip())
    start = _MARKDOWN_START.match(escaped)
    if start is None:
        return escaped
    end = start.end()
    return f"{escaped[:end]}\\{escaped[end:]}"


def make_examples(settings: Iterable[Setting]) -> str:
    """Return what production must be told and everybody may know, as variables before a command."""
    needed = (setting for setting in settings if "production" in setting.required_in and not setting.secret)
    return "".join(f" {setting.name}={setting.example}" for setting in needed)


def quoted(text: str) -> str:
    """Return a double-quoted string that TOML, YAML and JSON read as this text."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def toml_items(texts: Iterable[str]) -> str:
    """Return the items of an array, each on a line of its own."""
    return "\n".join(f"  {quoted(text)}," for text in texts)


def toml_project(project: Project) -> str:
    """Return what the tables `[project]` of all packages of a repository have in common."""
    email = f", email = {quoted(project.author_email)}" if project.author_email else ""
    lines = [
        f'requires-python = ">={project.python}"',
        f"authors = [{{ name = {quoted(project.author_name)}{email} }}]",
        *([f'license = "{project.license}"'] if project.license != "Proprietary" else []),
        'classifiers = ["Private :: Do Not Upload"]',
    ]
    return "\n".join(lines)


def yaml_block(value: Any, indent: int) -> str:
    """Return a mapping, given as one or as pairs, as lines of YAML that begin with `indent` spaces."""
    text = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(" " * indent + line for line in text.splitlines(keepends=True)).rstrip("\n")


def compose_server(service: ComposeService, *, is_shared: bool = True) -> dict[str, Any]:
    """Return what a backing service has in `compose.yaml`, beside how its health is watched.

    One that several services of ours share makes their databases when it starts for the first time.
    """
    kept = [f"{service.name}:{service.volume}"] * bool(service.volume)
    scripts = [f"./{service.name}:{service.first_start}:ro"] * bool(service.first_start and is_shared)
    imported = [f"./{service.name}:{service.imports}:ro"] * bool(service.imports)
    parts = {
        "image": service.image,
        "command": service.command,
        "environment": dict(service.environment),
        "volumes": [*kept, *scripts, *imported],
        "ports": [f"127.0.0.1:{service.port}:{service.port}"] * bool(service.host),
        "networks": {"default": {"aliases": [service.host]}} if service.host else {},
    }
    return {name: part for name, part in parts.items() if part}


def compose_waits(services: Iterable[ComposeService]) -> dict[str, dict[str, str]]:
    """Return what a container waits for that needs these services."""
    return {service.name: {"condition": "service_healthy"} for service in services if service.awaited}


def import_names(requirements: Iterable[str]) -> list[str]:
    """Return the modules that requirements such as `pyjwt>=2.13` bring, sorted."""
    names = {re.split(r"[^A-Za-z0-9_.-]", text, maxsplit=1)[0].lower() for text in requirements}
    return sorted({_IMPORT_NAMES.get(name, name.replace("-", "_")) for name in names})


def python_versions(floor: str) -> list[str]:
    """Return the supported versions of Python from the oldest that a project runs on."""
    return list(PYTHONS[PYTHONS.index(floor) :])


def mermaid_attributes(entity: Entity) -> str:
    """Return the lines of an entity in an entity-relationship diagram: type, name and key of what is its own."""
    lines = ["uuid id PK"]
    if entity.table == "users":
        lines += ["string email UK"] if entity.email == "required" else ["string email"] if entity.email else []
        lines += ["string name", "string roles", "boolean is_active"]
    lines += ["uuid owner_id"] if entity.owned else []
    for field in entity.fields:
        # Mermaid would take a field called "pk" for a key; an asterisk before a name is part of its notation.
        name = f"*{field.attr}" if field.attr in _MERMAID_KEYS else field.attr
        keys = ["FK"] * _is_foreign_key(field, entity) + ["UK"] * field.unique
        lines.append(f"{'uuid' if field.target else field.type} {name} {', '.join(keys)}".rstrip())
    return "\n".join(f"    {line}" for line in lines)


def mermaid_relations(entities: Iterable[Entity], account: Entity | None) -> str:
    """Return the lines between entities in such a diagram; foreign keys are solid, identities are dashed."""
    lines = []
    for entity in (*entities, account) if account else entities:
        lines += [f'"users" ||..o{{ "{entity.table}" : "owner"'] if entity.owned else []
        for field in entity.references:
            one = "|o" if field.optional else "||"
            many = "o|" if field.unique else "o{"
            line = "--" if _is_foreign_key(field, entity) else ".."
            lines.append(f'"{field.target.plural.snake}" {one}{line}{many} "{entity.table}" : "{field.words}"')
    return "\n".join(f"  {line}" for line in lines)


def _is_foreign_key(field: Field, entity: Entity) -> bool:
    return field.target is not None and field.target.module == entity.module


_FILTERS: dict[str, Callable[..., object]] = {
    "make_examples": make_examples,
    "md": md,
    "toml": quoted,
    "toml_items": toml_items,
    "toml_project": toml_project,
    "yaml": quoted,
    "yaml_block": yaml_block,
    "compose_server": compose_server,
    "compose_waits": compose_waits,
    "import_names": import_names,
    "python_versions": python_versions,
    "mermaid_attributes": mermaid_attributes,
    "mermaid_relations": mermaid_relations,
}
