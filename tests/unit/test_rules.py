"""The table of rules: that it is whole, and that its documentation is current."""

from dataclasses import replace

import pytest

from hmsvcd.model.decision import Difference, Method, UnitState
from hmsvcd.pipeline.decide.rules import RULES, Situation, Verb, matching
from rules_table import marked_tests, shown, table

CHANGED = Situation("a.service", "service", UnitState.UP, Difference.CHG)
DOWN = replace(CHANGED, state=UnitState.IDLE, wanted=True)
GONE = replace(CHANGED, gone=True)


@pytest.mark.parametrize(
    ("situation", "numbers", "verb"),
    [
        (replace(CHANGED, displaced=True), (1,), Verb.NOTHING),
        (replace(GONE, displaced=True), (5,), Verb.STOP),
        (replace(GONE, fallback=True), (2, 18), Verb.RESTART),
        (replace(GONE, fallback=True, difference=Difference.EQ), (2, 8), Verb.NOTHING),
        (replace(GONE, kind="slice"), (3,), Verb.NOTHING),
        (replace(GONE, stays=True), (4,), Verb.NOTHING),
        (replace(GONE, state=UnitState.STOPPING), (5,), Verb.STOP),
        (replace(GONE, state=UnitState.HELD, failed=True), (6,), Verb.RESET_FAILED),
        (replace(GONE, state=UnitState.FINISHED), (7,), Verb.NOTHING),
        (replace(CHANGED, difference=Difference.SAME), (8,), Verb.NOTHING),
        (replace(CHANGED, kind="target"), (9,), Verb.START_WANTED),
        (replace(CHANGED, kind="slice"), (10,), Verb.NOTHING),
        (replace(CHANGED, method=Method.KEEP_OLD), (11,), Verb.KEEP),
        (replace(CHANGED, plain_oneshot=True), (12,), Verb.KEEP),
        (replace(CHANGED, plain_oneshot=True, method=Method.RESTART), (18,), Verb.RESTART),
        (replace(CHANGED, kind="timer", elapses=True), (13,), Verb.KEEP),
        (replace(CHANGED, can_reload=True, method=Method.RELOAD), (14,), Verb.RELOAD),
        (replace(CHANGED, method=Method.RELOAD), (18,), Verb.RESTART),
        (replace(CHANGED, state=UnitState.STARTING, can_reload=True, method=Method.RELOAD), (18,),
         Verb.RESTART),
        (replace(CHANGED, difference=Difference.TRIG, can_reload=True), (18,), Verb.RESTART),
        (replace(CHANGED, difference=Difference.TRIG, can_reload=True, trigger_reloads=True),
         (14,), Verb.RELOAD),
        (replace(CHANGED, difference=Difference.OPTIONS, kind="mount", can_reload=True), (14,),
         Verb.RELOAD),
        (replace(CHANGED, kind="mount", can_reload=True), (18,), Verb.RESTART),
        (replace(CHANGED, kind="socket"), (15,), Verb.STOP_START),
        (replace(CHANGED, active_socket=True, method=Method.STOP_START), (16,), Verb.STOP),
        (replace(CHANGED, active_socket=True, method=Method.STOP_START, wanted=True), (17,),
         Verb.STOP_START),
        (replace(CHANGED, state=UnitState.LOOPING), (18,), Verb.RESTART),
        (replace(CHANGED, state=UnitState.STOPPING), (19,), Verb.NOTHING),
        (replace(DOWN, refuses_start=True), (20,), Verb.NOTHING),
        (replace(DOWN, state=UnitState.OWED, requirements_met=True), (21,), Verb.START),
        (replace(DOWN, state=UnitState.OWED), (21,), Verb.NOTHING),
        (replace(DOWN, wanted=False), (22,), Verb.NOTHING),
        (replace(DOWN, state=UnitState.HELD, known=False), (23,), Verb.START),
        (replace(DOWN, state=UnitState.HELD, newly_wanted=True), (24,), Verb.NOTHING),
        (replace(DOWN, state=UnitState.FINISHED, newly_wanted=True), (25,), Verb.START),
        (replace(DOWN, state=UnitState.FINISHED, plain_oneshot=True), (26,), Verb.NOTHING),
        (replace(DOWN, state=UnitState.FINISHED, difference=Difference.EQ), (26,), Verb.NOTHING),
        (replace(DOWN, state=UnitState.FINISHED), (26,), Verb.START),
        (replace(DOWN, state=UnitState.FAILED), (27,), Verb.START),
        (replace(DOWN, state=UnitState.FAILED, difference=Difference.EQ), (27,), Verb.START),
        (replace(DOWN, state=UnitState.FAILED, difference=Difference.SAME), (29,), Verb.NOTHING),
        (replace(DOWN, state=UnitState.FAILED, difference=Difference.SAME, asked=True), (27,),
         Verb.START),
        (DOWN, (28,), Verb.START),
        (replace(DOWN, difference=Difference.SAME, requirement_starts=True), (28,), Verb.START),
        (replace(DOWN, difference=Difference.EQ), (29,), Verb.NOTHING),
    ],
)  # fmt: skip
def test_the_first_rule_that_holds(
    situation: Situation, numbers: tuple[int, ...], verb: Verb
) -> None:
    """Each row of the table does what it says, and the rows above it come first."""
    rules = matching(situation)
    assert tuple(rule.number for rule in rules) == numbers
    assert rules[-1].verb is verb


def test_rules_are_numbered_in_order() -> None:
    """A rule's number in a plan leads to its row in the documentation."""
    numbers = [rule.number for rule in RULES]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 30))


def test_every_rule_is_shown_on_a_real_manager() -> None:
    """Each row of the table has a test in which systemd does what it says."""
    assert marked_tests().keys() == {rule.number for rule in RULES}


def test_the_documentation_shows_the_table_that_decides() -> None:
    """The table of docs/switching.md, between its markers, is the one made from the rules."""
    assert shown() == table(), "python tests/rules_table.py writes it"
