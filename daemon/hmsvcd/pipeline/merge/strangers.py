"""What cannot stand in a table: no table at all, names that do not fit, unknown options."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from hmsvcd.model.definition import Definition
from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.option import AttrsOf, Directives, Record, Table
from hmsvcd.pipeline.merge.merging import wrong_type
from hmsvcd.pipeline.merge.properties import PROPERTIES
from hmsvcd.pipeline.suggest import all_of, suggestion


def fitting(kind: AttrsOf | Directives, names: Iterable[str]) -> list[str]:
    """Return those of some names that can stand in a free-form table."""
    return list(filter(_pattern(kind.names.pattern).fullmatch, names))


def is_option(record: Record, name: str) -> bool:
    """Say whether a key can stand in a record."""
    return name in record.options or name in record.aliases or record.freeform is not None


def strangers(kind: Table, found: Definition) -> Iterator[Diagnostic]:
    """Yield what is wrong with a definition of a table, but for what is in its values."""
    if not isinstance(found.value, dict):
        problem = wrong_type("a table", found.value, found.place)
        yield replace(problem, hint=_as_table(kind, found.value))
    elif isinstance(kind, Record):
        yield from _unknown_options(kind, found)
    elif len(fits := fitting(kind, found.value)) < len(found.value):
        for name in found.value:
            if name not in fits:
                message = f"`{name}` is no name that can stand here"
                yield error(message, found.place_of(name), hint=kind.names.wanted)


def _unknown_options(record: Record, found: Definition) -> Iterator[Diagnostic]:
    for name in found.value:
        if not is_option(record, name):
            whose = f" of a {record.name}" if record.kind else ""
            hint = _what_is_known(record, name)
            yield error(f"unknown option `{name}`{whose}", found.place_of(name), hint=hint)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _as_table(kind: Table, value: Any) -> str | None:
    """Return a hint for what was written where a table belongs, if it is clear what was meant."""
    if isinstance(kind, Record) and kind.kind == "file" and isinstance(value, str):
        return 'write its content as text: { text = "…" }'
    if not isinstance(value, list) or not value:
        return None
    is_list_of_settings = all("=" in str(item)[1:] for item in value)
    return 'write a table: { NAME = "…" }' if is_list_of_settings else None


def _what_is_known(record: Record, name: str) -> str:
    """Return a hint: what an option of other tools is called here, the nearest one, or all."""
    if name in record.foreign:
        return record.foreign[name]
    known = [*record.options, *record.aliases]
    if record.kind == "unit" and name[:1].isupper():
        sections = ", ".join(option for option in known if option.endswith("Config"))
        return f"directives of systemd stand in {sections}"
    return suggestion(name, [*known, *sorted(PROPERTIES)]) or all_of(known)
