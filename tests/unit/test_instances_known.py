"""What is known of the instances of a template: each may have reached something else."""

import pytest

from hmsvcd.model.generation import (
    Generation,
    JobRecord,
    Manifest,
    Pending,
    SavedState,
    UnitRecord,
)
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import Action, ActionKind, UnitResult
from hmsvcd.pipeline.advance import Switched, advance, taken_back
from hmsvcd.pipeline.possible import (
    NO_DEFINITION,
    carried_over,
    possible_definitions,
    started_since,
    told_apart,
)

TEMPLATE, ONE, OTHER = "a@.service", "a@one.service", "a@other.service"
UNITS = {TEMPLATE: "new"}
BEFORE = SavedState("life", {TEMPLATE: UnitRecord(applied="old")})
TARGET = Manifest(2, 0, "config.toml", "", "apply", Generation(UNITS))


def up(*invocations: str, life: str = "life", began: int = 30, own: str = "") -> Observed:
    """Both instances run, with these invocations; the first one may have a file of its own."""
    units = {
        unit: ObservedUnit(
            unit,
            "loaded",
            "active",
            invocation=invocation,
            main_start=began,
            fragment=own if unit == ONE else TEMPLATE,
        )
        for unit, invocation in zip((ONE, OTHER), invocations, strict=True)
    }
    return Observed(units, life=life, units_loaded=20)


def switched(one: str, other: str, state: SavedState = BEFORE, own: str = "") -> SavedState:
    """The state after a switch in which the restarts of both ended so."""
    results = {ONE: one, OTHER: other}
    return advance(
        state,
        Switched(
            units=UNITS,
            relinked=frozenset(UNITS),
            leaving=frozenset(),
            actions=tuple(Action(unit, ActionKind.RESTART, "", 18) for unit in results),
            results=tuple(UnitResult(u, ActionKind.RESTART, end) for u, end in results.items()),
            differences={},
            before=up("1", "1", own=own),
            after=up("1" if one == "refused" else "2", "2", own=own),
            owed=frozenset(),
            at=1,
            linked_at=10,
            linked_before={TEMPLATE: "old"},
        ),
    )


def applied(state: SavedState) -> dict[str, str | None]:
    """What each record says that its action has reached."""
    return {unit: record.applied for unit, record in state.units.items()}


def test_one_stays_behind():
    """The one whose job never ran has a record of its own; the other is as the template says."""
    assert applied(switched("refused", "done")) == {TEMPLATE: "new", ONE: "old"}


def test_all_reach_it():
    """Where all jobs have run, the record of the template says it all."""
    behind = switched("refused", "done")
    assert applied(switched("done", "done", behind)) == {TEMPLATE: "new"}


def test_one_with_a_file_of_its_own():
    """An instance that is defined by a file of its own is none of the template's."""
    state = switched("refused", "done", own=f"/etc/{ONE}")
    assert applied(state) == {TEMPLATE: "new"}


def test_what_was_sent_last_is_refused():
    """An action that was taken for done before it was sent is not done for that instance."""
    had = {TEMPLATE: ("old",)}
    state = SavedState("life", {TEMPLATE: UnitRecord(applied="new")})
    refused = [UnitResult(ONE, ActionKind.RESTART, "refused")]
    assert applied(taken_back(state, refused, had)) == {TEMPLATE: "new", ONE: "old"}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({}, {TEMPLATE: ("new",)}),
        ({ONE: UnitRecord(applied="old")}, {TEMPLATE: ("new",), ONE: ("old",)}),
        ({ONE: UnitRecord()}, {TEMPLATE: ("new",), ONE: (NO_DEFINITION, "new")}),
        ({"b@one.service": UnitRecord(applied="old")}, {TEMPLATE: ("new",)}),
    ],
)
def test_possible_definitions(records, expected):
    """An instance may run what its own record says, if it has one and its template is ours."""
    state = SavedState("life", records)
    assert possible_definitions(state, None, UNITS, UNITS) == expected


def test_after_a_kill():
    """Each instance is told by its own invocation and by the end of its own job."""
    both = dict.fromkeys((TEMPLATE, ONE, OTHER), ("old", "new"))
    ended = (JobRecord(OTHER, "restart", "done"),)
    pending = Pending(
        TARGET, both, frozenset(), "life", results=ended, invocations={ONE: "1"}, linked_at=10
    )
    old = possible_definitions(BEFORE, pending, UNITS, UNITS)
    assert (old[ONE], old[OTHER]) == (("old", "new"), ("new",))
    told = told_apart(both, pending, UNITS, up("1", "2"))
    assert (told[ONE], told[OTHER]) == (("old",), ("new",))
    assert carried_over(pending, UNITS) == ended
    assert not carried_over(pending, {TEMPLATE: "newer"})
    assert not carried_over(pending, {})


@pytest.mark.parametrize(
    ("seen", "runs"),
    [
        (up("1", "1", began=5), "old"),
        (up("2", "1", began=15), "old"),  # after the link, before systemd has read it
        (up("2", "1"), "new"),
        (up("2", "1", life="another", began=5), "new"),
        (Observed({}, life="another"), "old"),
    ],
)
def test_what_others_have_started(seen, runs):
    """What was restarted since, or began in another life of the manager, runs what is linked."""
    state = switched("refused", "done")
    old = possible_definitions(state, None, UNITS, UNITS)
    assert started_since(old, state, UNITS, seen)[ONE] == (runs,)
