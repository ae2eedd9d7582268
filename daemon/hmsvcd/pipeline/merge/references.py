"""Find references ``@{…}`` in strings; what they name is looked up elsewhere."""

import re
import tomllib
from dataclasses import dataclass

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_REFERENCE = re.compile(rf"@\{{\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\}}")
_OPENING = re.compile(r"@@\{|@\{")


@dataclass(frozen=True, slots=True)
class Reference:
    """The keys that a reference goes along, such as ``("config", "process", "argv", "2")``."""

    keys: tuple[str, ...]
    text: str


class ReferenceSyntaxError(ValueError):
    """A reference that cannot be read; the message says what is wrong with it."""


def has_reference(text: str) -> bool:
    """Say whether a string holds a reference or an escaped one, and so has to be resolved."""
    return "@{" in text


def split(text: str) -> tuple[str | Reference, ...]:
    """Split a string into literal text and references; ``@@{`` becomes a literal ``@{``.

    Raises ReferenceSyntaxError where a reference is not closed or is no dotted TOML key.
    """
    parts: list[str | Reference] = []
    literal = ""
    at = 0
    while opening := _OPENING.search(text, at):
        literal += text[at : opening.start()]
        if opening.group() == "@@{":
            literal += "@{"
            at = opening.end()
            continue
        found = _REFERENCE.match(text, opening.start())
        if not found:
            raise ReferenceSyntaxError(_what_is_wrong(text, opening.start()))
        if literal:
            parts.append(literal)
        literal = ""
        parts.append(Reference(_keys(found.group(1)), found.group()))
        at = found.end()
    literal += text[at:]
    if literal or not parts:
        parts.append(literal)
    return tuple(parts)


def _what_is_wrong(text: str, start: int) -> str:
    which = f"the reference at character {start + 1}" if start else "the reference"
    if "}" not in text[start:]:
        return f"{which} is not closed with `}}`"
    return f"{which} is no dotted key"


def _keys(dotted: str) -> tuple[str, ...]:
    try:
        tree = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError as broken:
        raise ReferenceSyntaxError("a reference is no dotted key") from broken
    keys: list[str] = []
    node: object = tree
    while isinstance(node, dict):
        ((key, node),) = node.items()
        keys.append(key)
    return tuple(keys)
