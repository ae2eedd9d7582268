"""Links of ours come and go; what is foreign stays as it is."""

import os
import stat
from pathlib import Path

import pytest

from hmsvcd.errors import HostError, RefusedError
from hmsvcd.host.installation import Installation, Installed, Owner
from hmsvcd.host.links import Links
from hmsvcd.host.paths import Paths


@pytest.fixture
def installation(paths: Paths) -> Installation:
    return Installation(paths)


@pytest.fixture
def links(paths: Paths) -> Links:
    return Links(paths)


@pytest.fixture
def unit(paths: Paths) -> Path:
    """What a link to a unit points to."""
    return paths.store / "0-a.service" / "a.service"


def below(folder: Path) -> list[str]:
    """Every path below a folder, folders included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def place_file(path: Path) -> None:
    path.write_text("mine")


def place_folder(path: Path) -> None:
    path.mkdir()
    (path / "mine").touch()


def place_link(path: Path) -> None:
    path.symlink_to("/dev/null")


def place_dangling_link(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


FOREIGN = {
    "a file": place_file,
    "a folder": place_folder,
    "a link to /dev/null": place_link,
    "a link to /nowhere/at/all": place_dangling_link,
}


def test_a_link_is_made_with_its_folders(links, installation, unit):
    """They are for the user alone, and what was made is seen as ours."""
    path = installation.unit("a.service")

    assert links.make(path, unit)

    assert path.readlink() == unit
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert installation.look(path).owner is Owner.OURS
    assert installation.look(path).target == "0-a.service/a.service"


def test_a_link_that_points_there_already_is_left_alone(links, installation, unit):
    """The very same link stays."""
    path = installation.unit("a.service")
    links.make(path, unit)
    before = path.lstat().st_ino

    assert not links.make(path, unit)
    assert path.lstat().st_ino == before


def test_a_link_of_ours_is_re_pointed(links, installation, unit, paths):
    """Nothing temporary stays beside it."""
    path = installation.unit("a.service")
    links.make(path, unit)

    assert links.make(path, paths.store / "1-a.service" / "a.service")

    assert path.readlink() == paths.store / "1-a.service" / "a.service"
    assert below(path.parent) == ["a.service"]


@pytest.mark.parametrize("words", FOREIGN)
def test_what_is_foreign_is_refused_and_kept(links, installation, unit, words):
    """A file, a folder with something in it, a link elsewhere, a dangling one."""
    path = installation.unit("a.service")
    path.parent.mkdir(parents=True)
    FOREIGN[words](path)
    before = path.lstat().st_ino

    with pytest.raises(RefusedError, match="is in the way") as caught:
        links.make(path, unit)

    assert str(path) in caught.value.message
    way_out = "unmask" if words == "a link to /dev/null" else "--backup"
    assert way_out in (caught.value.hint or "")
    assert path.lstat().st_ino == before
    assert installation.look(path).owner is Owner.FOREIGN
    assert installation.look(path).description == words


@pytest.mark.parametrize("words", FOREIGN)
def test_what_is_foreign_is_never_removed(links, installation, words):
    """Not even where a link of ours once was."""
    path = installation.unit("a.service")
    path.parent.mkdir(parents=True)
    FOREIGN[words](path)

    assert not links.remove(path)
    assert os.path.lexists(path)


def test_a_link_that_only_begins_like_the_store_is_foreign(installation, paths):
    """Neither a folder beside it nor a way out of it nor the store itself is an object."""
    path = installation.unit("a.service")
    path.parent.mkdir(parents=True)
    for target in (f"{paths.store}-old/x", f"{paths.store}/../x", str(paths.store)):
        path.symlink_to(target)
        assert installation.look(path).owner is Owner.FOREIGN
        path.unlink()


def test_a_removed_link_takes_its_emptied_folders_along(links, installation, unit, paths):
    """``home-services`` itself and the unit folder stay."""
    config = installation.file("home-services/demo/sub/app.toml")
    wants = installation.dependency("default.target.wants", "a.service")
    links.make(config, paths.store / "0-app.toml")
    links.make(wants, unit)

    assert links.remove(config)
    assert links.remove(wants)

    assert below(paths.config_home) == ["home-services", "systemd", "systemd/user"]


def test_a_folder_that_is_not_empty_stays(links, installation, unit):
    """The user's own links in it stay too."""
    wants = installation.dependency("default.target.wants", "a.service")
    links.make(wants, unit)
    (wants.parent / "mine.service").symlink_to("/dev/null")

    links.remove(wants)

    assert below(wants.parent) == ["mine.service"]


def test_removing_what_is_not_there_is_no_error(links, installation):
    """Nor is a missing folder."""
    assert not links.remove(installation.dependency("x.wants", "a.service"))


