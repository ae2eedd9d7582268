"""States told from properties that a real manager takes too long, or another version, to show."""

import pytest

from hmsvcd.model.decision import UnitState
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.pipeline.decide.states import state_of


def service(**properties: object) -> ObservedUnit:
    """Return a service that ran once: started at 10, active at 20, and ended from 30 to 40."""
    ran = {
        "active_state": "inactive", "inactive_exit": 10, "active_exit": 30,
        "inactive_enter": 40, "main_start": 10, "main_exit": 29, "result": "success",
        "service_type": "simple",
    }  # fmt: skip
    return ObservedUnit("a.service", **{**ran, **properties})  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("unit", "state"),
    [
        (service(), UnitState.FINISHED),
        (service(job="start"), UnitState.STARTING),
        (service(active_state="active", job="restart"), UnitState.STARTING),
        (service(active_state="active", job="stop"), UnitState.UP),
        (service(active_state="active", job="reload"), UnitState.UP),
        (service(active_state="refreshing"), UnitState.UP),
        (service(active_state="activating", sub_state="auto-restart"), UnitState.LOOPING),
        (service(active_state="activating", sub_state="auto-restart-queued"), UnitState.LOOPING),
        (service(active_state="activating", sub_state="start-pre"), UnitState.STARTING),
        (service(active_state="deactivating"), UnitState.LOOPING),
        (service(active_state="deactivating", job="stop"), UnitState.STOPPING),
        (service(active_state="maintenance"), UnitState.STOPPING),
        (service(main_exit=31), UnitState.HELD),
        (service(main_exit=31, active_state="failed", result="exit-code"), UnitState.HELD),
        (service(main_exit=31, active_state="failed", result="core-dump"), UnitState.HELD),
        (service(main_exit=31, active_state="failed", result="timeout"), UnitState.FAILED),
        (service(active_state="failed", result="signal", main_status=15), UnitState.HELD),
        (service(active_state="failed", result="signal", main_status=9), UnitState.FAILED),
        (service(active_state="failed", result="exit-code", main_status=15), UnitState.FAILED),
        (service(inactive_exit=35), UnitState.HELD),
        (service(inactive_exit=35, service_type="oneshot"), UnitState.FINISHED),
        (service(main_start=0, main_exit=0), UnitState.HELD),
        (service(service_type="oneshot", remain_after_exit=True), UnitState.HELD),
        (service(inactive_enter=0), UnitState.IDLE),
        (service(condition_result=False, condition_timestamp=50), UnitState.IDLE),
        (service(condition_result=False, condition_timestamp=39), UnitState.FINISHED),
        (service(assert_result=False, assert_timestamp=50), UnitState.IDLE),
        (service(result="exec-condition"), UnitState.IDLE),
        (service(result="exec-condition", active_state="failed"), UnitState.FAILED),
        (ObservedUnit("a.socket", inactive_enter=40, active_state="failed"), UnitState.FAILED),
        (ObservedUnit("a.socket", active_state="failed", result="resources"), UnitState.FAILED),
        (ObservedUnit("a.timer", inactive_enter=40), UnitState.HELD),
        (ObservedUnit("unknown.service"), UnitState.IDLE),
    ],
)  # fmt: skip
def test_the_first_state_that_holds(unit: ObservedUnit, state: UnitState) -> None:
    """Timestamps and results tell who ended a unit, and whether it could ever run."""
    assert state_of(unit, owed=False) is state


def test_a_start_is_owed_to_what_is_down() -> None:
    """What is up or on its way needs nothing; what is down is owed a start, however it ended."""
    assert state_of(service(main_exit=31), owed=True) is UnitState.OWED
    assert state_of(service(active_state="failed"), owed=True) is UnitState.OWED
    assert state_of(service(active_state="active"), owed=True) is UnitState.UP
    assert (
        state_of(service(active_state="deactivating", job="stop"), owed=True) is UnitState.STOPPING
    )
