"""A file is parsed once, and again when it says something else."""

import time
from pathlib import Path

import pytest

from hmsvcd.host.parsed import Parsed
from hmsvcd.host.seen import TICK


class Parser:
    """Returns texts as they are, and counts how many it has been given."""

    def __init__(self) -> None:
        self.parsed = 0

    def __call__(self, _path: Path, text: str) -> str:
        if text == "wrong":
            raise ValueError(text)
        self.parsed += 1
        return text


def settled() -> None:
    """Wait until what was written before is past."""
    time.sleep(1.5 * TICK / 1_000_000_000)


@pytest.fixture
def parser() -> Parser:
    return Parser()


@pytest.mark.parametrize("is_past", [False, True])
def test_what_says_the_same_is_parsed_once(tmp_path, parser, is_past):
    """Also in the moment after it was written, when its stamp does not count yet."""
    path, files = tmp_path / "file", Parsed(parser)
    path.write_text("one")
    for _ in range(3):
        assert files.read(path) == "one"
        if is_past:
            settled()

    assert parser.parsed == 1


def test_what_was_written_is_not_parsed(tmp_path, parser):
    """It says what was written, at once and later."""
    path, files = tmp_path / "file", Parsed(parser)
    files.write(path, "one", "one")
    assert files.read(path) == "one"
    settled()
    assert files.read(path) == "one"

    assert parser.parsed == 0
    assert path.read_text() == "one"


def test_a_change_within_a_tick_is_read(tmp_path, parser):
    """Whether the text before it was read or written."""
    path, files = tmp_path / "file", Parsed(parser)
    for number in range(500):
        files.write(path, f"{number:04}", f"{number:04}")
        assert files.read(path) == f"{number:04}"
        for text in ("abcd", "dcba"):
            path.write_text(text)
            assert files.read(path) == text


def test_what_cannot_be_parsed_is_an_error_each_time(tmp_path, parser):
    """What was read before does not stand in for it."""
    path, files = tmp_path / "file", Parsed(parser)
    path.write_text("right")
    files.read(path)
    path.write_text("wrong")

    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"):
            files.read(path)


def test_a_file_that_went_is_not_there(tmp_path, parser):
    """And counts as new when it is back."""
    path, files = tmp_path / "file", Parsed(parser)
    path.write_text("one")
    settled()
    files.read(path)
    path.rename(tmp_path / "away")
    assert files.read(path) is None
    (tmp_path / "away").rename(path)

    assert files.read(path) == "one"


def test_no_more_is_remembered_than_is_wanted(tmp_path, parser):
    """Of two files where one is to be remembered, the one before is parsed again."""
    one, two, files = tmp_path / "one", tmp_path / "two", Parsed(parser, most=1)
    one.write_text("one")
    two.write_text("two")

    assert [files.read(path) for path in (one, two, two, one)] == ["one", "two", "two", "one"]
    assert parser.parsed == 3


def test_what_nobody_asks_for_is_let_go_of(tmp_path, parser):
    """So it does not grow with what has ever been there."""
    one, two, files = tmp_path / "one", tmp_path / "two", Parsed(parser)
    for path in (one, two):
        path.write_text(path.name)
        files.read(path)

    files.retain([two])

    assert [files.read(path) for path in (one, two)] == ["one", "two"]
    assert parser.parsed == 3
