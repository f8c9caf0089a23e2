"""The gateway's view of a Blueprint: which path belongs to which service, and what its resource takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from copier_template_extensions.blueprint_model import Blueprint
from jinja2 import Environment
from jinja2.ext import Extension

# `/api/v1/products`, `/api/v1/products/{id}` and `/api/v1/products/{id}/orders`: what one pattern tells apart.
_OF_A_COLLECTION = re.compile(r"/api/v1/[^/{}]+(?:/\{id\}(?:/[^/{}]+)?)?")
_WITHOUT_IDENTIFIER = re.compile(r"/[^{}]+")
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """A path in the words of the OpenAPI document, the name of its service, and its methods as `Allow` says them."""

    path: str
    service: str
    allowed: str

    @property
    def writable(self) -> bool:
        """Whether it takes more than being read."""
        return self.allowed != "GET, HEAD, OPTIONS"

    @property
    def fixed(self) -> bool:
        """Whether it has to be told apart from a resource of a collection, as `/api/v1/users/me`."""
        return not _OF_A_COLLECTION.fullmatch(self.path)


class GatewayFormsExtension(Extension):
    """Gives templates `gateway_routes`, `fixed_paths` and the filter `json_text`."""

    def __init__(self, environment: Environment) -> None:
        """Register the functions; the document comes from `openapi`."""
        super().__init__(environment)
        environment.globals["gateway_routes"] = self._routes
        environment.globals["fixed_paths"] = fixed_paths
        environment.filters["json_text"] = json_text

    def _routes(self, blueprint: Blueprint) -> list[Route]:
        describe: Any = self.environment.globals["openapi"]
        return routes(blueprint, describe(blueprint))


def routes(blueprint: Blueprint, document: dict[str, Any]) -> list[Route]:
    """Return a route for every path of the document of all services, in its order.

    A nested collection belongs to the service of its rows; what belongs to no entity, as accounts do, is the first's.
    Raises `ValueError` for a path that the gateway could not tell from others.
    """
    owners = {
        path: service.name
        for service in blueprint.services
        for entity in service.entities
        for path in (entity.path, f"{entity.path}/{{id}}", *(nested.path for nested in entity.nested))
    }
    first = blueprint.front.name
    found = [Route(path, owners.get(path, first), _allowed(item)) for path, item in document["paths"].items()]
    for route in found:
        if route.fixed and not _WITHOUT_IDENTIFIER.fullmatch(route.path):
            raise ValueError(f"The gateway cannot route {route.path}: an identifier follows /api/v1/COLLECTION only.")
    return found


def fixed_paths(found: Iterable[Route]) -> list[str]:
    """Return the paths that would be taken for a resource of a collection, were they not named."""
    return [route.path for route in found if route.fixed]


def json_text(document: dict[str, Any]) -> str:
    """Return a document as JSON, indented by two spaces, with every character as it is."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _allowed(item: dict[str, Any]) -> str:
    methods = [method.upper() for method in _METHODS if method in item]
    if "GET" in methods:
        methods.insert(methods.index("GET") + 1, "HEAD")
    return ", ".join((*methods, "OPTIONS"))
