"""What the desktop shows, one notification at a time."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from hmsvcd.host.desktop import Desktop

_MOST_SHOWN = 5
"""How many lines one notification has."""


@dataclass(frozen=True, slots=True)
class _Notice:
    summary: str
    body: str


class Notices:
    """A queue of notifications, which takes them only while they are ``wanted``."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted
        self._queue: asyncio.Queue[_Notice | None] = asyncio.Queue()

    def show(self, summary: str, lines: Iterable[str]) -> None:
        """Have the first of these lines shown."""
        if self._wanted():
            self._queue.put_nowait(_Notice(summary, "\n".join(islice(lines, _MOST_SHOWN))))

    def clear(self) -> None:
        """Have what is shown taken away: it is mended."""
        self._queue.put_nowait(None)

    async def run(self, desktop: Desktop) -> None:
        """Show what is to be shown, for ever."""
        while True:
            notice = await self._queue.get()
            if notice is None:
                await desktop.clear()
            else:
                await desktop.tell(notice.summary, notice.body)
