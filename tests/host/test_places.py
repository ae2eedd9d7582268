"""How places look, and which events matter for them."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hmsvcd.host.places import Picture, Places


def picture(*files: Path) -> Picture:
    return Picture(Places(files=frozenset(files)))


def real(path: Path) -> str:
    return os.path.realpath(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file and a folder in it."""
    path = tmp_path / "folder"
    (path / "inside").mkdir(parents=True)
    (path / "file").write_text("old")
    (path / "inside" / "deep").write_text("old")
    return path


def test_what_has_not_changed_looks_as_before(folder: Path):
    """Reading changes nothing; neither does a neighbour of a file."""
    places = Places(
        frozenset({folder / "file"}), frozenset({folder}), frozenset({folder / "inside"})
    )
    before = Picture(places)
    (folder / "file").read_text()
    (folder.parent / "neighbour").write_text("new")
    now = Picture(places)
    assert not now.differs(before)
    assert now.is_watched_like(before)


CHANGES = (
    lambda folder: folder.chmod(0o711),
    lambda folder: (folder / "file").write_text("changed"),
    lambda folder: (folder / "file").unlink(),
    lambda folder: (folder / "file").rename(folder / "renamed"),
    lambda folder: (folder / "new").symlink_to("nowhere"),
    shutil.rmtree,
)
CHANGES_BELOW = (
    lambda folder: (folder / "inside" / "deep").write_text("changed"),
    lambda folder: (folder / "inside" / "deep").unlink(),
    lambda folder: (folder / "inside" / "new").mkdir(),
)
Change = Callable[[Path], object]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_a_folder_shows(folder: Path, change: Change):
    """So it does where the folder is the top of a tree."""
    as_folder, as_tree = Places(folders=frozenset({folder})), Places(trees=frozenset({folder}))
    before = Picture(as_folder), Picture(as_tree)
    change(folder)
    assert Picture(as_folder).differs(before[0])
    assert Picture(as_tree).differs(before[1])


@pytest.mark.parametrize("change", CHANGES_BELOW)
def test_a_change_below_shows_in_a_tree_alone(folder: Path, change: Change):
    """Of a folder in a folder, only that it is there matters."""
    as_folder, as_tree = Places(folders=frozenset({folder})), Places(trees=frozenset({folder}))
    before = Picture(as_folder), Picture(as_tree)
    change(folder)
    assert not Picture(as_folder).differs(before[0])
    assert Picture(as_tree).differs(before[1])


def test_a_place_that_was_not_looked_at_looks_different(folder: Path):
    """One that is looked at no more does not."""
    one, two = picture(folder / "file"), picture(folder / "file", folder / "other")
    assert two.differs(one)
    assert not one.differs(two)


def test_events_come_from_the_folders_on_the_way(folder: Path, tmp_path: Path):
    """Those of the links and of the end, and the folders around them."""
    links = tmp_path / "links"
    links.mkdir()
    (links / "first").symlink_to("../links/second")
    (links / "second").symlink_to(folder / "inside" / ".." / "." / "file")
    seen = picture(links / "first")
    assert seen.folders.keys() == {real(links), real(folder)}
    assert seen.around.keys() == {real(tmp_path)}
    matter = {"links", "links/first", "links/second", "folder", "folder/file"}
    others = {"neighbour", "links/other", "folder/inside", "folder/other"}
    events = {f"{real(tmp_path)}/{name}" for name in matter | others}
    assert seen.concerned(events) == {f"{real(tmp_path)}/{name}" for name in matter}


def test_of_what_is_missing_the_first_missing_name_matters(tmp_path: Path):
    """It is a file that stands where a folder should, too."""
    (tmp_path / "file").write_text("no folder")
    assert picture(tmp_path / "a" / "b" / "c").names.keys() == {real(tmp_path) + "/a"}
    assert picture(tmp_path / "file" / "b").names.keys() == {real(tmp_path) + "/file"}
    assert picture(tmp_path / "a" / ".." / "b").names.keys() == {real(tmp_path) + "/a"}


def test_links_in_a_ring_are_followed_once(tmp_path: Path):
    """All of them matter, since changing any one may break the ring."""
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    (tmp_path / "self").symlink_to("self/self")
    seen = picture(tmp_path / "one", tmp_path / "self")
    assert seen.names.keys() == {f"{real(tmp_path)}/{name}" for name in ("one", "two", "self")}


def chained(folder: Path, links: int) -> Path:
    """Return the first of so many links, of which the last one leads to the file."""
    (folder / "0").symlink_to(folder / "file")
    for number in range(1, links):
        (folder / str(number)).symlink_to(str(number - 1))
    return folder / str(links - 1)


