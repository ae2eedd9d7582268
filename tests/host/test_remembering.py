"""What lives as long as the daemon sees all that others change, as one who never looked before."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hmsvcd.host.installation import Installation, Installed
from hmsvcd.host.links import Links
from hmsvcd.host.paths import Paths
from hmsvcd.host.records import Records
from hmsvcd.host.seen import TICK
from hmsvcd.host.store import Store
from hmsvcd.host.unit_path import UnitFolders, UnitPath
from hmsvcd.model.generation import Generation, Manifest, SavedState, UnitRecord
from hmsvcd.model.store import content_digest, object_name, unit_object_name

UNIT_TEXT = "[Service]\nExecStart=/bin/true\n"
UNIT_OBJECT = unit_object_name("a.service", UNIT_TEXT)
FILE_OBJECT = object_name(content_digest(b"text"), "app.toml")


def settled() -> None:
    """Wait until what was written before is past."""
    time.sleep(1.5 * TICK / 1_000_000_000)


@pytest.fixture
def installation(paths: Paths) -> Installation:
    """Some links, and one who has scanned them."""
    links = Links(paths)
    place = links.installation
    for unit in ("a.service", "b.service"):
        links.make(place.unit(unit), paths.store / f"0-{unit}" / unit)
        links.make(
            place.dependency("default.target.wants", unit), paths.store / f"0-{unit}" / unit
        )
    for name in ("home-services/a/app.toml", "home-services/a/sub/deep", "home-services/b/c"):
        links.make(place.file(name), paths.store / "0-file")
    settled()
    kept = Installation(paths)
    assert kept.scan() == kept.scan() != Installed()
    return kept


UNITS, FILES = "systemd/user", "home-services"

DRIFT = {
    "a unit is gone": lambda at: (at / UNITS / "a.service").unlink(),
    "a wants link is gone": lambda at: (at / UNITS / "default.target.wants/a.service").unlink(),
    "a file is gone": lambda at: (at / FILES / "a/sub/deep").unlink(),
    "a service's folder is gone": lambda at: (at / FILES / "b").rename(at / "b"),
    "the unit folder is gone": lambda at: (at / UNITS).rename(at / "user"),
    "the unit folder is a link": lambda at: turned_into_link(at / UNITS),
    "a folder of files is a link": lambda at: turned_into_link(at / FILES / "a"),
    "a unit is masked": lambda at: repointed(at / UNITS / "a.service", "/dev/null"),
    "a file leads elsewhere": lambda at: repointed(at / FILES / "a/app.toml", "/etc/passwd"),
    "a file leads to another object": lambda at: repointed_within(at / FILES / "a/sub/deep"),
    "a file is made a copy": lambda at: copied(at / FILES / "a/sub/deep"),
    "a folder is new": lambda at: (at / UNITS / "x.target.requires").mkdir(),
    "nothing": lambda at: at,
}


def turned_into_link(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def repointed(link: Path, target: str) -> None:
    beside = link.with_name("beside")
    beside.symlink_to(target)
    beside.rename(link)


def repointed_within(link: Path) -> None:
    repointed(link, str(link.readlink()).replace("0-file", "1-file"))


def copied(link: Path) -> None:
    link.unlink()
    link.write_text("mine")


@pytest.mark.parametrize("drift", DRIFT)
def test_a_later_scan_finds_what_a_first_one_would_find(installation, paths, drift):
    """Whatever others did to the links in between."""
    DRIFT[drift](paths.config_home)

    assert installation.scan() == Installation(paths).scan()


def test_a_link_in_a_new_folder_is_found(installation, paths):
    """Also when the folder was seen empty."""
    folder = paths.config_home / UNITS / "x.target.requires"
    folder.mkdir()
    settled()
    installation.scan()
    (folder / "a.service").symlink_to(paths.store / "0-a.service" / "a.service")

    assert installation.scan().links["x.target.requires"] == {"a.service": "0-a.service"}


def test_what_a_scan_found_is_known_until_there_are_doubts(installation, paths):
    """A scan of its own is made only then."""
    link = paths.config_home / UNITS / "a.service"
    known = installation.known()
    link.unlink()
    assert installation.known() is known
    installation.doubt()
    assert installation.known() == Installation(paths).scan() != known


@pytest.fixture
def store(paths: Paths) -> Store:
    """Sound objects, and one who has verified them."""
    source = paths.home / "source"
    (source / "inner").mkdir(parents=True)
    store = Store(paths.store)
    store.put_unit(UNIT_OBJECT, "a.service", UNIT_TEXT)
    store.put_text(FILE_OBJECT, "text")
    settled()
    assert store.names() == {UNIT_OBJECT, FILE_OBJECT}
    assert store.verify(UNIT_OBJECT)
    assert store.verify(FILE_OBJECT)
    return store


def overwritten(path: Path) -> None:
    """Change one letter and set the times back."""
    times = path.stat()
    path.chmod(0o600)
    path.write_text(path.read_text().swapcase())
    path.chmod(0o400)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


UNIT_FILE = f"{UNIT_OBJECT}/a.service"

DAMAGE = {
    "a unit is overwritten": (UNIT_OBJECT, lambda at: overwritten(at / UNIT_FILE)),
    "a unit is gone": (UNIT_OBJECT, lambda at: (at / UNIT_FILE).unlink()),
    "a unit has company": (UNIT_OBJECT, lambda at: (at / UNIT_OBJECT / "b.service").touch()),
    "a unit is executable": (UNIT_OBJECT, lambda at: (at / UNIT_FILE).chmod(0o500)),
    "a file is overwritten": (FILE_OBJECT, lambda at: overwritten(at / FILE_OBJECT)),
    "a file is gone": (FILE_OBJECT, lambda at: (at / FILE_OBJECT).unlink()),
    "a file is a link": (FILE_OBJECT, lambda at: turned_into_link(at / FILE_OBJECT)),
    "the store is gone": (FILE_OBJECT, lambda at: at.rename(at.with_name("elsewhere"))),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_an_object_that_was_sound_is_seen(store, paths, damage):
    """And is seen again until it is repaired."""
    name, do = DAMAGE[damage]
    do(paths.store)

    assert not store.verify(name)
    assert not store.verify(name)


def test_an_object_that_was_repaired_is_sound(store, paths):
    """By whomever."""
    overwritten(paths.store / FILE_OBJECT)
    assert not store.verify(FILE_OBJECT)

    Store(paths.store).put_text(FILE_OBJECT, "text")

    assert store.verify(FILE_OBJECT)


def test_objects_that_others_put_and_removed_are_known(store, paths):
    """What is in the store is looked up anew when it has changed."""
    other = Store(paths.store)
    name = object_name(content_digest(b"more"), "more")
    other.put_text(name, "more")
    other.collect(frozenset({name}))

    assert store.names() == {name}
    assert store.collect(frozenset()) == [name]


RECORD = UnitRecord(applied="0-a.service", linked_at=5)
STATE = SavedState(life="boot 17", units={"a.service": RECORD})


def manifest(number: int, *objects: str) -> Manifest:
    units = {f"{name}.service": name for name in objects}
    return Manifest(number, 5, "/conf", "abc", "apply", Generation(units=units))


@pytest.mark.parametrize("is_past", [False, True])
def test_what_others_record_is_read(paths, is_past):
    """A command that wrote while the daemon lived, at once or later."""
    records, other = Records(paths), Records(paths)
    records.write_state(STATE)
    records.write_manifest(manifest(1, "one"))
    records.set_current(1)
    if is_past:
        settled()
    assert records.state() == STATE
    assert records.current() == manifest(1, "one")
    assert records.objects() == {"one", "0-a.service"}

    other.write_state(SavedState(life="boot 18"))
    other.write_manifest(manifest(2, "two"))
    other.set_current(2)
    other.prune(1)

    assert records.state() == SavedState(life="boot 18")
    assert records.current() == manifest(2, "two")
    assert records.objects() == {"two"}
    assert records.manifest(1) is None


@pytest.mark.parametrize("is_past", [False, True])
def test_a_state_that_is_edited_is_read(paths, is_past):
    """Also when it is edited in place, and has as many letters as before."""
    records = Records(paths)
    records.write_state(STATE)
    if is_past:
        settled()
        records.state()

    overwritten_with = paths.state_file.read_text().replace("boot 17", "boot 71")
    paths.state_file.write_text(overwritten_with)

    assert records.state() == replace(STATE, life="boot 71")


def test_old_generations_are_still_known_after_many_new_ones(paths):
    """What they name is kept in the store, though their manifests are not kept in memory."""
    records = Records(paths)
    for number in range(1, 6):
        records.write_manifest(manifest(number, "same", f"own-{number}"))
        records.set_current(number)
        settled()
        expected = {"same", *(f"own-{one}" for one in range(1, number + 1))}

        assert records.objects() == Records(paths).objects() == expected


def test_unit_files_of_others_are_found_when_they_come_and_go(tmp_path):
    """Before ours and after ours; a link counts for what it leads to at the moment."""
    before, own, after = (tmp_path / name for name in ("before", "own", "after"))
    own.mkdir()
    after.mkdir()
    (after / "a.service").touch()
    (after / "b.service").symlink_to(tmp_path / "elsewhere")
    (after / "c.service").mkdir()
    (after / "notes.txt").touch()
    path = UnitPath([str(one) for one in (before, own, after)], own, UnitFolders())
    settled()
    assert path.shadowing() == {}
    assert path.shadowed().keys() == {"a.service", "b.service"}

    before.mkdir()
    (before / "x.service").touch()
    (after / "a.service").unlink()
    (tmp_path / "elsewhere").mkdir()

    assert path.shadowing() == {"x.service": before / "x.service"}
    assert path.shadowed() == {}
