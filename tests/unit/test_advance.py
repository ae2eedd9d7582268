"""What is known of units: what they may run, and what a switch makes of that."""

import pytest

from hmsvcd.model.decision import Difference
from hmsvcd.model.generation import Generation as Installed
from hmsvcd.model.generation import JobRecord, Manifest, Pending, SavedState, UnitRecord
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import Action, ActionKind, UnitResult
from hmsvcd.pipeline.advance import Switched, advance
from hmsvcd.pipeline.leaving import with_leaving, without_leaving
from hmsvcd.pipeline.possible import NO_DEFINITION, possible_definitions

UNIT = "a.service"


def pending(*results: JobRecord, names: tuple[str, ...] = ("old", "new")) -> Pending:
    """A switch of one unit from old to new that was cut off."""
    target = Manifest(2, 0, "config.toml", "", "apply", Installed({UNIT: "new"}))
    return Pending(target, {UNIT: names}, frozenset(), "life", results=results)


def possible(state: SavedState, unfinished: Pending | None = None) -> tuple[str, ...]:
    """What the unit may run, where generation and link say ``linked``."""
    return possible_definitions(state, unfinished, {UNIT: "linked"}, {UNIT: "linked"})[UNIT]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, ("linked",)),
        ({UNIT: UnitRecord(applied="older")}, ("older",)),
        ({UNIT: UnitRecord()}, (NO_DEFINITION, "linked")),
    ],
)
def test_settled_unit(record, expected):
    """A unit may run what its last action has reached; one whose action never ran may be new."""
    assert possible(SavedState(units=record)) == expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((), ("old", "new")),
        ((JobRecord(UNIT, "restart", "done"),), ("new",)),
        ((JobRecord(UNIT, "restart", "failed"),), ("new",)),
        ((JobRecord(UNIT, "restart", "canceled"),), ("old", "new")),
        ((JobRecord(UNIT, "start", "starting"),), ("old", "new")),
        ((JobRecord(UNIT, "stop", "done"),), ("old", "new")),
    ],
)
def test_unit_of_an_unfinished_switch(results, expected):
    """A unit under way may run any of its definitions, until a job of its own has ended."""
    assert (
        possible(SavedState(units={UNIT: UnitRecord(applied="old")}), pending(*results))
        == expected
    )


def switched(result: str | None, kind: ActionKind = ActionKind.RESTART, **changes) -> SavedState:
    """The state after a switch in which the unit's action ended so."""
    seen = changes.pop("seen", ObservedUnit(UNIT, active_state="active", invocation="2"))
    results = () if result is None else (UnitResult(UNIT, kind, result),)
    values = {
        "units": {UNIT: "new"},
        "relinked": frozenset({UNIT}),
        "leaving": frozenset[str](),
        "actions": (Action(UNIT, kind, "because"),) if result else (),
        "results": results,
        "differences": {UNIT: Difference.CHG},
        "before": Observed({UNIT: ObservedUnit(UNIT, active_state="active", invocation="1")}),
        "after": Observed({UNIT: seen}, life="life"),
        "owed": frozenset[str](),
        "at": 7,
        "linked_at": 5,
    }
    record = UnitRecord(applied="old", started="old", invocation="1")
    return advance(SavedState(units={UNIT: record}), Switched(**(values | changes)))


@pytest.mark.parametrize("result", ["done", "failed", "skipped", None])
def test_advances(result):
    """The base of the next diff advances when nothing was to do, or the job ran to an end."""
    assert switched(result).units[UNIT].applied == "new"


@pytest.mark.parametrize("result", ["canceled", "timeout", "dependency", "refused", "leaving"])
def test_does_not_advance(result):
    """It does not where the job never ran to an end, so that the next apply tries again."""
    assert switched(result).units[UNIT].applied == "old"


@pytest.mark.parametrize(("invocation", "applied"), [("2", "new"), ("1", "old")])
def test_start_under_way(invocation, applied):
    """A start that still runs counts once the unit is started; while it only waits it does not."""
    seen = ObservedUnit(UNIT, active_state="activating", invocation=invocation)
    assert switched("starting", seen=seen).units[UNIT].applied == applied


def test_reload_takes_up_files_only():
    """After a reload the process still runs the old definition, unless only files had changed."""
    kept = ObservedUnit(UNIT, active_state="active", invocation="1")
    partly = switched("done", ActionKind.RELOAD, seen=kept).units[UNIT]
    assert (partly.applied, partly.started) == ("new", "old")
    wholly = switched("done", ActionKind.RELOAD, seen=kept, differences={UNIT: Difference.TRIG})
    assert wholly.units[UNIT].started == "new"


@pytest.mark.parametrize(
    ("began", "life", "started"),
    [(25, "life", "kept"), (15, "life", "old"), (3, "earlier", "kept")],
)
def test_a_restart_by_itself_before_the_switch(began, life, started):
    """What a run took up that we did not start is written down before the link is another."""
    unit = ObservedUnit(UNIT, active_state="active", invocation="2", main_start=began)
    seen = Observed({UNIT: unit}, life="life", units_loaded=22)
    after = Observed({UNIT: unit}, life="life", units_loaded=32)
    record = UnitRecord(started="old", invocation="1", linked_at=20, loaded_at=22)
    switch = Switched(
        units={UNIT: "new"}, relinked=frozenset({UNIT}), leaving=frozenset(),
        actions=(Action(UNIT, ActionKind.KEEP, "because"),),
        results=(UnitResult(UNIT, ActionKind.KEEP, "kept"),),
        differences={UNIT: Difference.CHG}, before=seen, after=after, owed=frozenset(),
        at=1, linked_at=30, linked_before={UNIT: "kept"},
    )  # fmt: skip

    advanced = advance(SavedState(life, {UNIT: record}), switch).units[UNIT]

    assert (advanced.started, advanced.invocation) == (started, "2")
    assert (advanced.linked_at, advanced.loaded_at) == (30, 32)


DOWN = ObservedUnit(UNIT, load_state="loaded", active_state="inactive")


@pytest.mark.parametrize(
    ("result", "seen", "owed"),
    [
        ("done", DOWN, set()),
        ("failed", DOWN, set()),
        ("leaving", DOWN, {UNIT}),
        ("canceled", DOWN, {UNIT}),
        ("canceled", ObservedUnit(UNIT, active_state="active"), set()),
    ],
)
def test_owed(result, seen, owed):
    """A start stays owed until the unit is up or its own job has run."""
    assert switched(result, seen=seen, owed=frozenset({UNIT})).owed == owed


def test_leaving():
    """A unit that still runs keeps its files, is no part of what is declared, and goes last."""
    old = Installed({UNIT: "old"}, files={"home-services/a/x": "file"}, services={"a": (UNIT,)})
    new = Installed({"b.service": "b"}, services={"b": ("b.service",)})
    both = with_leaving(new, old, old.units, {UNIT})
    assert (both.units, both.files) == ({**old.units, **new.units}, old.files)
    assert both.leaving == (UNIT,)
    assert both.digest != new.digest
    assert without_leaving(both).digest == new.digest
