"""After a kill, an invocation shows which definition a unit runs, and which it does not."""

import pytest

from hmsvcd.model.generation import Generation, Manifest, Pending
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.pipeline.possible import told_apart

UNIT = "a.service"
TARGET = Manifest(2, 0, "config.toml", "", "apply", Generation({UNIT: "new"}))
PENDING = Pending(
    TARGET,
    {UNIT: ("old", "new")},
    frozenset(),
    "life",
    invocations={UNIT: "before"},
    linked_at=10,
)


def seen(
    invocation: str,
    began: int = 30,
    state: str = "active",
    loaded: int = 20,
    life: str = "life",
    pending: Pending = PENDING,
) -> tuple[str, ...]:
    """Return what a unit may run that is linked to its new definition."""
    unit = ObservedUnit(UNIT, active_state=state, invocation=invocation, main_start=began)
    observed = Observed({UNIT: unit}, life=life, units_loaded=loaded)
    return told_apart({UNIT: ("old", "new")}, pending, {UNIT: "new"}, observed)[UNIT]


def test_same_invocation():
    """What ran before the switch and still runs has not taken up what the switch goes to."""
    assert seen("before", began=5) == ("old",)


def test_later_invocation():
    """What began after systemd had read all links runs what is linked."""
    assert seen("after") == ("new",)


@pytest.mark.parametrize(
    "unsure",
    [
        {"began": 15},  # after the links, before systemd has read them
        {"loaded": 5},
        {"state": "failed"},
        {"life": "another"},
        {"pending": Pending(TARGET, {}, frozenset(), "life")},
    ],
)
def test_nobody_knows(unsure):
    """Where nothing shows it, both definitions remain possible."""
    assert seen(**{"invocation": "after", **unsure}) == ("old", "new")


def test_same_invocation_of_another_life():
    """An invocation counts in the life of the manager in which it was written down."""
    assert seen("before", life="another") == ("old", "new")
