"""States told from properties that a real manager takes too long, or another version, to show."""

import pytest

from hmsvcd.model.decision import State
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.pipeline.decide.states import state_of


def service(**properties: object) -> ObservedUnit:
    """Return a service that ran once: started at 10, active at 20, and ended from 30 to 40."""
    ran = {
        "active_state": "inactive", "inactive_exit": 10, "active_enter": 20, "active_exit": 30,
        "inactive_enter": 40, "main_start": 10, "main_exit": 29, "result": "success",
        "service_type": "simple",
    }  # fmt: skip
    return ObservedUnit("a.service", **{**ran, **properties})  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("unit", "state"),
    [
        (service(), State.FINISHED),
        (service(job="start"), State.STARTING),
        (service(active_state="active", job="restart"), State.STARTING),
        (service(active_state="active", job="stop"), State.UP),
        (service(active_state="active", job="reload"), State.UP),
        (service(active_state="refreshing"), State.UP),
        (service(active_state="activating", sub_state="auto-restart"), State.LOOPING),
        (service(active_state="activating", sub_state="auto-restart-queued"), State.LOOPING),
        (service(active_state="activating", sub_state="start-pre"), State.STARTING),
        (service(active_state="deactivating"), State.LOOPING),
        (service(active_state="deactivating", job="stop"), State.STOPPING),
        (service(active_state="maintenance"), State.STOPPING),
        (service(main_exit=31), State.HELD),
        (service(main_exit=31, active_state="failed", result="exit-code"), State.HELD),
        (service(main_exit=31, active_state="failed", result="core-dump"), State.HELD),
        (service(main_exit=31, active_state="failed", result="timeout"), State.FAILED),
        (service(active_state="failed", result="signal", main_status=15), State.HELD),
        (service(active_state="failed", result="signal", main_status=9), State.FAILED),
        (service(active_state="failed", result="exit-code", main_status=15), State.FAILED),
        (service(inactive_exit=35), State.HELD),
        (service(inactive_exit=35, service_type="oneshot"), State.FINISHED),
        (service(main_start=0, main_exit=0), State.HELD),
        (service(service_type="oneshot", remain_after_exit=True), State.HELD),
        (service(inactive_enter=0), State.IDLE),
        (service(condition_result=False, condition_timestamp=50), State.IDLE),
        (service(condition_result=False, condition_timestamp=39), State.FINISHED),
        (service(assert_result=False, assert_timestamp=50), State.IDLE),
        (service(result="exec-condition"), State.IDLE),
        (service(result="exec-condition", active_state="failed"), State.FAILED),
        (ObservedUnit("a.socket", inactive_enter=40, active_state="failed"), State.FAILED),
        (ObservedUnit("a.timer", inactive_enter=40), State.HELD),
        (ObservedUnit("unknown.service"), State.IDLE),
    ],
)  # fmt: skip
def test_the_first_state_that_holds(unit: ObservedUnit, state: State) -> None:
    """Timestamps and results tell who ended a unit, and whether it could ever run."""
    assert state_of(unit, owed=False) is state


def test_a_start_is_owed_to_what_is_down() -> None:
    """What is up or on its way needs nothing; what is down is owed a start, however it ended."""
    assert state_of(service(main_exit=31), owed=True) is State.OWED
    assert state_of(service(active_state="failed"), owed=True) is State.OWED
    assert state_of(service(active_state="active"), owed=True) is State.UP
    assert state_of(service(active_state="deactivating", job="stop"), owed=True) is State.STOPPING
