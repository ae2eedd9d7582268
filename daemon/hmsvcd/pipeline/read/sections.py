"""Parse a file again after an edit: only the tables that the edit changed.

A file is cut before its headers, and what stands under one service is parsed by itself. That a
cut is right shows in what stands before it: a text that breaks off within a string or an array is
no TOML, so a text that is TOML ends where a statement ends. And TOML judges a table by what is
said of it and of the tables around it; so where no cut-out table is said to be, or to be part of,
another one, the trees of all of them make up the tree of the file. Wherever this does not hold,
the file is parsed as a whole.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from hmsvcd.model.diagnostic import Diagnostic, Key
from hmsvcd.model.document import Document, SourceText
from hmsvcd.pipeline.read.parse import deepest, parse

Tree = dict[str, Any]
Keys = tuple[str, ...]
Parsed = Document | tuple[Diagnostic, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\\\n]*"|'[^'\n]*')"""
_HEADER = re.compile(rf"\n\[[ \t]*({_KEY})[ \t]*(?:\.[ \t]*({_KEY})[ \t]*)?[.\]]")
"""The beginning of a table's header, with the first keys of its name, two if it has them."""


class _InseparableError(Exception):
    """A text that has to be parsed as a whole."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A file as it was parsed last; ``trees`` are those of its pieces, by their text."""

    text: str = ""
    parsed: Parsed = ()
    trees: Mapping[str, Tree] = field(default_factory=dict)


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
        if not isinstance(known.parsed, Document) or not known.trees:
            return None
        pieces = list(_pieces(known.text, known.trees))
        tables = {table for table, _ in pieces}
        wanted = [tables & {key[:1], key[:2]} for key in keys if key]
        if not all(wanted):
            return None
        shown = {(), *chain.from_iterable(wanted)}
        lines = (text if table in shown else "\n" * text.count("\n") for table, text in pieces)
        return "".join(lines).removeprefix("\n")

    def _look_at(self, source: SourceText) -> _Known:
        before = self._known.get(source.file, _Known())
        if before.parsed and before.text == source.text:
            return before
        try:
            tree, trees = _put_together(source.text, before.trees)
        except (_InseparableError, ValueError, RecursionError):
            parsed = parse(source)
            known = {} if isinstance(parsed, Document) else before.trees
            return _Known(source.text, parsed, known)
        return _Known(source.text, Document(source.file, tree), trees)


def _put_together(text: str, known: Mapping[str, Tree]) -> tuple[Tree, dict[str, Tree]]:
    """Return the tree of a file, and the trees of its pieces, as far as possible from those known.

    Raises ``_InseparableError``, or what tomllib raises, where the pieces do not make up the file.
    """
    trees: dict[str, Tree] = {}
    said: dict[Keys, list[str]] = {}
    for keys, piece in _pieces(text, known):
        trees[piece] = known.get(piece) or _parsed(piece)
        said.setdefault(keys, []).append(piece)
    whole: Tree = {}
    around: dict[str, Tree] = {}
    for keys, pieces in said.items():
        table = pieces[0] if len(pieces) == 1 else "".join(pieces)
        if table not in trees:
            trees[table] = known.get(table) or _parsed(table)
        _put(whole, around, keys, trees[table])
    return whole, trees


def _pieces(text: str, known: Mapping[str, Tree]) -> Iterator[tuple[Keys, str]]:
    """Yield what stands before the first header, and from each one on, with the keys it begins by.

    What looks like a header within a long string is none.
    """
    begun = f"\n{text}"
    start = 0
    keys: Keys = ()
    for found in _HEADER.finditer(begun):
        end = found.start() + 1
        piece = begun[start:end]
        if piece in known or not _is_open(piece):
            yield keys, piece
            start, keys = end, _keys(found)
    yield keys, begun[start:]


def _keys(header: re.Match[str]) -> Keys:
    first, second = header.groups()
    return (_unquoted(first), _unquoted(second)) if second else (_unquoted(first),)


def _unquoted(key: str) -> str:
    return key[1:-1] if key[0] in "\"'" else key


def _is_open(piece: str) -> bool:
    """Say whether a text seems to break off within a long string; if wrongly, that is but slow."""
    return piece.count('"""') % 2 == 1 or piece.count("'''") % 2 == 1


def _parsed(piece: str) -> Tree:
    tree = tomllib.loads(piece)
    if deepest(tree) is not None:
        raise _InseparableError
    return tree


def _put(whole: Tree, around: dict[str, Tree], keys: Keys, tree: Tree) -> None:
    """Put a cut-out table into the tree of the file, if nothing else has a say in it.

    ``around`` holds those tables of the file that are there only to hold cut-out ones.
    """
    if not keys:
        whole |= tree
        return
    first = keys[0]
    if len(tree) > 1 or first not in tree:  # it says more than its header announced
        raise _InseparableError
    if first in whole and (len(keys) == 1 or first not in around):
        raise _InseparableError
    if len(keys) == 1:
        whole[first] = tree[first]
        return
    if len(tree[first]) > 1 or keys[1] not in tree[first]:
        raise _InseparableError
    if first not in around:
        whole[first] = around[first] = {}
    around[first][keys[1]] = tree[first][keys[1]]
