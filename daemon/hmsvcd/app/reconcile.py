"""Bring the session to the declaration because something has changed, not because somebody asked.

A pass of an event is more careful than ``apply``: it removes nothing that may be missing by
accident, and what was rolled back stays so.
"""

from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from hmsvcd.app.apply import Read, alone, carry_out, finish_interrupted, plan_allowed
from hmsvcd.app.manifest import installs_the_same
from hmsvcd.app.planning import Planned
from hmsvcd.app.ports import Progress
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.target import (
    Target,
    from_declaration,
    from_manifest,
    is_left,
    is_of_sources,
)
from hmsvcd.errors import RefusedError
from hmsvcd.host.disk import Disk
from hmsvcd.model.generation import BRAKED, NOTHING, PUT_OFF, Generation, Manifest
from hmsvcd.model.plan import Change, Outcome, Plan
from hmsvcd.pipeline.put_off import with_removed, with_unchanged
from hmsvcd.pipeline.undoing import held_in_words


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a pass of an event came to.

    ``outcome`` is None where the declaration is wrong. ``put_off`` are units that are no longer
    declared and stay until the declaration has rested. ``held`` says in words that what is
    installed is not the declaration on purpose, and why. ``missing`` are the paths of links of
    ours that are not there, and may be about to come back. ``unrested``: more is to be done when
    the declaration has rested. ``braked`` are units that stay as they are, as they change too
    often.
    """

    outcome: Outcome | None = None
    put_off: tuple[str, ...] = ()
    held: str | None = None
    missing: tuple[str, ...] = ()
    unrested: bool = False
    braked: tuple[str, ...] = ()


class Patience(Protocol):
    """What a pass of an event waits for."""

    def has_rested(self) -> bool:
        """Say whether the declaration has been the same for so long that it is meant so."""

    def has_new_sources(self) -> bool:
        """Say whether somebody has edited what is a ``source``, and no pass has gone to it yet."""

    def may_repair(self, missing: tuple[str, ...]) -> bool:
        """Say whether these links have been missing long enough to be made anew.

        It is asked in each pass, also where none is missing.
        """

    def braked(self) -> frozenset[str]:
        """Return the units that have changed so often that they are to be left for a while."""


async def reconcile(
    session: Session,
    read: Read,
    patience: Patience,
    request: Request,
    progress: Progress,
) -> Reconciled:
    """Bring the session to the declaration, which is read when nobody else is at work.

    Raises what ``apply`` raises.
    """
    async with alone(session, progress):
        loaded = await read()
        if loaded.rendering is None:
            return Reconciled(await finish_interrupted(session, request, progress))
        declared = from_declaration(loaded, session.disk)
        target, reached = _careful(session.disk, declared, patience)
        planned = await plan_allowed(session, target, request)
        missing = _only_missing(planned)
        if not patience.may_repair(missing):
            plan = Plan(warnings=planned.plan.warnings)
            number = planned.ground.current.number if planned.ground.current else None
            return replace(reached, outcome=Outcome(plan, generation=number), missing=missing)
        return replace(reached, outcome=await carry_out(session, planned, request, progress))


def _careful(disk: Disk, declared: Target, patience: Patience) -> tuple[Target, Reconciled]:
    """Return where to go for now instead of to all that is declared, and why."""
    back, has_rested = _rolled_back(disk), patience.has_rested()
    is_edited = back is not None and (
        not is_left(declared, back) or (is_of_sources(back) and patience.has_new_sources())
    )
    if back is not None and not (is_edited and has_rested):
        with suppress(RefusedError) if is_edited else nullcontext():  # what is lost is not held
            target = from_manifest(back, disk.store, back.cause, declared.settings)
            held = held_in_words(back.cause, back.undone)
            return target, Reconciled(held=held, unrested=is_edited)
    target, put_off = (declared, ()) if has_rested else _without_removals(disk, declared)
    target, braked = _without_changes(disk, target, patience.braked())
    return target, Reconciled(put_off=put_off, unrested=bool(put_off), braked=braked)


def _only_missing(planned: Planned) -> tuple[str, ...]:
    """Return the links that are missing, if nothing else is to be done but to make them anew."""
    before, files = planned.ground.generation, planned.plan.files
    if planned.ground.pending or not installs_the_same(planned.generation, before):
        return ()
    if any(change.change is not Change.CREATE for change in files):
        return ()
    return tuple(change.path for change in files)


def _rolled_back(disk: Disk) -> Manifest | None:
    """Return the generation that was gone back to, if nothing was applied since."""
    pending = disk.pending.read()
    latest = pending.target if pending else disk.records.current()
    return latest if latest is not None and latest.left is not None else None


def _without_removals(disk: Disk, target: Target) -> tuple[Target, tuple[str, ...]]:
    """Return a target that takes no unit away, and the units that are to go later."""
    current, pending = disk.records.current(), disk.pending.read()
    old = current.generation if current else NOTHING
    if pending and not pending.displaced:  # else what it took of others' goes back at once
        old = old.beside(pending.target.generation)
    generation, put_off = with_removed(target.generation, old)
    return _going_to(disk, target, generation, put_off, PUT_OFF), put_off


def _without_changes(
    disk: Disk, target: Target, units: frozenset[str]
) -> tuple[Target, tuple[str, ...]]:
    """Return a target that changes none of these units, and which of them it would change.

    It changes all of them where a switch was cut off, or where the store has lost what they have.
    """
    current = disk.records.current()
    if not units or current is None or disk.pending.read() is not None:
        return target, ()
    generation, braked = with_unchanged(target.generation, current.generation, units)
    if not all(map(disk.store.verify, generation.objects - target.generation.objects)):
        return target, ()
    return _going_to(disk, target, generation, braked, BRAKED), braked


def _going_to(
    disk: Disk, target: Target, generation: Generation, staying: tuple[str, ...], cause: str
) -> Target:
    """Return a target with another generation, in which some units are as they are now."""
    if not staying:
        return target
    texts = {unit: disk.store.read_unit(generation.units[unit]) or "" for unit in staying}
    texts = {**target.texts, **texts}
    return replace(target, generation=generation, texts=texts, cause=cause)
