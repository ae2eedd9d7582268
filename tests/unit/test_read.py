"""TOML texts become trees, or say where they are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.diagnostic import Position
from hmsvcd.model.document import Document, SourceText
from hmsvcd.pipeline.read.parse import MAX_DEPTH, parse
from hmsvcd.pipeline.read.places import locate

NOWHERE = Position(0, 0)


def problems(text: str) -> list[tuple[Position, str]]:
    """Where and what is wrong with a text."""
    found = parse(SourceText("config.toml", text))
    assert isinstance(found, tuple)
    assert all(each.is_error and each.place and each.place.file == "config.toml" for each in found)
    return [(each.position or NOWHERE, each.message) for each in found]


def test_a_file_becomes_its_tree() -> None:
    """What parses is the table that TOML says it is."""
    document = parse(SourceText("config.toml", "a.b = [1, { c = 'd' }]\n"))
    assert document == Document("config.toml", {"a": {"b": [1, {"c": "d"}]}})


def test_windows_line_ends_are_line_ends() -> None:
    """A carriage return before a line feed is no part of a line."""
    assert problems("a = 1\r\nb = \r\n")[0][0] == Position(2, 5)


def test_every_broken_region_is_told() -> None:
    """tomllib stops at its first error; tree-sitter tells of those further down."""
    text = 'x = 1\ny = "é\nz = 1\nfoo bar\n[a]]\n'
    assert problems(text) == [
        (Position(2, 7), "not valid TOML: illegal character '\\n'"),
        (Position(4, 1), "not valid TOML: cannot make sense of this"),
        (Position(5, 3), "not valid TOML: cannot make sense of this"),
    ]


@pytest.mark.parametrize("text", ["a = \n", "[x\n", "a = [1,, 2]\n", "a = {b = }\n"])
def test_one_mistake_is_one_diagnostic(text: str) -> None:
    """What both parsers say of one line is said once."""
    assert len(problems(text)) == 1


def test_the_start_of_an_open_string_is_told_too() -> None:
    """tomllib only knows that the file ended; tree-sitter knows where the string began."""
    found = problems('good = 1\na = """\nfoo\n')
    assert [position.line for position, _ in found] == [3, 2]
    assert "the file ends here" in found[0][1]


def test_a_second_header_that_is_cut_off_is_told() -> None:
    """Where tomllib names a table and no position, the table is named all the same."""
    (position, message), *_ = problems("[a]\n[a")
    assert message == "not valid TOML: cannot declare `a` twice (the file ends here)"
    assert position == Position(2, 3)


def test_a_key_given_twice_is_told_at_the_second() -> None:
    """What only tomllib knows is told at its place."""
    [(position, message)] = problems("a = 1\na = 2\n")
    assert position.line == 2
    assert message == "not valid TOML: cannot overwrite a value"


def test_an_integer_beyond_what_python_reads_is_told() -> None:
    """Python refuses 5,000 digits with an error of its own."""
    [(position, message)] = problems("b = 1\na = " + "9" * 5000)
    assert position == Position(2, 5)
    assert "too many digits" in message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "a = " + "{ a = " * 3000 + "1" + "}" * 3000,
        ".".join("a" * (MAX_DEPTH + 1)) + " = 1",
    ],
    ids=["lists", "just too deep", "inline tables", "dotted"],
)
def test_bottomless_nesting_is_told(text: str) -> None:
    """A file that is nested too deep for recursion is an error like any other."""
    [(_, message)] = problems(text)
    assert "nested more than" in message


def test_nesting_up_to_the_limit_is_read() -> None:
    """The depth that is allowed is really read."""
    depth = MAX_DEPTH - 1
    assert isinstance(parse(SourceText("f", "a = " + "[" * depth + "]" * depth)), Document)


def test_a_long_excerpt_is_cut() -> None:
    """What is quoted in a message stays short."""
    found = problems("a = 1\n" + "word " * 100 + "\n" + "b = [\n")
    assert all(len(message) < 100 for _, message in found)


@given(st.text(st.sampled_from("ab.=[]{}\"'\\#,1- \n\r\t\0é"), max_size=40))
def test_any_text_is_read_or_explained(text: str) -> None:
    """Whatever stands in a file, each problem has a position in it."""
    found = parse(SourceText("f", text))
    if isinstance(found, tuple):
        lines = text.split("\n")
        for each in found:
            position = each.position or NOWHERE
            assert 1 <= position.line <= len(lines)
            assert 1 <= position.column <= len(lines[position.line - 1]) + 1


def test_a_table_that_is_there_twice_is_named_as_it_is_written() -> None:
    """The note leads to the first one."""
    found = parse(SourceText("f", "[a.'b c']\nx = 1\n[a.'b c']\n"))
    assert isinstance(found, tuple)
    [twice] = locate(found, {"f": "[a.'b c']\nx = 1\n[a.'b c']\n"})
    assert twice.message == 'not valid TOML: cannot declare `a."b c"` twice'
    assert [note.position for note in twice.notes] == [Position(1, 4)]
