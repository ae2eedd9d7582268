"""The daemon's one worker: makes a pass at a time, whenever something may have changed.

An event says only that; each pass reads everything again. A pass ends settled, to be tried again
after a while, or stuck until something changes.
"""

import asyncio
from collections import deque
from contextlib import nullcontext
from dataclasses import replace

from hmsvcd.app.attempt import Attempts, Ended
from hmsvcd.app.ports import Listener
from hmsvcd.app.session import Session
from hmsvcd.app.wish import Event, Order, Wish
from hmsvcd.errors import BrokenOffError, BusGoneError
from hmsvcd.host import clock
from hmsvcd.host.garbage import left_until_later
from hmsvcd.host.signals import SHORT, Ending
from hmsvcd.model.daemon import DaemonState, Pass

LONGEST_WAIT = 60.0
"""Seconds between two tries at most."""

MOST_TRIES = 10
"""Tries of a job that does not come to run, six minutes in all: then something has to change."""


class Worker:
    """Makes passes; what is asked for comes first, what events ask for is one pass."""

    def __init__(self, attempts: Attempts, ending: Ending, listener: Listener) -> None:
        self.last: Pass | None = None
        self.started = clock.now()
        self.idle = asyncio.Event()
        self.idle.set()
        self._attempts = attempts
        self._ending = ending
        self._listener = listener
        self._wishes: deque[Wish] = deque()
        self._event: str | None = None
        self._wake = asyncio.Event()
        self._news = asyncio.Event()
        self._number = 0
        self._tries = 0
        self._due: float | None = None
        self._due_for = "retry"
        self._knows_all = False
        self._is_thorough = False

    @property
    def is_working(self) -> bool:
        """Whether a pass is under way."""
        return not self.idle.is_set()

    @property
    def next_try(self) -> int | None:
        """When a pass is made even if nothing happens, in microseconds of the epoch."""
        if self._due is None:
            return None
        return clock.now() + round((self._due - asyncio.get_running_loop().time()) * 1e6)

    def touch(self, cause: str, *, thoroughly: bool = False) -> None:
        """Have a pass made as of an event; ``thoroughly``: it looks at what is settled, too.

        Such a pass keeps its cause, whatever else happens before it is made.
        """
        if thoroughly or not self._is_thorough:
            self._event, self._is_thorough = cause, thoroughly
        self._news.set()
        self._wake.set()

    def ask(self, order: Order) -> int:
        """Have a pass made that somebody orders, also while paused; return its number.

        The same order that is still waiting is the same pass.
        """
        for waiting in self._wishes:
            if waiting.order == order:
                return waiting.number
        self._number += 1
        self._wishes.append(Wish(self._number, order))
        self._news.set()
        self._wake.set()
        return self._number

    def look(self) -> None:
        """Find out anew whether there is anything to do: somebody has paused, resumed or ended."""
        self._wake.set()

    async def run(self, session: Session) -> None:
        """Make passes until the end is asked for; raises BusGoneError when the manager goes."""
        self._knows_all = False  # others may have been at work
        while (wish := await self._next(session)) is not None:
            self.idle.clear()
            self._listener.begun(wish.cause)
            try:
                narrowly = self._knows_all and isinstance(wish.order, Event)
                with left_until_later() if narrowly else nullcontext():
                    async with self._ending.breakable():
                        ended = await self._attempts.make(session, wish, narrowly=narrowly)
            except BrokenOffError:
                return  # nothing has been begun, or the next start goes on with it
            finally:
                self.idle.set()
            if ended.refused:
                self._listener.refused(ended.made)
            else:
                self.last = self._judged(ended)
                self._listener.ended(self.last)

    async def hurry(self, session: Session) -> None:
        """For ever: have no pass wait for what goes on by itself while there is other work.

        Most events are the pass's own doing, and most passes are over soon: only where one waits
        for long, the declaration is read to know.
        """
        waits = self._ending.is_waiting
        while True:
            await self._news.wait()
            await waits.wait()
            await asyncio.sleep(SHORT)
            if not waits.is_set():
                continue
            self._news.clear()
            if self._wishes or await self._attempts.is_outdated(session):
                self._ending.hurry()

    async def _next(self, session: Session) -> Wish | None:
        """Wait for what is to be done; None for the end."""
        while not self._ending.requested.is_set():
            self._wake.clear()
            if session.manager.gone.is_set():
                raise BusGoneError("the connection to systemd --user has ended")
            if self._wishes:
                return self._wishes.popleft()
            is_paused = session.paths.paused.exists()
            loop = asyncio.get_running_loop()
            is_due = self._due is not None and self._due <= loop.time()
            if (self._event or is_due) and not is_paused:
                cause, self._event = self._event or self._due_for, None
                self._knows_all = self._knows_all and not self._is_thorough
                self._is_thorough = False
                self._number += 1
                return Wish(self._number, Event(cause))
            if self._event:
                self._listener.waits(self._event)
            try:
                async with asyncio.timeout_at(None if is_paused else self._due):
                    await self._wake.wait()
            except TimeoutError:
                continue
        return None

    def _judged(self, ended: Ended) -> Pass:
        """Decide when to look again even if nothing happens; what is given up is stuck."""
        end = ended.made.end
        self._knows_all = end is DaemonState.SETTLED
        self._tries = self._tries + 1 if end is DaemonState.RETRYING else 0
        waits = [] if ended.rests_in is None else [ended.rests_in]
        self._due_for = "rest" if waits else "retry"
        if end is DaemonState.RETRYING and (self._tries <= MOST_TRIES or not ended.made.outcome):
            waits.append(min(LONGEST_WAIT, 2.0 ** min(self._tries - 1, 6)))
        now = asyncio.get_running_loop().time()
        self._due = now + max(0.0, min(waits)) if waits else None
        given_up = end is DaemonState.RETRYING and not waits
        return replace(ended.made, end=DaemonState.STUCK) if given_up else ended.made
