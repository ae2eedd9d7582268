"""Sections of settings, in the way that nixpkgs writes INI files (``lib.generators.toINI``)."""

from collections.abc import Mapping
from typing import Any


def sections(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Return tables as sections, sorted, with an empty line between them."""
    return "\n".join(f"[{_section(name)}]\n{lines(tables[name])}" for name in sorted(tables))


def lines(values: Mapping[str, Any]) -> str:
    """Return values as lines ``name=value``, sorted."""
    return "".join(f"{_key(name)}={_value(values[name])}\n" for name in sorted(values))


def _section(name: str) -> str:
    return name.replace("[", r"\[").replace("]", r"\]")


def _key(name: str) -> str:
    return name.replace("=", r"\=")


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
