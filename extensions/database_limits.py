"""What a database cannot keep of a domain: texts too long for an index, rows too wide, numbers too fine.

Most databases take everything that the language allows. A manifest whose database does not says so as `limits`:

- `key_characters`: the longest text that can be unique;
- `index_characters`: the longest that can be indexed, which is beside an identifier, in the form that takes most room;
- `keys`: indexes of a table, its primary key among them;
- `scale`: digits after the point of a decimal;
- `row_bytes`: what the columns of a row may take together, where texts count with four bytes a character, unless they
  are too long for an index: those are kept elsewhere;
- `page_bytes`: what they may take in a page, which texts of less than `page_characters` characters cannot leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from copier_template_extensions.domain_model import Domain, Entity, Field, Problem
from copier_template_extensions.domain_text import place
from jinja2.ext import Extension

CHARACTER = 4
LENGTHS = {"enum": 60, "email": 254, "url": 2048}
"""Characters of the columns of these types."""

POINTER = 21
"""Bytes in a row of a text that is kept elsewhere."""

FIXED = {"integer": 8, "float": 8, "boolean": 1, "date": 3, "datetime": 8, "uuid": 16, "ref": 16, "decimal": 18}
OWN = 60 + 16
"""Bytes of the columns that every row has, its owner included."""

ACCOUNT = {"email": 254, "email_key": 762, "name": 120, "roles": 120}
"""Characters of the columns that every account has besides."""


def limit_problems(domain: Domain, database: str, limits: Mapping[str, int]) -> Iterator[Problem]:
    """Yield what a database, whose label is given, cannot keep of a domain; nothing where it has no limits."""
    if not limits:
        return
    account = Entity("user", "users", "users", owned=False, description=None, fields=domain.account_fields)
    for entity in (account, *(entity for module in domain.modules for entity in module.entities)):
        for field in entity.fields:
            yield from _field_problems(entity, field, database, limits)
        yield from _entity_problems(entity, database, limits, ACCOUNT if entity is account else {})


def _field_problems(entity: Entity, field: Field, database: str, limits: Mapping[str, int]) -> Iterator[Problem]:
    where = place(entity.module, entity.name, field.name)
    length, most = _length(field), limits["index_characters" if field.indexed else "key_characters"]
    if (field.unique or field.indexed) and (field.type in ("text", "json") or (length or 0) > most):
        word = "unique" if field.unique else "indexed"
        what = f"an index of {database} holds texts of up to {most} characters, so this {field.type} cannot be {word}"
        yield Problem(where, what, f"write string({most}) or a shorter one, or leave {word} out")
    if field.type == "decimal" and (field.scale or 0) > limits["scale"]:
        what = f"{database} keeps up to {limits['scale']} digits after the point, not {field.scale}"
        yield Problem(where, what, "write fewer")


def _entity_problems(
    entity: Entity, database: str, limits: Mapping[str, int], own: Mapping[str, int]
) -> Iterator[Problem]:
    where = place(entity.module, entity.name)
    keys = 2 + entity.owned + sum(field.unique or field.indexed or field.type == "ref" for field in entity.fields)
    if keys > limits["keys"]:
        what = f"it needs {keys} indexes, where {database} keeps up to {limits['keys']} for a table"
        yield Problem(where, what, "leave some of unique and indexed out, or split the entity")
    lengths = [*own.values(), *filter(None, map(_length, entity.fields))]
    others = OWN + sum(FIXED.get(field.type, 0 if _length(field) else POINTER) for field in entity.fields)
    others += (len(entity.fields) + 7) // 8
    longest, least = limits["key_characters"], limits["page_characters"]
    row = others + sum(CHARACTER * length + 2 if length <= longest else POINTER for length in lengths)
    if row > limits["row_bytes"]:
        what = f"its texts may take {row} bytes of a row, where {database} keeps up to {limits['row_bytes']}"
        yield Problem(
            where, what, f"make some shorter, or text, or longer than {longest} characters, or split the entity"
        )
    page = others + sum(CHARACTER * length + 1 if length < least else POINTER for length in lengths)
    if page > limits["page_bytes"]:
        what = (
            f"its many short texts may take {page} bytes of a page, where {database} keeps up to {limits['page_bytes']}"
        )
        yield Problem(where, what, f"split the entity, or write string({least}) for some, which may leave the page")


def _length(field: Field) -> int | None:
    return LENGTHS.get(field.type) or (field.length if field.type == "string" else None)


class DatabaseLimitsExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
