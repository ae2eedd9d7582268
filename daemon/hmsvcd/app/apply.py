"""Bring the session to a declaration, or back to an earlier generation: one writer at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from hmsvcd.app.carry_out.fallback import one_further_back
from hmsvcd.app.carry_out.switch import Switch
from hmsvcd.app.gc import clean
from hmsvcd.app.load import Loaded
from hmsvcd.app.manifest import is_same
from hmsvcd.app.planning import Planned, plan_switch
from hmsvcd.app.ports import Progress
from hmsvcd.app.refusals import demand_none, refusals
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.target import (
    Target,
    brought_back,
    declared_digest,
    from_declaration,
    from_manifest,
)
from hmsvcd.errors import HostError, RefusedError
from hmsvcd.host.disk import Disk
from hmsvcd.host.lock import lock
from hmsvcd.model.diagnostic import error, warning
from hmsvcd.model.generation import Manifest
from hmsvcd.model.plan import Fallback, Outcome
from hmsvcd.pipeline.undoing import in_words

Read = Callable[[], Awaitable[Loaded]]

_HOW_TO_GO_ON = "edit the declaration, or type `hmsvcd apply` to try it again as it is"
_WHERE_ELSE = "hmsvcd generations lists all; hmsvcd rollback N brings back generation N"
_NOT_APPLIED = "an interrupted switch was finished; the declaration was not applied"


async def apply(
    session: Session, read: Read, request: Request, progress: Progress
) -> Outcome | None:
    """Bring the session to the declaration, which is read when nobody else is at work.

    Where it has errors, a switch that was cut off is finished all the same, and the outcome's
    ``problems`` say so; None where there was none. Raises RefusedError where something keeps it
    from being done and NoManagerError without a manager; nothing has been changed then.
    """
    async with alone(session, progress):
        loaded = await read()
        if loaded.rendering is not None:
            target = from_declaration(loaded, session.disk)
            return await switch_to(session, target, request, progress)
        return await finish_interrupted(session, request, progress)


async def finish_interrupted(
    session: Session, request: Request, progress: Progress
) -> Outcome | None:
    """Bring a switch that was cut off to its end, as the declaration cannot be used; else None."""
    pending = session.disk.pending.read()
    if pending is None:
        return None
    was = pending.target
    target = from_manifest(was, session.disk.store, was.cause, was.settings)
    outcome = await switch_to(session, target, replace(request, replace=True), progress)
    return replace(outcome, problems=(*outcome.problems, error(_NOT_APPLIED, None)))


async def rollback(
    session: Session, number: int | None, request: Request, progress: Progress
) -> Outcome:
    """Bring back a generation: the one of that number, or one further back than the current one.

    Raises RefusedError where there is no such generation.
    """
    async with alone(session, progress):
        manifest = _chosen(session.disk, number)
        target = _earlier(session.disk, manifest)
        outcome = await switch_to(session, target, request, progress)
        return replace(outcome, back_to=manifest.number)


@asynccontextmanager
async def alone(session: Session, progress: Progress) -> AsyncIterator[None]:
    """Be the one writer for the block."""
    _ = session.manager  # without one nothing is written, not even the lock

    def tell(holder: int | None) -> None:
        session.disk.installation.doubt()
        who = f"process {holder}" if holder else "another hmsvcd"
        progress.waiting(f"waiting for {who}, which is at work")

    async with lock(session.paths.lock, on_wait=tell):
        yield


async def switch_to(
    session: Session, target: Target, request: Request, progress: Progress
) -> Outcome:
    """Plan a switch and carry it out; the caller is ``alone``."""
    planned = await plan_allowed(session, target, request)
    return await carry_out(session, planned, request, progress)


async def plan_allowed(session: Session, target: Target, request: Request) -> Planned:
    """Plan a switch; raises RefusedError where it may not be carried out."""
    planned = await plan_switch(session, target, request)
    if planned.world is None and not _is_settled(planned):  # nothing differs but what is recorded
        planned = await plan_switch(session, target, replace(request, narrowly=False))
    demand_none(refusals(planned, session.paths, replace_declaration=request.replace))
    return planned


async def carry_out(
    session: Session, planned: Planned, request: Request, progress: Progress
) -> Outcome:
    """Carry out what ``plan_allowed`` has planned, if anything; the caller is ``alone``."""
    if planned.world is None or _is_settled(planned):
        current = planned.ground.current
        progress.planned(planned.plan)
        clean(session.disk)
        return Outcome(planned.plan, generation=current.number if current else None)
    switch = Switch(session, planned, planned.world, progress)
    outcome = await switch.carry_out(request)
    if switch.way_back is None:
        return outcome
    return await _go_back(session, outcome, request, progress)


async def _go_back(
    session: Session, failed: Outcome, request: Request, progress: Progress
) -> Outcome:
    """Carry out the switch that ``pending`` says is under way: it undoes the one that failed."""
    pending = session.disk.pending.read()
    if pending is None or failed.generation is None or pending.back is None:
        raise HostError(f"{session.paths.pending} has been removed while a switch was under way")
    fallback = Fallback(failed.generation, pending.back, at=pending.target.created)
    if failed.interrupted:
        return replace(failed, fallback=replace(fallback, failure="interrupted"))
    progress.going_back(failed.results, fallback.to)
    request = replace(
        request, backup=None, adopt=frozenset(), replace=True, asked=False, narrowly=False
    )
    was = pending.target
    try:
        target = from_manifest(was, session.disk.store, was.cause, was.settings)
        reached = await switch_to(session, target, request, progress)
    except (HostError, RefusedError) as problem:
        fallback = replace(fallback, failure=problem.message)
        problems = (*failed.problems, error(problem.message, None, hint=problem.hint))
        return replace(failed, fallback=fallback, problems=problems)
    fallback = replace(fallback, plan=reached.plan, results=reached.results, undone=was.undone)
    told = [warning(in_words(was.undone), None, hint=_HOW_TO_GO_ON)] if was.undone else []
    warnings = (*failed.plan.warnings, *reached.plan.warnings, *told)
    return replace(
        failed,
        generation=reached.generation,
        problems=reached.problems,
        interrupted=reached.interrupted,
        fallback=fallback,
        plan=replace(failed.plan, warnings=warnings),
    )


def _is_settled(planned: Planned) -> bool:
    """Say whether everything is as it should be: then nothing is written at all."""
    current = planned.ground.current
    return (
        planned.plan.is_empty
        and not planned.damaged
        and planned.ground.pending is None
        and current is not None
        and is_same(current, planned.generation, planned.target)
    )


def _earlier(disk: Disk, wanted: Manifest) -> Target:
    """Return the target that brings back a generation."""
    pending = disk.pending.read()
    latest = pending.target if pending else disk.records.current()
    if latest is None:
        return from_manifest(wanted, disk.store, f"rollback to {wanted.number}", wanted.settings)
    # what was left first is still what the declaration says
    left = latest.left or (latest.written, declared_digest(latest.generation))
    # how hmsvcd works is not what is brought back
    return brought_back(wanted, disk.store, latest.settings, left, None)


def _chosen(disk: Disk, number: int | None) -> Manifest:
    records = disk.records
    wanted = number or one_further_back(records, disk.pending.read())
    if wanted is None:
        raise RefusedError("there is no earlier generation to go back to", _WHERE_ELSE)
    manifest = records.manifest(wanted)
    if manifest is None:
        raise RefusedError(f"there is no generation {wanted}", "hmsvcd generations lists them")
    return manifest
