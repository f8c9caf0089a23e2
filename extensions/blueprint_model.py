"""What the templates say about one set of answers: a tree of frozen dataclasses, in which every name stands ready."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from copier_template_extensions.catalogue import Choice
from copier_template_extensions.domain import Field as FieldText
from copier_template_extensions.naming import article_for
from jinja2.ext import Extension

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

    @property
    def name(self) -> str:
        """Its last part."""
        return self.path.rpartition("/")[2]

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
    opened: bool = False

    @property
    def path(self) -> str:
        """The collection's path."""
        return f"{API}/{self.plural.kebab}"

    @property
    def read_all(self) -> str:
        """The permission to read everyone's rows, where roles have it; else nothing."""
        return f"read_all:{self.plural.kebab}" if self.opened else ""

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


LAYERS = {
    "domain": "Entities, their rules and the errors they report; nothing here knows a framework or a database.",
    "application": "Use cases: what the backend can do, one service for each entity.",
    "infrastructure": "Adapters to the outside: tables, repositories, other modules.",
    "api": "The HTTP edge: routes, schemas and permissions.",
    "contracts": "What the modules show each other, and all that they may import of each other.",
}

VERBS = ("created", "updated", "deleted")


@dataclass(frozen=True)
class EventName:
    """What is said when an entity has changed: `order.created`, and `OrderCreated` as the name of a class."""

    type: str
    pascal: str
    verb: str


@dataclass(frozen=True)
class Login:
    """What a caller has logged in with, such as a session; whatever ends it ends what it opened.

    One that is `scoped` can be limited to some of the permissions that its account has. One that is `in_redis` stands
    there where the service is told of a server, else in its database like all others.
    """

    name: Name
    plural: Name
    scoped: bool = False
    in_redis: bool = False

    @property
    def snake(self) -> str:
        """`api_key`."""
        return self.name.snake

    @property
    def pascal(self) -> str:
        """`ApiKey`, the name of its class."""
        return self.name.pascal

    @property
    def table(self) -> str:
        """Name of its table."""
        return self.plural.snake


@dataclass(frozen=True)
class Permission:
    """One permission, what of it every member has (`yes`, `no`, `own rows`, `own account`), and the roles that add it.

    Administrators have it in any case.
    """

    name: str
    members: str
    roles: tuple[Name, ...] = ()

    @property
    def is_everybodys(self) -> bool:
        """Whether every account has it, be it for its own rows alone."""
        return self.members in ("yes", "own rows")

    def of(self, role: Name) -> str:
        """Return what a role gives of it, in a word."""
        return "yes" if role in self.roles else self.members