def test_a_file_that_becomes_a_folder_goes_just_before(links, installation, paths):
    """Our old link makes room for the folder."""
    links.make(installation.file("home-services/demo/conf"), paths.store / "0-conf")

    new = installation.file("home-services/demo/conf/sub/app.toml")
    assert installation.look(new).owner is Owner.NOBODY
    assert links.make(new, paths.store / "0-app.toml")

    assert new.readlink() == paths.store / "0-app.toml"


def test_nothing_is_written_through_a_link_of_ours_into_the_store(links, installation, paths):
    """A copied folder in the store keeps its files when its name becomes a real folder."""
    stored = paths.store / "0-site"
    stored.mkdir(parents=True)
    (stored / "page").write_text("kept")
    links.make(installation.file("home-services/demo/site"), stored)

    links.make(installation.file("home-services/demo/site/page"), paths.store / "1-page")

    assert below(paths.store) == ["0-site", "0-site/page"]
    assert not (stored / "page").is_symlink()
    page = installation.file("home-services/demo/site/page")
    assert page.readlink() == paths.store / "1-page"


def test_a_folder_that_becomes_a_file_goes_just_before(links, installation, paths):
    """It may hold our own links only."""
    links.make(installation.file("home-services/demo/conf/sub/a"), paths.store / "0-a")
    links.make(installation.file("home-services/demo/conf/b"), paths.store / "0-b")

    new = installation.file("home-services/demo/conf")
    assert installation.obstacle(new) is None
    links.make(new, paths.store / "0-conf")

    assert new.readlink() == paths.store / "0-conf"


def test_a_foreign_file_keeps_a_folder_from_becoming_a_link(links, installation, paths):
    """It is the one that the refusal names, and everything beside it stays."""
    links.make(installation.file("home-services/demo/conf/a"), paths.store / "0-a")
    mine = installation.file("home-services/demo/conf/mine")
    mine.touch()

    with pytest.raises(RefusedError) as caught:
        links.make(installation.file("home-services/demo/conf"), paths.store / "0-conf")

    assert str(mine) in caught.value.message
    assert below(mine.parent) == ["a", "mine"]


@pytest.mark.parametrize("words", ["a file", "a link to /dev/null", "a link to /nowhere/at/all"])
def test_a_foreign_thing_where_a_folder_is_needed_is_in_the_way(links, installation, paths, words):
    """Below ``home-services`` no foreign link is followed."""
    above = installation.file("home-services/demo")
    above.parent.mkdir(parents=True)
    FOREIGN[words](above)
    path = installation.file("home-services/demo/app.toml")

    assert installation.look(path).path == above
    with pytest.raises(RefusedError) as caught:
        links.make(path, paths.store / "0-app.toml")

    assert str(above) in caught.value.message


def test_a_foreign_link_to_a_folder_is_not_written_through(links, installation, unit, tmp_path):
    """What it leads to stays as it is."""
    (tmp_path / "elsewhere").mkdir()
    wants = installation.dependency("default.target.wants", "a.service")
    wants.parent.parent.mkdir(parents=True)
    wants.parent.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError):
        links.make(wants, unit)

    assert below(tmp_path / "elsewhere") == []


def test_the_user_may_link_the_folders_above(links, installation, unit, paths, tmp_path):
    """Dotfiles are often kept elsewhere."""
    (tmp_path / "dotfiles").mkdir()
    paths.config_home.parent.mkdir(parents=True)
    paths.config_home.symlink_to(tmp_path / "dotfiles")

    links.make(installation.unit("a.service"), unit)

    assert below(tmp_path / "dotfiles") == ["systemd", "systemd/user", "systemd/user/a.service"]


def test_a_file_in_place_of_the_unit_folder_is_in_the_way(installation, paths):
    """It is found before anything is touched."""
    paths.unit_folder.parent.mkdir(parents=True)
    paths.unit_folder.touch()

    obstacle = installation.obstacle(installation.unit("a.service"))

    assert obstacle is not None
    assert obstacle.path == paths.unit_folder


def test_a_scan_finds_all_links_of_ours_and_nothing_else(links, installation, unit, paths):
    """Also those that no generation names; never what is foreign or temporary."""
    links.make(installation.unit("a.service"), unit)
    links.make(installation.dependency("default.target.wants", "a.service"), unit)
    links.make(installation.dependency("x.service.requires", "a.service"), unit)
    links.make(installation.file("home-services/demo/sub/app.toml"), paths.store / "0-app.toml")
    installation.unit("mine.service").touch()
    installation.unit("gone.service").symlink_to("/dev/null")
    installation.unit("mine.target.wants").mkdir()
    installation.dependency("default.target.wants", "mine.service").symlink_to("/dev/null")
    temporary = installation.unit(".hmsvcd-new-0123456789abcdef")
    temporary.symlink_to(unit)

    assert installation.scan() == Installed(
        units={"a.service": "0-a.service"},
        links={
            "default.target.wants": {"a.service": "0-a.service"},
            "x.service.requires": {"a.service": "0-a.service"},
        },
        files={"home-services/demo/sub/app.toml": "0-app.toml"},
        leftovers=(temporary,),
    )


