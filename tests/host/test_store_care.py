"""What the store takes care of: who can get at it, and what is removed from it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.host.capture import capture
from hmsvcd.host.private_folder import make_private_folder
from hmsvcd.host.store import Store
from hmsvcd.host.store_care import loose, loose_folder, size
from hmsvcd.model.rendering import Captured
from hmsvcd.model.store import content_digest, object_name, unit_object_name

UNIT = "[Service]\nExecStart=/bin/true\n"
UNIT_OBJECT = unit_object_name("a.service", UNIT)
TEXT_OBJECT = object_name(content_digest(b"port = 1\n"), "app.toml")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "store")


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """An umask that a careless or an anxious user may have."""
    assert tmp_path.exists()  # made with the usual one
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(top: Path) -> dict[str, int]:
    """The mode of everything below a folder, and of itself."""
    return {
        str(path.relative_to(top)): stat.S_IMODE(path.lstat().st_mode)
        for path in (top, *top.rglob("*"))
    }


def site(folder: Path) -> str:
    """A folder with a program in a folder; return the name that it has in the store."""
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/run").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "sub/run").chmod(0o755)
    found = capture(str(folder))
    assert isinstance(found, Captured)
    return found.object_name


@pytest.fixture
def site_object(tmp_path: Path) -> str:
    return site(tmp_path / "site")


def test_no_umask_lets_others_in_or_us_out(store, tmp_path, site_object, umask):
    """Files are 0400, programs 0500, folders 0700, whatever the umask is."""
    assert umask is None
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    store.put_text(TEXT_OBJECT, "port = 1\n")
    store.put_copy(site_object, str(tmp_path / "site"))

    assert modes(tmp_path / "state") == {
        ".": 0o700,
        "store": 0o700,
        f"store/{UNIT_OBJECT}": 0o700,
        f"store/{UNIT_OBJECT}/a.service": 0o400,
        f"store/{TEXT_OBJECT}": 0o400,
        f"store/{site_object}": 0o700,
        f"store/{site_object}/sub": 0o700,
        f"store/{site_object}/sub/run": 0o500,
    }
    assert [found for name in store.names() for found in loose(store.path(name))] == []


def test_no_umask_lets_others_into_what_is_written_besides(tmp_path, umask):
    """What is recorded is 0600, and the folders for other programs are 0700."""
    assert umask is None
    files.replace(tmp_path / "state/generations/1.toml", "")
    folder = make_private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}, "verify")

    assert set(modes(tmp_path / "state").values()) == {0o700, 0o600}
    assert set(modes(folder.path.parent).values()) == {0o700}


def test_what_others_could_get_at_is_named(store, tmp_path):
    """Each path with its mode, and the command that mends it; links have no mode of their own."""
    store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    unit = store.path(UNIT_OBJECT) / "a.service"
    (store.path(UNIT_OBJECT) / "link").symlink_to("a.service")
    unit.chmod(0o444)

    [found] = loose(store.path(UNIT_OBJECT))
    assert (found.path, found.mend) == (unit, f"chmod 0400 {unit}")
    assert "0444" in found.why

    store.root.chmod(0o755)
    [folder] = loose_folder(store.root)
    assert folder.mend == f"chmod 0700 {store.root}"
    assert list(loose_folder(tmp_path / "none")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.may_skip("only root gives files away")
def test_what_belongs_to_somebody_else_is_named(store):
    """Its owner could change it at any time."""
    store.put_text(TEXT_OBJECT, "port = 1\n")
    os.chown(store.path(TEXT_OBJECT), 1234, -1)

    [found] = loose(store.path(TEXT_OBJECT))
    assert "somebody else" in found.why


def test_the_size_is_that_of_all_content(store, tmp_path, site_object):
    """Folders count by what is in them."""
    store.put_text(TEXT_OBJECT, "port = 1\n")
    store.put_copy(site_object, str(tmp_path / "site"))

    assert size(store.path(TEXT_OBJECT)) == len("port = 1\n")
    assert size(store.path(site_object)) == len("#!/bin/sh\n")


def test_a_kill_while_collecting_leaves_no_half_object(
    store, tmp_path, site_object, kill_at_every_step
):
    """An object goes as a whole; what stays of it has no name, and goes with the next one."""

    def fill() -> None:
        store.put_unit(UNIT_OBJECT, "a.service", UNIT)
        store.put_text(TEXT_OBJECT, "port = 1\n")
        store.put_copy(site_object, str(tmp_path / "site"))

    fill()
    left = set()
    for _ in kill_at_every_step(lambda: store.collect(frozenset({TEXT_OBJECT}))):
        left = {path.name for path in store.root.iterdir()}
        assert TEXT_OBJECT in store.names()
        assert all(store.verify(found) for found in store.names())
        store.clean()
        assert {path.name for path in store.root.iterdir()} == store.names()
        fill()

    assert left == {TEXT_OBJECT}


def test_what_is_no_object_is_never_collected(store):
    """What somebody has put into the store is not ours to remove."""
    store.put_text(TEXT_OBJECT, "port = 1\n")
    others = [store.root / "notes.txt", store.root / "abc-photo.jpg"]
    for path in others:
        path.write_text("mine", encoding="utf-8")

    assert store.collect(frozenset()) == [TEXT_OBJECT]
    assert sorted(store.root.iterdir()) == sorted(others)


def test_a_link_in_place_of_the_store_is_refused(store, tmp_path):
    """Where it leads, nothing is written and nothing removed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / TEXT_OBJECT).write_text("precious", encoding="utf-8")
    store.root.parent.mkdir()
    store.root.symlink_to(elsewhere)

    with pytest.raises(HostError, match="it is a link"):
        store.collect(frozenset())
    with pytest.raises(HostError, match="it is a link"):
        store.put_unit(UNIT_OBJECT, "a.service", UNIT)
    with pytest.raises(HostError, match="it is a link"):
        store.clean()

    assert (elsewhere / TEXT_OBJECT).read_text(encoding="utf-8") == "precious"
    assert len(list(elsewhere.iterdir())) == 1


def test_the_state_folder_as_a_whole_may_lie_elsewhere(store, tmp_path):
    """Users link their own folders as they like."""
    (tmp_path / "elsewhere").mkdir(0o700)
    store.root.parent.symlink_to(tmp_path / "elsewhere")

    store.put_text(TEXT_OBJECT, "port = 1\n")

    assert store.collect(frozenset()) == [TEXT_OBJECT]
