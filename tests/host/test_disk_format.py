"""Values survive their files, old versions are lifted, and damage is told."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hmsvcd.errors import HostError
from hmsvcd.host.disk_format import DiskFormat
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.records import Records
from hmsvcd.model.generation import NOTHING, Generation, Manifest, Pending, SavedState
from hmsvcd.model.settings import Settings

ODD = "a\r\n\t\"\\'\udcff\x00ü"
"""What a path may hold at worst: a byte that is no UTF-8, quotes, control characters."""

ODD_MANIFEST = Manifest(1, 0, ODD, ODD, ODD, NOTHING)
ODD_STATE = SavedState(life=ODD, owed=frozenset({ODD}))


def odd_pending() -> Pending:
    return Pending(ODD_MANIFEST, {ODD: (ODD,)}, frozenset({ODD}), ODD)


SECONDS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
st.register_type_strategy(
    Settings,
    st.builds(
        Settings, job_timeout=SECONDS, settle=SECONDS, start_wait=SECONDS, stop_wait=SECONDS
    ),
)


NAMES = st.text().filter(lambda name: "/" not in name and name not in {"", ".", ".."})
st.register_type_strategy(
    Generation,
    st.builds(
        Generation,
        units=st.dictionaries(NAMES, NAMES),
        links=st.dictionaries(NAMES, st.lists(NAMES).map(tuple)),
        files=st.dictionaries(NAMES.map("home-services/{}".format), NAMES),
    ),
)


@given(st.from_type(Manifest), st.from_type(SavedState), st.from_type(Pending))
@example(ODD_MANIFEST, ODD_STATE, odd_pending())
@settings(deadline=None, max_examples=60)
def test_every_value_survives_its_file(manifest, state, pending):
    """Manifest, state and pending switch come back from the disk equal to what was written."""
    numbered = replace(manifest, number=1)
    with TemporaryDirectory() as home:
        paths = Paths.from_environ({"HOME": home})
        records, journal = Records(paths), PendingFile(paths.pending)

        records.write_state(state)
        records.write_manifest(numbered)
        journal.begin(pending)
        if pending.linked_at:  # a line of its own, as it comes later
            journal.append_linked(pending.linked_at)

        records = Records(paths)  # which remembers nothing
        assert records.state() == state
        assert records.manifest(1) == numbered
        assert journal.read() == pending


@dataclass(frozen=True)
class Door:
    """A value whose second version called the colour by another name."""

    colour: str
    height: int = 2
    handles: tuple[str, int] | None = None


def renamed(table):
    return {**table, "colour": table["paint"]}


DOOR = DiskFormat("door", version=2, migrations={1: renamed})
PATH = Path("/a/door")


def test_an_old_version_is_lifted_to_the_present_one():
    """Step by step, by the migrations of its format."""
    assert DOOR.decode(Door, {"version": 1, "paint": "red"}, PATH) == Door("red")


def test_defaults_stand_in_for_fields_that_are_not_there():
    """A field that was added later needs no migration, and one that is gone does no harm."""
    assert DOOR.decode(Door, {"version": 2, "colour": "red", "bell": 1}, PATH) == Door("red")


def test_what_is_none_is_not_written():
    """TOML has no word for it."""
    assert DOOR.encode(Door("red")) == {"version": 2, "colour": "red", "height": 2}


MALFORMED = {
    "the version is missing": {"colour": "red"},
    "version is a string, not an integer": {"version": "2"},
    "unknown version 0": {"version": 0},
    "colour is missing": {"version": 2},
    "colour is an integer, not a string": {"version": 2, "colour": 5},
    "height is a boolean, not an integer": {"version": 2, "colour": "red", "height": True},
    "handles has 1 elements, not 2": {"version": 2, "colour": "red", "handles": ["left"]},
    "handles.1 is a string": {"version": 2, "colour": "red", "handles": ["left", "5"]},
    "handles is a table, not a list": {"version": 2, "colour": "red", "handles": {}},
    "the whole is a list, not a table": [],
}


@pytest.mark.parametrize("words", MALFORMED)
def test_what_is_malformed_is_said_with_its_place(words):
    """The file is named, and what would help."""
    with pytest.raises(HostError, match=words) as caught:
        DOOR.decode(Door, MALFORMED[words], PATH)

    assert "/a/door" in caught.value.message
    assert "damaged" in (caught.value.hint or "")


def test_a_newer_version_is_not_taken_for_damage():
    """Only a newer program can read it."""
    with pytest.raises(HostError, match="version 3") as caught:
        DOOR.decode(Door, {"version": 3}, PATH)

    assert "newer hmsvcd" in (caught.value.hint or "")
