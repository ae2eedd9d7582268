"""The watcher: says that something may have changed in places, and nothing more.

Events only hint: whoever is told reads everything again. A thread looks out (``host.lookout``),
and all that can block, on a network file system that hangs, blocks that thread alone.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self

from hmsvcd.host.lookout import Change, Lookout, Pace
from hmsvcd.host.mounts import SILENT
from hmsvcd.host.places import Places

__all__ = ["Change", "Pace", "Places", "Watcher"]


class Watcher:
    """Watches places from ``look_at`` to the end of its block.

    ``silent`` are types of file systems where changes are looked for (proc_pid_mountinfo(5)).
    """

    def __init__(self, pace: Pace | None = None, silent: re.Pattern[str] = SILENT) -> None:
        self._lookout = Lookout(pace or Pace(), silent)
        self._changed = asyncio.Event()
        self._change = Change.NOWHERE
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watch")
        self._running: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()

        def tell(change: Change) -> None:
            with suppress(RuntimeError):  # a loop that is closed needs to know no more
                loop.call_soon_threadsafe(self._note, change)

        self._running = loop.run_in_executor(self._thread, self._lookout.run, tell)
        self._running.add_done_callback(lambda _: self._note(Change.ANYWHERE))
        return self

    def _note(self, change: Change) -> None:
        self._change = max(self._change, change)
        self._changed.set()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lookout.orders.put(None)
        try:
            if self._running is not None:
                await asyncio.wait([self._running])
        finally:
            self._thread.shutdown(wait=False)

    def look_at(self, places: Places) -> None:
        """Watch these places from now on; those that were not watched count as changed, once.

        The same places again cost nothing.
        """
        self._lookout.orders.put(places)

    async def changed(self) -> Change:
        """Wait until something may have changed since this was last called, and say where."""
        await self._changed.wait()
        self._changed.clear()
        if self._running is not None and self._running.done():
            self._running.result()
        change, self._change = self._change, Change.NOWHERE
        return change

    @property
    def problem(self) -> str | None:
        """Why changes are looked for, since events do not come by themselves; None: they do."""
        return self._lookout.problem

    @property
    def watches(self) -> str:
        """``inotify``, or ``polling`` where there is a problem (``DaemonStatus.watches``)."""
        return "inotify" if self.problem is None else "polling"
