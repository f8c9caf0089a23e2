"""Answers -> Blueprint: everything the templates say, computed once.

The Blueprint is a tree of frozen dataclasses. It reads no file, clock, network or environment, so the same answers
give the same Blueprint. Copier runs the context hook at every render of every path part; it is cached on the answers.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from copier_template_extensions import ContextHook
from copier_template_extensions.catalogue import Catalogue, Choice
from copier_template_extensions.domain import Domain, parse
from copier_template_extensions.domain import Entity as EntityText
from copier_template_extensions.domain import Field as FieldText
from copier_template_extensions.domain import Module as ModuleText
from copier_template_extensions.naming import article_for
from jinja2 import Environment

API = "/api/v1"


@dataclass(frozen=True)
class Name:
    """One name in every case: `order_item` as snake, kebab, pascal, words and title."""

    snake: str

    @cached_property
    def kebab(self) -> str:
        """`order-item`."""
        return self.snake.replace("_", "-")

    @cached_property
    def pascal(self) -> str:
        """`OrderItem`."""
        return "".join(part.capitalize() for part in self.snake.split("_"))

    @cached_property
    def words(self) -> str:
        """`order item`."""
        return self.snake.replace("_", " ")

    @cached_property
    def title(self) -> str:
        """`Order item`."""
        return self.words[:1].upper() + self.words[1:]

    @cached_property
    def a(self) -> str:
        """`an order item`."""
        return f"{article_for(self.words)} {self.words}"

    def __str__(self) -> str:
        return self.snake


@dataclass(frozen=True)
class Mount:
    """Where a cell lies: as a folder (its text) and as a dotted name."""

    path: str
    py: str

    def __str__(self) -> str:
        return self.path

    def inside(self, *parts: str) -> "Mount":
        """The mount below this one."""
        return Mount("/".join((self.path, *parts)), ".".join((self.py, *parts)))


@dataclass(frozen=True)
class Project:
    """What the repository is called and who answers for it."""

    name: str
    slug: str
    package: str
    description: str
    author_name: str
    author_email: str
    license: str
    python: str


@dataclass(frozen=True)
class Target:
    """The entity at the other end of a reference, as far as the referring side needs to know it."""

    module: str
    name: Name
    plural: Name
    owned: bool

    @property
    def path(self) -> str:
        """The collection's path."""
        return f"{API}/{self.plural.kebab}"

    @property
    def collection(self) -> str:
        """The class name of its repository."""
        return _collection(self.name, self.plural)

    @property
    def module_pascal(self) -> str:
        """Its module as part of a class name."""
        return Name(self.module).pascal

    @property
    def class_name(self) -> str:
        """The name of its representation."""
        return "Account" if self.is_account else _class_name(self.name)

    @property
    def is_account(self) -> bool:
        """Whether it is the account itself."""
        return self.module == "users"


def _collection(name: Name, plural: Name) -> str:
    clashes = plural == name or plural.pascal in TAKEN_CLASSES
    return f"{name.pascal}Collection" if clashes else plural.pascal


def _class_name(name: Name) -> str:
    return f"{name.pascal}Entity" if name.pascal in TAKEN_CLASSES else name.pascal


@dataclass(frozen=True)
class Field:
    """One field of an entity: what the domain says, and where a reference leads."""

    text: FieldText
    target: Target | None
    local: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "text"), name)

    @property
    def end(self) -> Target:
        """Where a reference leads; to be asked of references only."""
        if self.target is None:
            raise TypeError(f"{self.text.name} refers to nothing")
        return self.target

    @property
    def attr(self) -> str:
        """Its name in code, in the database and in JSON."""
        return f"{self.text.name}_id" if self.target else str(self.text.name)

    @property
    def words(self) -> str:
        """Its name in prose."""
        return str(self.text.name).replace("_", " ")

    @property
    def pascal(self) -> str:
        """Its name as part of a class name."""
        return Name(self.text.name).pascal

    @property
    def required(self) -> bool:
        """Whether a body without it is refused."""
        return not self.text.optional and not self.text.has_default

    @property
    def filterable(self) -> bool:
        """Whether lists can be filtered and sorted by it."""
        return self.text.type not in ("text", "json")


@dataclass(frozen=True)
class Index:
    """An index: its name and its columns."""

    name: str
    columns: tuple[str, ...]


LONGEST_IDENTIFIER = 63
"""Bytes of an SQL identifier that PostgreSQL keeps, the shortest limit of the databases offered."""


