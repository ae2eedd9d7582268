"""Diagnostics as they are shown."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from hmsvcd.cli.diagnostics import excerpt, show
from hmsvcd.model.diagnostic import Diagnostic, Note, Place, Position, error, warning
from hmsvcd.pipeline.documents import to_json

TEXT = "[services.mpd]\nproces.argv = []\n"
UNKNOWN = replace(
    error(
        "unknown option",
        Place("config.toml", ("services", "mpd", "proces")),
        hint="did you mean `process`?",
    ),
    position=Position(2, 1),
)


def shown(*diagnostics: Diagnostic, text: str = TEXT, width: int = 80, **options: Any) -> str:
    """What is printed."""
    out = io.StringIO()
    console = Console(file=out, width=width, **options)
    show(diagnostics, {"config.toml": text}, console)
    return out.getvalue()


def test_a_diagnostic_is_shown_with_its_line() -> None:
    """First a line to search for, then the excerpt with a caret, then what would help."""
    assert shown(UNKNOWN) == (
        "config.toml:2:1: error: services.mpd.proces: unknown option\n"
        "  2 | proces.argv = []\n"
        "    | ^\n"
        "  help: did you mean `process`?\n"
    )


def test_notes_have_their_own_places() -> None:
    """The other side of a conflict is shown with file and line."""
    other = Note("also defined here", Place("b.toml", ("a",)), Position(7, 3))
    conflict = error("conflict", Place("config.toml", ("a",)), notes=(other,))
    conflict = replace(conflict, position=Position(1, 1))
    assert "  note: b.toml:7:3: also defined here\n" in shown(conflict)


def test_the_first_line_is_never_broken() -> None:
    """However narrow the terminal, the first line stays one line."""
    assert shown(UNKNOWN, width=20).startswith(
        "config.toml:2:1: error: services.mpd.proces: unknown option\n"
    )


def test_what_has_no_place_is_a_line() -> None:
    """A warning about the host is shown without an excerpt."""
    assert shown(warning("no systemd", None)) == "warning: no systemd\n"


def test_further_lines_of_a_message_are_indented() -> None:
    """A message of several lines is still found by its first."""
    assert shown(warning("one\ntwo", None)) == "warning: one\n  two\n"


def test_colour_is_for_terminals() -> None:
    """Escape sequences are written to terminals only, and not where NO_COLOR asks for none."""
    assert "\x1b[" not in shown(UNKNOWN)
    assert "\x1b[" in shown(UNKNOWN, force_terminal=True, color_system="standard")
    plain = shown(UNKNOWN, force_terminal=True, color_system="standard", no_color=True)
    assert "\x1b[3" not in plain


def test_markup_in_a_message_is_text() -> None:
    """Square brackets in names are no instructions."""
    assert "[bold]x[/bold]" in shown(error("[bold]x[/bold]", None))


@pytest.mark.parametrize("evil", ["\x1b[31m", "\x9b31m", "\x07", "\u202e", "\u2066", "\x7f"])
def test_no_terminal_obeys_a_declaration(evil: str) -> None:
    """Control characters are shown as escapes, wherever they come from."""
    place = Place("config.toml", (f"a{evil}",))
    note = Note(f"see {evil}", Place(f"x{evil}"))
    found = error(f"bad {evil}", place, hint=f"not {evil}", notes=(note,))
    found = replace(found, position=Position(1, 1))
    assert evil not in shown(found, text=f"a = '{evil}'\n")


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("abc", 2, ("abc", 1)),
        ("abc", 4, ("abc", 3)),
        ("abc", 99, ("abc", 3)),
        ("", 1, ("", 0)),
        ("\ta\tb", 2, ("    a   b", 4)),
        ("\ta\tb", 4, ("    a   b", 8)),
        ("日本 = x", 3, ("日本 = x", 4)),
        ("e\u0301 = x", 5, ("e\u0301 = x", 3)),
        ("a\x1bb", 3, ("a\\x1bb", 5)),
    ],
)
def test_the_caret_stands_below_its_character(
    line: str,
    column: int,
    expected: tuple[str, int],
) -> None:
    """Tabs, wide characters and escapes take the room that a terminal gives them."""
    assert excerpt(line, column, 40) == expected


@pytest.mark.parametrize("column", [1, 2, 50, 199, 200, 201])
@pytest.mark.parametrize("character", ["x", "日", "\t"])
def test_a_long_line_is_cut_around_the_caret(column: int, character: str) -> None:
    """What is shown fits, and the caret is inside of it."""
    line = character * (column - 1) + "!" + character * (200 - column)
    text, caret = excerpt(line, column, 40)
    assert cell_len(text) < 40
    assert caret < 40
    if column <= 200:
        assert cell_len(text.partition("!")[0]) == caret


def test_json_has_the_keys_of_the_documentation() -> None:
    """Every field is there, null where there is nothing to say."""
    assert to_json([UNKNOWN, warning("no systemd", None)]) == [
        {
            "severity": "error",
            "file": "config.toml",
            "line": 2,
            "column": 1,
            "key": "services.mpd.proces",
            "message": "unknown option",
            "hint": "did you mean `process`?",
        },
        {
            "severity": "warning",
            "file": None,
            "line": None,
            "column": None,
            "key": None,
            "message": "no systemd",
            "hint": None,
        },
    ]


def test_json_says_every_place_of_a_conflict() -> None:
    """Notes have no fields, so the message holds their places."""
    notes = (Note("here", Place("a.toml"), Position(1, 2)), Note("there", Place("b.toml")))
    [found] = to_json([error("conflict", Place("config.toml", ("a",)), notes=notes)])
    assert found["message"] == "conflict; a.toml:1:2: here; b.toml: there"
    json.dumps(found)
