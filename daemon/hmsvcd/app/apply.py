"""Bring the session to a declaration, or back to an earlier generation: one writer at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from hmsvcd.app.load import Loaded
from hmsvcd.app.planning import Planned, plan_switch
from hmsvcd.app.ports import Progress
from hmsvcd.app.recording import clean, is_same
from hmsvcd.app.refusals import demand_none, refusals
from hmsvcd.app.session import Session
from hmsvcd.app.switch import Switch
from hmsvcd.app.target import Target, from_declaration, from_manifest
from hmsvcd.errors import RefusedError
from hmsvcd.host.lock import lock
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.records import Records
from hmsvcd.host.store import Store
from hmsvcd.model.diagnostic import error
from hmsvcd.model.generation import Manifest
from hmsvcd.model.plan import Outcome


@dataclass(frozen=True, slots=True)
class Request:
    """How a switch is wanted: ``backup`` is the extension for foreign files in the way."""

    backup: str | None = None
    replace: bool = False


Read = Callable[[], Awaitable[Loaded]]

_NOT_APPLIED = "an interrupted switch was finished; the declaration was not applied"


async def apply(
    session: Session, read: Read, request: Request, progress: Progress
) -> Outcome | None:
    """Bring the session to the declaration, which is read when nobody else is at work.

    Where it has errors, a switch that was cut off is finished all the same, and the outcome's
    ``problems`` say so; None where there was none. Raises RefusedError where something keeps it
    from being done and NoManagerError without a manager; nothing has been changed then.
    """
    async with _alone(session, progress):
        loaded = await read()
        if loaded.rendering is not None:
            return await _switch_to(session, from_declaration(loaded), request, progress)
        pending = PendingFile(session.paths.pending).read()
        if pending is None:
            return None
        was = pending.target
        target = from_manifest(was, Store(session.paths.store), was.cause, was.settings)
        outcome = await _switch_to(session, target, Request(replace=True), progress)
        return replace(outcome, problems=(*outcome.problems, error(_NOT_APPLIED, None)))


async def rollback(
    session: Session, number: int | None, request: Request, progress: Progress
) -> Outcome:
    """Bring back a generation: the one of that number, or the last before the current one.

    Raises RefusedError where there is no such generation.
    """
    async with _alone(session, progress):
        return await _switch_to(session, _earlier(session.paths, number), request, progress)


@asynccontextmanager
async def _alone(session: Session, progress: Progress) -> AsyncIterator[None]:
    """Be the one writer for the block."""
    _ = session.manager  # without one nothing is written, not even the lock

    def tell(holder: int | None) -> None:
        who = f"process {holder}" if holder else "another hmsvcd"
        progress.waiting(f"waiting for {who}, which is at work")

    async with lock(session.paths.lock, on_wait=tell):
        yield


async def _switch_to(
    session: Session, target: Target, request: Request, progress: Progress
) -> Outcome:
    planned = await plan_switch(session, target, request.backup)
    demand_none(refusals(planned, session.paths, replace_declaration=request.replace))
    if planned.world is None or _is_settled(planned):
        current = planned.ground.current
        progress.planned(planned.plan)
        clean(session.paths)
        return Outcome(planned.plan, generation=current.number if current else None)
    return await Switch(session, planned, planned.world, progress).carry_out()


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


def _earlier(paths: Paths, number: int | None) -> Target:
    """Return the generation of that number, or the one before what is or was being installed."""
    records = Records(paths)
    current = records.current()
    cut_off = PendingFile(paths.pending).read() is not None
    wanted = _chosen(records, number or (current.number if current and cut_off else None), current)
    # how hmsvcd works is not what is brought back
    settings = (current or wanted).settings
    target = from_manifest(wanted, Store(paths.store), f"rollback to {wanted.number}", settings)
    if current is None:
        return target
    # what was left first is still what the declaration says
    return replace(target, left=current.left or (current.inputs, current.generation.digest))


def _chosen(records: Records, wanted: int | None, current: Manifest | None) -> Manifest:
    if wanted is None:
        earlier = [one for one in records.numbers() if current and one < current.number]
        if not earlier:
            raise RefusedError("there is no earlier generation", "hmsvcd generations lists them")
        wanted = earlier[-1]
    manifest = records.manifest(wanted)
    if manifest is None:
        raise RefusedError(f"there is no generation {wanted}", "hmsvcd generations lists them")
    return manifest