def identifier(kind: str, table: str, *columns: str) -> str:
    """Return `KIND_TABLE_COLUMNS`, cut to what every database keeps, with a hash in place of what was cut."""
    name = "_".join((kind, table, *columns))
    if len(name) <= LONGEST_IDENTIFIER:
        return name
    return f"{name[: LONGEST_IDENTIFIER - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Nested:
    """A collection below another resource: the rows that refer to it through one reference."""

    parent: Target
    attr: str
    path: str
    function: str
    by: str


@dataclass(frozen=True)
class Entity:
    """One entity in every form that the templates need."""

    module: str
    name: Name
    plural: Name
    owned: bool
    description: str | None
    fields: tuple[Field, ...]
    peers: tuple["Peer", ...] = ()

    @property
    def snake(self) -> str:
        """`order_item`."""
        return self.name.snake

    @property
    def pascal(self) -> str:
        """`OrderItem`, the name of its class."""
        return _class_name(self.name) if self.module != "users" else self.name.pascal

    @property
    def words(self) -> str:
        """`order item`."""
        return self.name.words

    @property
    def collection(self) -> str:
        """The class name of its repository: the plural, unless that is the singular too."""
        return _collection(self.name, self.plural)

    @property
    def table(self) -> str:
        """Name of its table."""
        return self.plural.snake

    @property
    def path(self) -> str:
        """Path of its collection."""
        return f"{API}/{self.plural.kebab}"

    @property
    def read(self) -> str:
        """The permission to read it."""
        return f"read:{self.plural.kebab}"

    @property
    def write(self) -> str:
        """The permission to write it."""
        return f"write:{self.plural.kebab}"

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that refer to another entity."""
        return tuple(field for field in self.fields if field.target)

    @property
    def local_references(self) -> tuple[Field, ...]:
        """The references within the module: foreign keys."""
        return tuple(field for field in self.references if field.local)

    @property
    def peer_references(self) -> tuple[Field, ...]:
        """The references to other modules: identities."""
        return tuple(field for field in self.references if not field.local)

    @property
    def guarded_references(self) -> tuple[Field, ...]:
        """The references within the module to rows that belong to somebody: they must be visible to the caller."""
        return tuple(field for field in self.local_references if field.end.owned)

    @property
    def personal(self) -> bool:
        """Whether what can be done depends on who asks."""
        return self.owned or bool(self.peer_references) or bool(self.guarded_references)

    @property
    def indexes(self) -> tuple["Index", ...]:
        """What lists look rows up by: the default order, every reference in that order, and what the domain indexes."""
        columns: list[tuple[str, ...]] = [("created_at", "id")]
        if self.owned:
            columns.append(("owner_id", "created_at", "id"))
        columns += [(field.attr, "created_at", "id") for field in self.references if not field.unique]
        columns += [
            (field.attr, "id") for field in self.fields if field.indexed and not field.target and not field.unique
        ]
        return tuple(Index(identifier("ix", self.table, *names), names) for names in columns)

    @property
    def guards(self) -> tuple[Target, ...]:
        """The targets of guarded references, each once."""
        return tuple(dict.fromkeys(field.end for field in self.guarded_references))

    @property
    def checks_references(self) -> bool:
        """Whether the application looks references up before it writes, beside the database's foreign keys."""
        return bool(self.peer_references) or bool(self.guarded_references)

    def peer(self, field: Field) -> "Peer":
        """Return the peer that a reference to another module leads to."""
        return next(peer for peer in self.peers if peer.name == field.end.module)

    @property
    def uniques(self) -> tuple[Field, ...]:
        """The fields whose values are unique."""
        return tuple(field for field in self.fields if field.unique)

    @property
    def enums(self) -> tuple[Field, ...]:
        """The fields with a closed set of values."""
        return tuple(field for field in self.fields if field.type == "enum")

    @cached_property
    def nested(self) -> tuple[Nested, ...]:
        """The collections of this entity below what it refers to; the first to a target has the plain path."""
        targets = [(field.end, field.attr, field.name) for field in self.references]
        if self.owned:
            targets.insert(0, (OWNER, "owner_id", "owner"))
        found: list[Nested] = []
        for target, attr, name in targets:
            taken = any(nested.parent == target for nested in found)
            tail = f"{self.plural.kebab}-by-{name.replace('_', '-')}" if taken else self.plural.kebab
            function = f"list_{self.plural.snake}_of_{target.name.snake}" + (f"_by_{name}" if taken else "")
            by = name.replace("_", " ") if taken else ""
            found.append(Nested(target, attr, f"{target.path}/{{id}}/{tail}", function, by))
        return tuple(found)


