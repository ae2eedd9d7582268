"""A unit that changes by itself too often is left alone, ever longer."""

import pytest

from hmsvcd.app.brakes import SOON, Brakes
from hmsvcd.model.plan import (
    ActionKind,
    Change,
    Drift,
    FileChange,
    LinkKind,
    Outcome,
    Plan,
    UnitResult,
)

UNIT = "demo.service"


def outcome(unit=UNIT, action=ActionKind.RESTART, result="done", *, new=False):
    """Return what a pass comes to that acts on one unit."""
    files = (FileChange(f"/{unit}", Change.CREATE, LinkKind.UNIT, unit),) if new else ()
    return Outcome(Plan(files=files), (UnitResult(unit, action, result),))


def act(brakes, *times, **what):
    """Have a unit acted upon at these times, as it changes just after it was started."""
    for now in times:
        brakes.note(outcome(), {UNIT}, None, now)
        brakes.note(outcome(**what), {UNIT}, now, now)


def five(brakes, now):
    """Have a unit restarted five times just now, and return for how long it is left."""
    act(brakes, *([now] * 5))
    return brakes.remaining([UNIT], now)


def save(brakes, *times):
    """Have a unit restarted at these times, each for a change that is seen then."""
    for now in times:
        brakes.note(outcome(), {UNIT}, now, now)


@pytest.mark.parametrize(
    ("times", "is_left"),
    [
        ([0, 1, 2, 3], False),
        ([0, 1, 2, 3, 4], True),
        ([0, 20, 40, 59, 60], False),
        ([0, 20, 40, 59, 60, 61], True),
    ],
)
def test_five_times_in_a_minute(times, is_left):
    """Only what lies within the last minute counts."""
    brakes = Brakes()
    act(brakes, *times)
    assert (brakes.braked(times[-1]) == {UNIT}) is is_left


@pytest.mark.parametrize(
    ("action", "result", "counts"),
    [
        (ActionKind.RELOAD, "done", True),
        (ActionKind.STOP_START, "failed", True),
        (ActionKind.START, "starting", True),
        (ActionKind.STOP, "done", True),
        (ActionKind.RESTART, "canceled", False),
        (ActionKind.RESTART, "refused", False),
        (ActionKind.KEEP, "kept", False),
        (ActionKind.RESET_FAILED, "done", False),
    ],
)
def test_what_counts(action, result, counts):
    """It counts what has run, however it has ended."""
    brakes = Brakes()
    act(brakes, *range(5), action=action, result=result)
    assert bool(brakes.braked(5)) is counts


@pytest.mark.parametrize("every", [SOON + 0.1, 8.0, 30.0])
def test_somebody_who_saves_again_and_again(every):
    """What comes when the last restart has been over for some seconds is not the unit's doing."""
    brakes = Brakes()
    for number in range(30):
        save(brakes, number * every)
        assert brakes.braked(number * every) == frozenset()


@pytest.mark.parametrize("every", [0.1, 3.0, SOON])
def test_a_unit_that_writes_soon_after_each_start(every):
    """The first restart may be due to somebody; those that follow at once are its own."""
    brakes = Brakes()
    save(brakes, *(number * every for number in range(5)))
    assert brakes.braked(5 * every) == frozenset()
    save(brakes, 5 * every)
    assert brakes.braked(5 * every) == {UNIT}


def test_an_edit_of_the_declaration_is_never_too_often():
    """Nor is what somebody asks for, however soon it follows."""
    brakes = Brakes()
    for now in range(30):
        brakes.note(outcome(), {UNIT}, None, now)
    assert brakes.braked(30) == frozenset()


def test_whose_doing_a_change_is():
    """For some seconds after anything was started, nobody can tell."""
    brakes = Brakes()
    assert not brakes.are_its_own(0)
    save(brakes, 0)
    assert brakes.are_its_own(SOON)
    assert not brakes.are_its_own(SOON + 0.1)


def test_a_unit_that_is_new_has_not_changed():
    """To install a unit is no change of it, and it begins anew."""
    brakes = Brakes()
    act(brakes, *range(4))
    brakes.note(outcome(new=True), {UNIT}, 4, 4)
    act(brakes, 4, 4, 4, 4)
    assert brakes.braked(5) == frozenset()


def test_a_link_that_is_made_again_lifts_no_brake():
    """Drift of a unit that is left alone is put right, and it is left alone all the same."""
    brakes = Brakes()
    five(brakes, 0)
    files = (FileChange(f"/{UNIT}", Change.CREATE, LinkKind.UNIT, UNIT),)
    drift = (Drift(f"/{UNIT}", UNIT, Change.CREATE),)
    brakes.note(Outcome(Plan(files=files, drift=drift)), {UNIT}, 1, 1)
    assert brakes.braked(1) == {UNIT}


def test_instances_count_for_their_template():
    """What all of them are made from is what changes; two that are restarted are one change."""
    brakes = Brakes()
    results = tuple(
        UnitResult(f"demo@{name}.service", ActionKind.RESTART, "done") for name in "ab"
    )
    for now in range(5):
        brakes.note(Outcome(Plan(), results), {"demo@.service"}, now, now)
    assert brakes.braked(4) == frozenset()
    brakes.note(Outcome(Plan(), results), {"demo@.service"}, 5, 5)
    assert brakes.braked(5) == {"demo@.service"}


def test_an_instance_that_is_declared_counts_for_itself():
    """No template is there that could be left alone."""
    brakes = Brakes()
    for now in range(6):
        brakes.note(outcome("demo@a.service"), {"demo@a.service"}, now, now)
    assert brakes.braked(5) == {"demo@a.service"}


def test_who_edits_a_unit_lifts_its_brake():
    """The others are left as before."""
    brakes = Brakes()
    act(brakes, *range(5))
    for now in range(6):
        brakes.note(outcome("other.service"), {UNIT}, now, now)
    assert brakes.braked(5) == {UNIT, "other.service"}
    brakes.lift_from(["other.service", "new.service"])
    assert brakes.braked(5) == {UNIT}


def test_it_is_left_ever_longer():
    """1, 2, 4 … 30 minutes, each counted from the last change that was taken up."""
    brakes, now, minutes = Brakes(), 0.0, []
    for _ in range(7):
        length = five(brakes, now)
        minutes.append(length / 60)
        assert brakes.braked(now + length - 0.1) == {UNIT}
        now += length
        assert brakes.braked(now) == frozenset()
    assert minutes == [1, 2, 4, 8, 16, 30, 30]


def test_calm_is_rewarded():
    """After half an hour without, a brake is as short as the first."""
    brakes = Brakes()
    assert five(brakes, 0) == 60
    assert five(brakes, 60) == 120
    assert five(brakes, 180 + 1801) == 60


def test_somebody_asks():
    """An order ends all brakes, and begins to count anew."""
    brakes = Brakes()
    five(brakes, 0)
    brakes.lift()
    assert brakes.braked(1) == frozenset()
    assert five(brakes, 1) == 60


def test_units_are_apart():
    """Each has a brake of its own; what is told of it says for how long."""
    brakes = Brakes()
    five(brakes, 0)
    for now in range(5):
        brakes.note(outcome("other.service"), {UNIT}, now, now)
    assert brakes.braked(4) == {UNIT}
    [told] = brakes.warnings([UNIT])
    assert told.message == "demo.service changes too often: it is left as it is for 1 min"
    assert told.hint
    assert not told.is_error
