"""The Django forms of the domain: fields of models, ready to be written down.

Filters, so that the Blueprint itself knows no framework. Each takes a Blueprint object and returns source text.
"""

from collections.abc import Iterable, Iterator

from copier_template_extensions.blueprint_model import Entity, Field
from copier_template_extensions.python_forms import enum_class, literal, string
from jinja2 import Environment
from jinja2.ext import Extension


class DjangoFormsExtension(Extension):
    """Registers the filters that templates of models and migrations use."""

    def __init__(self, environment: Environment) -> None:
        """Register every filter under its own name."""
        super().__init__(environment)
        for form in (
            attname,
            field_name,
            columns,
            model_field,
            from_model,
            shown,
            searched,
            filtered,
            looked_up,
            label,
            names,
        ):
            environment.filters[f"django_{form.__name__}"] = form


TAKEN = frozenset(
    """DoesNotExist Meta MultipleObjectsReturned NotUpdated adelete arefresh_from_db asave backend bool check
    check_password clean clean_fields date_error_message delete from_db full_clean get_constraints get_deferred_fields
    get_email_field_name get_session_auth_fallback_hash get_session_auth_hash get_username has_module_perms has_perm
    has_perms has_usable_password is_anonymous is_authenticated is_staff is_superuser last_login models natural_key
    normalize_username object objects password pk prepare_database_save property refresh_from_db save save_base
    serializable_value set_password set_unusable_password str unique_error_message validate_constraints
    validate_unique""".split()
)
"""Names that models, and the bodies of their classes, have a use of their own for."""


def field_name(field: Field, entity: Entity) -> str:
    """Return what a field is called in a model; a foreign key is called like its object, not like its identifier."""
    name = str(field.name if is_relation(field, entity) else field.attr)
    others = {other.attr for other in entity.fields} - {field.attr}
    while name in TAKEN or name in others:
        name = f"the_{name}"
    return name


def attname(field: Field, entity: Entity) -> str:
    """Return the attribute of a model that holds the value of a field, for a foreign key the identifier."""
    return f"{field_name(field, entity)}_id" if is_relation(field, entity) else field_name(field, entity)


def columns(names: Iterable[str], entity: Entity) -> str:
    """Return a list of fields of a model by the names of their columns, as an index or a constraint takes it."""
    known = {field.attr: field_name(field, entity) for field in entity.fields}
    return f"[{', '.join(string(known.get(name, name)) for name in names)}]"


def is_relation(field: Field, entity: Entity) -> bool:
    """Whether a field is a foreign key: a reference within its module."""
    return field.target is not None and field.end.module == entity.module


def model_field(field: Field, entity: Entity) -> str:
    """Return the expression that makes a field of a model."""
    if is_relation(field, entity):
        return f"models.ForeignKey({', '.join((*_foreign_key(field), *_common(field, entity)))})"
    return f"{_CLASSES[field.type]}({', '.join((*_own(field), *_common(field, entity)))})"


_CLASSES = {
    "string": "models.CharField",
    "enum": "models.CharField",
    "email": "models.EmailField",
    "url": "models.URLField",
    "text": "models.TextField",
    "integer": "models.BigIntegerField",
    "decimal": "models.DecimalField",
    "float": "models.FloatField",
    "boolean": "models.BooleanField",
    "date": "models.DateField",
    "datetime": "models.DateTimeField",
    "uuid": "models.UUIDField",
    "json": "models.JSONField",
    "ref": "models.UUIDField",
}


def _own(field: Field) -> Iterator[str]:
    """The arguments that a type takes."""
    match field.type:
        case "string":
            yield f"max_length={field.length}"
        case "enum":
            yield f"choices=[{', '.join(f'({string(member)}, {string(member)})' for member in field.members)}]"
            yield "max_length=60"
        case "email":
            yield "max_length=254"
        case "url":
            yield "max_length=2048"
        case "decimal":
            yield f"max_digits={field.precision}"
            yield f"decimal_places={field.scale}"


def _common(field: Field, entity: Entity) -> Iterator[str]:
    """The arguments that every field takes."""
    if attname(field, entity) != field.attr:
        yield f'db_column="{field.attr}"'
    if field.optional:
        yield "null=True"
    if field.optional or (field.type in ("string", "text") and not field.min):
        yield "blank=True"
    if field.default is not None and field.type in _WITH_DEFAULT:
        yield f"default={literal(field.default)}"
    if field.description:
        yield f"help_text={string(field.description)}"


_WITH_DEFAULT = ("string", "text", "email", "url", "integer", "decimal", "float", "boolean", "enum")


def _foreign_key(field: Field) -> Iterator[str]:
    """Integrity is the database's to keep, and indexes are named where the model lists them."""
    yield '"users.User"' if field.end.is_account else f'"{field.end.module}.{field.end.class_name}"'
    yield "on_delete=models.DO_NOTHING"
    yield "db_index=False"
    yield 'related_name="+"'


def from_model(field: Field, entity: Entity) -> str:
    """Return the expression that takes a field out of a model."""
    value = f"row.{attname(field, entity)}"
    if field.type != "enum":
        return value
    made = f"{enum_class(field, entity)}({value})"
    return f"optional({enum_class(field, entity)}, {value})" if field.optional else made


_NEVER_SHOWN = ("text", "json")


def shown(entity: Entity) -> list[str]:
    """Return the names of the fields that the list of an administrator shows: the first few, and the version."""
    names = [field_name(field, entity) for field in entity.fields if field.type not in _NEVER_SHOWN]
    return [*names[:5], "version", "updated_at"]


def searched(entity: Entity) -> list[str]:
    """Return the names of the fields that the search of an administrator looks into."""
    return ["id", *(field_name(field, entity) for field in entity.fields if field.type in ("string", "email", "url"))]


def filtered(entity: Entity) -> list[str]:
    """Return the names of the fields that the list of an administrator can be narrowed by."""
    return [*(field_name(field, entity) for field in entity.fields if field.type in ("enum", "boolean")), "created_at"]


def looked_up(entity: Entity) -> list[str]:
    """Return the names of the foreign keys, which a form of an administrator looks up instead of listing all."""
    return [field_name(field, entity) for field in entity.fields if is_relation(field, entity)]


def label(entity: Entity) -> str:
    """Return the expression that names a row for people: its first line of text, or else its identifier."""
    texts = [field for field in entity.fields if field.type == "string" and not field.optional]
    return f"self.{field_name(texts[0], entity)}" if texts else "str(self.id)"


def names(values: Iterable[str]) -> str:
    """Return a tuple of strings."""
    parts = [string(value) for value in values]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
