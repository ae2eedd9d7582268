"""The signals that ask this process to end, where it must not leave things half done."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from hmsvcd.errors import BrokenOffError

GRACE = 5.0
"""How many seconds after a signal its sender has to be patient."""

SHORT = 0.1
"""How many seconds a wait may last at least, even if something else is to be done."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOTHING_CHANGED = "the daemon ends: nothing was changed"


class Interruption:
    """What signals have asked for, or that there is something else to do; made by ``deferred``.

    ``is_waiting`` is set while a ``patience`` lasts.
    """

    def __init__(self, is_waiting: asyncio.Event | None = None) -> None:
        self._at: float | None = None
        self._waits: dict[asyncio.Timeout, float] = {}
        self._is_waiting = is_waiting or asyncio.Event()
        self._patient: set[asyncio.Timeout] = set()
        self._is_hurried = False

    @property
    def happened(self) -> bool:
        """Whether there was a signal."""
        return self._at is not None

    @asynccontextmanager
    async def wait(self, grace: float = GRACE) -> AsyncIterator[None]:
        """Raise TimeoutError in the block ``grace`` seconds after the signal, if one comes."""
        end = None if self._at is None else self._at + grace
        async with asyncio.timeout_at(end) as timeout:
            self._waits[timeout] = grace
            try:
                yield
            finally:
                del self._waits[timeout]

    @asynccontextmanager
    async def patience(self) -> AsyncIterator[None]:
        """Bound what goes on by itself as ``wait`` does; ``hurry`` ends it with TimeoutError."""
        async with self.wait(), asyncio.timeout(SHORT if self._is_hurried else None) as timeout:
            self._patient.add(timeout)
            self._is_waiting.set()
            try:
                yield
            finally:
                self._patient.discard(timeout)
                if not self._patient:
                    self._is_waiting.clear()

    def hurry(self) -> None:
        """Let nobody wait for what goes on by itself: there is something else to do."""
        self._is_hurried = True
        for timeout in self._patient:
            if not timeout.expired():
                timeout.reschedule(asyncio.get_running_loop().time())

    def happen(self) -> None:
        """Bound all waits: a signal has come."""
        self._at = asyncio.get_running_loop().time()
        for timeout, grace in self._waits.items():
            if not timeout.expired():
                timeout.reschedule(self._at + grace)


class Ending:
    """That a daemon is to end: at once while it waits, after its switch while one is under way.

    A second signal ends it at once. ``is_waiting`` is set while its switch waits for what goes on
    by itself.
    """

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.is_waiting = asyncio.Event()
        self._interruption: Interruption | None = None
        self._break_off: Callable[[], None] | None = None

    @asynccontextmanager
    async def listening(
        self, on_end: Callable[[], None], on_hangup: Callable[[], None] | None
    ) -> AsyncIterator[None]:
        """Take SIGTERM and SIGINT for the end, and have ``on_hangup`` called at each SIGHUP.

        Without it, the end of a terminal is the end here, too. ``on_end`` is called at the first
        signal; a second one ends the block with BrokenOffError.
        """
        loop = asyncio.get_running_loop()
        message = "interrupted: the next start finishes what was under way"
        async with _breakable(message) as break_off:

            def end() -> None:
                if self.requested.is_set():
                    break_off()
                else:
                    on_end()
                    self._request()

            handlers = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: on_hangup or end}
            for number, handler in handlers.items():
                loop.add_signal_handler(number, handler)
            try:
                yield
            finally:
                for number in handlers:
                    loop.remove_signal_handler(number)

    @asynccontextmanager
    async def breakable(self) -> AsyncIterator[None]:
        """End the block with BrokenOffError once the end is asked for.

        What is ``uninterrupted`` in it comes to its end.
        """
        async with _breakable(_NOTHING_CHANGED) as break_off:
            self._break_off = break_off
            try:
                if self.requested.is_set():
                    raise BrokenOffError(_NOTHING_CHANGED)
                yield
            finally:
                self._break_off = None

    @contextmanager
    def uninterrupted(self) -> Iterator[Interruption]:
        """Bring the block to its end, with bounded waits once the end is asked for.

        Raises BrokenOffError where it has been asked for already: nothing is begun then.
        """
        if self.requested.is_set():
            raise BrokenOffError(_NOTHING_CHANGED)
        self._interruption = Interruption(self.is_waiting)
        try:
            yield self._interruption
        finally:
            self._interruption = None

    def hurry(self) -> None:
        """Have the switch under way, if any, not wait for what goes on by itself."""
        if self._interruption is not None:
            self._interruption.hurry()

    def _request(self) -> None:
        self.requested.set()
        if self._interruption is not None:
            self._interruption.happen()
        elif self._break_off is not None:
            self._break_off()


@asynccontextmanager
async def _breakable(message: str) -> AsyncIterator[Callable[[], None]]:
    """Yield what ends the block, with BrokenOffError, from a callback of the event loop."""
    timeout = asyncio.timeout(None)

    def break_off() -> None:
        if not timeout.expired():
            timeout.reschedule(asyncio.get_running_loop().time())

    try:
        async with timeout:
            yield break_off
    except Exception:
        if not timeout.expired():
            raise
        raise BrokenOffError(message) from None


@contextmanager
def deferred() -> Iterator[Interruption]:
    """Let SIGINT, SIGTERM and SIGHUP not end the block, but bound its waits.

    A second signal does end it: BrokenOffError. A signal that is ignored stays so (nohup(1)).
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    interruption = Interruption()
    is_over = False

    def come() -> None:
        nonlocal is_over
        if interruption.happened and not is_over and task:
            is_over = True
            task.cancel()
        elif not interruption.happened:
            interruption.happen()

    caught = [each for each in _ENDING if signal.getsignal(each) is not signal.SIG_IGN]
    for each in caught:
        loop.add_signal_handler(each, come)
    try:
        yield interruption
    except asyncio.CancelledError:
        if not is_over or task is None:
            raise
        task.uncancel()
        raise BrokenOffError("interrupted: hmsvcd apply finishes the switch") from None
    finally:
        for each in caught:
            loop.remove_signal_handler(each)
