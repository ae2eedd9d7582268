"""What was moved aside goes back to its place, and never over anything else."""

from pathlib import Path

import pytest

from hmsvcd.host.links import Links
from hmsvcd.host.paths import Paths


@pytest.fixture
def place(paths: Paths) -> Path:
    """A unit's place, at which nothing lies; beside it, what was moved aside."""
    paths.unit_folder.mkdir(parents=True)
    path = paths.unit_folder / "a.service"
    path.with_name("a.service.bak").write_text("mine")
    return path


def test_it_is_in_its_place_again(paths, place):
    """Its content is as it was, and nothing is left under the other name."""
    aside = place.with_name("a.service.bak")
    assert Links(paths).put_back(aside, place)
    assert place.read_text() == "mine"
    assert not aside.exists()
    assert not Links(paths).put_back(aside, place), "the second time there is nothing to move"
    assert place.read_text() == "mine"


def test_nothing_is_overwritten(paths, place):
    """Where something else lies, also a dangling link, both stay."""
    aside = place.with_name("a.service.bak")
    place.symlink_to("/nowhere/at/all")
    assert not Links(paths).put_back(aside, place)
    assert (str(place.readlink()), aside.read_text()) == ("/nowhere/at/all", "mine")


def test_an_empty_folder_makes_room(paths, place):
    """A folder that our files needed and have left does not keep a file from its place."""
    place.mkdir()
    assert Links(paths).put_back(place.with_name("a.service.bak"), place)
    assert place.read_text() == "mine"


def test_a_folder_with_something_in_it_stays(paths, place):
    """What somebody has put into such a folder is kept, and so is what was moved aside."""
    place.mkdir()
    (place / "note").write_text("theirs")
    assert not Links(paths).put_back(place.with_name("a.service.bak"), place)
    assert (place / "note").read_text() == "theirs"


def test_nothing_comes_from_elsewhere(paths, place, tmp_path):
    """A record that names another folder moves nothing."""
    elsewhere = tmp_path / "a.service.bak"
    elsewhere.write_text("theirs")
    assert not Links(paths).put_back(elsewhere, place)
    assert elsewhere.read_text() == "theirs"


def test_a_link_says_again_what_it_said(paths, place):
    """A link that ours had replaced is made anew where there is room, in a folder if need be."""
    link = place.parent / "default.target.wants/a.service"
    assert Links(paths).restore(link, "../a.service")
    assert str(link.readlink()) == "../a.service"
    assert not Links(paths).restore(link, "/elsewhere")
    assert str(link.readlink()) == "../a.service"