@dataclass(frozen=True)
class Entity:
    """One entity in every form that the templates need.

    `readers` and `writers` are the roles of the domain that may read and write its rows, everyone's where it is owned.
    An account has besides what it is written to (`email`: `required`, `optional` or nothing), its logins, and perhaps
    a `trail` of what happens to it.
    """

    module: str
    name: Name
    plural: Name
    owned: bool
    description: str | None
    fields: tuple[Field, ...]
    peers: tuple["Peer", ...] = ()
    email: str = ""
    login: Login | None = None
    trail: bool = False
    readers: tuple[Name, ...] = ()
    writers: tuple[Name, ...] = ()

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

    @cached_property
    def events(self) -> tuple[EventName, ...]:
        """What is said when one was created, updated or deleted."""
        name = OWNER.name if self.module == "users" else self.name
        return tuple(EventName(f"{name.snake}.{verb}", f"{name.pascal}{verb.capitalize()}", verb) for verb in VERBS)

    @property
    def read(self) -> str:
        """The permission to read it."""
        return f"read:{self.plural.kebab}"

    @property
    def write(self) -> str:
        """The permission to write it."""
        return f"write:{self.plural.kebab}"

    @property
    def entrusted(self) -> bool:
        """Whether others than administrators write accounts: by a role, or by a login that opens no more."""
        return bool(self.writers) or (self.login is not None and self.login.scoped)

    @property
    def worked_for(self) -> bool:
        """Whether the worker does something for accounts that settings steer, such as to write to them."""
        return self.email == "required" or self.trail

    @property
    def opened(self) -> bool:
        """Whether it is owned, and a role opens the rows of everybody."""
        return self.owned and bool(self.readers)

    @property
    def read_all(self) -> str:
        """The permission to read everyone's rows, where roles have it; else nothing."""
        return f"read_all:{self.plural.kebab}" if self.opened else ""

    @property
    def write_all(self) -> str:
        """The permission to write everyone's rows, where roles may know of them; else nothing."""
        return f"write_all:{self.plural.kebab}" if self.opened else ""

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What can be permitted of it, in the order of the table."""
        if self.module == "users":
            own = "own account"
            return Permission(self.read, own, self.readers), Permission(self.write, own, self.writers)
        if not self.owned:
            return Permission(self.read, "yes"), Permission(self.write, "no", self.writers)
        owned = Permission(self.read, "own rows"), Permission(self.write, "own rows")
        if not self.opened:
            return owned
        return (*owned, Permission(self.read_all, "no", self.readers), Permission(self.write_all, "no", self.writers))

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
    Broker Callable Caller Checks ClassVar Clock Collection Column Conflict Consumer Container Database Date
    DateTime Day Decimal DecimalText Depends Document Double Email EmailText Entity Enum Error Event ExactDecimal
    Executor Expansion FastAPI Field Final Float Forbidden ForeignKey GuardedRoute Happening Header Id Identifier
    IfMatch Inbox Include Includes Index Integer Invalid Iterable Iterator Json Keeping Limits Line Links Listed
    Listing Lists Literal Login Logout Mapping Meta Moment NotFound Number Numeric Optional Outbox Page Password
    PeerClient Permission Precondition Processor Profile Prose Protocol Provided Publication Query Queue Reader
    References Refresh Register Relay Repository Request Requires Resource Response Role Row Self Sequence Served
    Service Settings Single SqlBelongings Statements StrEnum String Table Text Token Tokens TypedDict Union
    UniqueConstraint UnitOfWork Url UrlText User UtcDateTime Uuid Work Writer""".split()
)
"""Class names that emitted files import beside those of an entity; an entity of that name gets a longer one."""


OWNER = Target("users", Name("user"), Name("users"), owned=False)
"""The account that an owned row belongs to."""


class Named:
    """What has a name in snake case."""

    name: str

    @property
    def pascal(self) -> str:
        """`Catalog`."""
        return Name(self.name).pascal

    @property
    def words(self) -> str:
        """Its name in prose."""
        return self.name.replace("_", " ")

    @property
    def kebab(self) -> str:
        """Its name as part of a host, an image or a path."""
        return self.name.replace("_", "-")


@dataclass(frozen=True)
class Peer(Named):
    """Another module, as one module sees it: which of its entities it refers to."""

    name: str
    attr: str
    contracts: Mount
    entities: tuple[Target, ...]
    referred: tuple[Target, ...]

    @property
    def file(self) -> str:
        """Name of the file that holds its adapter."""
        return f"{self.name}_peer"


@dataclass(frozen=True)
class Reaction:
    """What a module does when something has happened: the function `function` whenever `event` is said.

    `module` is the module that says it, `entity` the entity that it is about; both are `None` for what comes from
    outside.
    """

    event: str
    function: str
    module: str | None
    entity: Entity | None

    @property
    def pascal(self) -> str:
        """`PaymentCompleted`."""
        return Name(self.event.replace(".", "_")).pascal

    @property
    def words(self) -> str:
        """`payment completed`."""
        return self.event.replace(".", " ").replace("_", " ")


