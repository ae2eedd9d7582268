"""The manual's table of contents: what there is at the top, with where to read on."""

from collections.abc import Iterable

from hmsvcd.model.manual import Entry, Names, label
from hmsvcd.pipeline.manual.entries import SERVICES


def overview(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Return the upper options of services and of all else, with the first sentence of each.

    The options of a module are one line.
    """
    found: dict[Names, str] = {}
    for entry in entries:
        depth = len(SERVICES) + 1 if entry.path[: len(SERVICES)] == SERVICES else 2
        path, is_whole = entry.path[:depth], len(entry.path) <= depth
        text = _first_sentence(entry.description) if is_whole else ""
        if entry.module and not is_whole:
            text = f"Options of the module `{entry.module}`."
        found.setdefault(path, text)
    return [(label(path), text) for path, text in found.items()]


def _first_sentence(text: str) -> str:
    return text.split("\n", 1)[0].split(". ", 1)[0].rstrip(".") + "."
