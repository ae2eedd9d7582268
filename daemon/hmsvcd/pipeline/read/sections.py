"""Parse a file again after an edit: only the tables that the edit changed.

What stands under one service is parsed by itself. TOML judges a table by what is said of it and of
the tables around it; so where no cut-out table is said to be, or to be part of, another one, the
trees of all of them make up the tree of the file. Wherever this does not hold, the file is parsed
as a whole.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from hmsvcd.model.diagnostic import Diagnostic, Key
from hmsvcd.model.document import Document, SourceText
from hmsvcd.pipeline.read.parse import deepest, parse
from hmsvcd.pipeline.read.pieces import Edit, Keys, Piece, edited

Tree = dict[str, Any]
Parsed = Document | tuple[Diagnostic, ...]


class _InseparableError(Exception):
    """A text that has to be parsed as a whole."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as it was parsed last.

    ``pieces`` make up its text, none where it was parsed as a whole; ``trees`` are what they say,
    by their text. ``is_simple``: no two pieces have the same keys.
    """

    text: str = ""
    parsed: Parsed = ()
    pieces: Sequence[Piece] = ()
    trees: Mapping[str, Tree] = field(default_factory=dict)
    is_simple: bool = False

    @property
    def tree(self) -> Mapping[str, Any]:
        """What the file says."""
        return self.parsed.tree if isinstance(self.parsed, Document) else {}


class Parser:
    """Parses the files of a declaration again and again, and only what has changed.

    Trees are shared by what is returned at different times: they must never be changed.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def parse(self, sources: Sequence[SourceText]) -> list[Parsed]:
        """Return for each file what ``read.parse.parse`` returns for it."""
        known = {source.file: self._look_at(source) for source in sources}
        self._known = known
        return [known[source.file].parsed for source in sources]

    def excerpt(self, file: str, keys: Iterable[Key]) -> str | None:
        """Return a file's text with blank lines for the tables that none of these keys is in.

        None where a key is in no table, or the file was not put together from its tables.
        """
        known = self._known.get(file, _Known())
        if not known.pieces:
            return None
        tables = {piece.keys for piece in known.pieces}
        wanted = [tables & {key[:1], key[:2]} for key in keys if key]
        if not all(wanted):
            return None
        shown = {(), *chain.from_iterable(wanted)}
        return "".join(
            piece.text if piece.keys in shown else "\n" * piece.text.count("\n")
            for piece in known.pieces
        )

    def _look_at(self, source: SourceText) -> _Known:
        before = self._known.get(source.file, _Known())
        if before.parsed and before.text == source.text:
            return before
        try:
            return _put_together(source, before)
        except (_InseparableError, ValueError, RecursionError):
            parsed = parse(source)
            trees = {} if isinstance(parsed, Document) else before.trees
            return _Known(source.text, parsed, trees=trees)


def _put_together(source: SourceText, before: _Known) -> _Known:
    """Parse a file, as far as possible from what is known of it.

    Raises ``_InseparableError``, or what tomllib raises, where the pieces do not make up the file.
    """
    edit = edited(before.text, before.pieces, source.text, before.trees)
    pieces = [*before.pieces[: edit.first], *edit.pieces, *before.pieces[edit.last :]]
    if _is_contained(edit, before):
        tree, trees = _exchanged(edit, before)
        return _Known(source.text, Document(source.file, tree), pieces, trees, is_simple=True)
    texts: dict[Keys, list[str]] = {}
    for piece in pieces:
        texts.setdefault(piece.keys, []).append(piece.text)
    tables = {keys: "".join(said) if len(said) > 1 else said[0] for keys, said in texts.items()}
    each = dict.fromkeys((*(piece.text for piece in pieces), *tables.values()))
    trees = {text: before.trees.get(text) or _parsed(text) for text in each}
    tree = _assembled({keys: trees[text] for keys, text in tables.items()})
    is_simple = len(tables) == len(pieces)
    return _Known(source.text, Document(source.file, tree), pieces, trees, is_simple)


def _is_contained(edit: Edit, before: _Known) -> bool:
    """Say whether an edit has changed what some tables say, and no table's keys."""
    gone = [piece.keys for piece in before.pieces[edit.first : edit.last]]
    return before.is_simple and all(gone) and gone == [piece.keys for piece in edit.pieces]


def _exchanged(edit: Edit, before: _Known) -> tuple[Tree, dict[str, Tree]]:
    """Return the tree of a file, and those of its pieces, after such an edit."""
    whole, trees = {**before.tree}, {**before.trees}
    for piece in before.pieces[edit.first : edit.last]:
        del trees[piece.text]
    for piece in edit.pieces:
        trees[piece.text] = tree = before.trees.get(piece.text) or _parsed(piece.text)
        first, *second = piece.keys
        content = _content(tree, piece.keys)
        whole[first] = {**whole[first], second[0]: content} if second else content
    return whole, trees


def _assembled(tables: Mapping[Keys, Tree]) -> Tree:
    """Return the tree of a file, if nothing but its tables has a say in each of them."""
    whole: Tree = {}
    around: dict[str, Tree] = {}  # those that are there only to hold cut-out ones
    for keys, tree in tables.items():
        if not keys:
            whole |= tree
            continue
        content, first = _content(tree, keys), keys[0]
        if first in whole and (len(keys) == 1 or first not in around):
            raise _InseparableError
        if len(keys) == 1:
            whole[first] = content
        else:
            if first not in around:
                whole[first] = around[first] = {}
            around[first][keys[1]] = content
    return whole


def _content(tree: Tree, keys: Keys) -> Any:
    """Return what a piece says, if that is no more than its header has announced."""
    content: Any = tree
    for key in keys:
        if len(content) > 1 or key not in content:
            raise _InseparableError
        content = content[key]
    return content


def _parsed(piece: str) -> Tree:
    tree = tomllib.loads(piece)
    if deepest(tree) is not None:
        raise _InseparableError
    return tree