TAKEN_CLASSES = frozenset(
    """Account Amount Annotated Any APIRouter Asked AsyncIterator Awaitable Base BaseModel BigInteger Body Boolean
    Callable Caller Checks ClassVar Clock Collection Column Conflict Container Database Date DateTime Day Decimal
    DecimalText Depends Document Double Email EmailText Entity Enum Error ExactDecimal Executor Expansion FastAPI
    Field Final Float Forbidden ForeignKey GuardedRoute Header Id Identifier IfMatch Include Includes Index Integer
    Invalid Iterable Iterator Json Limits Line Links Listed Listing Lists Literal Login Logout Mapping Meta Moment
    NotFound Number Numeric Optional Page Permission Password Precondition Profile Prose Protocol Provided Query
    Reader References Refresh Register Repository Request Requires Resource Response Role Row Self Sequence Served
    Service Settings Single Statements String StrEnum Table Text Token Tokens TypedDict Union UniqueConstraint
    UnitOfWork Url UrlText User UtcDateTime Uuid Work Writer""".split()
)
"""Class names that emitted files import beside those of an entity; an entity of that name gets a longer one."""


OWNER = Target("users", Name("user"), Name("users"), owned=False)
"""The account that an owned row belongs to."""


@dataclass(frozen=True)
class Peer:
    """Another module, as one module sees it: which of its entities it refers to."""

    name: str
    attr: str
    contracts: Mount
    entities: tuple[Target, ...]
    referred: tuple[Target, ...]

    @property
    def pascal(self) -> str:
        """`Catalog`."""
        return Name(self.name).pascal

    @property
    def words(self) -> str:
        """Its name in prose."""
        return self.name.replace("_", " ")

    @property
    def file(self) -> str:
        """Name of the file that holds its adapter."""
        return f"{self.name}_peer"


@dataclass(frozen=True)
class Module:
    """A bounded context: its entities, the mounts of its layers and the modules it refers to."""

    name: str
    description: str | None
    entities: tuple[Entity, ...]
    domain: Mount
    application: Mount
    infrastructure: Mount
    api: Mount
    contracts: Mount
    peers: tuple[Peer, ...]
    shown: tuple[Entity, ...]
    listens: tuple[Any, ...]
    migrations: tuple["TableStep", ...]
    account: Entity | None = None

    @property
    def pascal(self) -> str:
        """`Catalog`."""
        return Name(self.name).pascal

    @property
    def words(self) -> str:
        """Its name in prose."""
        return self.name.replace("_", " ")

    @property
    def referenced(self) -> tuple[Entity, ...]:
        """The entities that something refers to, here or in another module."""
        local = {field.end.name for entity in self.entities for field in entity.local_references}
        return tuple(entity for entity in self.entities if entity in self.shown or entity.name in local)

    @property
    def referring(self) -> tuple[Entity, ...]:
        """The entities that refer to something."""
        return tuple(entity for entity in self.entities if entity.references)

    @property
    def composers(self) -> tuple[str, ...]:
        """The files of a deployable that build this module, and so know its inside."""
        return ("accounts", "bootstrap", "commands") if self.account else ("bootstrap",)

    @property
    def facade_files(self) -> tuple[str, ...]:
        """The file of its facade, if it has one."""
        return ("facade",) if self.referenced else ()

    @property
    def expansion_files(self) -> tuple[str, ...]:
        """The file of its expansions, if it has any."""
        return ("expansions",) if self.referring or (self.account and self.account.references) else ()

    @property
    def referred_peers(self) -> tuple[Peer, ...]:
        """The modules that fields of this one refer to."""
        return tuple(peer for peer in self.peers if peer.referred)

    @property
    def owned(self) -> tuple[Entity, ...]:
        """The entities whose rows belong to accounts."""
        return tuple(entity for entity in self.entities if entity.owned)


@dataclass(frozen=True)
class TableStep:
    """One table of the first migration: those references whose table exists already, and those that must wait."""

    entity: Entity
    inline: tuple[Field, ...]
    later: tuple[Field, ...]


@dataclass(frozen=True)
class Package:
    """A Python package of the emitted tree, with the sentence that its `__init__.py` says."""

    path: str
    summary: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class Service:
    """A deployable: its folder, its packages and the modules in it."""

    name: str
    path: str
    root: Mount
    modules: tuple[Module, ...]
    users: Module
    packages: tuple[Package, ...]


