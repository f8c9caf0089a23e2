"""The Python forms of the domain: types, defaults, columns, schemas and literals, ready to be written down.

Filters, so that the Blueprint itself knows no language. Each takes a Blueprint object and returns source text.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from copier_template_extensions.blueprint_model import Entity, Field, Permission, identifier
from copier_template_extensions.layout import LIMIT
from jinja2 import Environment
from jinja2.ext import Extension


class PythonFormsExtension(Extension):
    """Registers the filters that templates of Python files use."""

    def __init__(self, environment: Environment) -> None:
        """Register every filter under its own name."""
        super().__init__(environment)
        for form in (
            string,
            docstring,
            literal,
            enum_class,
            enum_members,
            domain_type,
            domain_default,
            domain_checks,
            column,
            from_row,
            input_type,
            input_line,
            output_type,
            listed_type,
            role_members,
            role_names,
        ):
            environment.filters[f"py_{form.__name__}"] = form
        environment.filters["py_constraint_name"] = identifier


def role_members(permission: Permission) -> str:
    """Return what adds the roles of the domain to a set of members of the enum; nothing where there are none."""
    return _added(f"Role.{role.snake.upper()}" for role in permission.roles)


def role_names(permission: Permission) -> str:
    """Return what adds the roles of the domain to a set of names; nothing where there are none."""
    return _added(string(role.snake) for role in permission.roles)


def _added(roles: Iterable[str]) -> str:
    listed = ", ".join(roles)
    return f" | {{{listed}}}" if listed else ""


def string(text: str) -> str:
    """Return a string literal with the quotes that `ruff format` would choose."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{escaped}{quote}"


def docstring(text: str) -> str:
    """Return text that is inert between triple quotes, as a sentence."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"') and not escaped.endswith('\\"'):
        escaped = escaped[:-1] + '\\"'
    return "\\" + escaped if escaped.startswith('"') else escaped


def literal(value: object) -> str:
    """Return the literal of a default or an example."""
    if isinstance(value, str):
        return string(value)
    if isinstance(value, Decimal):
        return f'Decimal("{value:f}")'
    if isinstance(value, datetime):
        parts = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
        while len(parts) > 5 and not parts[-1]:
            parts.pop()
        return f"dt.datetime({', '.join(map(str, parts))}, tzinfo=dt.UTC)"
    if isinstance(value, date):
        return f"dt.date({value.year}, {value.month}, {value.day})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{string(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def enum_class(field: Field, entity: Entity) -> str:
    """Return the name of an enum field's class: `ProductStatus`."""
    return f"{entity.pascal}{field.pascal}"


def enum_members(field: Field) -> list[tuple[str, str]]:
    """Return (identifier, literal) for every member; identifiers are made of the text, and are distinct."""
    taken: set[str] = set()
    members: list[tuple[str, str]] = []
    for position, member in enumerate(field.members, start=1):
        plain = unicodedata.normalize("NFKD", member).encode("ascii", "ignore").decode()
        name = re.sub(r"\W+", "_", plain).strip("_").upper()
        if not name or name[0].isdigit() or name == "MRO" or keyword.iskeyword(name.capitalize()):
            name = f"VALUE_{name}" if name else f"VALUE_{position}"
        while name in taken:
            name += "_"
        taken.add(name)
        members.append((name.rstrip("_") + f"_{position}" if name.endswith("_") else name, string(member)))
    return members


_DOMAIN_TYPES = {
    "string": "str",
    "text": "str",
    "email": "str",
    "url": "str",
    "integer": "int",
    "decimal": "Decimal",
    "float": "float",
    "boolean": "bool",
    "date": "dt.date",
    "datetime": "dt.datetime",
    "uuid": "UUID",
    "json": "Json",
    "ref": "UUID",
}


