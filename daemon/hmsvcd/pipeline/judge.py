"""How an action has ended, by what systemd says of its unit afterwards.

That a job is over does not say how the unit is: a start that "succeeds" may fail a moment later,
and a job that is cancelled may have been replaced by one of somebody else.
"""

from dataclasses import replace

from hmsvcd.model.decision import UnitState
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import STARTS, ActionKind, UnitResult
from hmsvcd.pipeline.decide.states import STARTING_JOBS, state_of
from hmsvcd.pipeline.failing import why

_DOWN = frozenset({"deactivating", "inactive", "failed"})


def judged(
    result: UnitResult, before: ObservedUnit, after: Observed, *, superseded: bool
) -> UnitResult:
    """Return how an action has ended in the end.

    ``before`` is its unit before all of them. ``superseded``: after its job was cancelled, another
    one of that unit came to its end.
    """
    unit = after.unit(result.unit)
    if result.result == "canceled" and result.action is not ActionKind.STOP:
        return _cancelled(result, before, after, superseded=superseded)
    if result.action not in STARTS or result.result not in {"done", "starting", "failed"}:
        return result
    if result.result == "starting" and unit.active_state == "active" and unit.job is None:
        return replace(result, result="done")
    if unit.active_state == "failed" or _loops(unit):
        message, process = result.message or why(unit), unit.last_main_pid or None
        return replace(result, result="failed", message=message, process=process)
    if result.result == "done" and _was_skipped(unit):
        return replace(result, result="skipped", message="a condition of the unit does not hold")
    return result


def _cancelled(
    result: UnitResult, before: ObservedUnit, after: Observed, *, superseded: bool
) -> UnitResult:
    """Tell a job that somebody has replaced by one of their own from one that they only took off.

    Whoever starts or restarts the unit does what was to be done; whoever stops it means it.
    """
    unit = after.unit(result.unit)
    state = state_of(unit, owed=False)
    if state is UnitState.UP and unit.invocation != before.invocation:
        return replace(result, result="done")
    if unit.job in STARTING_JOBS or (superseded and state is UnitState.STARTING):
        return replace(result, result="starting")
    is_stopped = unit.job == "stop" or (superseded and unit.active_state in _DOWN)
    if is_stopped and not _lost_what_it_is_bound_to(unit, after):
        return replace(result, result="held", message="somebody has stopped it meanwhile")
    return result


def _lost_what_it_is_bound_to(unit: ObservedUnit, after: Observed) -> bool:
    """Say whether systemd itself may have stopped a unit, as another one has ended (BindsTo=)."""
    bound = (after.units.get(name) for name in unit.binds_to)
    return any(each is None or each.active_state in _DOWN for each in bound)


def _loops(unit: ObservedUnit) -> bool:
    return unit.sub_state.startswith("auto-restart") and unit.result not in {"", "success"}


def _was_skipped(unit: ObservedUnit) -> bool:
    refused = not unit.condition_result and unit.condition_timestamp > 0
    return unit.active_state == "inactive" and (refused or unit.result == "exec-condition")