@dataclass(frozen=True)
class Blueprint:
    """All that the templates say about one set of answers."""

    project: Project
    choices: tuple[Choice, ...]
    use: Mapping[str, str]
    shared: Mount
    modules: tuple[Module, ...]
    users: Module
    services: tuple[Service, ...]

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity, module by module."""
        return tuple(entity for module in self.modules for entity in module.entities)

    @property
    def all_modules(self) -> tuple[Module, ...]:
        """The modules of the domain and the one of the accounts."""
        return (*self.modules, self.users)


LAYERS = {
    "domain": "Entities, their rules and the errors they report; nothing here knows a framework or a database.",
    "application": "Use cases: what the backend can do, one service for each entity.",
    "infrastructure": "Adapters to the outside: tables, repositories, other modules.",
    "api": "The HTTP edge: routes, schemas and permissions.",
    "contracts": "What the modules show each other, and all that they may import of each other.",
}


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
            self._context = _context_of(build(answers, catalogue))
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
    "architecture",
    "framework",
    "database",
    "auth",
    "domain",
)


def _context_of(blueprint: Blueprint) -> dict[str, Any]:
    return {
        "blueprint": blueprint,
        "project": blueprint.project,
        "use": blueprint.use,
        "choices": blueprint.choices,
        "shared": blueprint.shared,
        "modules": blueprint.modules,
        "users": blueprint.users,
        "all_modules": blueprint.all_modules,
        "entities": blueprint.entities,
        "services": blueprint.services,
        "account": blueprint.users.account,
        "packages": tuple(package for service in blueprint.services for package in service.packages),
        "first_party": (blueprint.project.package, "tests"),
    }


def build(answers: Mapping[str, Any], catalogue: Catalogue) -> Blueprint:
    """Build the Blueprint of valid answers; raises `DomainError` where the domain is not valid."""
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
    chosen = {axis: str(answers[axis]) for axis in ("architecture", "framework", "database", "auth")}
    choices = tuple(catalogue.choice(axis, name) for axis, name in chosen.items())
    root = Mount(f"src/{project.package}", project.package)
    modules = tuple(_module(module, domain, root) for module in domain.modules)
    users = _users(domain, root)
    return Blueprint(
        project=project,
        choices=choices,
        use=_overlays(catalogue, chosen),
        shared=root.inside("shared"),
        modules=modules,
        users=users,
        services=(Service(project.slug, ".", root, modules, users, tuple(_packages(root, (*modules, users)))),),
    )


def _users(domain: Domain, root: Mount) -> Module:
    """The module of the accounts; its one entity is the account, with the fields that the domain adds."""
    module = _module(ModuleText("users", "Accounts, and how callers prove who they are.", (), ()), domain, root)
    text = EntityText("account", "users", "users", owned=False, description=None, fields=domain.account_fields)
    account = _entity(text, domain)
    peers = tuple(peer for peer in _peers((account,), root) if peer.name != "users")
    return replace(module, peers=peers, account=replace(account, peers=peers))


def _overlays(catalogue: Catalogue, chosen: Mapping[str, str]) -> dict[str, str]:
    """`use.X`: a dot for what is chosen, nothing for what is not; a path part of nothing drops the file."""
    overlays = {name: "" for axis in chosen for name in catalogue.names(axis)}
    overlays |= dict.fromkeys(chosen.values(), ".")
    return overlays | {"python": ".", "sqlalchemy": ".", "in_process": "."}


def _module(module: ModuleText, domain: Domain, root: Mount) -> Module:
    plain = tuple(_entity(entity, domain) for entity in module.entities)
    peers = tuple(_peers(plain, root))
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
    return Module(
        name=module.name,
        description=module.description,
        entities=entities,
        domain=root.inside("domain", module.name),
        application=root.inside("application", module.name),
        infrastructure=root.inside("infrastructure", module.name),
        api=root.inside("api", module.name),
        contracts=root.inside("contracts", module.name),
        peers=peers,
        shown=tuple(entity for entity in entities if (module.name, entity.snake) in referred),
        listens=module.listens,
        migrations=tuple(_table_steps(entities)),
    )


def _entity(entity: EntityText, domain: Domain) -> Entity:
    return Entity(
        module=entity.module,
        name=Name(entity.name),
        plural=Name(entity.plural),
        owned=entity.owned,
        description=entity.description,
        fields=tuple(_field(field, entity, domain) for field in entity.fields),
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
    return Field(field, Target(module, Name(name), Name(target.plural), target.owned), module == entity.module)


def _targets(entity: Entity) -> set[Target]:
    return {field.end for field in entity.peer_references}


def _peers(entities: tuple[Entity, ...], root: Mount) -> Iterator[Peer]:
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
            contracts=root.inside("contracts", name),
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


def _packages(root: Mount, modules: tuple[Module, ...]) -> Iterator[Package]:
    for layer, summary in LAYERS.items():
        yield Package(f"{root}/{layer}", summary)
        if layer != "contracts":
            for module in modules:
                yield Package(f"{root}/{layer}/{module.name}", f"The {layer} layer of {module.words}.")
