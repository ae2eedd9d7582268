"""What counts of a source, and what cannot be one."""

import os
import socket
import time
from pathlib import Path

import pytest

from hmsvcd.host.capture import Captures, Unreadable, capture
from hmsvcd.host.seen import TICK
from hmsvcd.model.rendering import Captured
from hmsvcd.model.store import content_digest, object_name


def captured(path: Path) -> Captured:
    found = capture(str(path))
    assert isinstance(found, Captured)
    return found


def test_a_file_is_addressed_by_its_content_and_base_name(tmp_path):
    """The hash to report is the plain SHA-256 of the content."""
    path = tmp_path / "app.toml"
    path.write_text("port = 1\n")

    found = captured(path)

    assert found.object_name == object_name(content_digest(b"port = 1\n"), "app.toml")
    assert found.sha256 == content_digest(b"port = 1\n")


def test_an_executable_is_another_object_with_the_same_reported_hash(tmp_path):
    """The store keeps the executable bit, so it counts for the address."""
    path = tmp_path / "run"
    path.write_text("#!/bin/sh\n")
    plain = captured(path)
    path.chmod(0o755)

    assert captured(path).object_name != plain.object_name
    assert captured(path).sha256 == plain.sha256


def test_a_source_that_is_a_link_is_followed(tmp_path):
    """The base name is the link's own."""
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("real")

    assert captured(tmp_path / "link").object_name == object_name(content_digest(b"x"), "link")


def change_content(folder: Path) -> None:
    (folder / "a").write_text("other")


def change_name(folder: Path) -> None:
    (folder / "a").rename(folder / "b")


def change_mode(folder: Path) -> None:
    (folder / "a").chmod(0o755)


def change_link(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("elsewhere")


def add_empty_folder(folder: Path) -> None:
    (folder / "empty").mkdir()


def add_odd_name(folder: Path) -> None:
    (folder / "odd\udcff").touch()


CHANGES = [
    change_content,
    change_name,
    change_mode,
    change_link,
    add_empty_folder,
    add_odd_name,
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_in_a_folder_changes_its_address(tmp_path, change):
    """Content, names, executable bits, link targets and empty folders all count."""
    folder = tmp_path / "site"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("a")
    (folder / "link").symlink_to("a")
    before = captured(folder)
    assert captured(folder) == before

    change(folder)

    assert captured(folder).object_name != before.object_name


def settled() -> None:
    """Wait until what was written before is past."""
    time.sleep(1.5 * TICK / 1e9)


@pytest.mark.parametrize("change", CHANGES)
def test_a_source_is_read_again_only_after_a_change(tmp_path, change):
    """Until then it is the same object."""
    folder = tmp_path / "site"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("a")
    (folder / "link").symlink_to("a")
    settled()
    captures = Captures()
    before = captures.capture(str(folder))
    assert captures.capture(str(folder)) is before

    change(folder)

    assert captures.capture(str(folder)) == capture(str(folder)) != before


def test_a_source_that_is_a_link_is_read_again_where_it_leads_to(tmp_path):
    """Both when what is there changes, and when the link does."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "link"
    link.symlink_to("one")
    settled()
    captures = Captures()
    before = captures.capture(str(link))
    assert captures.capture(str(link)) is before

    (tmp_path / "one").write_text("new")
    assert captures.capture(str(link)) == captured(link) != before
    link.unlink()
    link.symlink_to("two")
    assert captures.capture(str(link)) == captured(link) != before


def test_a_source_that_comes_back_is_captured(tmp_path):
    """That it could not be read is not kept."""
    captures = Captures()
    assert isinstance(captures.capture(str(tmp_path / "a")), Unreadable)
    (tmp_path / "a").write_text("a")
    assert captures.capture(str(tmp_path / "a")) == captured(tmp_path / "a")


def test_a_link_inside_a_folder_is_not_followed(tmp_path):
    """A dangling one is as good as any."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "link").symlink_to("/nowhere")

    assert captured(tmp_path / "site").object_name.endswith("-site")


def test_a_missing_source_is_an_error_value(tmp_path):
    """Nothing is raised, so that the errors of all sources are shown at once."""
    path = str(tmp_path / "none")

    assert capture(path) == Unreadable(path, path, "No such file or directory")


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


@pytest.mark.parametrize(
    ("make", "words"), [(make_pipe, "a named pipe"), (make_socket, "a socket")]
)
def test_a_special_file_is_refused_by_kind_and_path(tmp_path, monkeypatch, make, words):
    """Also deep in a folder, and without waiting for anybody to write into it."""
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "site")
    make("odd")

    found = capture(str(tmp_path / "site"))

    assert isinstance(found, Unreadable)
    assert found.path == str(tmp_path / "site" / "odd")
    assert words in found.reason


def test_a_device_is_refused():
    """Its content is no content."""
    found = capture("/dev/null")

    assert isinstance(found, Unreadable)
    assert "a device" in found.reason


def test_a_ring_of_links_is_an_error_value(tmp_path):
    """The system's own words are shown."""
    (tmp_path / "ring").symlink_to("ring")

    found = capture(str(tmp_path / "ring"))

    assert isinstance(found, Unreadable)
    assert "symbolic links" in found.reason
