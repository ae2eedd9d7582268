"""What was rolled back is said in words that name what failed, how, and what runs now."""

import pytest

from hmsvcd.model.undone import Undone
from hmsvcd.pipeline.undoing import cause_of, held_in_words, in_words

ONE = Undone(4, 3, {"demo.service": "exit-code, status 1"})


def test_one_failure():
    """The unit is named, with both generations."""
    assert cause_of(ONE) == "rollback to 3 after demo.service failed in 4"
    told = "generation 4 failed: demo.service (exit-code, status 1); rolled back to 3"
    assert in_words(ONE) == told
    assert held_in_words(cause_of(ONE), ONE) == f"{told}; the declaration is held until it changes"


def test_a_rollback_that_somebody_asked_for():
    """Nothing has failed there."""
    told = "the declaration is held after the rollback to 3"
    assert held_in_words("rollback to 3", None) == told


@pytest.mark.parametrize(
    ("units", "named"),
    [
        ("ab", "a and b"),
        ("abcd", "a, b, c and d"),
        ("abcde", "a, b, c and 2 more"),
    ],
)
def test_many_failures(units, named):
    """A long list is cut, so that a line stays a line."""
    undone = Undone(2, 1, dict.fromkeys(units, "failed"))
    assert cause_of(undone) == f"rollback to 1 after {named} failed in 2"
