"""Report units of ours that fail by themselves, or run again; they are not fought."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from hmsvcd.app.session import Session
from hmsvcd.app.tell.units import Units
from hmsvcd.app.worker import Worker
from hmsvcd.errors import CallError, HostError
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.unit import template_of
from hmsvcd.pipeline.failing import fails, is_over, is_suspect, may_fail, unsteady_for, why

PAUSE = 0.2
"""Seconds between two looks at the units, so that one that fails again and again costs little."""


async def follow_units(session: Session, worker: Worker, units: Units) -> None:
    """Tell of failures until cancelled; what a pass has done is told with the pass."""
    following = _Following(session, worker, units)
    async with session.manager.unit_changes(following.hint):
        while True:
            await following.step()


class _Following:
    def __init__(self, session: Session, worker: Worker, units: Units) -> None:
        self._session = session
        self._worker = worker
        self._told = units
        self._installed: Collection[str] = ()
        self._hints = set(self._read_installed())  # they may have failed before
        self._hinted = asyncio.Event()
        self._hinted.set()
        self._look_at: float | None = None
        self._hurried = asyncio.Event()

    def hint(self, unit: str, state: str) -> None:
        """Note that a unit may have changed, to a SubState where that is known.

        What has just failed is looked at without a pause: systemd may start it again within
        milliseconds, and to look every so often may meet it in between each time.
        """
        self._look_again(unit)
        if is_suspect(state) and unit not in self._told.failed:
            self._hurried.set()

    def _look_again(self, *units: str) -> None:
        self._hints.update(units)
        self._hinted.set()

    async def step(self) -> None:
        """Wait for changes, and look at the units of ours among them."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._look_at):
                await self._hinted.wait()
        await self._worker.idle.wait()
        self._hinted.clear()
        self._hurried.clear()
        hints, self._hints = self._hints, set()
        await self._look(self._ours(hints | self._told.failed))
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await self._hurried.wait()

    async def _look(self, units: set[str]) -> None:
        """Look at units, or once more after the pause where the manager does not answer."""
        self._told.failed &= units
        self._look_at = None
        try:
            await self._tell(units)
        except CallError:  # that says nothing of any of them
            self._look_again(*units)

    async def _tell(self, units: set[str]) -> None:
        """Look closely at those units about which there may be something to say."""
        told, manager = self._told, self._session.manager
        known = told.failed | told.starting | told.reloading
        brief = await manager.observe(units, closely=()) if units else Observed()
        close = [unit for unit in units if unit in known or may_fail(brief.unit(unit))]
        if not close:
            return
        seen = await manager.observe(close)
        if self._worker.is_working:  # perhaps that is its doing
            self._look_again(*close)
            return
        for unit in map(seen.unit, sorted(close)):
            if unit.name in told.reloading and unit.active_state == "active" and not unit.job:
                told.has_reloaded(unit.name, unit.reload_result)
            self._judge(unit, seen.now)

    def _judge(self, unit: ObservedUnit, now: int) -> None:
        told, name = self._told, unit.name
        steady_in = unsteady_for(unit, now)
        if fails(unit):
            if name not in told.failed:
                told.has_failed(name, why(unit))
        elif is_over(unit):
            told.forget(name)
        elif steady_in is None:
            return
        elif name in told.failed and steady_in:
            at = asyncio.get_running_loop().time() + steady_in / 1e6
            self._look_at = min(at, self._look_at or at)
        elif name in told.failed:
            told.has_recovered(name)
        elif name in told.starting:
            told.has_started(name)

    def _ours(self, units: set[str]) -> set[str]:
        ours = self._read_installed()
        return {unit for unit in units if unit in ours or template_of(unit) in ours}

    def _read_installed(self) -> Collection[str]:
        with suppress(HostError):  # which the next pass tells of
            current = self._session.disk.records.current()
            self._installed = current.generation.units if current else ()
        return self._installed
