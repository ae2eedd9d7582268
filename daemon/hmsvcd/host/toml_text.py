"""TOML as tomli_w writes it, for tables of thousands of entries, ten times as fast."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import tomli_w

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dumps(table: Mapping[str, Any]) -> str:
    """Return the text of a table, byte for byte what ``tomli_w.dumps`` returns.

    It holds no arrays with tables in them, as no format here does.
    """
    return "\n".join("".join(lines) for lines in _tables(table, ""))


def _tables(table: Mapping[str, Any], name: str) -> Iterator[Iterable[str]]:
    """Yield the lines of a table of a dotted name, then those of each table in it."""
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    own = table if not inner else {key: table[key] for key in table if key not in inner}
    header = [f"[{name}]\n"] if name and (own or not inner) else []
    if own or header:
        yield [*header, *_entries(own)]
    for key, value in inner.items():
        part = key if _is_bare(key) else _value(key)
        yield from _tables(value, f"{name}.{part}" if name else part)


def _entries(table: Mapping[str, Any]) -> Iterable[str]:
    quoted = '"{}"'.format if _are_plain(table) else _value
    keys = (key if _is_bare(key) else quoted(key) for key in table)
    return [f"{key} = {value}\n" for key, value in zip(keys, _values(table), strict=True)]


def _values(table: Mapping[str, Any]) -> Iterable[str]:
    values = table.values()
    if _are_plain(values):
        return [f'"{value}"' for value in values]
    if {list, tuple}.issuperset(map(type, values)) and _are_plain(chain.from_iterable(values)):
        return map(_array, values)
    return map(_value, values)


def _is_bare(key: str) -> bool:
    return "." not in key and _BARE.fullmatch(key) is not None  # most are names with a dot


def _value(value: Any) -> str:
    if isinstance(value, str) and _are_plain((value,)):
        return f'"{value}"'
    if isinstance(value, int):
        return str(value).lower()  # booleans, too
    return _as_tomli_w(value)


def _array(values: Sequence[str]) -> str:
    lines = '",\n    "'.join(values)
    return f'[\n    "{lines}",\n]' if values else "[]"


def _as_tomli_w(value: Any) -> str:
    return tomli_w.dumps({"key": value})[len("key = ") : -1]


def _are_plain(values: Iterable[Any]) -> bool:
    """Say whether these are strings that stand in quotes as they are."""
    try:
        text = "".join(values)
    except TypeError:
        return False
    return text.isprintable() and '"' not in text and "\\" not in text
