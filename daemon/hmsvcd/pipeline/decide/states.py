"""The state of a unit, told from what systemd reports of it.

Everything here lives in systemd, so it survives daemon-reload, re-execution and our own
restarts. Clocks are CLOCK_MONOTONIC: a unit that ended by itself has its main process end before
it leaves the active state, one that was told to stop has it end afterwards.
"""

from collections.abc import Callable

from hmsvcd.model.decision import UnitState
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.model.unit import suffix

STARTING_JOBS = frozenset({"start", "restart", "try-restart", "reload-or-start"})
"""Types of jobs after which a unit is up."""

_ENDED_ON_REQUEST = frozenset({"success", "exit-code", "signal", "core-dump"})


def state_of(unit: ObservedUnit, *, owed: bool) -> UnitState:
    """Return the first state whose condition holds; ``owed``: it is owed a start."""
    for state, holds in _RUNNING:
        if holds(unit):
            return state
    if owed:
        return UnitState.OWED
    return next((state for state, holds in _DOWN if holds(unit)), UnitState.FINISHED)


def _starting(unit: ObservedUnit) -> bool:
    activating = unit.active_state == "activating" and not _waits_to_restart(unit)
    return activating or unit.job in STARTING_JOBS


def _up(unit: ObservedUnit) -> bool:
    return unit.active_state in {"active", "reloading", "refreshing"}


def _looping(unit: ObservedUnit) -> bool:
    return _waits_to_restart(unit) or (unit.active_state == "deactivating" and unit.job is None)


def _waits_to_restart(unit: ObservedUnit) -> bool:
    return unit.sub_state.startswith("auto-restart")


def _stopping(unit: ObservedUnit) -> bool:
    return unit.active_state in {"deactivating", "maintenance"}


def _idle(unit: ObservedUnit) -> bool:
    """Never ran, or was not let run the last time; a socket can fail without having been up."""
    refused = (
        (not unit.condition_result and unit.condition_timestamp > unit.inactive_enter)
        or (not unit.assert_result and unit.assert_timestamp > unit.inactive_enter)
        or unit.result == "exec-condition"
    )
    return unit.active_state != "failed" and (unit.inactive_enter == 0 or refused)


def _held(unit: ObservedUnit) -> bool:
    """Somebody ended it."""
    return _told_to_stop(unit) or _stopped_without_exit(unit) or _killed(unit)


def _told_to_stop(unit: ObservedUnit) -> bool:
    return (
        unit.active_exit > unit.inactive_exit
        and unit.main_exit > unit.active_exit
        and unit.result in _ENDED_ON_REQUEST
    )


def _stopped_without_exit(unit: ObservedUnit) -> bool:
    if unit.active_state != "inactive":
        return False
    if suffix(unit.name) != "service":
        return True
    if unit.service_type == "oneshot" and not unit.remain_after_exit:
        return False
    return unit.inactive_exit > unit.active_exit or unit.remain_after_exit or unit.main_start == 0


def _killed(unit: ObservedUnit) -> bool:
    return (
        unit.active_state == "failed"
        and unit.result == "signal"
        and unit.main_status == unit.kill_signal
    )


def _failed(unit: ObservedUnit) -> bool:
    return unit.active_state == "failed"


_RUNNING: tuple[tuple[UnitState, Callable[[ObservedUnit], bool]], ...] = (
    (UnitState.STARTING, _starting),
    (UnitState.UP, _up),
    (UnitState.LOOPING, _looping),
    (UnitState.STOPPING, _stopping),
)
_DOWN: tuple[tuple[UnitState, Callable[[ObservedUnit], bool]], ...] = (
    (UnitState.IDLE, _idle),
    (UnitState.HELD, _held),
    (UnitState.FAILED, _failed),
)