@dataclass(frozen=True)
class Module(Named):
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
    reactions: tuple[Reaction, ...]
    migrations: tuple["TableStep", ...]
    service: str
    root: Mount
    home: Mount
    tests: str
    schema: str | None = None
    table_prefix: str = ""
    account: Entity | None = None

    @property
    def referenced(self) -> tuple[Entity, ...]:
        """The entities that something refers to, here or in another module."""
        local = {field.end.name for entity in self.entities for field in entity.local_references}
        return tuple(entity for entity in self.entities if entity in self.shown or entity.name in local)

    @property
    def referring(self) -> tuple[Entity, ...]:
        """The entities that refer to something."""
        return tuple(entity for entity in self.entities if entity.references)

    def strangers(self, modules: tuple["Module", ...]) -> tuple["Module", ...]:
        """Return those of the modules that this one does not refer to."""
        known = {self.name, *(peer.name for peer in self.peers)}
        return tuple(module for module in modules if module.name not in known)

    @property
    def composers(self) -> tuple[str, ...]:
        """The files of a deployable that build this module, and so know its inside."""
        own = ("accounts", "commands") if self.account else ()
        return (*own, "bootstrap", "consumers", "web")

    @property
    def event_files(self) -> tuple[str, ...]:
        """The file of its events, if anything can happen in it."""
        return ("events",) if self.entities else ()

    @property
    def reaction_files(self) -> tuple[str, ...]:
        """The file of its reactions, if it reacts to anything: where rows have owners, to owners that are gone."""
        return ("reactions",) if self.reactions or self.owned else ()

    @property
    def facade_files(self) -> tuple[str, ...]:
        """The file of its facade, if it has one."""
        return ("facade",) if self.referenced else ()

    @property
    def expansion_files(self) -> tuple[str, ...]:
        """The file of its expansions, if it has any."""
        return ("expansions",) if self.referring or (self.account and self.account.references) else ()

    @property
    def internal_files(self) -> tuple[str, ...]:
        """The file of what other services may ask of it, if there is anything."""
        return ("internal",) if self.shown else ()

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


class Deployed(Named):
    """What others reach by an address that a setting holds."""

    @property
    def setting(self) -> str:
        """The name of the setting that says where it is."""
        return f"{self.name}_url"

    @property
    def env(self) -> str:
        """The environment variable of that setting."""
        return self.setting.upper()


@dataclass(frozen=True)
class ServicePeer(Deployed):
    """Another service, as one service calls it."""

    name: str
    port: int
    contracts: Mount
    entities: tuple[Target, ...]


