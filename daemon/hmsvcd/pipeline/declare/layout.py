"""Tables as TOML text, laid out as people write it: one header, dotted keys below it."""

from collections.abc import Iterator, Mapping
from typing import Any

from hmsvcd.model.diagnostic import Key, dotted

_WIDTH = 99


def lay_out(key: Key, table: Mapping[str, Any]) -> str:
    """Return the text of a table that stands at a key: a header, and a line for each value."""
    lines = [f"{dotted(at)} = {_written(value, dotted(at) or '')}" for at, value in _leaves(table)]
    return "\n".join([f"[{dotted(key)}]", *lines]) + "\n"


def _leaves(table: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _written(value: Any, key: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    elements = [_string(each) if isinstance(each, str) else _written(each, "") for each in value]
    line = f"[{', '.join(elements)}]"
    if len(key) + len(" = ") + len(line) <= _WIDTH:
        return line
    return "[\n" + "".join(f"  {element},\n" for element in elements) + "]"


def _string(text: str) -> str:
    """Return a string in the quotes that need no escapes, if there are any."""
    if text.isprintable() and "\\" not in text and '"' not in text:
        return f'"{text}"'
    if text.isprintable() and "'" not in text:
        return f"'{text}'"
    import tomli_w  # noqa: PLC0415 - few texts need it

    return tomli_w.dumps({"key": text}).removeprefix("key = ").removesuffix("\n")
