"""The signals that ask this process to end, where it must not leave things half done."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from hmsvcd.errors import BrokenOffError

GRACE = 5.0
"""How many seconds after a signal its sender has to be patient."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """What signals have asked for; made by ``deferred``."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._waits: dict[asyncio.Timeout, float] = {}

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

    def happen(self) -> None:
        """Bound all waits: a signal has come."""
        self._at = asyncio.get_running_loop().time()
        for timeout, grace in self._waits.items():
            timeout.reschedule(self._at + grace)


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
