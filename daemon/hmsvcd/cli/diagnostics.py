"""Diagnostics as people and programs read them."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hmsvcd.model.diagnostic import Diagnostic, Place, Position

if TYPE_CHECKING:
    from rich.console import Console

TAB = 4
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, reorder text or show nothing."""


def show(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], console: "Console"
) -> None:
    """Print diagnostics: a line to search for, the excerpt with a caret, help, and further places.

    ``sources`` holds the text of each file by the name that places use. The first line is always
    ``file:line:column: error: key: message``.
    """
    from rich.text import Text  # noqa: PLC0415 - slow to import

    for diagnostic in diagnostics:
        colour = "red" if diagnostic.is_error else "yellow"
        first, *more = _harmless_lines(diagnostic.message)
        head = Text()
        head.append(_where(diagnostic.place, diagnostic.position), style="bold")
        head.append(f"{diagnostic.severity.value}: ", style=f"bold {colour}")
        if diagnostic.key:
            head.append(f"{harmless(diagnostic.key)}: ", style="bold")
        _print(console, head.append(first))
        for line in more:
            _print(console, Text(f"  {line}"))
        _print_excerpt(console, sources, diagnostic, colour)
        for note in diagnostic.notes:
            where = _where(note.place, note.position)
            _print(console, Text(f"  note: {where}{harmless(note.message)}", style="cyan"))
        for line in _harmless_lines(diagnostic.hint) if diagnostic.hint else ():
            _print(console, Text.assemble(("  help: ", "bold green"), line))


def counted(number: int, noun: str) -> str:
    """Return how many there are: ``1 error``, ``2 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def harmless(text: str) -> str:
    """Return a text in one line that no terminal obeys: control characters as their escapes."""
    return "".join(_shown(character) for character in text)


def _harmless_lines(text: str) -> list[str]:
    return [harmless(line) for line in text.split("\n")] or [""]


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode()


def _where(place: Place | None, position: Position | None) -> str:
    if place is None:
        return ""
    at = f"{position.line}:{position.column}:" if position else ""
    return f"{harmless(place.file)}:{at} "


def _print(console: "Console", text: Any) -> None:
    console.print(text, soft_wrap=True, highlight=False)


def _print_excerpt(
    console: "Console", sources: Mapping[str, str], diagnostic: Diagnostic, colour: str
) -> None:
    from rich.text import Text  # noqa: PLC0415 - slow to import

    if diagnostic.place is None or diagnostic.position is None:
        return
    lines = sources.get(diagnostic.place.file, "").split("\n")
    if diagnostic.position.line > len(lines):
        return
    number = str(diagnostic.position.line)
    line = lines[diagnostic.position.line - 1].removesuffix("\r")
    room = max(console.width - len(number) - len("    | "), 20)
    shown, caret = excerpt(line, diagnostic.position.column, room)
    margin = " " * len(number)
    _print(console, Text.assemble((f"  {number} | ", "dim"), shown))
    _print(console, Text.assemble((f"  {margin} | ", "dim"), " " * caret, ("^", f"bold {colour}")))


def excerpt(line: str, column: int, room: int) -> tuple[str, int]:
    """Return a line as shown in ``room`` cells, and how many cells stand before the caret.

    ``column`` counts code points from 1. Tabs become blanks, control characters escapes; of a
    longer line the surroundings of the caret are left, ``…`` standing for the rest.
    """
    from rich.cells import cell_len  # noqa: PLC0415 - slow to import

    pieces: list[str] = []
    starts = [0]
    for character in line:
        at = starts[-1]
        pieces.append(" " * (TAB - at % TAB) if character == "\t" else _shown(character))
        starts.append(at + cell_len(pieces[-1]))
    index = min(column - 1, len(pieces))
    if starts[-1] < room:
        return "".join(pieces), starts[index]
    first, last = _window(starts, index, room - 2)
    before, after = "…" if first else "", "…" if last < len(pieces) else ""
    caret = len(before) + starts[index] - starts[first]
    return before + "".join(pieces[first:last]) + after, caret


def _window(starts: list[int], index: int, room: int) -> tuple[int, int]:
    """Return which pieces to show: before the caret up to half the room, then as many as fit."""
    first = index
    while first and starts[index] - starts[first - 1] <= room // 2:
        first -= 1
    last = first
    while last + 1 < len(starts) and starts[last + 1] - starts[first] < room:
        last += 1
    return first, max(last, index)
