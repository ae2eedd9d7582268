"""What was read is judged by what was read before."""

from pathlib import Path

import pytest

from hmsvcd.app.load import Loaded
from hmsvcd.app.resting import Resting
from hmsvcd.model.rendering import Rendering

MAIN, MORE = "config.toml", "conf.d/more.toml"
NOTHING = Rendering({}, {}, {}, {})


def read(inputs: str = "1", *, good: bool = True, **texts: str) -> Loaded:
    """Return a declaration of two files, by the names ``main`` and ``more``."""
    names = {"main": MAIN, "more": MORE}
    by_file = {names[name]: text for name, text in texts.items()}
    return Loaded(Path(), by_file, (), inputs, rendering=NOTHING if good else None)


def emptied(resting: Resting, loaded: Loaded) -> list[str]:
    """Return the files that are said to be empty by accident; nothing is rendered then."""
    judged = resting.judged(loaded)
    assert (judged.rendering is None) == bool(judged.errors)
    return [each.place.file for each in judged.errors if each.place]


@pytest.mark.parametrize(
    ("reads", "rested"),
    [
        ([("1", 10)], 90),
        ([("1", 10), ("1", 20)], 90),
        ([("1", 10), ("2", 20)], 80),
        ([("1", 10), ("2", 20), ("1", 30)], 70),
    ],
)
def test_since_when_it_is_the_same(reads, rested):
    """It rests since it was first read as it was read last, without another reading between."""
    resting = Resting()
    for inputs, now in reads:
        resting.note(read(inputs), now)
    assert resting.rested(100) == rested


def test_an_empty_file_that_had_content():
    """It is an error, in whichever file, as often as it is read."""
    resting = Resting()
    resting.note(read(main="a", more="b"), 0)
    for _ in range(2):
        loaded = read("2", main="", more="")
        assert emptied(resting, loaded) == [MORE, MAIN]
        resting.note(resting.judged(loaded), 1)


def test_an_empty_file_that_never_had_content():
    """It is none, whether it was there or is new, nor is one that went or lost all but a mark."""
    resting = Resting()
    assert emptied(resting, read(main="", more="b")) == []
    resting.note(read(main="", more="b"), 0)
    assert emptied(resting, read(main="", more="#")) == []
    assert emptied(resting, read(main="")) == []


def test_an_empty_file_that_was_asked_for():
    """What was noted as good without being judged has no content to lose."""
    resting = Resting()
    resting.note(read(main="a", more="b"), 0)
    resting.note(read(main="a", more=""), 1)
    assert emptied(resting, read(main="a", more="")) == []


def test_a_mistake_between():
    """A wrong declaration changes nothing about what had content."""
    resting = Resting()
    resting.note(read(main="a", more="b"), 0)
    resting.note(read("2", good=False, main="", more="["), 1)
    assert emptied(resting, read("3", main="a", more="")) == [MORE]


def test_links_that_are_missing():
    """They are missing since they were first seen missing without any other."""
    resting = Resting()
    assert resting.missed(("a",), 10) == 0
    assert resting.missed(("a",), 12) == 2
    assert resting.missed(("a", "b"), 13) == 0
    assert resting.missed((), 14) == 0
    assert resting.missed(("a", "b"), 20) == 0
