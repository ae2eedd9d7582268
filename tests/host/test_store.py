"""Objects are complete, read-only and what their name says, or they are not there."""

import os
import stat
from pathlib import Path

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.capture import capture
from hmsvcd.host.store import Store
from hmsvcd.model.rendering import Captured
from hmsvcd.model.store import content_digest, object_name, unit_object_name

UNIT = "[Service]\nExecStart=/bin/true\n"
UNIT_OBJECT = unit_object_name("a.service", UNIT)
TEXT_OBJECT = object_name(content_digest(b"port = 1\n"), "app.toml")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "store")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def captured(path: Path) -> str:
    found = capture(str(path))
    assert isinstance(found, Captured)
    return found.object_name


def make_site(folder: Path) -> Path:
    """A folder with everything that a folder may hold."""
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "page").write_text("hello")
    (folder / "sub" / "run").write_text("#!/bin/sh\n")
    (folder / "sub" / "run").chmod(0o755)
    (folder / "link").symlink_to("sub/run")
    return folder


def test_a_unit_lies_under_its_own_name_in_a_folder(store):
    """systemd takes a unit's name from the end of the link."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)

    unit = store.path(UNIT_OBJECT) / "a.service"
    assert unit.read_text() == UNIT
    assert mode(unit) == 0o400
    assert mode(unit.parent) == 0o700
    assert mode(store.root) == 0o700
    assert store.read_unit(UNIT_OBJECT) == UNIT
    assert store.verify(UNIT_OBJECT)


def test_a_text_is_a_read_only_file(store):
    """It may hold secrets: nobody else may read it."""
    store.put_text(TEXT_OBJECT, "port = 1\n")

    assert mode(store.path(TEXT_OBJECT)) == 0o400
    assert store.read_text(TEXT_OBJECT) == "port = 1\n"
    assert store.verify(TEXT_OBJECT)


def test_a_folder_is_copied_with_links_and_executables(store, tmp_path):
    """Nothing in the copy can be written to."""
    site = make_site(tmp_path / "site")
    name = captured(site)

    store.put_copy(name, str(site))

    copy = store.path(name)
    assert (copy / "page").read_text() == "hello"
    assert mode(copy / "page") == 0o400
    assert mode(copy / "sub" / "run") == 0o500
    assert mode(copy / "sub") == 0o700
    assert (copy / "sub" / "empty").is_dir()
    assert str((copy / "link").readlink()) == "sub/run"
    assert captured(copy).split("-")[0] == name.split("-")[0]
    assert store.verify(name)


def test_an_executable_file_is_copied_executable(store, tmp_path):
    """A source that is one file keeps its bit too."""
    path = tmp_path / "run"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o711)

    store.put_copy(captured(path), str(path))

    assert mode(store.path(captured(path))) == 0o500


def test_what_is_not_there_reads_as_none(store):
    """An empty store is no error."""
    assert store.read_unit(UNIT_OBJECT) is None
    assert store.read_text(TEXT_OBJECT) is None
    assert not store.verify(TEXT_OBJECT)
    assert store.names() == frozenset()
    assert store.collect(frozenset()) == []


def test_an_object_that_is_there_is_not_written_again(store):
    """Its file stays the very same one."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    before = (store.path(UNIT_OBJECT) / "a.service").stat()

    store.put_unit(UNIT_OBJECT, "a.service", UNIT)

    after = (store.path(UNIT_OBJECT) / "a.service").stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def overwrite(path: Path) -> None:
    target = path / "a.service" if path.is_dir() else path
    target.chmod(0o600)
    target.write_text("tampered")


def truncate(path: Path) -> None:
    target = path / "a.service" if path.is_dir() else path
    target.chmod(0o600)
    target.write_text("")


def make_executable(path: Path) -> None:
    (path / "a.service" if path.is_dir() else path).chmod(0o500)


@pytest.mark.parametrize("damage", [overwrite, truncate, make_executable])
def test_a_damaged_object_is_noticed_and_replaced(store, damage):
    """The hash in the name decides, for a file and for a folder."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    store.put_text(TEXT_OBJECT, "port = 1\n")
    damage(store.path(UNIT_OBJECT))
    damage(store.path(TEXT_OBJECT))
    assert not store.verify(UNIT_OBJECT)
    assert not store.verify(TEXT_OBJECT)

    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    store.put_text(TEXT_OBJECT, "port = 1\n")

    assert store.read_unit(UNIT_OBJECT) == UNIT
    assert store.read_text(TEXT_OBJECT) == "port = 1\n"
    assert {path.name for path in store.root.iterdir()} == {UNIT_OBJECT, TEXT_OBJECT}


def test_a_file_more_in_a_unit_object_is_damage(store):
    """A unit object holds its unit and nothing else."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    (store.path(UNIT_OBJECT) / "more").touch()

    assert not store.verify(UNIT_OBJECT)


