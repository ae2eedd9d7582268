"""Key paths become lines and columns."""

from dataclasses import replace

import pytest

from hmsvcd.model.diagnostic import Key, Note, Place, Position, error, warning
from hmsvcd.pipeline.read.places import locate

TEXT = """\
# a comment
services.plain = { process = { argv = ["/bin/a", "b"] } }

[services.mpd]
process.argv = [
    "/usr/bin/mpd",  # the program
    "--no-daemon",
]
"quoted key"."with \\u00e9".x = 1
'literal\\n' = 2

[services.mpd.systemd.service]
"é é" = { "ä"."ö" = 1, "ü" = [[1], [2, 3]] }

[[list.of.tables]]
a = 1
[[list.of.tables]]
a = 2
[list.of.tables.sub]
b = 3
[[list.of.tables.inner]]
c = 4
[services]
late.x = 1
"""

PLACES = [
    (("services", "plain"), 2, 10),
    (("services", "plain", "process"), 2, 20),
    (("services", "plain", "process", "argv"), 2, 32),
    (("services", "plain", "process", "argv", 1), 2, 50),
    (("services", "mpd"), 4, 11),
    (("services", "mpd", "process"), 5, 1),
    (("services", "mpd", "process", "argv"), 5, 9),
    (("services", "mpd", "process", "argv", 0), 6, 5),
    (("services", "mpd", "process", "argv", 1), 7, 5),
    (("services", "mpd", "quoted key", "with é", "x"), 9, 28),
    (("services", "mpd", "literal\\n"), 10, 1),
    (("services", "mpd", "systemd"), 12, 15),
    (("services", "mpd", "systemd", "service", "é é", "ä", "ö"), 13, 15),
    (("services", "mpd", "systemd", "service", "é é", "ü"), 13, 24),
    (("services", "mpd", "systemd", "service", "é é", "ü", 1, 1), 13, 40),
    (("list", "of", "tables"), 15, 11),
    (("list", "of", "tables", 0, "a"), 16, 1),
    (("list", "of", "tables", 1), 17, 11),
    (("list", "of", "tables", 1, "a"), 18, 1),
    (("list", "of", "tables", 1, "sub"), 19, 17),
    (("list", "of", "tables", 1, "sub", "b"), 20, 1),
    (("list", "of", "tables", 1, "inner", 0, "c"), 22, 1),
    (("services",), 23, 2),
    (("services", "late", "x"), 24, 6),
]


def position(text: str, key: Key) -> Position | None:
    """Where a key of a text is."""
    [located] = locate([error("wrong", Place("f", key))], {"f": text})
    return located.position


@pytest.mark.parametrize(("key", "line", "column"), PLACES, ids=[str(key) for key, *_ in PLACES])
def test_a_key_is_found_where_it_is_written(key: Key, line: int, column: int) -> None:
    """The position is the last key part that leads to the value, the element in a list."""
    assert position(TEXT, key) == Position(line, column)


@pytest.mark.parametrize(
    ("key", "line", "column"),
    [
        (("services", "mpd", "process", "nothing", "here"), 5, 1),
        (("services", "mpd", "process", "argv", 7), 5, 9),
        (("nowhere",), 1, 1),
        ((), 1, 1),
    ],
)
def test_a_key_that_is_not_there_is_where_it_would_be(key: Key, line: int, column: int) -> None:
    """What a file does not hold has the place of what is around it."""
    assert position(TEXT, key) == Position(line, column)


def test_the_table_itself_beats_what_leads_further_in() -> None:
    """A table has the place of its own header, not of an earlier header below it."""
    assert position("[a.b.c]\n[a.b]\n", ("a", "b")) == Position(2, 4)


def test_a_broken_file_still_has_places() -> None:
    """What tree-sitter understands of a broken file has its place."""
    assert position("a = \n[b]\nc = 1\n[[d\n", ("b", "c")) == Position(3, 1)


def test_notes_are_located_in_their_own_files() -> None:
    """The other side of a conflict has a position, too."""
    conflict = error("conflict", Place("f", ("a",)), notes=(Note("here", Place("g", ("a",))),))
    [located] = locate([conflict], {"f": "\na = 1\n", "g": "\n\n  a = 2\n"})
    assert located.position == Position(2, 1)
    assert located.notes[0].position == Position(3, 3)


def test_diagnostics_follow_the_files_and_come_once() -> None:
    """They stand in order of files, lines and columns; what has no place comes last."""
    f, g = Place("f", ("b",)), Place("g", ("a",))
    first, second, third = error("1", Place("f", ("a",))), warning("2", f), error("3", g)
    unknown, nowhere = error("4", Place("other")), error("5", None)
    sources = {"f": "a=1\nb=1", "g": "a=1"}
    located = locate([nowhere, unknown, third, second, first, second], sources)
    assert [each.message for each in located] == ["1", "2", "3", "4", "5"]


def test_a_position_that_is_known_stays() -> None:
    """A syntax error is where the parser said."""
    known = replace(error("wrong", Place("f", ("a",))), position=Position(7, 8))
    assert locate([known], {"f": "a = 1"}) == (known,)


def test_a_thousand_services_are_told_apart() -> None:
    """However many services are wrong, each has its own place."""
    service = "[services.s{n}]\nprocess.argv = ['/bin/x', '-y']\nsystemd.service.after = ['a']\n"
    text = "".join(service.replace("{n}", str(n)) for n in range(1000))
    places = [Place("f", ("services", f"s{n}", "process", "argv", 1)) for n in range(1000)]
    located = locate([error("wrong", place) for place in places], {"f": text})
    assert [each.position for each in located] == [Position(3 * n + 2, 27) for n in range(1000)]
