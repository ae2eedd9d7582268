"""A daemon of the tests: what stands behind org.hmsvcd.Manager1 there."""

import asyncio
from collections.abc import Collection

from hmsvcd.host.control import Control, Properties

SHOWN = Properties(7, "settled", paused=False, version="1.2.3", declaration="/home/you/hmsvcd")


class StandIn:
    """Notes what it is asked, and answers what and when it is told to.

    ``begun``, ``ended`` and ``ordered`` are released for each request that begins, for each that
    ends, and for each pass that has its number.
    """

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.document = '{"version": 1}'
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.begun = asyncio.Semaphore(0)
        self.ended = asyncio.Semaphore(0)
        self.ordered = asyncio.Semaphore(0)
        self.passes = 0
        self.at_once = 0
        self.most_at_once = 0
        self.control: Control | None = None

    async def apply(
        self,
        backup: str | None,
        replace: bool,  # noqa: FBT001 - as it comes
        adopt: Collection[str],
    ) -> int:
        return await self._pass("apply", backup, replace, *adopt)

    async def reconcile(self) -> int:
        return await self._pass("reconcile")

    async def plan(self) -> str:
        await self._take("plan")
        return self.document

    async def status(self) -> str:
        await self._take("status")
        return self.document

    async def rollback(self, generation: int | None) -> int:
        return await self._pass("rollback", generation)

    async def pause(self) -> None:
        await self._take("pause")

    async def resume(self) -> None:
        await self._take("resume")

    async def _pass(self, *request: object) -> int:
        """Order a pass; with ``control`` it ends before its number is known to the caller."""
        await self._take(*request)
        self.passes += 1
        if self.control is not None:
            self.control.pass_finished(self.passes, self.document)
        self.ordered.release()
        return self.passes

    async def _take(self, *request: object) -> None:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        try:
            await self.may_answer.wait()
        finally:
            self.at_once -= 1
            self.ended.release()
        if self.error is not None:
            raise self.error
