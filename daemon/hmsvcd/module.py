"""What service modules are written with (docs/modules.md).

::

    from hmsvcd.module import PORT, Module, Option, mk_default


    def define(config):
        web = config["web"]
        return {
            "process": {"argv": ["/usr/bin/web", "--port", str(web["port"])]},
            "systemd": {"service": {"serviceConfig": {"Restart": mk_default("on-failure")}}},
        }


    options = {"web": {"port": Option(PORT, "The port.", 8080)}}
    module = Module("web", options=options, define=define)
"""

from typing import Any

from hmsvcd.model.module import INTERFACE, Config, Module, Options, Tree
from hmsvcd.model.option import (
    ANY_NAME,
    ARGUMENTS,
    ATOM,
    BOOL,
    INTEGER,
    PATH,
    PORT,
    SETTING,
    SETTINGS,
    STRING,
    STRINGS,
    UNSET,
    AttrsOf,
    ByName,
    Datum,
    Either,
    Lines,
    ListOf,
    Names,
    Option,
    Record,
    Scalar,
)
from hmsvcd.pipeline.syntax.escape import escape_argv, escape_specifiers
from hmsvcd.pipeline.syntax.formats import UnwritableError, write

__all__ = [
    "ANY_NAME",
    "ARGUMENTS",
    "ATOM",
    "BOOL",
    "INTEGER",
    "INTERFACE",
    "PATH",
    "PORT",
    "SETTING",
    "SETTINGS",
    "STRING",
    "STRINGS",
    "UNSET",
    "AttrsOf",
    "ByName",
    "Config",
    "Datum",
    "Either",
    "Lines",
    "ListOf",
    "Module",
    "Names",
    "Option",
    "Options",
    "Record",
    "Scalar",
    "Tree",
    "UnwritableError",
    "enum",
    "escape_argv",
    "escape_specifiers",
    "mk_after",
    "mk_before",
    "mk_default",
    "mk_force",
    "mk_if",
    "mk_merge",
    "mk_order",
    "mk_override",
    "write",
]


def enum(*choices: str) -> Scalar:
    """Return the type of a string that is one of these."""
    return Scalar("one of " + ", ".join(f'"{choice}"' for choice in choices), (str,), choices)


def mk_default(content: Any) -> Tree:
    """Return a definition that any plain one beats (priority 1000)."""
    return {"mkDefault": content}


def mk_force(content: Any) -> Tree:
    """Return a definition that beats plain ones (priority 50)."""
    return {"mkForce": content}


def mk_override(priority: int, content: Any) -> Tree:
    """Return a definition with a priority; the lowest number counts."""
    return {"mkOverride": {"priority": priority, "content": content}}


def mk_before(content: Any) -> Tree:
    """Return a part of a list that comes before plain ones (order 500)."""
    return {"mkBefore": content}


def mk_after(content: Any) -> Tree:
    """Return a part of a list that comes after plain ones (order 1500)."""
    return {"mkAfter": content}


def mk_order(priority: int, content: Any) -> Tree:
    """Return a part of a list with its place; the lowest number comes first."""
    return {"mkOrder": {"priority": priority, "content": content}}


def mk_if(condition: Any, content: Any) -> Tree:
    """Return a definition that counts if the condition holds; it may be a function."""
    return {"mkIf": {"condition": condition, "content": content}}


def mk_merge(*definitions: Any) -> Tree:
    """Return several definitions as one."""
    return {"mkMerge": list(definitions)}