def domain_type(field: Field, entity: Entity) -> str:
    """Return the type of a field in the domain."""
    name = enum_class(field, entity) if field.type == "enum" else _DOMAIN_TYPES[field.type]
    return f"{name} | None" if field.optional else name


def _default_literal(field: Field, entity: Entity) -> str:
    if field.default is None or not field.has_default:
        return "None"
    if field.type == "enum":
        names = dict(zip(field.members, (name for name, _ in enum_members(field)), strict=True))
        return f"{enum_class(field, entity)}.{names[field.default]}"
    if field.type == "uuid":
        return f'UUID("{field.default}")'
    return literal(field.default)


def domain_default(field: Field, entity: Entity) -> str:
    """Return ` = …` for a dataclass field that may be left out, else nothing."""
    if field.required:
        return ""
    value = _default_literal(field, entity)
    if isinstance(field.default, dict | list):
        return f" = dataclass_field(default_factory={_factory(value)})"
    if field.type == "uuid" and field.default is not None:
        return f" = dataclass_field(default={value})"
    return f" = {value}"


def _factory(value: str) -> str:
    """Return what makes a literal anew each time; what is empty has a maker with a name."""
    return {"{}": "dict", "[]": "list"}.get(value, f"lambda: {value}")


def domain_checks(field: Field) -> list[str]:
    """Return the calls that hold a field to its bounds."""
    name = f'"{field.attr}", self.{field.attr}'
    checks: list[str] = []
    if field.type in ("string", "text", "email", "url"):
        longest = min(value for value in (field.length, field.max, 2**31) if value is not None)
        if field.min:
            checks.append(f"checks.min_length({name}, {field.min})")
        if longest < 2**31:
            checks.append(f"checks.max_length({name}, {longest})")
        if field.pattern is not None:
            checks.append(f"checks.matches({name}, {raw(field.pattern)})")
    else:
        if field.min is not None:
            checks.append(f"checks.at_least({name}, {literal(field.min)})")
        if field.max is not None:
            checks.append(f"checks.at_most({name}, {literal(field.max)})")
    return checks


def raw(pattern: str) -> str:
    """Return a regular expression as a raw string where that is possible."""
    if "\\" not in pattern:
        return string(pattern)
    quote = "'" if pattern.count('"') > pattern.count("'") else '"'
    if quote in pattern or pattern.endswith("\\"):
        return string(pattern)
    return f"r{quote}{pattern}{quote}"


def column(field: Field) -> str:
    """Return the column type of a field."""
    match field.type:
        case "string":
            return f"line({field.length})"
        case "enum":
            return "line(60)"
        case "email":
            return "line(254)"
        case "url":
            return "line(2048)"
        case "decimal":
            return f"ExactDecimal({field.precision}, {field.scale})"
        case "json":
            return "JSON(none_as_null=True)"
    return {
        "text": "Text",
        "integer": "BigInteger",
        "float": "Double",
        "boolean": "Boolean",
        "date": "Date",
        "datetime": "UtcDateTime",
        "uuid": "Uuid",
        "ref": "Uuid",
    }[field.type]


def from_row(field: Field, entity: Entity) -> str:
    """Return the expression that takes a field out of a row."""
    value = f'row["{field.attr}"]'
    if field.type != "enum":
        return value
    made = f"{enum_class(field, entity)}({value})"
    return f"optional({enum_class(field, entity)}, {value})" if field.optional else made


def _bounds(field: Field) -> Iterator[str]:
    """The bounds that JSON Schema knows, as arguments of pydantic's `Field`."""
    if field.type in ("string", "text", "email", "url"):
        if field.min:
            yield f"min_length={field.min}"
        limits = [value for value in (field.length, field.max) if value is not None]
        if limits:
            yield f"max_length={min(limits)}"
    elif field.type in ("integer", "float"):
        if field.min is not None:
            yield f"ge={literal(field.min)}"
        if field.max is not None:
            yield f"le={literal(field.max)}"


