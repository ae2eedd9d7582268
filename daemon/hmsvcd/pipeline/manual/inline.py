"""Values and keys as TOML in one line."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_BARE = re.compile("[A-Za-z0-9_-]+")


def inline(value: Any) -> str:
    """Return plain data as the text of a TOML value without line feeds."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        entries = [f"{typed((key,))} = {inline(inner)}" for key, inner in value.items()]
        return f"{{ {', '.join(entries)} }}" if entries else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return str(value)


def typed(key: Iterable[str]) -> str:
    """Return names as a dotted key of TOML."""
    return ".".join(part if _BARE.fullmatch(part) else _quoted(part) for part in key)


def _string(text: str) -> str:
    """Return a string in the quotes that need no escapes, if there are any."""
    if text.isprintable() and "\\" not in text and '"' not in text:
        return f'"{text}"'
    if text.isprintable() and "'" not in text:
        return f"'{text}'"
    return _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else f"\\U{ord(character):08X}"
