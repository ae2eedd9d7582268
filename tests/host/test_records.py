"""Generations and states are remembered, and damage to them is told."""

import os
from dataclasses import replace

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.paths import Paths
from hmsvcd.host.records import Records
from hmsvcd.model.generation import NOTHING, Generation, Manifest, SavedState, UnitRecord

GENERATION = Generation(
    units={"a.service": "0-a.service"},
    links={"default.target.wants": ("a.service",)},
    files={"home-services/a/app.toml": "0-app.toml"},
    services={"a": ("a.service",)},
)
STATE = SavedState(
    life="boot 17",
    units={"a.service": UnitRecord(applied="0-a.service", started="1-a.service", at=5)},
    owed=frozenset({"b.service", "a.service"}),
    left_alone=frozenset({"a.service"}),
)


def manifest(number: int, generation: Generation = NOTHING) -> Manifest:
    return Manifest(number, 1_700_000_000_000_000, "/home/ada/conf", "abc", "apply", generation)


@pytest.fixture
def records(paths: Paths) -> Records:
    return Records(paths)


def test_before_the_first_apply_there_is_nothing(records):
    """No file is needed for that."""
    assert records.numbers() == []
    assert records.next_number() == 1
    assert records.current() is None
    assert records.manifests() == []
    assert records.state() == SavedState()
    assert records.prune(3) == []
    assert records.objects() == frozenset()


def test_what_is_recorded_is_read_back(records):
    """Manifest, current generation and state."""
    held = replace(manifest(1, GENERATION), left=("abc", "def"), cause="rollback to 1")
    records.write_manifest(held)
    records.set_current(1)
    records.write_state(STATE)

    assert records.current() == held
    assert records.state() == STATE
    assert records.next_number() == 2


def test_generations_are_listed_in_the_order_of_their_numbers(records):
    """Ten comes after nine."""
    for number in (10, 9, 1):
        records.write_manifest(manifest(number))

    assert [one.number for one in records.manifests()] == [1, 9, 10]
    assert records.next_number() == 11


def test_a_manifest_never_changes(records):
    """The same may be written again after a kill, another may not."""
    records.write_manifest(manifest(1))
    records.write_manifest(manifest(1))

    with pytest.raises(HostError, match="there already"):
        records.write_manifest(manifest(1, GENERATION))

    assert records.manifest(1) == manifest(1)


def test_old_generations_are_pruned_but_never_the_installed_one(records):
    """After a rollback that may be an old one."""
    for number in range(1, 6):
        records.write_manifest(manifest(number))
    records.set_current(2)

    assert records.prune(2) == [1, 3]
    assert records.numbers() == [2, 4, 5]
    assert records.prune(5) == []
    assert records.prune(0) == [4, 5]
    assert records.current() == manifest(2)


def test_every_object_that_something_names_is_known(records):
    """Generations, what was applied last, and what still runs an older definition."""
    records.write_manifest(manifest(1, GENERATION))
    records.write_manifest(manifest(2, Generation(units={"a.service": "2-a.service"})))
    records.write_state(STATE)

    assert records.objects() == {"0-a.service", "0-app.toml", "1-a.service", "2-a.service"}


def test_the_installed_generation_changes_in_one_step(records, kill_at_every_step):
    """Killed anywhere, one of the two is installed."""
    records.write_manifest(manifest(1))
    records.write_manifest(manifest(2))
    records.set_current(1)

    for _ in kill_at_every_step(lambda: records.set_current(2)):
        assert records.current_number() in {1, 2}

    assert records.current_number() == 2


def test_a_manifest_is_complete_or_absent(records, kill_at_every_step):
    """A kill never leaves one that cannot be read."""
    for _ in kill_at_every_step(lambda: records.write_manifest(manifest(1, GENERATION))):
        assert records.manifests() in ([], [manifest(1, GENERATION)])

    assert records.manifests() == [manifest(1, GENERATION)]


DAMAGES = {
    "": "the version is missing",
    "version = 1\n": "number is missing",
    "version = 0\n": "unknown version 0",
    "version = 1\nnumber = true\n": "number is a boolean",
    "version = 1\nnumber = \n": "Invalid value .at line 2",
}


@pytest.mark.parametrize("text", DAMAGES)
def test_a_damaged_manifest_is_named_with_what_is_wrong(records, paths, text):
    """There is a hint, and no traceback."""
    paths.generations.mkdir(parents=True)
    (paths.generations / "1.toml").write_text(text)

    with pytest.raises(HostError, match=DAMAGES[text]) as caught:
        records.manifests()

    assert str(paths.generations / "1.toml") in caught.value.message
    assert caught.value.hint


def test_a_file_of_a_newer_version_says_so(records, paths):
    """It is not damaged, but this program is too old for it."""
    paths.state.mkdir(parents=True)
    paths.state_file.write_text("version = 2\n")

    with pytest.raises(HostError, match="version 2") as caught:
        records.state()

    assert "newer hmsvcd" in (caught.value.hint or "")


def test_a_manifest_under_another_number_is_not_believed(records, paths):
    """A copied file is no generation."""
    records.write_manifest(manifest(1))
    os.link(paths.generations / "1.toml", paths.generations / "2.toml")

    with pytest.raises(HostError, match="it is generation 1"):
        records.manifest(2)


def test_an_installed_generation_whose_manifest_is_gone_is_an_error(records, paths):
    """Taking it for nothing would remove every service."""
    records.write_manifest(manifest(1))
    records.set_current(1)
    (paths.generations / "1.toml").unlink()

    with pytest.raises(HostError, match="the file is gone"):
        records.current()


def test_a_current_link_to_elsewhere_is_an_error(records, paths):
    """The message says where it points."""
    paths.state.mkdir(parents=True)
    paths.current.symlink_to("/etc/passwd")

    with pytest.raises(HostError, match="it points to /etc/passwd"):
        records.current()


def test_a_file_in_place_of_current_is_an_error(records, paths):
    """The system's own words are shown."""
    paths.state.mkdir(parents=True)
    paths.current.touch()

    with pytest.raises(HostError, match="Invalid argument"):
        records.current()


def test_other_files_among_the_manifests_are_passed_over(records, paths):
    """Temporary names of a kill, and what a user put there."""
    records.write_manifest(manifest(1))
    for name in (".hmsvcd-new-0123456789abcdef", "01.toml", "1.toml.bak", "x.toml"):
        (paths.generations / name).touch()

    assert records.numbers() == [1]


def test_a_full_disk_keeps_the_old_state(small_disk):
    """What was recorded before is still true."""
    records = Records(Paths.from_environ({"HOME": str(small_disk)}))
    records.write_state(STATE)
    big = SavedState(units={f"unit-{number}.service": UnitRecord() for number in range(5_000)})

    with pytest.raises(HostError, match="No space left on device"):
        records.write_state(big)

    assert records.state() == STATE
