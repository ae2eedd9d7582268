"""What a pass came to: how it goes on, and a sentence for whoever looks."""

import pytest

from hmsvcd.errors import BusGoneError, HostError, RefusedError
from hmsvcd.model.daemon import DaemonState
from hmsvcd.model.diagnostic import error
from hmsvcd.model.plan import (
    Action,
    ActionKind,
    Change,
    Drift,
    FileChange,
    LinkKind,
    Outcome,
    Plan,
    UnitResult,
)
from hmsvcd.pipeline.conclude import conclude, failed

START, RESTART, RELOAD = ActionKind.START, ActionKind.RESTART, ActionKind.RELOAD
STOP, KEEP = ActionKind.STOP, ActionKind.KEEP
LINK = FileChange("/u/a.service", Change.CREATE, LinkKind.UNIT, "a.service", None, "1-a.service")
LOST = Drift("/u/a.service", "a.service", Change.CREATE)
LOST_TOO = Drift("/u/default.target.wants/a.service", "a.service", Change.CREATE)


def came_of(*results, files=(), drift=()):
    """Return an outcome: results as unit, action and how that ended."""
    ended = tuple(UnitResult(f"{unit}.service", *end) for unit, *end in results)
    actions = tuple(Action(each.unit, each.action, "") for each in ended)
    return Outcome(Plan(actions, files=files, drift=drift), ended, 1)


def concluded(*results, **known):
    """Return how a pass with these results ends, and what is said of it."""
    conclusion = conclude((), came_of(*results), **known)
    return conclusion.end, conclusion.sentence


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ((), "everything is as declared"),
        ((("a", START, "done"),), "started a"),
        ((("a", STOP, "done"), ("b", RESTART, "done")), "stopped a; restarted b"),
        ((("a", RELOAD, "done"), ("b", RELOAD, "done")), "reloaded a and b"),
        ((("a", START, "starting"),), "starting a"),
        ((("a", STOP, "leaving"),), "stopping a"),
        ((("a", KEEP, "kept"),), "everything is as declared"),
        ((("a", START, "skipped"),), "everything is as declared"),
        ((("a", ActionKind.RESET_FAILED, "done"), ("a", START, "done")), "started a"),
        ((("a", START, "failed"), ("b", START, "done")), "start failed: a; started b"),
        ((("a", ActionKind.STOP_START, "done"),), "restarted a"),
        (tuple((unit, START, "done") for unit in "abcd"), "started a, b, c and d"),
        (tuple((unit, START, "done") for unit in "abcde"), "started a, b, c and 2 more"),
    ],
)
def test_what_was_done_is_said(results, sentence):
    """Units are gathered by what became of them, in order, and long lists are cut."""
    assert conclude((), came_of(*results)).sentence == sentence


@pytest.mark.parametrize("result", ["canceled", "timeout", "dependency"])
def test_a_job_that_never_ran_is_tried_again(result):
    """What did not come to run is still to be done."""
    end, sentence = concluded(("a", START, result))
    assert (end, sentence) == (DaemonState.RETRYING, f"start {result}: a")


@pytest.mark.parametrize("result", ["refused", "invalid"])
def test_a_job_that_systemd_will_not_run_waits_for_a_change(result):
    """To try again what systemd refuses would be refused again."""
    end, sentence = concluded(("a", START, result))
    assert (end, sentence) == (DaemonState.STUCK, f"start {result}: a")


def test_a_failure_is_not_tried_again():
    """A unit that was started and failed is left to systemd's Restart=, or to the user."""
    assert concluded(("a", START, "failed"))[0] is DaemonState.SETTLED


def test_a_wrong_declaration_waits_for_the_user():
    """The number of errors is said, and what was finished all the same."""
    wrong = error("unknown option", None)
    assert conclude([wrong], None).sentence == "the declaration has an error"
    finished = conclude([wrong, wrong], came_of(("a", START, "done")))
    assert finished.end is DaemonState.STUCK
    assert finished.sentence == "the declaration has 2 errors; started a"


def test_what_waits_is_said():
    """What is to go, what is held and what is to be repaired are no secret."""
    put_off = concluded(put_off=["a.service", "b.timer"])
    assert put_off == (DaemonState.SETTLED, "about to remove a and b.timer")
    held = "the declaration is held after the rollback to 3"
    assert concluded(held=held)[1] == held
    assert concluded(("a", STOP, "done"), held=held)[1] == f"{held}; stopped a"
    links = ["/u/a.service", "/u/default.target.wants/a.service"]
    assert concluded(missing=links)[1] == "about to repair a"


def test_what_changed_without_a_job_is_said():
    """A link that is made is an update, or a repair where it had been there."""
    updated = conclude((), came_of(files=(LINK,)))
    assert updated.sentence == "updated what is installed"
    repaired = conclude((), came_of(files=(LINK,), drift=(LOST, LOST_TOO)))
    assert repaired.sentence == "repaired a"


@pytest.mark.parametrize(
    ("failure", "end"),
    [
        (RefusedError("a file is in the way"), DaemonState.STUCK),
        (HostError("cannot write: the disk is full"), DaemonState.RETRYING),
        (BusGoneError("the bus went away"), DaemonState.RETRYING),
    ],
)
def test_what_could_not_be_done_is_tried_again_unless_it_was_refused(failure, end):
    """A refusal stays one until something changes; the world may get better by itself."""
    conclusion = failed(failure)
    assert (conclusion.end, conclusion.sentence) == (end, failure.message)
