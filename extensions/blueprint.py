"""Answers -> Blueprint: everything the templates say, computed once.

The Blueprint is a tree of frozen dataclasses. It reads no file, clock, network or environment, so the same answers
give the same Blueprint. Copier runs the context hook at every render of every path part; it is cached on the answers.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from copier_template_extensions import ContextHook
from copier_template_extensions.blueprint_model import (
    OWNER,
    VERBS,
    Blueprint,
    Entity,
    Field,
    Login,
    Module,
    Name,
    Package,
    Peer,
    Project,
    Reaction,
    Service,
    ServicePeer,
    TableStep,
    Target,
)
from copier_template_extensions.catalogue import AXES, Catalogue, Choice
from copier_template_extensions.domain import Domain, parse
from copier_template_extensions.domain import Entity as EntityText
from copier_template_extensions.domain import Field as FieldText
from copier_template_extensions.domain import Module as ModuleText
from copier_template_extensions.naming import plural_of
from copier_template_extensions.placement import (
    FIRST_SERVICE_PORT,
    GATEWAY_PORT,
    Place,
    place,
    root_place,
    shared_place,
)
from jinja2 import Environment


class BlueprintExtension(ContextHook):  # type: ignore[misc]
    """Adds the Blueprint's parts to the context of every file and path."""

    def __init__(self, environment: Environment) -> None:
        """Start without a Blueprint: the first render with answers makes it."""
        super().__init__(environment)
        self._key: tuple[object, ...] = ()
        self._context: dict[str, Any] = {}

    def hook(self, context: dict[str, Any]) -> None:
        """Add to `context`, in place, while the template is rendered (not while questions are asked)."""
        if context.get("_copier_phase") != "render":
            return
        catalogue: Catalogue = self.environment.globals["catalogue"]
        answers = {name: context.get(name) for name in ANSWERS}
        key = tuple(str(value) for value in answers.values())
        if key != self._key:
            taken: Collection[str] = self.environment.globals["taken_names"]
            self._context = _context_of(build(answers, catalogue, taken))
            self._key = key
        context.update(self._context)


ANSWERS = (
    "project_name",
    "project_slug",
    "package_name",
    "description",
    "author_name",
    "author_email",
    "license",
    "python_version",
    *AXES,
    "audit_trail",
    "domain",
)


def _context_of(blueprint: Blueprint) -> dict[str, Any]:
    packages = [package for service in blueprint.services for package in service.packages]
    return {
        "blueprint": blueprint,
        "project": blueprint.project,
        "architecture": blueprint.architecture,
        "use": blueprint.use,
        "as_written": ".",
        "choices": blueprint.choices,
        "options": blueprint.options,
        "shared": blueprint.shared,
        "modules": blueprint.modules,
        "users": blueprint.users,
        "all_modules": blueprint.all_modules,
        "entities": blueprint.entities,
        "services": blueprint.services,
        "members": blueprint.members,
        "kernel_tests": blueprint.members[0].tests,
        "account": blueprint.account,
        "front": blueprint.front,
        "testers": blueprint.testers,
        "roles": blueprint.roles,
        "packages": tuple(packages),
        "contracts": (*blueprint.modules, *(copy for copy in blueprint.copies if not copy.account)),
        "users_contracts": (
            *([blueprint.users] if blueprint.users else []),
            *(copy for copy in blueprint.copies if copy.account),
        ),
        "first_party": ("tests", "document", blueprint.shared.py, *(service.root.py for service in blueprint.services)),
    }


def build(answers: Mapping[str, Any], catalogue: Catalogue, taken: Collection[str] = ()) -> Blueprint:
    """Build the Blueprint of valid answers; raises `DomainError` where the domain is not valid.

    `taken` are the distributions that the repository installs: no package of ours hides one of theirs.
    """
    domain = parse(answers["domain"])
    project = Project(
        name=str(answers["project_name"]),
        slug=str(answers["project_slug"]),
        package=str(answers["package_name"]),
        description=str(answers["description"] or ""),
        author_name=str(answers["author_name"] or ""),
        author_email=str(answers["author_email"] or ""),
        license=str(answers["license"]),
        python=str(answers["python_version"]),
    )
    chosen = {axis: str(answers[axis]) for axis in AXES}
    architecture = chosen["architecture"]
    use = _overlays(catalogue, chosen)
    options = tuple(option for option in catalogue.offered("option") if use["accounts"] and answers.get(option.name))
    use |= {option.name: "." if option in options else "" for option in catalogue.offered("option")}
    use["log_alone"] = "." if use["accounts"] and not use["audit_trail"] else ""
    mounted = [name for name, folder in use.items() if folder]
    choices = tuple(catalogue.choice(axis, name).beside(mounted) for axis, name in chosen.items())
    names = {setting.name for choice in choices for setting in choice.settings}
    use["secret"] = "." if "SECRET_KEY" in names else ""
    # Models of Django know no schemas: prefixes keep the tables of modules apart.
    database = "" if use["django_orm"] else chosen["database"]
    has_accounts = bool(use["accounts"])
    places = {
        name: place(architecture, name, project.package, project.slug, database, taken)
        for name in (*(module.name for module in domain.modules), *(["users"] if has_accounts else []))
    }
    modules = tuple(_module(module, domain, places) for module in domain.modules)
    trail = bool(use["audit_trail"])
    users = _users(domain, places, catalogue.choice("auth", chosen["auth"]), trail) if has_accounts else None
    if architecture == "microservices":
        services = tuple(_services(project, modules, users, places))
    else:
        services = (_deployable(project, architecture, modules, users, places),)
    return Blueprint(
        project=project,
        architecture=architecture,
        choices=choices,
        options=options,
        use=use,
        shared=shared_place(architecture, project.package),
        modules=modules,
        users=users,
        services=services,
        copies=tuple(_copies(services, (*modules, users) if users else modules)),
        roles=tuple(Name(role.name) for role in domain.roles),
    )