def test_a_scan_of_nothing_is_empty(installation):
    """Not even the folders need to be there."""
    assert installation.scan() == Installed()


def test_a_link_to_another_file_of_an_object_equals_no_object(installation, paths):
    """So a plan that compares objects repairs it."""
    path = installation.unit("a.service")
    path.parent.mkdir(parents=True)
    path.symlink_to(paths.store / "0-a.service" / "other.service")

    assert installation.scan().units == {"a.service": "0-a.service/other.service"}


def test_a_foreign_file_is_moved_aside(links, installation, unit):
    """Then the link can be made."""
    path = installation.unit("a.service")
    path.parent.mkdir(parents=True)
    path.write_text("mine")

    aside = links.move_aside(path, "bak")
    links.make(path, unit)

    assert aside.read_text() == "mine"
    assert aside.name == "a.service.bak"
    assert path.is_symlink()


def test_nothing_is_overwritten_by_moving_aside(links, installation):
    """An earlier backup stays, and so does the file."""
    path = installation.unit("a.service")
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    path.with_name("a.service.bak").symlink_to("/nowhere")

    with pytest.raises(RefusedError, match="there already"):
        links.move_aside(path, "bak")

    assert path.read_text() == "mine"


@pytest.mark.parametrize("extension", ["", "../bak", "a/b", "a\0b"])
def test_an_extension_stays_in_its_folder(links, installation, extension):
    """It is a part of a name and not a path."""
    with pytest.raises(RefusedError, match="extension"):
        links.move_aside(installation.unit("a.service"), extension)


def test_a_read_only_home_is_an_error_and_no_traceback(disk, unit):
    """Old links stay."""
    paths = Paths.from_environ({"HOME": str(disk.path)})
    links = Links(paths)
    path = links.installation.unit("a.service")
    links.make(path, paths.store / "0-a.service" / "a.service")
    disk.make_read_only()

    with pytest.raises(HostError, match="Read-only file system"):
        links.make(path, paths.store / "1-a.service" / "a.service")
    with pytest.raises(HostError, match="Read-only file system"):
        links.make(links.installation.unit("b.service"), unit)
    with pytest.raises(HostError, match="Read-only file system"):
        links.remove(path)

    assert path.is_symlink()


def test_a_kill_leaves_the_old_link_or_the_new_one(
    links, installation, unit, paths, kill_at_every_step
):
    """What it leaves besides is cleaned by the next pass."""
    path = installation.unit("a.service")
    new = paths.store / "1-a.service" / "a.service"
    links.make(path, unit)

    for _ in kill_at_every_step(lambda: links.make(path, new)):
        assert path.readlink() in {unit, new}
        assert installation.scan().units.keys() == {"a.service"}

    links.clean(installation.scan().leftovers)
    assert below(path.parent) == ["a.service"]


def test_a_kill_while_names_turn_is_finished_by_the_next_try(
    links, installation, paths, kill_at_every_step
):
    """A folder of ours becomes a link and a link of ours a folder."""
    links.make(installation.file("home-services/demo/a/b/c"), paths.store / "0-c")
    links.make(installation.file("home-services/demo/d"), paths.store / "0-d")

    def turn() -> None:
        links.make(installation.file("home-services/demo/a"), paths.store / "0-a")
        links.make(installation.file("home-services/demo/d/e"), paths.store / "0-e")

    for _ in kill_at_every_step(turn):
        pass

    links.clean(installation.scan().leftovers)
    assert installation.scan().files == {
        "home-services/demo/a": "0-a",
        "home-services/demo/d/e": "0-e",
    }


def test_cleaning_removes_only_temporary_links_of_ours(links, installation, unit, paths):
    """In every folder where links are made; a foreign file of such a name is not ours."""
    temporary = ".hmsvcd-new-0123456789abcdef"
    links.make(installation.unit("a.service"), unit)
    links.make(installation.dependency("x.wants", "a.service"), unit)
    links.make(installation.file("home-services/demo/app.toml"), paths.store / "0-app.toml")
    installation.unit(temporary).symlink_to(unit)
    installation.dependency("x.wants", temporary).symlink_to(unit)
    installation.file(f"home-services/demo/{temporary}").symlink_to(unit)
    installation.file(f"home-services/{temporary}").touch()

    links.clean(installation.scan().leftovers)

    assert below(paths.config_home) == [
        "home-services",
        f"home-services/{temporary}",
        "home-services/demo",
        "home-services/demo/app.toml",
        "systemd",
        "systemd/user",
        "systemd/user/a.service",
        "systemd/user/x.wants",
        "systemd/user/x.wants/a.service",
    ]


def test_syncing_passes_over_folders_that_are_gone(links, installation, paths):
    """A removed link may have taken its folder along."""
    path = installation.file("home-services/demo/app.toml")
    links.make(path, paths.store / "0-app.toml")
    links.remove(path)

    links.sync()

    assert not path.parent.exists()
