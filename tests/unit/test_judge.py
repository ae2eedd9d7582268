"""How an action has ended, by what systemd says of its unit afterwards."""

import pytest

from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import ActionKind, UnitResult
from hmsvcd.pipeline.judge import judged

UNIT = "a.service"
BEFORE = ObservedUnit(UNIT, "loaded", "active", invocation="1")
UP = {"active_state": "active", "invocation": "2"}
STOPPING = {"active_state": "deactivating", "invocation": "1"}
DOWN = {"active_state": "inactive", "invocation": "1"}
BOUND = {"binds_to": ("b.service",)}


def ended(job_result, kind=ActionKind.RESTART, *others, superseded=False, **seen):
    """Return how an action has ended whose job ended so, and what the unit was seen to do then."""
    units = (ObservedUnit(UNIT, "loaded", **seen), *others)
    after = Observed({unit.name: unit for unit in units})
    return judged(UnitResult(UNIT, kind, job_result), BEFORE, after, superseded=superseded)


@pytest.mark.parametrize(
    ("seen", "superseded", "expected"),
    [
        (UP, False, "done"),
        (UP | {"invocation": "1"}, False, "canceled"),
        (STOPPING | {"job": "start"}, False, "starting"),
        ({"active_state": "activating"}, True, "starting"),
        ({"active_state": "activating"}, False, "canceled"),
        (STOPPING | {"job": "stop"}, False, "held"),
        (STOPPING, False, "canceled"),
        (DOWN, True, "held"),
        (DOWN, False, "canceled"),
        ({"active_state": "failed"}, True, "held"),
        (DOWN | BOUND, True, "canceled"),
    ],
)
@pytest.mark.parametrize("kind", [ActionKind.START, ActionKind.RESTART, ActionKind.RELOAD])
def test_a_cancelled_job(seen, superseded, expected, kind):
    """Who has put what in its place says what they meant; who only took it off says nothing."""
    assert ended("canceled", kind, superseded=superseded, **seen).result == expected


def test_what_it_is_bound_to_is_up():
    """A unit that is bound to another has not gone down with that as long as it is up."""
    other = ObservedUnit("b.service", "loaded", "active")
    assert ended("canceled", ActionKind.START, other, superseded=True, **DOWN, **BOUND).result == (
        "held"
    )


@pytest.mark.parametrize(
    ("result", "seen", "expected"),
    [
        ("starting", UP, "done"),
        ("starting", UP | {"job": "restart"}, "starting"),
        ("done", {"active_state": "failed"}, "failed"),
        ("done", {"sub_state": "auto-restart", "result": "exit-code"}, "failed"),
        ("done", {"condition_result": False, "condition_timestamp": 1}, "skipped"),
        ("done", UP, "done"),
        ("timeout", UP, "timeout"),
    ],
)
def test_a_start_that_has_ended(result, seen, expected):
    """A start that "succeeds" may have failed since, and one that took long may be over."""
    assert ended(result, **seen).result == expected


def test_a_stop_that_was_cancelled():
    """A stop that somebody's start has replaced is not done, though the unit is up."""
    assert ended("canceled", ActionKind.STOP, superseded=True, **UP).result == "canceled"


def test_what_was_held_is_no_failure():
    """It says who has done it."""
    found = ended("canceled", superseded=True, **DOWN)
    assert (found.failed, found.message) == (False, "somebody has stopped it meanwhile")
