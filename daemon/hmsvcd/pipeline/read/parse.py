"""Text becomes a tree: TOML is parsed, and what does not parse is explained."""

import re
import tomllib
from ast import literal_eval
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hmsvcd.model.diagnostic import Diagnostic, Key, Note, Place, Position, Severity, dotted
from hmsvcd.model.document import Document, SourceText

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 100
"""Levels of tables and lists in a file; later stages recurse over the tree."""

_LOCATED = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)
_NAMED = re.compile(
    r"(?P<before>Cannot (?:declare|mutate immutable namespace|redefine namespace)) "
    r"(?P<key>\(.*\))(?P<after>.*)",
    re.DOTALL,
)
"""Messages of tomllib that name a table by a tuple of keys, as Python writes it."""

_AT_END = " (at end of document)"
_HUGE_INTEGER = re.compile(r"[0-9_]{640,}")


def parse(source: SourceText) -> Document | tuple[Diagnostic, ...]:
    """Return the file's tree, or every place where it is no TOML (positions are filled in)."""
    try:
        tree = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as problem:
        first = _told_by_tomllib(source, str(problem))
        return (first, *_further(source, first))
    except RecursionError:
        return (_too_deep(source.file, ()),)
    except ValueError:  # Python's limit on the digits of an integer
        return (_huge_integer(source),)
    deep = deepest(tree)
    return Document(source.file, tree) if deep is None else (_too_deep(source.file, deep),)


def _told_by_tomllib(source: SourceText, message: str) -> Diagnostic:
    found = _LOCATED.fullmatch(message)
    if found:
        position = Position(int(found["line"]), int(found["column"]))
        return _syntax_error(source.file, found["what"], position)
    what = message.removesuffix(_AT_END)
    lines = source.text.rstrip("\n").split("\n")
    end = Position(len(lines), len(lines[-1]) + 1)
    return _syntax_error(source.file, what, end, " (the file ends here)")


def _syntax_error(file: str, message: str, position: Position, where: str = "") -> Diagnostic:
    named = _NAMED.fullmatch(message)
    notes: tuple[Note, ...] = ()
    if named:
        key = literal_eval(named["key"])
        message = f"{named['before']} `{dotted(key)}`{named['after']}"
        notes = (Note("first declared here", Place(file, key)),)
    shown = f"not valid TOML: {message[:1].lower()}{message[1:]}{where}"
    return Diagnostic(Severity.ERROR, shown, place=Place(file), position=position, notes=notes)


def _further(source: SourceText, first: Diagnostic) -> Iterator[Diagnostic]:
    """Yield what tree-sitter finds on lines that tomllib, which stops at once, says nothing of."""
    from hmsvcd.pipeline.read.places import position_of, syntax_tree  # noqa: PLC0415 - slow to import

    told = {first.position.line} if first.position else set()
    lines = source.text.encode().split(b"\n")
    for node in _error_regions(syntax_tree(source.text)):
        position = position_of(lines, node.start_point.row, node.start_point.column)
        if position.line not in told:
            told.add(position.line)
            yield _syntax_error(source.file, _described(node), position)


def _error_regions(root: "Node") -> Iterator["Node"]:
    """Yield the outermost erroneous nodes in order (inside, where the whole file is one)."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_missing or (node.is_error and node.parent is not None):
            yield node
        elif node.has_error:
            waiting.extend(reversed(node.children))


def _described(node: "Node") -> str:
    if node.is_missing:
        return f"`{node.type}` is missing"
    return "cannot make sense of this"


def _huge_integer(source: SourceText) -> Diagnostic:
    found = _HUGE_INTEGER.search(source.text)
    before = source.text[: found.start()] if found else ""
    position = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Diagnostic(
        Severity.ERROR,
        "an integer has too many digits; integers have 64 bits",
        place=Place(source.file),
        position=position,
    )


def _too_deep(file: str, key: Key) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        f"tables and lists are nested more than {MAX_DEPTH} deep",
        key=str(key[0]) if key else None,
        place=Place(file, key[:1]),
    )


def deepest(tree: Mapping[str, Any]) -> Key | None:
    """Return the root key below which the tree is deeper than allowed, without recursion."""
    level: list[tuple[str, Any]] = list(tree.items())
    for _ in range(MAX_DEPTH):
        level = [(root, child) for root, value in level for child in _children(value)]
    return (level[0][0],) if level else None


def _children(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
