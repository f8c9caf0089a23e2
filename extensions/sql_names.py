"""Names of tables as SQLAlchemy and Alembic take them: in a schema, with a prefix, or plain."""

from __future__ import annotations

from collections.abc import Mapping

from copier_template_extensions.blueprint_model import Module, Mount
from jinja2 import Environment
from jinja2.ext import Extension


def sql_name(module: Module, table: str) -> str:
    """Return the name of a module's table, in quotes."""
    return f'"{module.table_prefix}{table}"'


def sql_schema(module: Module) -> str:
    """Return the argument that names the schema of a module's tables, or nothing."""
    return f'schema="{module.schema}"' if module.schema else ""


def sql_column(module: Module, table: str, column: str) -> str:
    """Return a column as a foreign key names it."""
    schema = f"{module.schema}." if module.schema else ""
    return f"{schema}{module.table_prefix}{table}.{column}"


def column_types(use: Mapping[str, str], shared: Mount) -> str:
    """Return the module with the column types `JSON`, `Text` and `Uuid`: SQLAlchemy, or one that knows the database."""
    return "sqlalchemy" if use["standard_sql"] else f"{shared.py}.infrastructure.sql.types"


class SqlNamesExtension(Extension):
    """Gives templates the functions."""

    def __init__(self, environment: Environment) -> None:
        """Register every function under its own name."""
        super().__init__(environment)
        for function in (sql_name, sql_schema, sql_column, column_types):
            environment.globals[function.__name__] = function
