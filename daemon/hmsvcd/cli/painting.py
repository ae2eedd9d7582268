"""Coloured lines without rich, which takes longer to import than a status takes to fetch."""

import os
import sys
import unicodedata
from collections.abc import Iterable

import click

from hmsvcd.cli.diagnostics import TAB, harmless

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with its style: words of ``_CODES``, or nothing."""

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_DUMB = frozenset({"", "dumb", "unknown"})


def plain(text: str, style: str = "") -> Line:
    """Return a line in one style."""
    return ((text, style),)


def is_screen() -> bool:
    """Say whether standard output is a terminal that obeys control sequences."""
    return (
        sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM", "") not in _DUMB
    )


def is_coloured() -> bool:
    """Say whether colours are welcome on standard output: not with ``$NO_COLOR``."""
    return is_screen() and not os.environ.get("NO_COLOR")


def write_lines(lines: Iterable[Line]) -> None:
    """Write lines to standard output."""
    coloured = is_coloured()
    text = "".join(f"{painted(line, coloured=coloured)}\n" for line in lines)
    click.echo(text, nl=False, color=True)


def painted(line: Line, *, coloured: bool, width: int | None = None) -> str:
    """Return a line as it is written, cut to a width in cells with ``…`` for the rest.

    What it quotes of others is made harmless.
    """
    pieces = [(harmless(text.expandtabs(TAB)), style) for text, style in line]
    if width is not None and sum(_cells(text) for text, _ in pieces) > width:
        pieces = _cut(pieces, width - 1)
    if not coloured:
        return "".join(text for text, _ in pieces)
    return "".join(_coloured(text, style) for text, style in pieces)


def _coloured(text: str, style: str) -> str:
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def _cut(pieces: Iterable[tuple[str, str]], room: int) -> list[tuple[str, str]]:
    """Return as much of the pieces as there is room for, and ``…``."""
    kept: list[tuple[str, str]] = []
    for text, style in pieces:
        for at, character in enumerate(text):
            room -= _cells(character)
            if room < 0:
                return [*kept, (f"{text[:at]}…", style)]
        kept.append((text, style))
    return kept


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
