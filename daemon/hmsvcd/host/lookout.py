"""The thread of the watcher: asks for events, and now and then compares how places look.

The latter since events get lost (a queue that overflows, a folder around that is renamed) and do
not come from everywhere (network file systems, more folders than the system watches).
"""

import os
import re
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from queue import Empty, SimpleQueue

from hmsvcd.host.inotify import Inotify, InotifyError
from hmsvcd.host.mounts import Mounts, mounted
from hmsvcd.host.places import Picture, Places


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the watcher does what, in seconds of the monotonic clock.

    It asks for events every ``quiet``, and every ``quick`` for ``quick_for`` after one. It waits
    until no more come, but ``gather`` at most. What the folder of an event holds it takes in
    ``relist`` later: what is made of the event is neither to wait for that, nor to share a CPU
    with it. It compares how places look every ``compare``, or every ``poll`` where events do not
    come by themselves; there it tries anew, first after ``poll``, then ever less often, but at
    least every ``retry``.
    """

    quiet: float = 0.12
    quick: float = 0.002
    quick_for: float = 10.0
    gather: float = 0.1
    relist: float = 0.1
    compare: float = 10.0
    poll: float = 2.0
    retry: float = 60.0


class Change(IntEnum):
    """Where something may have changed: not in the trees of the places, or anywhere."""

    NOWHERE = 0
    OUTSIDE_TREES = 1
    ANYWHERE = 2


SHARE_WITH_EVENTS = 1 / 2000
SHARE_WITHOUT = 1 / 500
"""The share of a CPU that comparing takes at most: many files are compared less often."""


class Lookout:
    """The thread: takes ``orders`` (None: end), and tells of changes."""

    def __init__(self, pace: Pace, silent: re.Pattern[str]) -> None:
        self.orders: SimpleQueue[Places | None] = SimpleQueue()
        self.problem: str | None = None
        self._pace = pace
        self._silent = silent
        self._places = Places()
        self._picture = Picture(self._places)
        self._watched = self._picture
        self._inotify: Inotify | None = None
        self._unlisted: set[str] = set()
        self._is_unsure = False
        self._retry_after = pace.poll
        now = time.monotonic()
        self._compare_at = now + pace.compare
        self._retry_at = self._quick_until = self._relist_at = now

    def run(self, tell: Callable[[Change], None]) -> None:
        """Look out until the order to end; ``tell`` is called after each change."""
        try:
            while (order := self._next_order()) is not None:
                if change := self._may_have_changed(order):
                    tell(change)
        finally:
            if self._inotify is not None:
                self._inotify.close()

    def _next_order(self) -> Places | None:
        """Return the latest order when it is time to look, or as soon as it comes."""
        order: Places | None = self._places
        with suppress(Empty):
            order = self.orders.get(timeout=self._rest())
            while order is not None:
                order = self.orders.get_nowait()
        return order

    def _rest(self) -> float:
        now = time.monotonic()
        rest = max(self._compare_at - now, 0.001)
        if self._inotify is None:
            return rest
        return min(rest, self._pace.quick if now < self._quick_until else self._pace.quiet)

    def _may_have_changed(self, order: Places) -> Change:
        """Say what to tell; where looking itself fails, that is all to do, every poll."""
        try:
            return self._has_changed(order)
        except Exception as error:  # noqa: BLE001 - a defect must not end the daemon
            self._watch_no_more(f"watching failed with {type(error).__name__} at {_line(error)}")
            self._compare_at = self._retry_at = time.monotonic() + self._pace.poll
            return Change.ANYWHERE

    def _watch_no_more(self, reason: str) -> None:
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None
        self._settle(reason)

    def _has_changed(self, order: Places) -> Change:
        if order is not self._places and order != self._places:
            new = order - self._places
            self._places = order
            return Change.ANYWHERE if self._compare() or new else Change.NOWHERE
        events = self._concerned()
        if events:
            return self._take_in(events)
        if self._unlisted and time.monotonic() >= self._relist_at:
            self._relist()
        is_due = time.monotonic() >= self._compare_at
        return Change.ANYWHERE if is_due and self._compare_unasked() else Change.NOWHERE

    def _concerned(self) -> set[str]:
        """Return the paths that matter of the events that have come."""
        if self._inotify is None:
            return set()
        try:
            return self._picture.concerned(self._inotify.take())
        except InotifyError as error:
            self._watch_no_more(str(error))
            self._compare_at = time.monotonic()
            return set()

    def _settle(self, reason: str | None) -> None:
        """Say why events do not come by themselves, and when to try again; None: they do."""
        if reason is None:
            self.problem = None
            self._retry_after = self._pace.poll
            return
        self.problem = f"{reason}; changes are looked for every {self._pace.poll:g} s"
        self._retry_at = time.monotonic() + self._retry_after
        self._retry_after = min(2 * self._retry_after, self._pace.retry)

    def _take_in(self, events: set[str]) -> Change:
        end = time.monotonic() + self._pace.gather
        more = events
        while more and time.monotonic() < end:
            time.sleep(self._pace.quick)
            more = self._concerned()
            events |= more
        self._quick_until = time.monotonic() + self._pace.quick_for
        is_outside = not any(map(self._picture.is_in_tree, events))
        if not self._unlisted:
            self._relist_at = time.monotonic() + self._pace.relist
        self._unlisted |= events
        if self._picture.look_at_names(events):
            self._compare(is_suspect=True)
            return Change.ANYWHERE
        return Change.OUTSIDE_TREES if is_outside else Change.ANYWHERE

    def _relist(self) -> None:
        """Take in what the folders of events hold; of what has changed since, more events come."""
        self._picture.list_again(self._unlisted)
        self._unlisted.clear()

    def _compare_unasked(self) -> bool:
        """Compare since it is time; what no event told of makes the watch suspect.

        It is told of once more the next time: a second change in the same tick of a file system's
        clock leaves no trace.
        """
        was_unsure, self._is_unsure = self._is_unsure, False
        is_retry = self.problem is not None and time.monotonic() >= self._retry_at
        if not self._compare(is_suspect=is_retry):
            return was_unsure
        self._is_unsure = True
        if self.problem is None and not is_retry:  # that has just watched anew
            self._compare(is_suspect=True)
        return True

    def _compare(self, *, is_suspect: bool = False) -> bool:
        """Say whether places look otherwise than before; watch anew if need be, or if suspect."""
        self._relist()
        before, came_late = self._picture, False
        self._look()
        if is_suspect or not self._picture.is_watched_like(self._watched):
            came_late = self._watch(before)
            self._look()
        changed = came_late or self._picture.differs(before)
        self._is_unsure |= changed and self.problem is not None
        return changed

    def _look(self) -> None:
        """Look at all places, and say when to do so again."""
        started = time.thread_time()
        self._picture = Picture(self._places)
        took = time.thread_time() - started
        if not self._picture.is_watched_like(self._watched):
            pause = 0.0  # perhaps a folder went before it was watched
        elif self.problem is None:
            pause = max(self._pace.compare, took / SHARE_WITH_EVENTS)
        else:
            pause = max(self._pace.poll, took / SHARE_WITHOUT)
        self._compare_at = time.monotonic() + pause

    def _watch(self, before: Picture) -> bool:
        """Watch the folders of the picture; say whether an event came before that stood."""
        former, self._inotify = self._inotify, None
        self._watched = self._picture
        folders, reason = self._watchable()
        try:
            self._inotify = Inotify(folders) if folders else None
        except InotifyError as error:
            reason = str(error)  # perhaps only while the former one counts against a limit
        self._settle(reason)
        if former is None:
            return False
        try:
            return bool(before.concerned(former.take()))
        except InotifyError:
            return True
        finally:
            former.close()

    def _watchable(self) -> tuple[list[str], str | None]:
        """Return the folders that tell of all changes, and why one that matters does not."""
        mounts = mounted(self._silent)
        blind = {folder: _why_blind(folder, mounts) for folder in self._picture.folders}
        reason = next(filter(None, blind.values()), None)
        blind |= {folder: _why_blind(folder, mounts) for folder in self._picture.around}
        return [folder for folder, why in blind.items() if why is None], reason


def _line(error: Exception) -> str:
    """Return where an error was raised; what it says may quote what is declared."""
    [frame] = traceback.extract_tb(error.__traceback__, limit=-1)
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a string


def _why_blind(folder: str, mounts: Mounts) -> str | None:
    """Say why inotify does not tell of all changes in a folder."""
    silent = mounts.silent(folder)
    if silent is not None:
        return f"{folder} is on {silent}, which does not tell of changes that others make"
    if not os.access(folder, os.R_OK):
        return f"{folder} cannot be read"
    try:
        folder.encode()
    except UnicodeEncodeError:
        return f"the path {folder!r} is not UTF-8"
    return None