def test_as_many_links_are_followed_as_the_kernel_follows(folder: Path):
    """Where it gives up, the links up to there matter, and the file does not."""
    first = chained(folder, 41)
    with pytest.raises(OSError, match="Too many levels"):
        first.stat()
    assert (folder / "39").read_text() == "old"
    links = {f"{real(folder)}/{number}" for number in range(41)}
    assert picture(first).names.keys() == links
    assert picture(folder / "39").names.keys() == links - {real(folder) + "/40"} | {
        real(folder / "file")
    }


MANY = 700


@pytest.mark.parametrize("name", ["missing", ".", "inside/.."])
def test_a_path_may_have_any_number_of_names(folder: Path, name: str):
    """Whether they lead deeper or not."""
    path = Path(f"{folder}/{f'{name}/' * MANY}file")
    end = folder / ("missing" if name == "missing" else "file")
    assert picture(path).names.keys() == {real(end)}


@pytest.mark.parametrize("name", [".", "x/.."])
def test_a_link_may_say_any_number_of_names(folder: Path, name: str):
    """As many as fit into one."""
    (folder / "x").mkdir()
    (folder / "link").symlink_to(f"{name}/" * MANY + "file")
    assert picture(folder / "link").names.keys() == {
        f"{real(folder)}/{each}" for each in ("link", "file")
    }


@pytest.fixture
def deep(folder: Path) -> Iterator[Path]:
    """A file at the end of very many folders, each in the one before."""
    folders = [f"{folder}{'/x' * number}" for number in range(1, MANY)]
    for path in folders:
        os.mkdir(path)  # noqa: PTH102 - Path would take long
    file = Path(folders[-1], "file")
    file.write_text("old")
    yield file
    file.unlink()
    for path in reversed(folders):
        os.rmdir(path)  # noqa: PTH106 - as above


@pytest.mark.parametrize("kind", ["files", "trees"])
def test_a_file_may_lie_very_deep(folder: Path, deep: Path, kind: str):
    """A change of it shows, whether it is looked at or the tree that it lies in."""
    places = Places(**{kind: frozenset({deep if kind == "files" else folder})})
    before = Picture(places)
    deep.write_text("changed")
    assert Picture(places).differs(before)


NEVER_THERE = ("x" * 300, "x/" * 3000, "nul\0")


@pytest.mark.parametrize("name", NEVER_THERE, ids=("long name", "long path", "NUL"))
def test_what_no_file_can_be_called_is_missing(folder: Path, name: str):
    """As a file and as a tree; what is beside it is looked at all the same."""
    path, file = Path(f"{folder}/{name}"), folder / "file"
    for places in (Places(files=frozenset({path, file})), Places(trees=frozenset({path, file}))):
        before = Picture(places)
        assert len(before.names) == 2
        file.write_text(file.read_text() + "more")
        assert Picture(places).differs(before)


def test_relative_paths_begin_at_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """So they do for a process."""
    monkeypatch.chdir(folder)
    assert picture(Path("inside/../file")).names.keys() == {real(folder / "file")}


def test_looking_again_takes_in_what_an_event_was_about(folder: Path):
    """Then it looks as it does when looked at anew."""
    places = Places(files=frozenset({folder / "file"}), folders=frozenset({folder / "inside"}))
    seen = Picture(places)
    (folder / "file").write_text("changed")
    (folder / "inside" / "deep").unlink()
    assert Picture(places).differs(seen)
    assert not seen.look_again({real(folder / "file"), real(folder / "inside") + "/deep"})
    assert not Picture(places).differs(seen)


TURNS: tuple[Change, ...] = (
    lambda path: path.mkdir(),
    lambda path: path.symlink_to("elsewhere"),
)


@pytest.mark.parametrize("turn", TURNS)
def test_a_name_that_turns_into_a_folder_or_link_leads_elsewhere(folder: Path, turn: Change):
    """So does that one when it goes."""
    path, places = folder / "new", Places(folders=frozenset({folder / "new"}))
    seen = Picture(places)
    turn(path)
    assert seen.look_again({real(folder) + "/new"})
    seen = Picture(places)
    shutil.move(path, folder / "away")
    assert seen.look_again({real(folder) + "/new"})


def test_a_new_folder_in_a_tree_is_to_be_watched(folder: Path):
    """One in a mere folder is not."""
    as_tree = Picture(Places(trees=frozenset({folder})))
    as_folder = Picture(Places(folders=frozenset({folder})))
    (folder / "new").mkdir()
    assert as_tree.look_again({real(folder / "new")})
    assert not as_folder.look_again({real(folder / "new")})


def test_a_tree_may_be_a_file(folder: Path):
    """A change of it shows; when a folder takes its place, that is to be watched."""
    file, places = folder / "file", Places(trees=frozenset({folder / "file"}))
    before = Picture(places)
    assert before.names == picture(file).names
    file.write_text("changed")
    assert Picture(places).differs(before)
    file.unlink()
    file.mkdir()
    assert before.look_again({real(file)})
    before = Picture(places)
    (file / "new").write_text("new")
    assert Picture(places).differs(before)
