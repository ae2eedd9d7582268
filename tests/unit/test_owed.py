"""To which units a start is still owed."""

from dataclasses import replace

import pytest

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import SavedState, UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import Action, ActionKind, UnitResult
from hmsvcd.pipeline.advance import Switched, advance
from hmsvcd.pipeline.decide.owed import still_owed

UNIT = "a.service"
DOWN = ObservedUnit(UNIT, "loaded", "inactive", inactive_exit=3, active_exit=4)


def owed(seen, *others, record=None, **changes):
    """Say whether the unit is owed a start, by a state of which none was up at 10."""
    units = {} if record is None else {UNIT: record}
    state = SavedState("life", units, frozenset({UNIT}), owed_at=10)
    observed = Observed({unit.name: unit for unit in (seen, *others)}, life="life")
    return still_owed(replace(state, **changes), observed) == {UNIT}


def test_a_mark_counts_in_its_life_alone():
    """A new login starts everything by itself."""
    assert owed(DOWN)
    assert not owed(DOWN, life="earlier")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"inactive_exit": 11}, False),
        ({"inactive_exit": 3, "active_exit": 11}, False),
        ({"inactive_exit": 3, "active_exit": 4}, True),
    ],
)
def test_who_has_been_up_since_has_had_its_start(times, expected):
    """A unit that somebody has started and stopped again is not started once more."""
    seen = ObservedUnit(UNIT, "loaded", "inactive", **times)
    assert owed(seen) is expected
    assert owed(seen, owed_at=0)


UNDER_WAY = UnitRecord(action="restart", result="starting")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"active_state": "deactivating", "job": "restart"}, True),
        ({"active_state": "deactivating", "job": "stop"}, False),
        ({"active_state": "inactive"}, False),
        ({"active_state": "activating"}, True),
    ],
)
def test_a_start_that_somebody_has_cancelled(seen, expected):
    """Where our own start is gone, somebody has stopped the unit since."""
    assert owed(ObservedUnit(UNIT, "loaded", **seen), record=UNDER_WAY) is expected
    assert owed(ObservedUnit(UNIT, "loaded", **seen), record=UnitRecord(action="stop"))


@pytest.mark.parametrize(("state", "expected"), [("failed", True), ("active", False)])
def test_a_start_that_waited_for_another(state, expected):
    """A start is still owed where it is gone because what the unit requires has failed."""
    seen = ObservedUnit(UNIT, "loaded", "inactive", requires=("b.service", "basic.target"))
    other = ObservedUnit("b.service", "loaded", state)
    assert owed(seen, other, record=UNDER_WAY) is expected


def switched(result, seen, **changes):
    """Return the record after a switch in which the unit's action ended so."""
    actions = () if result is None else (Action(UNIT, result.action, "because"),)
    values = {
        "units": {UNIT: "new"},
        "relinked": frozenset({UNIT}),
        "leaving": frozenset[str](),
        "actions": actions,
        "results": (result,) if result else (),
        "differences": {UNIT: Difference.CHG},
        "before": Observed({UNIT: ObservedUnit(UNIT, "loaded", "active", invocation="1")}),
        "after": Observed({UNIT: seen}, life="life", now=10),
        "owed": frozenset({UNIT}),
        "at": 7,
        "linked_at": 5,
        "linked_before": {UNIT: "old"},
    }
    record = changes.pop("record", UnitRecord(applied="old", started="old", invocation="1"))
    return advance(SavedState(units={UNIT: record}), Switched(**(values | changes)))


def test_marks_have_a_time():
    """What is owed when a switch has ended was not up then."""
    state = switched(None, DOWN)
    assert (state.owed, state.owed_at) == ({UNIT}, 10)


@pytest.mark.parametrize(("state", "applied"), [("reloading", "new"), ("active", "old")])
def test_a_reload_under_way(state, applied):
    """A reload that has begun counts; one that only waits for others does not."""
    seen = ObservedUnit(UNIT, "loaded", state, invocation="1", job="reload")
    after = switched(UnitResult(UNIT, ActionKind.RELOAD, "reloading"), seen)
    assert after.units[UNIT].applied == applied


def test_what_somebody_has_stopped_is_as_declared():
    """Its next start has the new definition, and no start is owed."""
    after = switched(UnitResult(UNIT, ActionKind.RESTART, "held"), DOWN)
    assert (after.units[UNIT].applied, after.owed) == ("new", frozenset())


def test_an_action_that_was_not_come_to():
    """The unit still runs what it did, and nothing has been done to it."""
    seen = ObservedUnit(UNIT, "loaded", "active", invocation="1")
    action = Action(UNIT, ActionKind.RESTART, "because")
    for record in (UnitRecord(applied="old"), UnitRecord()):
        changes = {"unsent": frozenset({UNIT}), "actions": (action,), "record": record}
        found = switched(None, seen, **changes).units[UNIT]
        assert (found.applied, found.action, found.linked_at) == ("old", None, 5)


def test_a_start_that_has_come_to_its_end_later():
    """A later switch, which finds the unit up, says so of the last action."""
    seen = ObservedUnit(UNIT, "loaded", "active", invocation="2")
    record = UnitRecord(applied="new", action="start", result="starting")
    assert switched(None, seen, record=record).units[UNIT].result == "done"
