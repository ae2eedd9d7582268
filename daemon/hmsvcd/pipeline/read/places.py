"""Key paths become lines and columns, once there is something to report.

tomllib says what a file means, tree-sitter where it says so. An index holds, for each key of a
file, the place of the last key part that leads to its value: the header's for a table, the element
for a list element. A key that only leads further in (``a`` of ``a.b = 1``) gives way to a later
mention of the key itself.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from hmsvcd.model.diagnostic import Diagnostic, Key, Place, Position

if TYPE_CHECKING:
    from tree_sitter import Node

_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})


def locate(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Return the diagnostics with positions, in order of files, lines and columns, each once.

    ``sources`` holds the text of each file by the name that places use; its order is that of the
    files. A key that a file does not hold has the position of the nearest one around it.
    """
    return Locator().locate(diagnostics, sources)


Excerpt = Callable[[str, Iterable[Key]], str | None]
"""Returns a file's text with blank lines for what no such key is in, where that can be said."""


class Locator:
    """Locates diagnostics again and again, anew where the text of a file that they name changed.

    So what stands for long costs neither time nor the memory of tree-sitter.
    """

    def __init__(self) -> None:
        self._texts: Mapping[str, str] = {}
        self._located: Mapping[Diagnostic, Diagnostic] = {}

    def locate(
        self,
        diagnostics: Iterable[Diagnostic],
        sources: Mapping[str, str],
        excerpt: Excerpt = lambda _file, _keys: None,
    ) -> tuple[Diagnostic, ...]:
        """Return what ``locate`` returns; only what ``excerpt`` leaves is looked through."""
        found = [each.at_import for each in diagnostics]
        same = {file for file, text in self._texts.items() if sources.get(file) == text}
        known = {each: known for each in found if (known := self._known(each, same))}
        new = [each for each in found if each not in known]
        new_located = _located_in(new, sources, excerpt)
        self._located = {**known, **dict(zip(new, new_located, strict=True))}
        named = {file for each in found for file in _files(each)}
        self._texts = {file: text for file, text in sources.items() if file in named}
        order = {file: number for number, file in enumerate(sources)} if found else {}
        located = dict.fromkeys(map(self._located.__getitem__, found))
        return tuple(sorted(located, key=lambda each: _rank(each, order)))

    def _known(self, diagnostic: Diagnostic, same: set[str]) -> Diagnostic | None:
        known = self._located.get(diagnostic)
        return known if known and same.issuperset(_files(diagnostic)) else None


def _files(diagnostic: Diagnostic) -> set[str]:
    return {place.file for place in _places(diagnostic)}


def _places(diagnostic: Diagnostic) -> list[Place]:
    places = [*(note.place for note in diagnostic.notes), diagnostic.place]
    return [place for place in places if place]


def _located_in(
    diagnostics: list[Diagnostic], sources: Mapping[str, str], excerpt: Excerpt
) -> list[Diagnostic]:
    indexes: dict[str, _Index] = {}
    keys: dict[str, set[Key]] = {}
    for place in chain.from_iterable(map(_places, diagnostics)):
        keys.setdefault(place.file, set()).add(place.key)

    def found(place: Place) -> Position | None:
        if place.file not in sources:
            return None
        if place.file not in indexes:
            text = excerpt(place.file, keys[place.file]) or sources[place.file]
            indexes[place.file] = _Index(text)
        return indexes[place.file].position(place.key)

    return [_located(diagnostic, found) for diagnostic in diagnostics]


def _located(diagnostic: Diagnostic, found: Callable[[Place], Position | None]) -> Diagnostic:
    notes = tuple(
        note if note.position else replace(note, position=found(note.place))
        for note in diagnostic.notes
    )
    position = diagnostic.position
    if position is None and diagnostic.place is not None:
        position = found(diagnostic.place)
    return replace(diagnostic, position=position, notes=notes)


def _rank(diagnostic: Diagnostic, order: Mapping[str, int]) -> tuple[int, str, int, int]:
    """Sort what has no place after all that has one, and unknown files after known ones."""
    place, position = diagnostic.place, diagnostic.position or Position(0, 0)
    if place is None:
        return len(order) + 1, "", 0, 0
    return order.get(place.file, len(order)), place.file, position.line, position.column


def syntax_tree(text: str) -> "Node":
    """Return the root of tree-sitter's tree of a TOML text; it has one for broken text, too."""
    import tree_sitter  # noqa: PLC0415 - 19 ms, and most runs report nothing
    import tree_sitter_toml  # noqa: PLC0415 - as above

    language = tree_sitter.Language(tree_sitter_toml.language())
    return tree_sitter.Parser(language).parse(text.encode()).root_node


