"""Rows of cells, aligned without a table library: what a pipe gets is never cut."""

from collections.abc import Iterable, Sequence


def aligned(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return the rows with their cells padded to the widest of a column; the last one is not."""
    found = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*found, strict=True)]
    return [
        [*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1]]
        for row in found
    ]
