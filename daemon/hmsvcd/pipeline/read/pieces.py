"""Cut a file into pieces, each from one header of a table to the next.

After an edit only what lies around it is cut anew. That a cut is right shows in what stands before
it: a text that breaks off within a string or an array is no TOML, so a text that is TOML ends
where a statement ends.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

Keys = tuple[str, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\\\n]*"|'[^'\n]*')"""
_HEADER = re.compile(rf"\n\[[ \t]*({_KEY})[ \t]*(?:\.[ \t]*({_KEY})[ \t]*)?[.\]]")
"""The beginning of a table's header, with the first keys of its name, two if it has them."""


_STEP = 4096
"""Characters that are compared at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What begins with a header, and the first keys of that; none for what stands before all."""

    keys: Keys
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit did to the pieces of a text: those from ``first`` to ``last`` became these."""

    first: int
    last: int
    pieces: Sequence[Piece]


def edited(old: str, pieces: Sequence[Piece], new: str, known: Container[str] = ()) -> Edit:
    """Return what pieces of an old text have become in the new one, and cut that.

    ``known`` are texts that are known to be pieces.
    """
    starts = [0, *accumulate(len(piece.text) for piece in pieces)]
    shorter = min(len(old), len(new))
    same = _steps(shorter, lambda at: old[at : at + _STEP] == new[at : at + _STEP])
    first = max(0, bisect_right(starts, same) - 2)  # what follows a piece may belong to it now
    begin = starts[first]
    same = _steps(shorter - begin, lambda at: new.endswith(_before(old, at), 0, len(new) - at))
    last = bisect_left(starts, len(old) - same + 1, first)  # a header follows a line feed
    end = len(new) - (len(old) - starts[last]) if last < len(pieces) else len(new)
    return Edit(first, min(last, len(pieces)), list(_cut(new[begin:end], known)))


def _steps(limit: int, holds: Callable[[int], bool]) -> int:
    """Return for how many characters up to a limit something holds, in whole steps."""
    at = 0
    while at + _STEP <= limit and holds(at):
        at += _STEP
    return at


def _before(text: str, at: int) -> str:
    """Return the step of a text that ends so many characters before its end."""
    return text[len(text) - at - _STEP : len(text) - at]


def _cut(text: str, known: Container[str]) -> Iterator[Piece]:
    """Yield what stands before the first header, if anything, and what begins with each.

    What looks like a header within a long string is none.
    """
    start = 0
    keys: Keys = ()
    for found in _HEADER.finditer(f"\n{text}"):
        end = found.start()
        piece = text[start:end]
        if piece in known or not _is_open(piece):
            if piece:
                yield Piece(keys, piece)
            start, keys = end, _keys(found)
    if piece := text[start:]:
        yield Piece(keys, piece)


def _keys(header: re.Match[str]) -> Keys:
    first, second = header.groups()
    return (_unquoted(first), _unquoted(second)) if second else (_unquoted(first),)


def _unquoted(key: str) -> str:
    return key[1:-1] if key[0] in "\"'" else key


def _is_open(piece: str) -> bool:
    """Say whether a text seems to break off within a long string; if wrongly, that is but slow."""
    return piece.count('"""') % 2 == 1 or piece.count("'''") % 2 == 1