def position_of(lines: list[bytes], row: int, column: int) -> Position:
    """Turn tree-sitter's row and byte column, both from 0, into a position."""
    return Position(row + 1, len(lines[row][:column].decode(errors="replace")) + 1)


@dataclass(slots=True)
class _Entry:
    """A key or list element of a file: where it starts (row, byte column), and what is inside."""

    row: int
    column: int
    explicit: bool = False
    of_tables: bool = False
    children: dict[str | int, "_Entry"] = field(default_factory=dict)

    def child(self, key: str | int, node: "Node", *, explicit: bool) -> "_Entry":
        """Return an entry inside, made or moved where this mention of it tells more."""
        entry = self.children.get(key)
        if entry is None:
            entry = self.children[key] = _Entry(*node.start_point, explicit=explicit)
        elif explicit and not entry.explicit:
            entry.row, entry.column = node.start_point
            entry.explicit = True
        return entry

    def newest(self) -> "_Entry":
        """Return the last element of an array of tables, which later headers mean; else itself."""
        return self.children[len(self.children) - 1] if self.of_tables else self


class _Index:
    """The entries of one file by key."""

    def __init__(self, text: str) -> None:
        self._lines = text.encode().split(b"\n")
        self._root = _Entry(0, 0)
        self._waiting: list[tuple[_Entry, Node]] = []
        for node in syntax_tree(text).named_children:
            self._add_statement(node)
        while self._waiting:
            self._add_value(*self._waiting.pop())

    def position(self, key: Key) -> Position:
        """Return where a key stands, or else the nearest key around it that stands somewhere."""
        entry = self._root
        for part in key:
            if part not in entry.children:
                break
            entry = entry.children[part]
        return position_of(self._lines, entry.row, entry.column)

    def _add_statement(self, node: "Node") -> None:
        if node.type == "pair":
            self._add_pair(self._root, node)
        elif node.type in {"table", "table_array_element"}:
            self._add_table(node)

    def _add_table(self, node: "Node") -> None:
        header, *rest = node.named_children or [node]
        if header.type not in _KEYS:
            return
        *parents, (last, last_node) = _parts(header)
        around = self._root
        for part, part_node in parents:
            around = around.child(part, part_node, explicit=False).newest()
        table = around.child(last, last_node, explicit=True)
        if node.type == "table_array_element":
            table.of_tables = True
            table = table.child(len(table.children), last_node, explicit=True)
        for pair in rest:
            if pair.type == "pair":
                self._add_pair(table, pair)

    def _add_pair(self, around: _Entry, node: "Node") -> None:
        inside = [child for child in node.named_children if child.type != "comment"]
        if not inside or inside[0].type not in _KEYS:
            return
        *parents, (last, last_node) = _parts(inside[0])
        for part, part_node in parents:
            around = around.child(part, part_node, explicit=False)
        entry = around.child(last, last_node, explicit=True)
        if inside[-1].type in {"array", "inline_table"}:
            self._waiting.append((entry, inside[-1]))

    def _add_value(self, entry: _Entry, node: "Node") -> None:
        inside = [child for child in node.named_children if child.type != "comment"]
        if node.type == "inline_table":
            for pair in inside:
                self._add_pair(entry, pair)
            return
        for number, element in enumerate(inside):
            place = entry.child(number, element, explicit=True)
            if element.type in {"array", "inline_table"}:
                self._waiting.append((place, element))


def _parts(key: "Node") -> list[tuple[str, "Node"]]:
    """Return the parts of a key in order with their nodes; dotted keys nest to the left."""
    parts = list(_parts_backwards(key))
    parts.reverse()
    return parts


def _parts_backwards(key: "Node") -> Iterator[tuple[str, "Node"]]:
    while key.type == "dotted_key":
        key, last = key.named_children[0], key.named_children[-1]
        yield _unquoted(last), last
    yield _unquoted(key), key


def _unquoted(node: "Node") -> str:
    text = (node.text or b"").decode()
    if node.type != "quoted_key":
        return text
    if text.startswith("'") or "\\" not in text:
        return text[1:-1]
    return _unescaped(text)


def _unescaped(quoted: str) -> str:
    try:
        return str(tomllib.loads(f"key = {quoted}")["key"])
    except tomllib.TOMLDecodeError:  # in a file that does not parse anyway
        return quoted[1:-1]
