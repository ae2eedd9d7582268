"""Bring the session to a declaration, or back to an earlier generation: one writer at a time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hmsvcd.app.load import Loaded
from hmsvcd.app.planning import Planned, demand_possible, plan_switch
from hmsvcd.app.ports import Progress
from hmsvcd.app.recording import clean, is_same
from hmsvcd.app.session import Session
from hmsvcd.app.switch import Switch
from hmsvcd.app.target import Target, from_declaration, from_manifest
from hmsvcd.errors import RefusedError
from hmsvcd.host.links import Links
from hmsvcd.host.lock import lock
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.records import Records
from hmsvcd.host.store import Store
from hmsvcd.model.generation import Manifest
from hmsvcd.model.plan import Outcome, Plan
from hmsvcd.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Request:
    """How a switch is wanted: ``backup`` is the extension for foreign files in the way."""

    backup: str | None = None
    replace: bool = False


async def apply(session: Session, loaded: Loaded, request: Request, progress: Progress) -> Outcome:
    """Bring the session to a declaration that has no errors.

    Raises RefusedError where something keeps it from being done and NoManagerError without a
    manager; nothing has been changed then.
    """
    return await _switch_to(session, lambda: from_declaration(loaded), request, progress)


async def rollback(
    session: Session, number: int | None, request: Request, progress: Progress
) -> Outcome:
    """Bring back a generation: the one of that number, or the last before the current one.

    Raises RefusedError where there is no such generation.
    """
    return await _switch_to(session, lambda: _earlier(session.paths, number), request, progress)


async def finish_pending(session: Session, progress: Progress) -> Outcome | None:
    """Finish a switch that was cut off, where the declaration cannot be used; None without one."""
    file = PendingFile(session.paths.pending)
    if session.connected is None or file.read() is None:
        return None

    def target() -> Target | None:
        pending = file.read()
        if pending is None:  # somebody else has finished it meanwhile
            return None
        store = Store(session.paths.store)
        return from_manifest(pending.target, store, pending.target.cause, Settings())

    return await _switch_to(session, target, Request(replace=True), progress)


async def _switch_to(
    session: Session,
    choose: Callable[[], Target | None],
    request: Request,
    progress: Progress,
) -> Outcome:
    _ = session.manager  # without one nothing is written, not even the lock

    def tell(holder: int | None) -> None:
        who = f"process {holder}" if holder else "another hmsvcd"
        progress.waiting(f"waiting for {who}, which is at work")

    async with lock(session.paths.lock, on_wait=tell):
        target = choose()
        if target is None:
            return Outcome(Plan())
        planned = await _possible_plan(session, target, request)
        if planned.world is None or _is_settled(planned):
            current = planned.ground.current
            progress.planned(planned.plan)
            clean(session.paths)
            return Outcome(planned.plan, generation=current.number if current else None)
        return await Switch(session, planned, planned.world, progress).carry_out()


async def _possible_plan(session: Session, target: Target, request: Request) -> Planned:
    """Plan, and raise RefusedError where the plan may not be carried out."""
    planned = await plan_switch(session, target)
    backup = request.backup is not None
    demand_possible(planned, session.paths, replace_declaration=request.replace, backup=backup)
    in_place = [occupant.path for occupant in planned.surroundings.in_place]
    if request.backup is None or not in_place:
        return planned
    Links(session.paths).move_all_aside(in_place, request.backup)
    planned = await plan_switch(session, target)
    demand_possible(planned, session.paths, replace_declaration=request.replace)
    return planned


def _is_settled(planned: Planned) -> bool:
    """Say whether everything is as it should be: then nothing is written at all."""
    current, target = planned.ground.current, planned.target
    return (
        planned.plan.is_empty
        and planned.ground.pending is None
        and current is not None
        and is_same(current, planned.generation, target.declaration, target.left)
    )


def _earlier(paths: Paths, number: int | None) -> Target:
    records = Records(paths)
    current = records.current()
    wanted = _chosen(records, current, number)
    target = from_manifest(wanted, Store(paths.store), f"rollback to {wanted.number}", Settings())
    if current is None:
        return target
    # what was left first is still what the declaration says
    return replace(target, left=current.left or (current.inputs, current.generation.digest))


def _chosen(records: Records, current: Manifest | None, number: int | None) -> Manifest:
    wanted = number
    if wanted is None:
        earlier = [one for one in records.numbers() if current and one < current.number]
        if not earlier:
            raise RefusedError("there is no earlier generation", "hmsvcd generations lists them")
        wanted = earlier[-1]
    manifest = records.manifest(wanted)
    if manifest is None:
        raise RefusedError(f"there is no generation {wanted}", "hmsvcd generations lists them")
    return manifest
