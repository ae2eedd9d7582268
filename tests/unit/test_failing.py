"""Whether a unit fails by itself or runs again, told from what systemd says of it."""

import pytest

from hmsvcd.model.observed import ObservedUnit
from hmsvcd.pipeline.failing import STEADY, fails, is_over, may_fail, unsteady_for, why

AGES = 10 * STEADY


def service(**properties):
    """Return a service that was started at 10, came up at 20, and failed from 30 to 40."""
    failed = {
        "load_state": "loaded", "active_state": "failed", "inactive_exit": 10, "active_exit": 30,
        "inactive_enter": 40, "main_start": 10, "main_exit": 29, "result": "exit-code",
        "main_status": 1, "service_type": "simple",
    }  # fmt: skip
    return ObservedUnit("a.service", **{**failed, **properties})


LOOP = {"active_state": "activating", "sub_state": "auto-restart"}
UP = {"active_state": "active", "sub_state": "running", "result": "success"}
DONE = {"active_state": "inactive", "sub_state": "dead", "result": "success"}


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (service(), True),
        (service(**LOOP), True),
        (service(**LOOP, result="success", main_status=0), False),
        (service(main_exit=31), False),
        (service(result="signal", main_status=15), False),
        (service(result="signal", main_status=9), True),
        (service(**UP), False),
        (service(**DONE), False),
        (service(active_state="activating", sub_state="start"), False),
    ],
)
def test_what_fails_by_itself(unit, expected):
    """A failure is one unless somebody has stopped the unit, or it ended well."""
    assert fails(unit) is expected
    assert may_fail(unit) or not expected


@pytest.mark.parametrize(
    ("unit", "over"),
    [
        (service(**DONE, main_exit=31), True),
        (service(**DONE, inactive_enter=0), True),
        (ObservedUnit("a.service"), True),
        (service(), False),
        (service(**UP), False),
        (service(**DONE), False),
    ],
)
def test_what_nobody_wants_any_more(unit, over):
    """A unit that was stopped, or that systemd does not know, need not come up again."""
    assert is_over(unit) is over


@pytest.mark.parametrize(
    ("unit", "wait"),
    [
        (service(**UP), 0),
        (service(**UP, restarts=1, inactive_exit=AGES), STEADY),
        (service(**UP, restarts=1, inactive_exit=AGES - STEADY // 2), STEADY // 2),
        (service(**UP, restarts=9), 0),
        (service(**DONE, main_status=0), 0),
        (service(**DONE, main_status=1), None),
        (service(), None),
        (service(**LOOP), None),
        (service(active_state="activating", sub_state="start"), None),
    ],
)
def test_how_long_it_takes_to_count_as_well(unit, wait):
    """What somebody started, or what ended well, counts at once; a restart has to last."""
    assert unsteady_for(unit, now=AGES) == wait


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (service(), "exit-code, status 1"),
        (service(result="core-dump", main_status=11), "core-dump, status 11"),
        (service(result="timeout"), "timeout"),
        (service(result=""), "failed"),
    ],
)
def test_why(unit, words):
    """The reason is systemd's own, with the status where that says more."""
    assert why(unit) == words
