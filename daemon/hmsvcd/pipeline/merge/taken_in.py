"""What a service module defines, in Python, becomes what a TOML file would have said."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import PurePath
from typing import Any

from hmsvcd.model.definition import Deferred
from hmsvcd.model.module import Module
from hmsvcd.pipeline.read.parse import MAX_DEPTH

_AS_THEY_ARE = (bool, int, float, date, datetime, time, Module, Deferred)

Compute = Callable[[], Any]


def taken_in(value: Any, defer: Callable[[Compute], Deferred], depth: int = MAX_DEPTH) -> Any:
    """Return a value with functions deferred and strings literal: references are for TOML.

    What is None is left out of tables and lists. Raises TypeError for what has no place in a
    definition, ValueError for what is nested deeper than a file could be.
    """
    if not depth:
        raise ValueError(f"tables and lists are nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        return literal(str.__str__(value))
    if isinstance(value, PurePath):
        return literal(str(value))
    if value is None or isinstance(value, _AS_THEY_ARE):
        return value
    if isinstance(value, Mapping):
        return {
            _key(key): taken_in(inner, defer, depth - 1)
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list | tuple):
        return [taken_in(item, defer, depth - 1) for item in value if item is not None]
    if callable(value):
        return defer(value)
    raise TypeError(f"a definition cannot be {_described(value)}")


def literal(text: str) -> str:
    """Return how a text is written in which no reference is to be replaced."""
    return text.replace("@{", "@@{")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the name of an option cannot be {_described(key)}")
    return key


def _described(value: Any) -> str:
    return f"of the type `{type(value).__name__}`"
