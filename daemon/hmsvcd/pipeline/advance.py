"""What is known of each unit: the definitions it may run, and what a switch makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import JobRecord, Pending, SavedState, UnitRecord
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import STARTS, UNDER_WAY, Action, ActionKind, UnitResult
from hmsvcd.pipeline.taken_up import taken_up

NEVER_RAN = frozenset({"canceled", "timeout", "dependency", "refused", "invalid", "leaving"})
"""Results of an action that has to be tried again: its job did not run to an end."""

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
    """
    open_ones = _still_open(pending) if pending else {}
    return {
        unit: open_ones.get(unit) or _recorded(state.units.get(unit), declared.get(unit))
        or (installed[unit],)
        for unit in {*declared, *installed, *open_ones}
    }  # fmt: skip


def _still_open(pending: Pending) -> dict[str, tuple[str, ...]]:
    """Return the definitions of an unfinished switch, without those its journal has settled."""
    reached = pending.definitions_reached
    settled = {record.unit for record in pending.results if _took_up(record)}
    return {
        unit: (reached[unit],) if unit in settled and unit in reached else names
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
        return tuple(name for name in names if name != pending.definitions_reached.get(unit))
    linked, began = installed.get(unit), seen.main_start or seen.inactive_exit
    has_read_links = began > observed.units_loaded > pending.linked_at > 0
    return (linked,) if linked in names and has_read_links else names


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
        if _took_up(record) and reached.get(record.unit, "") == units.get(record.unit)
    )


def _took_up(record: JobRecord) -> bool:
    return record.action in _TAKES_UP and record.result not in NEVER_RAN | UNDER_WAY


def _recorded(record: UnitRecord | None, declared: str | None) -> tuple[str, ...]:
    if record and record.applied:
        return (record.applied,)
    if declared is None:
        return ()
    return (declared,) if record is None else (NO_DEFINITION, declared)


@dataclass(frozen=True, slots=True)
class Switched:
    """A switch that has been carried out.

    ``units``: unit → store object, as installed now; ``relinked`` those whose link has changed at
    ``linked_at`` (CLOCK_MONOTONIC, microseconds), ``linked_before``: unit → store object, as
    installed until then. ``leaving`` units still run though they go.
    ``left_alone`` are the units and files whose link is not as it is to be. The actions on
    ``unsent`` were not come to.
    ``before`` and ``after`` are the manager around it; ``at`` is microseconds of the epoch.
    """

    units: Mapping[str, str]
    relinked: frozenset[str]
    leaving: frozenset[str]
    actions: tuple[Action, ...]
    results: tuple[UnitResult, ...]
    differences: Mapping[str, Difference]
    before: Observed
    after: Observed
    owed: frozenset[str]
    at: int
    linked_at: int
    linked_before: Mapping[str, str] = field(default_factory=dict)
    left_alone: frozenset[str] = frozenset()
    unsent: frozenset[str] = frozenset()


def advance(state: SavedState, switched: Switched) -> SavedState:
    """Return the state after a switch (docs/state.md)."""
    actions = {action.unit: action for action in switched.actions}
    results = {result.unit: result for result in switched.results}
    new = UnitRecord()
    owed = frozenset(_still_owed(switched, results))
    units = {}
    for unit in switched.units:
        before = state.units.get(unit)
        record = new if before is None else _until_now(before, switched, unit, state.life)
        action, result = actions.get(unit), results.get(unit)
        units[unit] = _advanced(record, switched, unit, action, result, owed=unit in owed)
    return SavedState(
        switched.after.life, units, owed, switched.left_alone, owed_at=switched.after.now
    )


def taken_back(
    state: SavedState, refused: Iterable[UnitResult], had: Mapping[str, tuple[str, ...]]
) -> SavedState:
    """Return a state in which some actions have not been done after all.

    ``had``: unit → what it ran before, from ``possible_definitions``.
    """
    units = dict(state.units)
    for result in refused:
        if result.unit in units:
            applied, *_ = (*had.get(result.unit, ()), None)
            units[result.unit] = replace(
                units[result.unit], applied=applied or None, result=result.result
            )
    return replace(state, units=units)


