"""The Django forms of the domain: fields of models, ready to be written down.

Filters, so that the Blueprint itself knows no framework. Each takes a Blueprint object and returns source text.
"""

from collections.abc import Iterator

from copier_template_extensions.blueprint_model import Entity, Field, Module
from copier_template_extensions.python_forms import enum_class, literal, string
from jinja2 import Environment
from jinja2.ext import Extension


class DjangoFormsExtension(Extension):
    """Registers the filters that templates of models and migrations use."""

    def __init__(self, environment: Environment) -> None:
        """Register every filter under its own name."""
        super().__init__(environment)
        for form in (attname, field_name, model_field, from_model, shown, searched, filtered):
            environment.filters[f"django_{form.__name__}"] = form


TAKEN = frozenset(
    """DoesNotExist Meta MultipleObjectsReturned NotUpdated adelete arefresh_from_db asave check clean clean_fields date_error_message
    delete from_db full_clean get_constraints get_deferred_fields models objects password pk prepare_database_save
    refresh_from_db save save_base serializable_value unique_error_message validate_constraints validate_unique
    LineField NamedIndex is_staff is_superuser is_anonymous is_authenticated has_perm has_perms has_module_perms
    check_password get_username get_session_auth_hash get_session_auth_fallback_hash get_email_field_name
    last_login natural_key normalize_username set_password set_unusable_password has_usable_password backend
    Decimal property""".split()
)
"""Names that models, and the bodies of their classes, have a use of their own for."""


def field_name(field: Field) -> str:
    """Return what a field is called in a model; a reference is called like its object, not like its identifier."""
    name = str(field.name)
    return name if _is_free(name) and _is_free(str(field.attr)) else _replacement(name)


def attname(field: Field) -> str:
    """Return the attribute of a model that holds the value of a field, for a reference the identifier."""
    name = field_name(field)
    return f"{name}_id" if _is_relation(field) else str(field.attr) if name == field.name else name


def _is_free(name: str) -> bool:
    return name not in TAKEN and "__" not in name and not name.endswith("_")


def _replacement(name: str) -> str:
    """Return a name that Django accepts: without double underscores, and none at the end."""
    plain = "_".join(filter(None, name.split("_")))
    return f"the_{plain}_{name.count('_')}"


def _is_relation(field: Field) -> bool:
    """Whether a field is a foreign key: a reference within its module."""
    return field.target is not None and field.local


def model_field(field: Field, module: Module, migration: bool = False) -> str:
    """Return the expression that makes a field of a model, or the same field of a migration."""
    if _is_relation(field):
        return _foreign_key(field, module, migration)
    arguments = ", ".join((*_own(field), *_common(field)))
    return f"{_CLASSES[field.type]}({arguments})"


_CLASSES = {
    "string": "LineField",
    "enum": "LineField",
    "email": "LineField",
    "url": "LineField",
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


def _common(field: Field) -> Iterator[str]:
    """The arguments that every field takes."""
    if field.optional:
        yield "null=True"
        yield "blank=True"
    elif field.type in ("string", "text") and not field.min:
        yield "blank=True"
    if field.default is not None and field.type in _WITH_DEFAULT:
        yield f"default={literal(field.default)}"
    if (field.name if _is_relation(field) else field.attr) != field_name(field) and not _is_plain_reference(field):
        yield f'db_column="{field.attr}"'
    if _is_plain_reference(field) and attname(field) != field.attr:
        yield f'db_column="{field.attr}"'
    if field.description:
        yield f"help_text={string(field.description)}"


_WITH_DEFAULT = ("string", "text", "email", "url", "integer", "decimal", "float", "boolean", "enum")


def _is_plain_reference(field: Field) -> bool:
    """Whether a field refers to another module: by an identity that no foreign key holds."""
    return field.target is not None and not field.local


def _foreign_key(field: Field, module: Module, migration: bool) -> str:
    end = field.end
    target = "users.User" if end.is_account else f"{module.name}.{end.name.pascal}"
    to = string(target.lower() if migration else target)
    return f'models.ForeignKey({", ".join((to, *_common(field), *_unindexed()))})'


def _unindexed() -> Iterator[str]:
    """Integrity is the database's to keep, and indexes are named where the model lists them."""
    yield "on_delete=models.DO_NOTHING"
    yield "db_index=False"
    yield 'related_name="+"'


def from_model(field: Field, entity: Entity) -> str:
    """Return the expression that takes a field out of a model."""
    value = f"row.{attname(field)}"
    if field.type != "enum":
        return value
    made = f"{enum_class(field, entity)}({value})"
    return f"optional({enum_class(field, entity)}, {value})" if field.optional else made


_NEVER_SHOWN = ("text", "json")


def shown(entity: Entity) -> list[str]:
    """Return the names of the fields that the list of an administrator shows: the first few, and the version."""
    names = [field_name(field) for field in entity.fields if field.type not in _NEVER_SHOWN]
    return [*names[:5], "version", "updated_at"]


def searched(entity: Entity) -> list[str]:
    """Return the names of the fields that the search of an administrator looks into."""
    return ["id", *(field_name(field) for field in entity.fields if field.type in ("string", "email", "url"))]


def filtered(entity: Entity) -> list[str]:
    """Return the names of the fields that the list of an administrator can be narrowed by."""
    return [*(field_name(field) for field in entity.fields if field.type in ("enum", "boolean")), "created_at"]
