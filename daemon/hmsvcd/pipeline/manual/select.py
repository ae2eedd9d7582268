"""Which options of the manual somebody means who types a path, or the beginning of one."""

import re
from collections.abc import Mapping, Sequence

from hmsvcd.model.manual import Entry, Names, is_placeholder, label
from hmsvcd.pipeline.manual.entries import SERVICES
from hmsvcd.pipeline.suggest import suggestion

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|<[^<>]*>|[^.]+')
"""A part of a dotted path: quoted, a placeholder, or a word."""


def selected(entries: Sequence[Entry], prefix: str) -> list[Entry]:
    """Return the options at a path and below it.

    The path begins at the root, or in a service (``systemd.services``); else the name of a module
    is meant, or a path that begins anywhere (``serviceConfig``). Where any name may stand, any may
    be typed, and so may the options that are short for others.
    """
    typed = tuple(_unquoted(part) for part in _PART.findall(prefix))
    if not typed:
        return list(entries)
    short = {entry.path: entry.stands_for for entry in entries if entry.stands_for}
    wanted = [_in_full(typed, short), _in_full((*SERVICES, *typed), short)]
    found = [entry for entry in entries if any(_leads(path, entry.path) for path in wanted)]
    found = found or [entry for entry in entries if entry.module == prefix]
    return found or [
        entry for entry in entries if _holds(entry.path, typed) or prefix in entry.path
    ]


def completed(entries: Sequence[Entry], incomplete: str) -> list[str]:
    """Return the paths that begin so, in a service or at the root, and go one name further."""
    depth = incomplete.count(".") + 1
    paths = [entry.path for entry in entries]
    inside = [path[len(SERVICES) :] for path in paths if path[: len(SERVICES)] == SERVICES]
    known = {label(path[:depth]) for path in [*paths, *inside]}
    return sorted(path for path in known if path and path.startswith(incomplete))


def nearest(entries: Sequence[Entry], prefix: str) -> str:
    """Return a hint for a path that leads nowhere."""
    paths = [entry.path for entry in entries]
    inside = [path[len(SERVICES) :] for path in paths if path[: len(SERVICES)] == SERVICES]
    names = {part for path in paths for part in path if not is_placeholder(part)}
    known = {*names, *map(label, paths), *map(label, inside)}
    return suggestion(prefix, sorted(known - {""})) or "without a path, all options are shown"


def _unquoted(part: str) -> str:
    return part[1:-1].replace('\\"', '"') if part[0] in "\"'" else part


def _in_full(typed: Names, short: Mapping[Names, Names]) -> Names:
    for alias, target in short.items():
        if len(typed) > len(alias) and _leads(typed[: len(alias)], alias):
            return (*target, *typed[len(alias) :])
    return typed


def _leads(typed: Names, path: Names) -> bool:
    """Say whether a path begins with what was typed."""
    return len(typed) <= len(path) and all(map(_is_meant, typed, path))


def _is_meant(typed: str, part: str) -> bool:
    return typed == part or is_placeholder(part)


def _holds(path: Names, typed: Names) -> bool:
    """Say whether what was typed stands anywhere in a path, beginning with a name of an option."""
    starts = (at for at, part in enumerate(path) if part == typed[0])
    return any(_leads(typed, path[at:]) for at in starts)
