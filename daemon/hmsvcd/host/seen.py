"""What was read is kept for as long as the files and folders that it was read from are the same.

Each has a stamp: what stat(2) says of its identity, kind, size and times. A folder's stamp changes
with every name that is made, removed or renamed in it, also over another name, so it stands for
the folder's listing and for where the links in it point to, not for what is in its files.

One stamp may stand for two contents: the kernel takes a file's times from a clock that ticks at
least 100 times a second, and what is written twice within a tick ends with the stamp of the first
time. So a stamp counts only once its last change is well past when it is taken: what is read
sooner is not kept, and read again the next time. (What is written through a shared mapping can
keep its stamp for longer, here as for git and make.)
"""

import os
from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Generic, TypeVar

from hmsvcd.host import clock

T = TypeVar("T")

Stamp = tuple[int, ...]

TICK = 50_000_000
"""Nanoseconds after which a change has a later stamp than the one before: five slow ticks."""

COARSE_TICK = 2_000_000_000 + TICK
"""The same where times are whole seconds: some file systems keep no fraction, FAT every other."""

_SECOND = 1_000_000_000
_stamp: Callable[[os.stat_result], Stamp] = attrgetter(
    "st_dev", "st_ino", "st_mode", "st_size", "st_mtime_ns", "st_ctime_ns"
)


class Stamps:
    """The stamps of all that a value is read from, each taken just before that is read."""

    __slots__ = ("are_past", "taken")

    def __init__(self) -> None:
        self.taken: list[tuple[Callable[[str], os.stat_result], str, Stamp | None]] = []
        self.are_past = True

    def take(self, path: str, *, follow: bool = False) -> Stamp | None:
        """Take and return the stamp of a path, of what a link there leads to with ``follow``.

        It is None where nothing can be seen, which is as good as any other.
        """
        look = os.stat if follow else os.lstat
        now = clock.now() * 1_000
        stamp = _look(look, path)
        if stamp is not None and not is_past(stamp[-1], now):
            self.are_past = False
        self.taken.append((look, path, stamp))
        return stamp

    def are_same(self) -> bool:
        """Say whether every path would get the same stamp now."""
        try:
            for look, path, stamp in self.taken:
                if _stamp(look(path)) != stamp:
                    return False
        except OSError:  # which a stamp of None expects
            return all(_look(look, path) == stamp for look, path, stamp in self.taken)
        return True


class Seen(Generic[T]):
    """Values by what they were asked for; None is no value.

    It holds as many as there are keys; ``retain`` lets go of those that nobody asks for any more.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Stamps, T]] = {}

    def get(self, key: str) -> T | None:
        """Return what was kept, None where that is nothing or may have changed meanwhile."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0].are_same() else None

    def keep(self, key: str, value: T, stamps: Stamps) -> T:
        """Keep what was read after these stamps, where they count, and return it."""
        if stamps.are_past:
            self._kept[key] = (stamps, value)
        else:
            self._kept.pop(key, None)
        return value

    def retain(self, keys: Collection[str]) -> None:
        """Forget all others."""
        if not self._kept.keys() <= set(keys):
            self._kept = {key: kept for key, kept in self._kept.items() if key in keys}


def _look(look: Callable[[str], os.stat_result], path: str) -> Stamp | None:
    """Return the stamp of a path, None where nothing can be seen."""
    try:
        return _stamp(look(path))
    except OSError:
        return None


def is_past(changed: int, now: int) -> bool:
    """Say whether the next change will have a later stamp; both in nanoseconds of the epoch.

    What was changed in the future is not past, so a clock that was set back does no harm.
    """
    return now - changed > (TICK if changed % _SECOND else COARSE_TICK)
