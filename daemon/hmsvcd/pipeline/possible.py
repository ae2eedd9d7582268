"""Which definitions each unit may run before a switch (docs/state.md)."""

from collections.abc import Mapping

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import JobRecord, Pending, SavedState, UnitRecord
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import STARTS, UNDER_WAY, ActionKind
from hmsvcd.model.unit import held_for, template_of
from hmsvcd.pipeline.advance import NEVER_RAN
from hmsvcd.pipeline.taken_up import taken_up

NO_DEFINITION = ""
"""Stands among store objects for a unit that may be new, or gone: if it is down, it is as new."""

_TAKES_UP = STARTS | {ActionKind.RELOAD}
_UP = frozenset({"active", "reloading", "refreshing"})


def possible_definitions(
    state: SavedState,
    pending: Pending | None,
    declared: Mapping[str, str],
    installed: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    """Return for each unit every store object that may be what systemd runs now.

    ``declared`` is the installed generation's units, ``installed`` the links that are there.
    Instances are among them where they may run something else than their template says.
    """
    open_ones = _still_open(pending) if pending else {}
    others = state.units.keys() - {*declared, *installed, *open_ones}
    templates = {unit: template_of(unit) or "" for unit in others}
    instances = {unit: declared[of] for unit, of in templates.items() if of in declared}
    objects = {**declared, **instances}
    return {
        unit: open_ones.get(unit) or _recorded(state.units.get(unit), objects.get(unit))
        or (installed[unit],)
        for unit in {*objects, *installed, *open_ones}
    }  # fmt: skip


def _still_open(pending: Pending) -> dict[str, tuple[str, ...]]:
    """Return the definitions of an unfinished switch, without those its journal has settled."""
    reached = pending.definitions_reached
    settled = {record.unit for record in pending.results if _took_up(record)}
    return {
        unit: (found,) if unit in settled and (found := held_for(unit, reached)) else names
        for unit, names in pending.definitions.items()
    }


def told_apart(
    old: Mapping[str, tuple[str, ...]],
    pending: Pending,
    installed: Mapping[str, str],
    observed: Observed,
) -> dict[str, tuple[str, ...]]:
    """Return what each unit may run, without what its invocation shows that it does not.

    ``old`` is from ``possible_definitions``. The invocation of before the unfinished switch has
    not taken up what that goes to; one that began after systemd had read all of its links has
    taken up what is installed.
    """
    if pending.life != observed.life:
        return dict(old)
    return {
        unit: names if len(names) == 1 else _shown(unit, names, pending, installed, observed)
        for unit, names in old.items()
    }


def _shown(
    unit: str,
    names: tuple[str, ...],
    pending: Pending,
    installed: Mapping[str, str],
    observed: Observed,
) -> tuple[str, ...]:
    seen = observed.unit(unit)
    if seen.active_state not in _UP:
        return names
    if seen.invocation and seen.invocation == pending.invocations.get(unit):
        reached = held_for(unit, pending.definitions_reached)
        return tuple(name for name in names if name != reached)
    linked, began = held_for(unit, installed), seen.main_start or seen.inactive_exit
    has_read_links = began > observed.units_loaded > pending.linked_at > 0
    return (linked,) if linked in names and has_read_links else names


def started_since(
    old: Mapping[str, tuple[str, ...]],
    state: SavedState,
    installed: Mapping[str, str],
    observed: Observed,
) -> dict[str, tuple[str, ...]]:
    """Return what each unit may run where no switch is unfinished, by what others have started.

    ``old`` is from ``possible_definitions``. A unit whose last action never ran may have been
    restarted since by hand, or by systemd, with what is installed.
    """
    return {
        unit: (linked,) if linked and names != (linked,)
        and _runs(unit, linked, state, observed) else names
        for unit, names in old.items()
        for linked in (held_for(unit, installed),)
    }  # fmt: skip


def _runs(unit: str, linked: str, state: SavedState, observed: Observed) -> bool:
    """Say whether a unit has taken up what is linked, though no action of ours has done it."""
    seen, record = observed.unit(unit), state.units.get(unit)
    if record is None or seen.active_state not in _UP:
        return False
    if state.life != observed.life:
        return True
    return taken_up(seen, record, linked, Difference.CHG, observed) == linked


def carried_over(pending: Pending | None, units: Mapping[str, str]) -> tuple[JobRecord, ...]:
    """Return how actions ended that an unfinished switch need not do again for these units.

    ``units``: unit → store object. Nobody has looked yet whether what was started stays up.
    """
    if pending is None:
        return ()
    reached = pending.target.generation.units
    return tuple(
        record
        for record in pending.results
        if _took_up(record)
        and (held_for(record.unit, reached) or "") == held_for(record.unit, units)
    )


def _took_up(record: JobRecord) -> bool:
    return record.action in _TAKES_UP and record.result not in NEVER_RAN | UNDER_WAY


def _recorded(record: UnitRecord | None, declared: str | None) -> tuple[str, ...]:
    if record and record.applied:
        return (record.applied,)
    if declared is None:
        return ()
    return (declared,) if record is None else (NO_DEFINITION, declared)
