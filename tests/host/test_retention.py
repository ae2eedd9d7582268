"""How many generations stay: the newest, and the last of each text of the declaration."""

from dataclasses import replace

import pytest

from hmsvcd.host.paths import Paths
from hmsvcd.host.records import Records
from hmsvcd.model.generation import BRAKED, NOTHING, PUT_OFF, Manifest
from hmsvcd.model.undone import Undone


@pytest.fixture
def records(paths: Paths) -> Records:
    return Records(paths)


def install(records: Records, *written: str, cause: str = "apply", failed: int = 0) -> None:
    """Record a generation of each text of a declaration; ``failed`` is what it comes after."""
    undone = Undone(failed, 1, {"a.service": "failed"}) if failed else None
    for text in written:
        number = records.next_number()
        manifest = Manifest(number, number, "/conf", "", cause, NOTHING, written=text)
        records.write_manifest(replace(manifest, undone=undone))
        records.set_current(number)


def test_what_only_sources_have_changed_pushes_no_edit_out(records):
    """However often a service writes into its own source, earlier texts can be gone back to."""
    install(records, "one", "two", "three", *["four"] * 20)

    records.prune(3)

    assert records.numbers() == [2, 3, 21, 22, 23]


def test_edits_of_sources_can_be_gone_back_to(records):
    """The newest stay, also where their declarations say the same."""
    install(records, *["one"] * 5)

    records.prune(3)

    assert records.numbers() == [3, 4, 5]


def test_each_text_has_its_last_generation(records):
    """A text that came back counts once, as of then."""
    install(records, "one", "two", "one", "three", "one", "two", "two")

    records.prune(2)

    assert records.numbers() == [5, 6, 7]


@pytest.mark.parametrize("cause", [PUT_OFF, BRAKED])
def test_what_nobody_has_declared_counts_for_no_text(records, cause):
    """What was only on the way is nothing to go back to."""
    install(records, "one", "two")
    install(records, "three", cause=cause)
    install(records, "three", "three")

    records.prune(2)

    assert records.numbers() == [2, 4, 5]


def test_what_has_failed_counts_for_no_text(records):
    """Tries that failed and were rolled back push nothing out, however many they are."""
    install(records, "one", "two")
    for number in (3, 5, 7, 9):
        install(records, f"fails {number}")
        install(records, "two", cause="rollback", failed=number)

    records.prune(2)

    assert records.numbers() == [1, 9, 10]
    assert records.failed() == {9}


def test_a_manifest_that_cannot_be_read_is_nothing_to_go_back_to(records):
    """It goes with its turn, as those before it, and keeps no other from going."""
    install(records, "one", "two", "three", "four")
    records.path(2).write_text("damaged")

    assert records.prune(2) == [1, 2]