def _until_now(record: UnitRecord, switched: Switched, unit: str, life: str) -> UnitRecord:
    """Return the record with what the unit ran when the switch began."""
    linked, is_same_life = switched.linked_before.get(unit), life == switched.before.life
    if linked is None or record.started is None:
        return record
    if is_same_life and unit not in switched.relinked:
        return record
    seen = switched.before.unit(unit)
    if not is_same_life:  # the new one has started what was linked, perhaps on a new clock
        invocation = seen.invocation or None
        return replace(record, started=linked, invocation=invocation, linked_at=0, loaded_at=0)
    # once the link has changed, nobody can tell any more what a restart before that has taken up
    ran = taken_up(seen, record, linked, Difference.CHG, switched.before)
    return replace(record, started=ran, invocation=seen.invocation) if ran else record


def _advanced(
    record: UnitRecord,
    switched: Switched,
    unit: str,
    action: Action | None,
    result: UnitResult | None,
    *,
    owed: bool,
) -> UnitRecord:
    new = switched.units[unit]
    if unit in switched.relinked:
        record = replace(record, linked_at=switched.linked_at, loaded_at=0)
    if not record.loaded_at and switched.after.units_loaded > record.linked_at:
        record = replace(record, loaded_at=switched.after.units_loaded)
    if unit in switched.unsent:
        return replace(record, applied=record.applied or switched.linked_before.get(unit))
    if action:
        outcome = result.result if result else "done"
        reason, at = action.reason, switched.at
        record = replace(record, action=action.kind, reason=reason, result=outcome, at=at)
    elif record.result == "starting" and switched.after.unit(unit).active_state in _UP:
        record = replace(record, result="done")
    if unit in switched.leaving:
        return replace(record, result="leaving")
    has_run = result is not None and _has_run(result, switched)
    reached = has_run or _has_begun_anew(record, switched, unit)
    # a restart that has come no further than to stop the unit has no old process to replace: what
    # starts next is new, by the job, or else because it is owed
    is_down = owed and result is not None and result.result == "starting"
    has_reached = result is None or reached or result.action is ActionKind.KEEP or is_down
    if has_reached and record.applied != new:
        record = replace(record, applied=new)
    took_up = reached and action is not None and _takes_all_up(action, switched)
    return _with_invocation(record, switched, unit, took_up=took_up)


def _has_run(result: UnitResult, switched: Switched) -> bool:
    """Say whether the job of an action ran to an end, or at least has the unit started."""
    if result.result == "reloading":  # or its job still waits for others
        return switched.after.unit(result.unit).active_state == "reloading"
    if result.result != "starting":
        return result.result not in NEVER_RAN
    invocation = switched.after.unit(result.unit).invocation
    return invocation != switched.before.unit(result.unit).invocation


def _has_begun_anew(record: UnitRecord, switched: Switched, unit: str) -> bool:
    """Say whether a unit runs the new definition, though its own job may not have run.

    Another unit's start has pulled it in, or it was restarted with what it depends on.
    """
    seen = switched.after.unit(unit)
    if seen.active_state not in _UP or seen.invocation == switched.before.unit(unit).invocation:
        return False
    new, between = switched.units[unit], switched.differences.get(unit, Difference.CHG)
    return taken_up(seen, record, new, between, switched.after) == new


def _takes_all_up(action: Action, switched: Switched) -> bool:
    if action.kind is ActionKind.RELOAD:
        return switched.differences.get(action.unit) is Difference.TRIG
    return action.kind in STARTS


def _with_invocation(
    record: UnitRecord, switched: Switched, unit: str, *, took_up: bool
) -> UnitRecord:
    if record.started is not None and not took_up:
        return record
    seen = switched.after.unit(unit)
    if seen.invocation and seen.active_state in _UP | {"activating"}:
        return replace(record, invocation=seen.invocation, started=switched.units[unit])
    return record


def _still_owed(switched: Switched, results: Mapping[str, UnitResult]) -> Iterable[str]:
    for unit in switched.owed:
        seen, result = switched.after.unit(unit), results.get(unit)
        has_run = result and result.action in STARTS and _has_run(result, switched)
        exists = unit in switched.units or seen.load_state == "loaded"
        if exists and seen.active_state not in _UP and not has_run:
            yield unit
