"""Where the cells of a domain lie: module x layer, mounted by the architecture.

The architecture is only a placement. A monolith puts the layers first, a modular monolith the modules, and
microservices give each module a deployable of its own; what a cell holds is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copier_template_extensions.blueprint_model import LAYERS, Mount, Package
from copier_template_extensions.project_names import package_fault
from jinja2.ext import Extension

GATEWAY_PORT = 8000
FIRST_SERVICE_PORT = 8101

# Files and folders of a deployable beside its modules: a module of that name gets a longer folder.
_ROOT_NAMES = frozenset(
    "accounts authentication bootstrap commands config consumers main peers".split()
    + "settings shared tables tests web worker".split()
)


@dataclass(frozen=True)
class Place:
    """Where one module lies.

    `folder` is where its deployable lies, `root` that deployable's package, `home` what holds all of its layers,
    which in a monolith is the package too. `schema` and `prefix` keep its tables
    apart from those of other modules in one database.
    """

    service: str
    folder: str
    root: Mount
    home: Mount
    domain: Mount
    application: Mount
    infrastructure: Mount
    api: Mount
    contracts: Mount
    packages: tuple[Package, ...]
    schema: str | None = None
    prefix: str = ""

    @property
    def tests(self) -> str:
        """The folder of the tests of its deployable."""
        return below(self.folder, "tests")

    def contracts_of(self, peer: str, place: Place) -> Mount:
        """Return what this module imports to know the contract of a peer: in a service of its own, a copy."""
        return place.contracts if place.folder == self.folder else self.root.inside("peers", peer)


def below(folder: str, path: str) -> str:
    """Return a path below a folder, which may be the root itself."""
    return path if folder == "." else f"{folder}/{path}"


def place(architecture: str, module: str, package: str, slug: str, database: str, taken: Iterable[str]) -> Place:
    """Return where a module lies.

    `package` and `slug` are the project's. `taken` are distributions whose modules a package must not hide.
    """
    if architecture == "microservices":
        return _own_service(module, package, frozenset(taken))
    root = Mount(f"src/{package}", package)
    if architecture == "modular_monolith":
        return _module_first(module, slug, root, database)
    return _layer_first(module, slug, root)


def root_place(architecture: str, package: str) -> tuple[Mount, tuple[Package, ...]]:
    """Return where a deployable with everything lies, and the packages that it has whatever its modules are."""
    root = Mount(f"src/{package}", package)
    return root, _layer_packages(root) if architecture == "monolith" else ()


def shared_place(architecture: str, package: str) -> Mount:
    """Return where the kernel lies: in the package, or in a library that services share."""
    if architecture == "microservices":
        return Mount(f"libs/shared/src/{package}_shared", f"{package}_shared")
    return Mount(f"src/{package}/shared", f"{package}.shared")


def _layer_first(module: str, slug: str, root: Mount) -> Place:
    layers = {layer: root.inside(layer, module) for layer in LAYERS}
    packages = [*_layer_packages(root)]
    packages += [
        Package(str(mount), f"The {layer} layer of {_words(module)}.")
        for layer, mount in layers.items()
        if layer != "contracts"
    ]
    return Place(slug, ".", root, root, **layers, packages=tuple(packages))


def _module_first(module: str, slug: str, root: Mount, database: str) -> Place:
    home = root.inside(f"{module}_module" if module in _ROOT_NAMES else module)
    layers = {layer: home.inside(layer) for layer in LAYERS}
    packages = [Package(str(home), f"The module {_words(module)}.")]
    packages += [
        Package(str(mount), f"The {layer} layer of {_words(module)}.")
        for layer, mount in layers.items()
        if layer != "contracts"
    ]
    has_schemas = database == "postgresql"
    return Place(
        slug,
        ".",
        root,
        home,
        **layers,
        packages=tuple(packages),
        schema=module if has_schemas else None,
        prefix="" if has_schemas else f"{module}_",
    )


def _layer_packages(root: Mount) -> tuple[Package, ...]:
    return tuple(Package(str(root.inside(layer)), summary) for layer, summary in LAYERS.items())


def _own_service(module: str, package: str, taken: frozenset[str]) -> Place:
    folder = f"services/{module.replace('_', '-')}"
    name = f"{module}_service" if package_fault(module, taken) or module == f"{package}_shared" else module
    root = Mount(f"{folder}/src/{name}", name)
    layers = {layer: root.inside(layer) for layer in LAYERS}
    packages = [Package(str(mount), LAYERS[layer]) for layer, mount in layers.items() if layer != "contracts"]
    return Place(module, folder, root, root, **layers, packages=tuple(packages))


def _words(module: str) -> str:
    return module.replace("_", " ")


class PlacementExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
