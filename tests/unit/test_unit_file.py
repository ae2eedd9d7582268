"""Unit files: the one form that is written, and the many that are read."""

import pytest

from hmsvcd.model.unit import Directives, Sections, UnitFile
from hmsvcd.pipeline.syntax.unit_file import parse, write

READ_AS_SYSTEMD_DOES: dict[str, tuple[str, Directives]] = {
    "comments": ("# a\n[Unit]\n  ; b\nDescription=c\n", {"Description": ("c",)}),
    "blanks around =": ("[Unit]\n  Description \t=  a b  \n", {"Description": ("a b",)}),
    "carriage returns end lines": ("[Unit]\r\nA=1\rB=2\n", {"A": ("1",), "B": ("2",)}),
    "a byte order mark": ("\ufeff[Unit]\nA=1\n", {"A": ("1",)}),
    "continuation": ("[Unit]\nA=a\\\n   b\n", {"A": ("a    b",)}),
    "comment in a continuation": ("[Unit]\nA=a\\\n; x \\\n b\n", {"A": ("a  b",)}),
    "empty line ends a continuation": ("[Unit]\nA=a\\\n\nB=b\n", {"A": ("a",), "B": ("b",)}),
    "escaped backslash at the end": ("[Unit]\nA=a\\\\\nB=b\n", {"A": ("a\\\\",), "B": ("b",)}),
    "continuation at the end of the file": ("[Unit]\nA=a\\", {"A": ("a",)}),
    "a section twice": ("[Unit]\nA=1\n[Install]\n[Unit]\nA=2\n", {"A": ("1", "2")}),
    "empty assignment": ("[Unit]\nA=1\nA=\nA=2\n", {"A": ("1", "", "2")}),
    "junk": ("B=1\n[Unit]\njunk\n=2\n[broken\nA=1\n", {"A": ("1",)}),
    "= in a value": ("[Unit]\nA=b=c\n", {"A": ("b=c",)}),
    "other line separators": ("[Unit]\nA=a\u2028b\x0bc\x85d\n", {"A": ("a\u2028b\x0bc\x85d",)}),
}


@pytest.mark.parametrize("case", READ_AS_SYSTEMD_DOES)
def test_files_are_read_as_systemd_reads_them(case: str) -> None:
    """Whatever the user's editor or another tool wrote means what it means to systemd."""
    text, unit = READ_AS_SYSTEMD_DOES[case]
    assert parse("x.service", text) == UnitFile("x.service", {"Unit": unit})


def test_sections_and_keys_are_written_in_byte_order() -> None:
    """Equal units have equal texts, however they were declared."""
    sections: Sections = {
        "Unit": {"b": ("2",), "B": ("1",), "X-C": ("3",)},
        "Service": {"A": ("x", "y")},
    }
    assert write(sections) == "[Service]\nA=x\nA=y\n\n[Unit]\nB=1\nX-C=3\nb=2\n"


def test_what_is_empty_is_not_written() -> None:
    """A directive without assignments goes, then a section without directives, then the text."""
    sections: Sections = {"Unit": {"A": ()}, "Service": {"B": ("1",), "C": ()}}
    assert write(sections) == "[Service]\nB=1\n"
    assert write({"Unit": {"A": ()}, "Install": {}}) == ""


def test_an_empty_assignment_is_written() -> None:
    """The empty string resets a list of systemd's, so it is no absent value."""
    assert write({"Service": {"ExecStart": ("", "/bin/a")}}) == (
        "[Service]\nExecStart=\nExecStart=/bin/a\n"
    )


def test_each_text_of_a_unit_is_parsed():
    """However many texts there were before, and whatever other units say."""
    texts = [f"[Unit]\nDescription={number}\n" for number in range(4)]
    for name in ("a.service", "b.service"):
        for text in (*texts, *texts):
            parsed = parse(name, text)
            assert (parsed.name, write(parsed.sections)) == (name, text)
