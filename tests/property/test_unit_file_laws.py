"""What is written reads back, and nothing that is read raises."""

import string

from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.unit import Directives, Sections, UnitFile
from hmsvcd.pipeline.decide.diff import difference
from hmsvcd.pipeline.syntax.unit_file import parse, write

NAMES = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)
VALUES = (
    st.text(st.characters(exclude_characters="\n\r\0", codec="utf-8"), max_size=12)
    .map(lambda value: value.strip(" \t"))
    .filter(lambda value: not value.endswith("\\"))
)
ASSIGNMENTS = st.lists(VALUES, min_size=1, max_size=3).map(tuple)
DIRECTIVES: st.SearchStrategy[Directives] = st.dictionaries(
    NAMES, ASSIGNMENTS, min_size=1, max_size=4
)
SECTIONS: st.SearchStrategy[Sections] = st.dictionaries(NAMES, DIRECTIVES, max_size=3)


@given(SECTIONS)
def test_what_is_written_reads_back(sections: Sections) -> None:
    """Parsing what was written gives the same sections, directives and assignments."""
    assert parse("a.service", write(sections)).sections == sections


@given(SECTIONS)
def test_one_unit_has_one_text(sections: Sections) -> None:
    """The order in which a unit was put together does not show in its text."""
    backwards = {
        section: dict(reversed(list(directives.items())))
        for section, directives in reversed(list(sections.items()))
    }
    assert write(backwards) == write(sections)


@given(st.text(st.sampled_from("[]=\\#; \t\r\n\0aU")) | st.text())
def test_any_text_can_be_read(text: str) -> None:
    """A file of any origin gives assignments without surrounding blanks or line ends."""
    for directives in parse("a.service", text).sections.values():
        for key, values in directives.items():
            assert key == key.strip(" \t\r\n") != ""
            assert all(value == value.strip(" \t\r\n") for value in values)


@given(SECTIONS, SECTIONS)
def test_a_difference_has_no_direction(first: Sections, second: Sections) -> None:
    """Going there and coming back cost the same, and staying costs nothing."""
    one, other = UnitFile("a.service", first), UnitFile("a.service", second)
    assert difference(one, other) is difference(other, one)
    assert difference(one, one).value == "same"
