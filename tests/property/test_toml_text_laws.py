"""The laws of writing TOML."""

import tomllib
from tempfile import TemporaryDirectory

import tomli_w
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hmsvcd.host import toml_text
from hmsvcd.host.paths import Paths
from hmsvcd.host.records import STATE, Records
from hmsvcd.model.generation import SavedState, UnitRecord

TEXT = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    ["a.service", "s0", "", "a b", '"', "\\", "\t", "\x7f", "\udcff", "ü", "\xa0", "\n", "-", "é_"]
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALAR = TEXT | st.integers() | st.booleans() | FLOATS
VALUE = SCALAR | st.lists(SCALAR) | st.lists(TEXT) | st.lists(TEXT).map(tuple)
FLAT = st.dictionaries(TEXT, TEXT) | st.dictionaries(TEXT, st.lists(TEXT))
TABLE = st.recursive(
    FLAT | st.dictionaries(TEXT, VALUE),
    lambda inner: st.dictionaries(TEXT, VALUE | inner),
    max_leaves=8,
)


@given(TABLE)
@example({})
@example({"units": {}, "a": {"b.c": {"d": "e"}}})
@example({"a": {"b": {}, "c": 1}, "d": ["x", ""]})
def test_a_table_is_written_as_tomli_w_writes_it(table):
    """Byte for byte, so no file changes because of who wrote it."""
    assert toml_text.dumps(table) == tomli_w.dumps(table)


RECORDS = st.builds(
    UnitRecord,
    applied=st.none() | TEXT,
    started=st.none() | TEXT,
    linked_at=st.integers(min_value=0, max_value=9),
    reason=st.none() | TEXT,
)
STATES = st.builds(
    SavedState,
    life=TEXT,
    units=st.dictionaries(TEXT, RECORDS, max_size=4),
    owed=st.frozensets(TEXT, max_size=2),
)


@given(st.lists(STATES, min_size=1, max_size=3))
@settings(deadline=None, max_examples=40)
def test_a_state_is_written_whole_whatever_was_written_before(states):
    """What is taken from the state before is what would be written now."""
    with TemporaryDirectory() as home:
        paths = Paths.from_environ({"HOME": home})
        records = Records(paths)
        for state in states:
            records.write_state(state)

            text = paths.state_file.read_bytes().decode("utf-8", "surrogateescape")
            assert text == tomli_w.dumps(STATE.encode(state))
            assert tomllib.loads(text) == STATE.encode(state)
