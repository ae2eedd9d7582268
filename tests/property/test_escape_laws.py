"""What is escaped is read back by systemd's rules (``extract_first_word``, ``cunescape``)."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.pipeline.syntax.escape import environment_assignment, escape_argv, value_problem

SYMBOLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))", re.DOTALL)
VALUES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0").filter(
        lambda character: not value_problem(f"{character}.") or character in "\n\r"
    )
)


def unescaped(match):
    """Return the character that one escape stands for."""
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else SYMBOLS.get(match[3], match[3])


def words(line):
    """Return the words of a line: quotes group, backslashes escape, blanks separate."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"\\]+)', line, re.DOTALL)
    assert re.fullmatch(r'(?:(?:"(?:[^"\\]|\\.)*"|[^\s"\\]+)(?: |\Z))*', line, re.DOTALL)
    return [ESCAPE.sub(unescaped, quoted) + plain for quoted, plain in found]


@given(VALUES)
def test_a_variable_reads_back(value):
    """One word, its specifiers undone, is the assignment."""
    line = environment_assignment("A", value)
    assert value_problem(line) is None
    assert "%" not in line.replace("%%", "")
    assert words(line.replace("%%", "%")) == [f"A={value}"]


@given(VALUES.filter(bool), st.lists(VALUES))
def test_a_command_reads_back(program, arguments):
    """As many words as arguments; dollars are undone in all but the program."""
    line = escape_argv([program, *arguments])
    assert value_problem(line) is None
    assert "%" not in line.replace("%%", "")
    first, *rest = words(line.replace("%%", "%"))
    assert first == program
    assert all("$" not in word.replace("$$", "") for word in rest)
    assert [word.replace("$$", "$") for word in rest] == arguments


@given(st.text("abcXYZ019_./:=,+-"))
def test_a_plain_value_stays_plain(value):
    """What needs no quotes has none."""
    assert environment_assignment("A", value) == f"A={value}"