@dataclass(frozen=True)
class Service(Deployed):
    """A deployable: its folder, its packages, the modules in it and the services that it calls.

    `users` is the module of the accounts where this service hosts it. `port` is where it listens on one machine.
    """

    name: str
    title: str
    description: str
    path: str
    root: Mount
    distribution: str
    port: int
    modules: tuple[Module, ...]
    users: Module | None
    packages: tuple[Package, ...]
    peers: tuple[ServicePeer, ...] = ()

    @property
    def words(self) -> str:
        """Its name in prose."""
        return super().words.replace("-", " ")

    @property
    def prefix(self) -> str:
        """What a path below its folder begins with."""
        return "" if self.path == "." else f"{self.path}/"

    @property
    def tests(self) -> str:
        """The folder of its tests."""
        return f"{self.prefix}tests"

    @property
    def hosts_users(self) -> bool:
        """Whether accounts live here."""
        return self.users is not None

    @property
    def all_modules(self) -> tuple[Module, ...]:
        """Its modules, and the one of the accounts where it lives here."""
        return (*self.modules, self.users) if self.users else self.modules

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity of the domain in it."""
        return tuple(entity for module in self.modules for entity in module.entities)

    def added_by(self, role: Name) -> tuple[str, ...]:
        """Return the permissions that a role of the domain adds here to what every member may."""
        account = (self.users.account,) if self.users and self.users.account else ()
        permissions = (permission for entity in (*self.entities, *account) for permission in entity.permissions)
        return tuple(permission.name for permission in permissions if role in permission.roles)

    @property
    def closed_path(self) -> str:
        """A path that answers readers, and where there are accounts nobody without credentials."""
        if self.users:
            return f"{API}/users/me"
        return self.entities[0].path if self.entities else "/openapi.json"


@dataclass(frozen=True)
class Member:
    """A part of the repository with code and tests of its own: a deployable, or the library that services share.

    `package` is its code, `tables` the module that knows every table of it.
    """

    name: str
    path: str
    package: Mount
    tables: str

    @property
    def tests(self) -> str:
        """The folder of its tests."""
        return "tests" if self.path == "." else f"{self.path}/tests"


@dataclass(frozen=True)
class Testers:
    """What the emitted tests call those who talk to the service; where nobody is told apart, all are one client."""

    anonymous: str = "client"
    member: str = "client"
    administrator: str = "client"
    front: str = "front"


@dataclass(frozen=True)
class Blueprint:
    """All that the templates say about one set of answers."""

    project: Project
    architecture: str
    choices: tuple[Choice, ...]
    use: Mapping[str, str]
    shared: Mount
    modules: tuple[Module, ...]
    users: Module | None
    services: tuple[Service, ...]
    copies: tuple[Module, ...]
    roles: tuple[Name, ...] = ()
    options: tuple[Choice, ...] = ()

    @property
    def account(self) -> Entity | None:
        """The account, where there are accounts."""
        return self.users.account if self.users else None

    @property
    def testers(self) -> Testers:
        """Those who talk to the service in its tests."""
        return Testers("anonymous", "member", "administrator", "users") if self.users else Testers()

    @property
    def front_path(self) -> str:
        """A collection of that service."""
        return f"{API}/users" if self.users else self.front.entities[0].path

    @property
    def escaped_front_path(self) -> str:
        """The same path, with a letter written as only programs do."""
        head, _, name = self.front_path.rpartition("/")
        return f"{head}/%{ord(name[0]):x}{name[1:]}"

    @property
    def front(self) -> Service:
        """The service that speaks for all of them: it has the documents, and asks all others whether they are ready.

        It is the one with the accounts, or the first where there are none.
        """
        return next((service for service in self.services if service.users), self.services[0])

    @property
    def peer_modules(self) -> tuple[Module, ...]:
        """The modules of which other services know entities, once for each of those services."""
        return tuple(copy for copy in self.copies if copy.shown)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity, module by module."""
        return tuple(entity for module in self.modules for entity in module.entities)

    @property
    def opened(self) -> bool:
        """Whether what belongs to an account is open to others than administrators."""
        return any(entity.opened for entity in self.entities) or bool(self.account and self.account.readers)

    @property
    def role_notes(self) -> tuple[str, ...]:
        """What documents have to say of the roles of the domain, as the names of paragraphs."""
        said = {
            "named": bool(self.roles),
            "opened": any(entity.opened for entity in self.entities),
            "trusted": bool(self.account and self.account.writers),
        }
        return tuple(name for name, is_so in said.items() if is_so)

    @property
    def role_files(self) -> tuple[str, ...]:
        """The file of what is particular to the roles of the domain, if it has any."""
        return ("roles",) if self.roles else ()

    @property
    def all_modules(self) -> tuple[Module, ...]:
        """The modules of the domain, and the one of the accounts where there are accounts."""
        return (*self.modules, self.users) if self.users else self.modules

    @property
    def library(self) -> Member | None:
        """The library of the kernel, where services share one."""
        path, source, _ = self.shared.path.partition("/src/")
        return Member("shared", path, self.shared, "tests.tables") if source else None

    @property
    def members(self) -> tuple[Member, ...]:
        """All that has tests of its own; the kernel is tested in the first."""
        services = tuple(
            Member(service.name, service.path, service.root, f"{service.root.py}.tables") for service in self.services
        )
        return (self.library, *services) if self.library else services

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the modules, where each has one of its own."""
        return tuple(module.home.name for module in self.all_modules)

    @property
    def schemas(self) -> tuple[str, ...]:
        """The schemas of the database, where each module has its own."""
        return tuple(module.schema for module in self.all_modules if module.schema)


class BlueprintModelExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