def test_a_link_in_place_of_an_object_is_damage(store, tmp_path):
    """Not even one to the right content: it could change."""
    (tmp_path / "app.toml").write_text("port = 1\n")
    store.root.mkdir(parents=True)
    store.path(TEXT_OBJECT).symlink_to(tmp_path / "app.toml")
    assert not store.verify(TEXT_OBJECT)

    store.put_text(TEXT_OBJECT, "port = 1\n")

    assert not store.path(TEXT_OBJECT).is_symlink()
    assert (tmp_path / "app.toml").exists()


def test_a_source_that_changed_since_it_was_captured_is_not_stored(store, tmp_path):
    """An object never holds anything but what its name says."""
    site = make_site(tmp_path / "site")
    name = captured(site)
    (site / "page").write_text("changed")

    with pytest.raises(HostError, match="changed while it was read"):
        store.put_copy(name, str(site))

    assert list(store.root.iterdir()) == []


def test_a_source_that_cannot_be_copied_is_named(store, tmp_path):
    """A special file that came to be since it was captured is refused, and nothing stays."""
    site = make_site(tmp_path / "site")
    name = captured(site)
    os.mkfifo(site / "pipe")

    with pytest.raises(HostError, match=r"cannot read .*/site: it is a named pipe"):
        store.put_copy(name, str(site))

    assert list(store.root.iterdir()) == []


def test_a_folder_around_the_store_is_refused(store, tmp_path):
    """Copying it would never end."""
    with pytest.raises(HostError, match="store lies in it"):
        store.put_copy(object_name("0" * 64, "state"), str(tmp_path / "state"))


def test_a_batch_that_fails_leaves_nothing(store):
    """Its objects belong together."""

    def put() -> None:
        with store.batch():
            store.put_text(TEXT_OBJECT, "port = 1\n")
            store.put_copy(UNIT_OBJECT, "/dev/null")

    with pytest.raises(HostError):
        put()

    assert list(store.root.iterdir()) == []


def test_a_put_that_failed_is_not_part_of_its_batch(store, tmp_path):
    """Whoever goes on after it gets the other objects, complete."""
    with store.batch():
        with pytest.raises(HostError):
            store.put_copy(UNIT_OBJECT, str(tmp_path / "none"))
        store.put_text(TEXT_OBJECT, "port = 1\n")

    assert store.names() == {TEXT_OBJECT}


def test_a_kill_leaves_objects_complete_or_absent(store, tmp_path, kill_at_every_step):
    """Whatever has its final name is whole, and the next collection takes the rest."""
    site = make_site(tmp_path / "site")
    name = captured(site)

    def put() -> None:
        with store.batch():
            store.put_unit(UNIT_OBJECT, "a.service", UNIT)
            store.put_copy(name, str(site))

    for _ in kill_at_every_step(put):
        assert all(store.verify(found) for found in store.names())
        store.collect(store.names())
        left = {path.name for path in store.root.iterdir()} if store.root.exists() else set()
        assert left == store.names()

    assert store.names() == {UNIT_OBJECT, name}


def test_a_kill_while_a_damaged_object_is_replaced_is_mended_by_the_next_put(
    store, kill_at_every_step
):
    """For a moment the object may be missing, but never stays damaged."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    overwrite(store.path(UNIT_OBJECT))

    for _ in kill_at_every_step(lambda: store.put_unit(UNIT_OBJECT, "a.service", UNIT)):
        pass
    store.collect(store.names())

    assert store.read_unit(UNIT_OBJECT) == UNIT
    assert {path.name for path in store.root.iterdir()} == {UNIT_OBJECT}


def test_collecting_keeps_what_it_is_told_to(store):
    """All else goes, and is named."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    store.put_text(TEXT_OBJECT, "port = 1\n")

    assert store.collect(frozenset({UNIT_OBJECT})) == [TEXT_OBJECT]

    assert store.names() == {UNIT_OBJECT}
    assert store.verify(UNIT_OBJECT)


def test_a_full_disk_leaves_no_half_object(small_disk):
    """What was stored before stays whole."""
    store = Store(small_disk / "store")
    store.put_text(TEXT_OBJECT, "port = 1\n")
    big = "x" * 100_000

    with pytest.raises(HostError, match="No space left on device"):
        store.put_text(object_name(content_digest(big.encode()), "big"), big)

    assert {path.name for path in store.root.iterdir()} == {TEXT_OBJECT}
    assert store.verify(TEXT_OBJECT)


def test_a_read_only_disk_is_an_error_with_its_reason(disk):
    """Putting what is there already still works, as nothing is written."""
    store = Store(disk.path / "store")
    store.put_text(TEXT_OBJECT, "port = 1\n")
    disk.make_read_only()

    store.put_text(TEXT_OBJECT, "port = 1\n")
    with pytest.raises(HostError, match="Read-only file system"):
        store.put_unit(UNIT_OBJECT, "a.service", UNIT)
