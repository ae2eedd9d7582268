"""Look again after the jobs: a start that "succeeds" may fail a moment later."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from hmsvcd.app.session import Session
from hmsvcd.host.journal import Run, last_lines
from hmsvcd.host.signals import Interruption
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import STARTS, UnitResult
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.judge import judged

LOG_LINES = 10

_BACK = frozenset({"active", "reloading", "refreshing"})


async def stay_up(
    results: Sequence[UnitResult], settings: Settings, interruption: Interruption
) -> None:
    """Give what has been started ``settle`` seconds to fail, unless a signal says to hurry."""
    if any(result.action in STARTS and result.result == "done" for result in results):
        with suppress(TimeoutError):
            async with interruption.wait(grace=0):
                await asyncio.sleep(settings.settle)


async def look_again(
    session: Session,
    results: Sequence[UnitResult],
    others: Iterable[str],
    before: Observed,
    superseded: Collection[str],
) -> tuple[tuple[UnitResult, ...], Observed]:
    """Return the results as they are now, and how all stands.

    What failed then has the reason, where systemd says one. What is observed are the units of the
    results closely, with what they are bound to, and briefly the others. ``before`` is how all
    stood; ``superseded`` are the units of which a job was cancelled, and another one then ended.
    """
    acted = {result.unit for result in results}
    observed = await session.manager.observe(acted.union(others), closely=acted)
    bound = {name for unit in acted for name in observed.unit(unit).binds_to}
    if unknown := bound - observed.units.keys():
        further = await session.manager.observe(unknown, closely=())
        observed = replace(observed, units={**further.units, **observed.units})
    found = (
        judged(result, before.unit(result.unit), observed, superseded=result.unit in superseded)
        for result in results
    )
    return tuple(found), observed


async def read_logs(
    session: Session, results: Iterable[UnitResult], begun: int, until: int = 0
) -> tuple[UnitResult, ...]:
    """Return results, those of what failed with its last log lines since ``begun``.

    That is CLOCK_MONOTONIC. What has run from ``until`` on (microseconds of the epoch, 0 for now)
    is something else, such as what was brought back after that.
    """
    found = tuple(results)
    failed = {result.unit: result.process or 0 for result in found if result.failed}
    if not failed:
        return found
    observed = await session.manager.observe(failed)
    runs = (_run(observed.unit(unit), failed[unit], begun, until) for unit in failed)
    logs = await _logs(dict(zip(failed, runs, strict=True)), session.environment)
    return tuple(replace(result, log=logs.get(result.unit, ())) for result in found)


def _run(seen: ObservedUnit, process: int, begun: int, until: int) -> Run:
    if until or seen.active_state in _BACK:  # so it is another run that has failed
        return Run("", process, since=begun, asked=begun, until=until)
    return Run(seen.invocation, seen.last_main_pid, seen.main_start, begun)


async def _logs(
    runs: Mapping[str, Run], environ: Mapping[str, str]
) -> Mapping[str, tuple[str, ...]]:
    limit = asyncio.Semaphore(4)

    async def read(unit: str, run: Run) -> tuple[str, ...]:
        async with limit:
            return await last_lines(unit, environ, run=run, lines=LOG_LINES)

    async with asyncio.TaskGroup() as group:
        tasks = {unit: group.create_task(read(unit, run)) for unit, run in runs.items()}
    return {unit: task.result() for unit, task in tasks.items()}
