"""Structured data of a ``configData`` entry becomes the text of a configuration file."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

from hmsvcd.model.diagnostic import Key


class UnwritableError(Exception):
    """A value that its format cannot hold; ``key`` leads to it inside the value."""

    def __init__(self, message: str, key: Key = ()) -> None:
        super().__init__(message)
        self.message = message
        self.key = key


def write(format_name: str, value: Any) -> str:
    """Return the text of a TOML value in a format of ``WRITERS``, ending in one line feed.

    Keys stand in the order declared. What is written is read back with the same library: where
    that yields anything else, or the format cannot say a value, ``UnwritableError`` names the key.
    """
    text = WRITERS[format_name](value)
    return text.rstrip("\n") + "\n"


def _json(value: Any) -> str:
    import json  # noqa: PLC0415 - needed only where a file has this format

    for key, leaf in _leaves(value):
        if not isinstance(leaf, str | bool | int | float):
            raise UnwritableError("JSON has no dates and times; write a string", key)
        if isinstance(leaf, float) and not math.isfinite(leaf):
            raise UnwritableError("JSON has neither inf nor nan", key)
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    _compare(value, json.loads(text), "JSON")
    return text


def _toml(value: Any) -> str:
    import tomllib  # noqa: PLC0415 - as above

    import tomli_w  # noqa: PLC0415 - as above

    text = tomli_w.dumps(_table(value, "TOML"))
    _compare(value, tomllib.loads(text), "TOML")
    return text


def _yaml(value: Any) -> str:
    import yaml  # noqa: PLC0415 - as above

    for key, leaf in _leaves(value):
        if type(leaf).__name__ == "time":
            raise UnwritableError("YAML has no time of day; write a string", key)
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    _compare(value, yaml.safe_load(text), "YAML")
    return text


def _ini(value: Any) -> str:
    from configparser import Error, RawConfigParser  # noqa: PLC0415 - as above

    sections = {
        section: {
            key: _scalar(entry, "ini", (section, key))
            for key, entry in _table(entries, "ini", (section,)).items()
        }
        for section, entries in _table(value, "ini").items()
    }

    def parser() -> RawConfigParser:
        made = RawConfigParser(default_section="\0", delimiters=("=",))
        made.optionxform = str  # type: ignore[assignment,method-assign]  # keeps the case of keys
        return made

    writer, reader, text = parser(), parser(), StringIO()
    try:
        for section, entries in sections.items():
            writer.add_section(section)
            for key, entry in entries.items():
                writer.set(section, key, entry)
        writer.write(text)
        reader.read_string(text.getvalue())
    except (Error, ValueError):  # whose words quote the text
        raise UnwritableError("ini cannot hold this: it would read as something else") from None
    _compare(sections, {name: dict(reader.items(name)) for name in reader.sections()}, "ini")
    return text.getvalue()


def _env(value: Any) -> str:
    import shlex  # noqa: PLC0415 - as above

    lines = []
    for name, entry in _table(value, "env").items():
        if not _VARIABLE.fullmatch(name):
            raise UnwritableError("is no name of an environment variable", (name,))
        text = _scalar(entry, "env", (name,))
        if "\0" in text:
            raise UnwritableError("an environment variable cannot hold a NUL", (name,))
        lines.append(f"{name}={shlex.quote(text)}\n")
    return "".join(lines)


WRITERS: Mapping[str, Callable[[Any], str]] = {
    "json": _json,
    "toml": _toml,
    "ini": _ini,
    "yaml": _yaml,
    "env": _env,
}
"""What writes each of the formats that ``configData.<name>.format`` can name."""

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def _table(value: Any, format_name: str, key: Key = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        what = "a table of tables" if format_name == "ini" else "a table"
        raise UnwritableError(f"the format {format_name} holds {what}", key)
    return value


def _scalar(value: Any, format_name: str, key: Key) -> str:
    """Return a value's text in a format that only knows text; true and false are those words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    kinds = "strings, numbers and booleans"
    raise UnwritableError(f"the format {format_name} holds only {kinds} here", key)


def _leaves(value: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield every value that is neither table nor list, with the keys that lead to it."""
    if not isinstance(value, dict | list):
        yield key, value
        return
    for part, child in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _leaves(child, (*key, part))


def _compare(written: Any, read: Any, format_name: str, key: Key = ()) -> None:
    """Raise at the first value that did not survive (``repr``: 1 is not true, nan is nan)."""
    if repr(written) == repr(read):
        return
    if isinstance(written, dict) and isinstance(read, dict):
        for part, child in written.items():
            if part not in read:
                raise UnwritableError(f"{format_name} does not keep this key", (*key, part))
            _compare(child, read[part], format_name, (*key, part))
        if len(written) == len(read):
            return  # TOML has a table's values before the tables in it
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for number, child in enumerate(written):
            _compare(child, read[number], format_name, (*key, number))
        return
    raise UnwritableError(f"{format_name} does not keep this value", key)
