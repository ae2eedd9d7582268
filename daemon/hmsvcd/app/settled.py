"""Look again after the jobs: a start that "succeeds" may fail a moment later."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from hmsvcd.app.session import Session
from hmsvcd.host.journal import Run, last_lines
from hmsvcd.host.signals import Interruption
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import STARTS, UnitResult
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.failing import why

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
    session: Session, results: Sequence[UnitResult], others: Iterable[str]
) -> tuple[tuple[UnitResult, ...], Observed]:
    """Return the results as they are now, and how all stands.

    What failed then has the reason, where systemd says one. What is observed are the units of the
    results closely, and briefly the others.
    """
    acted = {result.unit for result in results}
    observed = await session.manager.observe(acted.union(others), closely=acted)
    return tuple(_judged(result, observed) for result in results), observed


async def read_logs(
    session: Session, results: Iterable[UnitResult], begun: int
) -> tuple[UnitResult, ...]:
    """Return results, those of what failed with its last log lines since ``begun``.

    That is CLOCK_MONOTONIC.
    """
    found = tuple(results)
    failed = {result.unit for result in found if result.failed}
    if not failed:
        return found
    observed = await session.manager.observe(failed)
    logs = await _logs(failed, session.environment, observed, begun)
    return tuple(replace(result, log=logs.get(result.unit, ())) for result in found)


def _judged(result: UnitResult, observed: Observed) -> UnitResult:
    unit = observed.unit(result.unit)
    if result.action not in STARTS or result.result not in {"done", "starting", "failed"}:
        return result
    if result.result == "starting" and unit.active_state == "active" and unit.job is None:
        return replace(result, result="done")
    if unit.active_state == "failed" or _loops(unit):
        return replace(result, result="failed", message=result.message or why(unit))
    if result.result == "done" and _was_skipped(unit):
        return replace(result, result="skipped", message="a condition of the unit does not hold")
    return result


def _loops(unit: ObservedUnit) -> bool:
    return unit.sub_state.startswith("auto-restart") and unit.result not in {"", "success"}


def _was_skipped(unit: ObservedUnit) -> bool:
    refused = not unit.condition_result and unit.condition_timestamp > 0
    return unit.active_state == "inactive" and (refused or unit.result == "exec-condition")


async def _logs(
    units: set[str], environ: Mapping[str, str], observed: Observed, begun: int
) -> Mapping[str, tuple[str, ...]]:
    names = sorted(units)
    limit = asyncio.Semaphore(4)

    async def read(unit: str) -> tuple[str, ...]:
        async with limit:
            seen = observed.unit(unit)
            run = Run(seen.invocation, seen.last_main_pid, seen.main_start, begun)
            if seen.active_state in _BACK:  # so it is another run that has failed
                run = Run("", asked=begun)
            return await last_lines(unit, environ, run=run, lines=LOG_LINES)

    async with asyncio.TaskGroup() as group:
        tasks = {unit: group.create_task(read(unit)) for unit in names}
    return {unit: task.result() for unit, task in tasks.items()}