def _overlays(catalogue: Catalogue, chosen: Mapping[str, str]) -> dict[str, str]:
    """`use.X`: a dot for what is chosen, nothing for what is not; a path part of nothing drops the file."""
    overlays = {name: "" for axis in chosen for name in catalogue.names(axis)}
    overlays |= dict.fromkeys(chosen.values(), ".")
    is_one = chosen["architecture"] != "microservices"
    overlays |= {"one_deployable": "." if is_one else "", "over_network": "" if is_one else "."}
    traits = {trait for axis, name in chosen.items() for trait in catalogue.choice(axis, name).traits}
    return overlays | {trait: "." if trait in traits else "" for trait in catalogue.traits} | {"python": "."}


def _deployable(
    project: Project,
    architecture: str,
    modules: tuple[Module, ...],
    users: Module | None,
    places: Mapping[str, Place],
) -> Service:
    """The one deployable with everything."""
    root, layers = root_place(architecture, project.package)
    packages = dict.fromkeys((*layers, *(package for each in places.values() for package in each.packages)))
    return Service(
        name=project.slug,
        title=project.name,
        description=project.description,
        path=".",
        root=root,
        distribution=project.slug,
        port=GATEWAY_PORT,
        modules=modules,
        users=users,
        packages=tuple(packages),
    )


def _services(
    project: Project, modules: tuple[Module, ...], users: Module | None, places: Mapping[str, Place]
) -> Iterator[Service]:
    """The deployables, one for each module; the one with the accounts comes first."""
    all_modules = (users, *modules) if users else modules
    ports = {module.name: FIRST_SERVICE_PORT + n for n, module in enumerate(all_modules)}
    for module in all_modules:
        own = places[module.name]
        peers = tuple(_service_peers(module, places, ports))
        packages = (*own.packages, Package(str(own.root.inside("peers")), "What this service knows of others."))
        yield Service(
            name=module.name,
            title=f"{project.name}: {module.words}",
            description=module.description or f"The service of {module.words}.",
            path=own.folder,
            root=own.root,
            distribution=f"{project.slug}-{module.name.replace('_', '-')}",
            port=ports[module.name],
            modules=() if module.account else (module,),
            users=users if module.account else None,
            packages=packages if any(peer.entities for peer in peers) else own.packages,
            peers=peers,
        )


def _service_peers(module: Module, places: Mapping[str, Place], ports: Mapping[str, int]) -> Iterator[ServicePeer]:
    """The services that one calls: those that it refers to, and the one of the accounts, which knows the callers."""
    known = {peer.name: peer for peer in module.peers}
    for name in sorted({*known, *(places.keys() & {"users"})} - {module.name}):
        targets = known[name].entities if name in known else ()
        contracts = places[module.name].contracts_of(name, places[name])
        yield ServicePeer(name, ports[name], contracts, targets)


def _copies(services: tuple[Service, ...], modules: Iterable[Module]) -> Iterator[Module]:
    """What each service knows of the contracts of others: the entities that it refers to, and no more."""
    by_name = {module.name: module for module in modules}
    for service in services:
        for peer in service.peers:
            names = {target.name.snake for target in peer.entities}
            shown = tuple(entity for entity in by_name[peer.name].shown if entity.snake in names)
            if peer.entities:
                yield replace(
                    by_name[peer.name],
                    contracts=peer.contracts,
                    entities=shown,
                    shown=shown,
                    service=service.name,
                    tests=service.tests,
                )