def _checks(field: Field) -> Iterator[str]:
    """The bounds of values that travel as strings."""
    if field.type in ("decimal", "date", "datetime"):
        if field.min is not None:
            yield f"at_least({literal(field.min)})"
        if field.max is not None:
            yield f"at_most({literal(field.max)})"


def _input_name(field: Field, entity: Entity) -> str:
    names = {
        "string": "Line",
        "text": "Prose",
        "email": "Email",
        "url": "Url",
        "integer": "Integer",
        "float": "Number",
        "boolean": "Boolean",
        "date": "Day",
        "datetime": "Moment",
        "uuid": "Identifier",
        "ref": "Identifier",
        "json": "Document",
        "enum": enum_class(field, entity),
        "decimal": "Decimal",
    }
    return names[field.type]


def _annotated(name: str, *extras: str) -> str:
    return f"Annotated[{', '.join((name, *extras))}]" if extras else name


def _described(field: Field) -> Iterator[str]:
    if field.description:
        yield f"description={string(field.description)}"
    if field.has_example and field.example is not None:
        yield f"examples=[{_wire(field.example)}]"


def _wire(value: Any) -> str:
    """Return the literal of a value as it travels in JSON."""
    if isinstance(value, Decimal):
        return f'"{value:f}"'
    if isinstance(value, datetime):
        return string(value.isoformat().replace("+00:00", "Z"))
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    return literal(value)


def input_type(field: Field, entity: Entity, default: str = "") -> str:
    """Return the annotation of a field in a request body; `default` is an argument of pydantic's `Field`."""
    name = _input_name(field, entity)
    extras = [f"DecimalText({field.precision}, {field.scale})"] if field.type == "decimal" else []
    arguments = ", ".join(filter(None, (default, *_bounds(field), *_described(field))))
    described = [f"Field({arguments})"] if arguments else []
    matching = [f"Matches({raw(field.pattern)})"] if field.pattern is not None else []
    whole = f"{name} | None" if field.optional else name
    return _annotated(whole, *extras, *_checks(field), *described, *matching)


def input_line(field: Field, entity: Entity) -> str:
    """Return the line of a field in a request body; a long default stands inside the annotation."""
    annotation = input_type(field, entity)
    if field.required:
        return f"{field.attr}: {annotation}"
    value = _default_literal(field, entity)
    line = f"{field.attr}: {annotation} = {value}"
    if isinstance(field.default, dict | list):
        return f"{field.attr}: {input_type(field, entity, f'default_factory={_factory(value)}')}"
    if len(line) > LIMIT - 4 and annotation.startswith("Annotated["):
        return f"{field.attr}: {input_type(field, entity, f'default={value}')}"
    return line


def output_type(field: Field, entity: Entity) -> str:
    """Return the annotation of a field in a representation."""
    match field.type:
        case "enum":
            name = f"Literal[{', '.join(string(member) for member in field.members)}]"
        case "decimal":
            name = "Amount"
        case "json":
            name = "Document"
        case "email":
            name = "EmailText"
        case "url":
            name = "UrlText"
        case _:
            name = _DOMAIN_TYPES[field.type]
    if field.optional:
        name = f"{name} | None"
    return f"Annotated[{name}, Field(description={string(field.description)})]" if field.description else name


def listed_type(field: Field, entity: Entity) -> str:
    """Return the expression that says how lists filter and sort by a field."""
    match field.type:
        case "enum":
            return f"choice({enum_class(field, entity)})"
        case "decimal":
            return f"decimal({field.precision}, {field.scale})"
    return {
        "string": "TEXT",
        "email": "TEXT",
        "url": "TEXT",
        "integer": "INTEGER",
        "float": "NUMBER",
        "boolean": "BOOLEAN",
        "date": "DAY",
        "datetime": "MOMENT",
        "uuid": "IDENTIFIER",
        "ref": "IDENTIFIER",
    }[field.type]
