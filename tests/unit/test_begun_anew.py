"""A unit that runs the new definition has reached it, whoever has started it."""

import pytest

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import SavedState, UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import Action, ActionKind, UnitResult
from hmsvcd.pipeline.advance import Switched, advance

UNIT = "a.service"


@pytest.mark.parametrize(
    ("invocation", "began", "applied"),
    [
        ("2", 30, "new"),
        ("2", 15, "old"),  # before systemd had read the links
        ("1", 30, "old"),  # what ran before
    ],
)
def test_pulled_in(invocation, began, applied):
    """A start that systemd refused, of a unit that another one pulled in, is done."""
    before = ObservedUnit(UNIT, active_state="active", invocation="1")
    unit = ObservedUnit(UNIT, active_state="active", invocation=invocation, main_start=began)
    switch = Switched(
        units={UNIT: "new"},
        relinked=frozenset({UNIT}),
        leaving=frozenset(),
        actions=(Action(UNIT, ActionKind.STOP_START, "because"),),
        results=(UnitResult(UNIT, ActionKind.STOP_START, "refused"),),
        differences={UNIT: Difference.CHG},
        before=Observed({UNIT: before}, life="life", units_loaded=5),
        after=Observed({UNIT: unit}, life="life", units_loaded=20),
        owed=frozenset(),
        at=1,
        linked_at=10,
    )
    record = UnitRecord(applied="old", started="old", invocation="1")
    state = advance(SavedState("life", {UNIT: record}), switch)
    assert state.units[UNIT].applied == applied
    assert state.units[UNIT].started == applied
