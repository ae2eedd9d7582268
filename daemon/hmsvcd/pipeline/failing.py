"""Tell from what systemd reports of a unit whether it fails by itself, or runs again."""

from hmsvcd.model.decision import UnitState
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.pipeline.decide.states import state_of

STEADY = 60_000_000
"""Microseconds after which a unit that systemd has started again counts as up for good."""

_SUSPECT = frozenset({"failed", "auto-restart", "auto-restart-queued"})
_FAILS_NO_MORE = frozenset({UnitState.HELD, UnitState.IDLE})


def may_fail(unit: ObservedUnit) -> bool:
    """Say of a unit of which only its state is known whether it is worth a closer look."""
    return is_suspect(unit.active_state) or is_suspect(unit.sub_state)


def is_suspect(state: str) -> bool:
    """Say whether an ActiveState or SubState is one of a unit that has failed."""
    return state in _SUSPECT


def fails(unit: ObservedUnit) -> bool:
    """Say whether a unit is down for a failure, or about to be started again after one.

    One that somebody has stopped has not failed, whatever it says at its end.
    """
    state = state_of(unit, owed=False)
    is_bad = unit.result not in {"", "success"}
    return state is UnitState.FAILED or (state is UnitState.LOOPING and is_bad)


def is_over(unit: ObservedUnit) -> bool:
    """Say whether nobody wants a unit to run any more that has failed."""
    return state_of(unit, owed=False) in _FAILS_NO_MORE


def unsteady_for(unit: ObservedUnit, now: int) -> int | None:
    """Return for how long a unit has to stay as it is to count as well; None where it is not.

    Microseconds, 0 for at once; ``now`` is CLOCK_MONOTONIC. What somebody has started anew counts
    at once, and so does a job that has ended well; what systemd starts again and again does not.
    """
    state = state_of(unit, owed=False)
    if state is UnitState.FINISHED and unit.main_status == 0:
        return 0
    if state is not UnitState.UP:
        return None
    return max(0, unit.inactive_exit + STEADY - now) if unit.restarts else 0


def why(unit: ObservedUnit) -> str:
    """Return in a word or two how a unit has failed, with the status of its main process.

    That is 0 where another one has failed, such as ExecStartPre.
    """
    if unit.main_status and unit.result in {"exit-code", "signal", "core-dump"}:
        return f"{unit.result}, status {unit.main_status}"
    return unit.result or unit.active_state
