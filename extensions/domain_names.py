"""Which names a module, an entity, a field or a function may have, and why not."""

from __future__ import annotations

import re

from copier_template_extensions.domain_model import RuleError, shown
from copier_template_extensions.naming import words_of
from jinja2.ext import Extension

NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")

PYTHON = """and as assert async await break case class continue def del elif else except false finally for from
    global if import in is lambda match none nonlocal not or pass raise return true try type while with yield"""
GO = """break case chan const continue default defer else fallthrough for func go goto if import
    interface map package range return select struct switch type var"""
RUST = """abstract as async await become box break const continue crate do dyn else enum extern false
    final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self
    static struct super trait true try type typeof unsafe unsized use virtual where while yield"""
JAVASCRIPT = """arguments await break case catch class const continue debugger default delete do else enum eval
    export extends false finally for function if implements import in instanceof interface let new
    null package private protected public return static super switch this throw true try typeof
    undefined var void while with yield"""
KEYWORDS = words_of(f"{PYTHON} {GO} {RUST} {JAVASCRIPT}")
WINDOWS = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)

FOLDERS = words_of("""domain application infrastructure api shared contracts bootstrap settings auth health metrics
    openapi docs tests test main services gateway worker migrations broker
    database""")
ENTITIES = words_of("user account base me")
FILES = words_of("work ports schemas facade expansions events reactions publication internal permissions")
FUNCTIONS = words_of("remove_belongings")
PLURALS = words_of("""auth users accounts api_keys passwords token_families refresh_tokens revocations outbox inbox
    outbox_events inbox_events alembic_version login_sessions mail_tokens confirmed_emails work commit bind record
    recorded executor publication remove_of""")
CONTRACT_FIELDS = words_of("id version created_at updated_at owner_id owner")
ACCOUNT_FIELDS = words_of("email email_key name roles is_active is_administrator password password_hash")
CODE_FIELDS = words_of("""self cls create revise validated to_draft change copy json schema dict validate construct
    from_orm parse_file parse_obj parse_raw schema_json update_forward_refs mro register str int float bool dt
    classmethod""")
ACCOUNT_CODE = words_of("property")


def pascal(*names: str) -> str:
    """`order`, `line_kind` -> `OrderLineKind`."""
    return "".join(part.capitalize() for name in names for part in name.split("_"))


def check_name(name: str) -> None:
    """Raise `RuleError` where the name cannot stand in every language, path and address of the emitted code."""
    if not NAME.fullmatch(name):
        raise RuleError(
            f"{shown(name)} is no name: names are lower-case letters, digits and _, at most 30, from a letter on",
            _better(name),
        )
    if name.endswith("_") or "__" in name:
        raise RuleError(f'"{name}" ends with _ or holds __', _better(name))
    if name in KEYWORDS:
        raise RuleError(f'"{name}" is a keyword of a programming language', "choose another name")
    if name in WINDOWS:
        raise RuleError(f'"{name}" is no file name on Windows', "choose another name")


def check_module(name: str) -> None:
    """Raise `RuleError` where a module cannot have this name."""
    check_name(name)
    if name in FOLDERS:
        raise RuleError(f'"{name}" is a folder of the emitted code already', "choose another name for the module")


def check_entity(name: str) -> None:
    """Raise `RuleError` where an entity cannot have this name."""
    check_name(name)
    if name in FILES:
        raise RuleError(f'"{name}" is a file of the emitted code already', "choose another name for the entity")
    if name in ENTITIES:
        raise RuleError(
            f'"{name}" is provided with the accounts', "choose another name, or extend the account under `users: user:`"
        )


def check_function(name: str) -> None:
    """Raise `RuleError` where a function that reacts to an event cannot have this name."""
    check_name(name)
    if name in FUNCTIONS:
        raise RuleError(f'"{name}" is what every module with owned rows does already', "choose another name")


def check_role(name: str, known: tuple[str, ...]) -> None:
    """Raise `RuleError` where a role cannot have this name; those that are `known` exist always."""
    check_name(name)
    if name in known:
        raise RuleError(f'"{name}" is a role of every project, and stays as it is', "choose another name for the role")


def check_field(name: str, entity: str, account: bool = False) -> None:
    """Raise `RuleError` where a field of the entity (or of the account) cannot have this name."""
    try:
        check_name(name)
    except RuleError as error:
        if name in KEYWORDS:
            raise RuleError(error.what, _longer(entity, name)) from None
        raise
    if name in CONTRACT_FIELDS:
        raise RuleError(f'"{name}" is given to every entity by the contract', f"remove it, or {_longer(entity, name)}")
    if account and (name in ACCOUNT_FIELDS or name.startswith("token")):
        raise RuleError(f'"{name}" belongs to the account already', f"remove it, or {_longer('profile', name)}")
    if name in CODE_FIELDS or (account and name in ACCOUNT_CODE) or name.startswith("model_"):
        raise RuleError(f'"{name}" is taken by the languages of the emitted code', _longer(entity, name))


def _longer(entity: str, name: str) -> str:
    longer = f"{entity}_{name}"
    return f'choose another name, for example "{longer}"' if NAME.fullmatch(longer) else "choose another name"


def _better(name: str) -> str:
    if len(name) > 200:
        return "choose a shorter name"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    better = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_").lstrip("0123456789_")
    if better != name and NAME.fullmatch(better):
        return f'write "{better}"'
    return "choose another name"


class DomainNamesExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