def _users(domain: Domain, places: Mapping[str, Place], auth: Choice, trail: bool) -> Module:
    """The module of the accounts; its one entity is the account, with the fields that the domain adds."""
    text = ModuleText("users", "Accounts, and how callers prove who they are.", (), ())
    module = _module(text, domain, places)
    fields = EntityText("account", "users", "users", owned=False, description=None, fields=domain.account_fields)
    account = _entity(fields, domain)
    peers = tuple(peer for peer in _peers("users", (account,), places) if peer.name != "users")
    login = Login(Name(auth.login), Name(plural_of(auth.login)), auth.scoped, auth.in_redis)
    return replace(
        module, peers=peers, account=replace(account, peers=peers, email=auth.email, login=login, trail=trail)
    )


def _module(module: ModuleText, domain: Domain, places: Mapping[str, Place]) -> Module:
    plain = tuple(_entity(entity, domain) for entity in module.entities)
    peers = tuple(_peers(module.name, plain, places))
    entities = tuple(
        replace(entity, peers=tuple(peer for peer in peers if set(peer.referred) & _targets(entity)))
        for entity in plain
    )
    referred = {
        field.target
        for other in domain.modules
        if other.name != module.name
        for entity in other.entities
        for field in entity.fields
        if field.target and field.target[0] == module.name
    }
    referred |= {field.target for field in domain.account_fields if field.target and field.target[0] == module.name}
    own = places[module.name]
    return Module(
        name=module.name,
        description=module.description,
        entities=entities,
        domain=own.domain,
        application=own.application,
        infrastructure=own.infrastructure,
        api=own.api,
        contracts=own.contracts,
        peers=peers,
        shown=tuple(entity for entity in entities if (module.name, entity.snake) in referred),
        reactions=tuple(_reactions(module, domain)),
        migrations=tuple(_table_steps(entities)),
        service=own.service,
        root=own.root,
        home=own.home,
        tests=own.tests,
        schema=own.schema,
        table_prefix=own.prefix,
    )


def _reactions(module: ModuleText, domain: Domain) -> Iterator[Reaction]:
    """What the module listens to; an event whose first word is no entity comes from outside."""
    known = {entity.name: entity for other in domain.modules for entity in other.entities}
    for listen in module.listens:
        name, _, verb = listen.event.partition(".")
        if name == "user" and verb in VERBS:
            yield Reaction(listen.event, listen.function, "users", None)
        elif name in known and verb in VERBS:
            entity = _entity(known[name], domain)
            yield Reaction(listen.event, listen.function, entity.module, entity)
        else:
            yield Reaction(listen.event, listen.function, None, None)


def _entity(entity: EntityText, domain: Domain) -> Entity:
    known = OWNER.name.snake if entity.module == OWNER.module else entity.name
    return Entity(
        module=entity.module,
        name=Name(entity.name),
        plural=Name(entity.plural),
        owned=entity.owned,
        description=entity.description,
        fields=tuple(_field(field, entity, domain) for field in entity.fields),
        readers=tuple(Name(role.name) for role in domain.roles if known in role.reads),
        writers=tuple(Name(role.name) for role in domain.roles if known in role.writes),
    )


def _field(field: FieldText, entity: EntityText, domain: Domain) -> Field:
    if field.target is None:
        return Field(field, None, False)
    module, name = field.target
    if module == "users":
        return Field(field, OWNER, False)
    target = next(
        other for found in domain.modules if found.name == module for other in found.entities if other.name == name
    )
    opened = target.owned and any(name in role.reads for role in domain.roles)
    end = Target(module, Name(name), Name(target.plural), target.owned, opened)
    return Field(field, end, module == entity.module)


def _targets(entity: Entity) -> set[Target]:
    return {field.end for field in entity.peer_references}


def _peers(module: str, entities: tuple[Entity, ...], places: Mapping[str, Place]) -> Iterator[Peer]:
    """The modules that these entities refer to, in alphabetical order; owners make `users` one of them."""
    found: dict[str, dict[str, Target]] = {}
    referred = set().union(*map(_targets, entities))
    for target in referred | ({OWNER} if any(entity.owned for entity in entities) else set()):
        found.setdefault(target.module, {})[target.name.snake] = target
    plurals = {entity.plural.snake for entity in entities}
    for name in sorted(found):
        targets = tuple(found[name][entity] for entity in sorted(found[name]))
        yield Peer(
            name=name,
            attr=f"{name}_module" if name in plurals | {"work"} else name,
            contracts=places[module].contracts_of(name, places[name]),
            entities=targets,
            referred=tuple(target for target in targets if target in referred),
        )


def _table_steps(entities: tuple[Entity, ...]) -> Iterator[TableStep]:
    """Tables in an order in which as many references as possible find their table made already."""
    waiting = list(entities)
    made: set[str] = set()
    while waiting:

        def missing(entity: Entity) -> int:
            return sum(field.end.name.snake not in made | {entity.snake} for field in entity.local_references)

        entity = min(waiting, key=missing)
        waiting.remove(entity)
        made.add(entity.snake)
        ready = tuple(field for field in entity.local_references if field.end.name.snake in made)
        later = tuple(field for field in entity.local_references if field.end.name.snake not in made)
        yield TableStep(entity, ready, later)
