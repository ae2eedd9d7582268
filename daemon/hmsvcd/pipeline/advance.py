"""What a switch makes of what is known of each unit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import SavedState, UnitRecord
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import STARTS, Action, ActionKind, UnitResult
from hmsvcd.model.unit import held_for
from hmsvcd.pipeline.taken_up import taken_up

NEVER_RAN = frozenset({"canceled", "timeout", "dependency", "refused", "invalid", "leaving"})
"""Results of an action that has to be tried again: its job did not run to an end."""

_UP = frozenset({"active", "reloading", "refreshing"})


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

    def link_of(self, unit: str) -> str:
        """Return the unit whose link is that of this one: its template, where it has none."""
        return unit if unit in self.units else self.before.template_of(unit)


def advance(state: SavedState, switched: Switched) -> SavedState:
    """Return the state after a switch (docs/state.md).

    An instance has a record as long as it has not reached what its template says.
    """
    actions = {action.unit: action for action in switched.actions}
    results = {result.unit: result for result in switched.results}
    new = UnitRecord()
    owed = frozenset(_still_owed(switched, results))
    units = {}
    for unit in dict.fromkeys((*switched.units, *results, *switched.unsent)):
        link = switched.link_of(unit)
        if link not in switched.units:
            continue
        before = state.units.get(unit) or _of_template(state.units.get(link), switched, unit)
        record = new if before is None else _until_now(before, switched, unit, state.life)
        action, result = actions.get(unit), results.get(unit)
        record = _advanced(record, switched, unit, action, result, owed=unit in owed)
        if link == unit or record.applied != switched.units[link]:
            units[unit] = record
    return SavedState(
        switched.after.life, units, owed, switched.left_alone, owed_at=switched.after.now
    )


def _of_template(record: UnitRecord | None, switched: Switched, unit: str) -> UnitRecord | None:
    """Return what holds of an instance that has no record: it runs what its template says."""
    if record is None:
        return None
    invocation = switched.before.unit(unit).invocation or None
    return replace(record, started=record.applied, invocation=invocation)


def taken_back(
    state: SavedState, refused: Iterable[UnitResult], had: Mapping[str, tuple[str, ...]]
) -> SavedState:
    """Return a state in which some actions have not been done after all.

    ``had``: unit → what it ran before, from ``possible_definitions``.
    """
    units = dict(state.units)
    for result in refused:
        record = held_for(result.unit, units)
        if record is not None:
            applied, *_ = (*(held_for(result.unit, had) or ()), None)
            units[result.unit] = replace(record, applied=applied or None, result=result.result)
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
    link = switched.link_of(unit)
    new = switched.units[link]
    if link in switched.relinked:
        record = replace(record, linked_at=switched.linked_at, loaded_at=0)
    if not record.loaded_at and switched.after.units_loaded > record.linked_at:
        record = replace(record, loaded_at=switched.after.units_loaded)
    if unit in switched.unsent:
        return replace(record, applied=record.applied or switched.linked_before.get(link))
    if action:
        outcome = result.result if result else "done"
        reason, at = action.reason, switched.at
        record = replace(record, action=action.kind, reason=reason, result=outcome, at=at)
    elif record.result == "starting" and switched.after.unit(unit).active_state in _UP:
        record = replace(record, result="done")
    if link in switched.leaving:
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
    new = switched.units[switched.link_of(unit)]
    between = switched.differences.get(unit, Difference.CHG)
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
        started = switched.units[switched.link_of(unit)]
        return replace(record, invocation=seen.invocation, started=started)
    return record


def _still_owed(switched: Switched, results: Mapping[str, UnitResult]) -> Iterable[str]:
    for unit in switched.owed:
        seen, result = switched.after.unit(unit), results.get(unit)
        has_run = result and result.action in STARTS and _has_run(result, switched)
        exists = unit in switched.units or seen.load_state == "loaded"
        if exists and seen.active_state not in _UP and not has_run:
            yield unit
