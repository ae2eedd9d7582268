"""The files of a declaration are found and read, and guarded against others."""

import os
import socket
import time
from pathlib import Path

import pytest

from hmsvcd.host.declaration import (
    DeclarationFiles,
    declaration_files,
    read_declaration,
    writable_by_others,
)
from hmsvcd.host.seen import TICK
from hmsvcd.model.diagnostic import Position
from hmsvcd.model.document import SourceText

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A declaration in a folder that nobody else may write."""
    tmp_path.chmod(0o755)
    (tmp_path / "conf.d").mkdir(mode=0o755)
    write(tmp_path / "config.toml", b"a = 1\n")
    return tmp_path


def give(path: Path, user: int = -1, group: int = -1) -> None:
    """Give a file to another user or group, where that is allowed."""
    try:
        os.chown(path, user, group)
    except OSError:
        pytest.skip("only root may give files away")


def write(path: Path, content: bytes = b"") -> Path:
    """Write a file that only its owner may write."""
    path.write_bytes(content)
    path.chmod(0o644)
    return path


def problems(path: Path) -> list[tuple[str, str]]:
    """File and message of everything that cannot be read."""
    found = read_declaration(path)[1]
    return [(each.place.file, each.message) for each in found if each.place]


def test_a_file_is_the_whole_declaration(folder: Path) -> None:
    """What lies beside a file that is named is not read."""
    write(folder / "conf.d" / "more.toml", b"b = 2\n")
    path = folder / "config.toml"
    assert read_declaration(path) == ([SourceText(str(path), "a = 1\n")], [])


def test_a_file_is_read_again_only_after_a_change(folder: Path) -> None:
    """Until then its text is the same object; a file that vanishes is missed at once."""
    other = write(folder / "conf.d" / "other.toml", b"b = 1\n")
    time.sleep(1.5 * TICK / 1e9)
    files = DeclarationFiles()
    before, _ = files.read(folder)
    assert [*map(id, files.read(folder)[0])] == [*map(id, before)]

    write(other, b"b = 2\n")
    after, _ = files.read(folder)
    assert after[0] is before[0]
    assert after[1].text == "b = 2\n"
    for path in (other, folder / "config.toml"):
        path.unlink()
        assert files.read(folder) == read_declaration(folder)


def test_a_folder_is_read_in_byte_order(folder: Path) -> None:
    """After config.toml come the files of conf.d, ordered by the bytes of their names."""
    for name in ("é.toml", "b.toml", "Z.toml", "a.toml", "10.toml", "9.toml", "x.conf", ".a.toml"):
        write(folder / "conf.d" / name)
    names = [Path(each.file).name for each in read_declaration(folder)[0]]
    assert names == ["config.toml", "10.toml", "9.toml", "Z.toml", "a.toml", "b.toml", "é.toml"]


def test_names_are_shown_as_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path stays relative in what the user reads."""
    monkeypatch.chdir(folder)
    [source], _ = read_declaration(Path("config.toml"))
    assert source.file == "config.toml"


def test_a_folder_without_more_files_is_complete(folder: Path) -> None:
    """conf.d may be missing."""
    (folder / "conf.d").rmdir()
    assert problems(folder) == []


def test_everything_unreadable_is_told_at_once(folder: Path) -> None:
    """One bad file hides neither the others nor the good ones."""
    (folder / "config.toml").unlink()
    conf = folder / "conf.d"
    (conf / "dangling.toml").symlink_to("nowhere")
    (conf / "folder.toml").mkdir()
    write(conf / "latin.toml", b"# \xc3\xa9\na = '\xc3\xa9\xe9'\n")
    os.mkfifo(conf / "pipe.toml")
    write(conf / "good.toml", b"b = 1\n")
    sources, found = read_declaration(folder)
    assert [source.file for source in sources] == [str(conf / "good.toml")]
    assert [(Path(file).name, message) for file, message in problems(folder)] == [
        ("config.toml", "there is no such declaration"),
        ("dangling.toml", "is a dangling link to nowhere"),
        ("folder.toml", "cannot be read: is a folder"),
        ("latin.toml", "is not UTF-8 from byte 12 on"),
        ("pipe.toml", "cannot be read: is not a regular file"),
    ]
    assert found[0].hint is not None
    assert found[3].position == Position(2, 7)


def test_a_missing_declaration_says_how_to_begin(tmp_path: Path) -> None:
    """A path that is not there is one error with a hint."""
    _, [found] = read_declaration(tmp_path / "nowhere")
    assert "--config" in (found.hint or "")


def test_a_byte_order_mark_is_told_and_the_rest_is_read(folder: Path) -> None:
    """The mark is an error, and what follows it is checked all the same."""
    write(folder / "config.toml", b"\xef\xbb\xbfa = 1\n")
    [source], [found] = read_declaration(folder)
    assert source.text == "a = 1\n"
    assert found.position == Position(1, 1)
    assert "byte order mark" in found.message


def test_line_ends_are_left_as_they_are(folder: Path) -> None:
    """Reading changes nothing in a text, so that columns are right."""
    write(folder / "config.toml", b"a = 1\r\n")
    assert read_declaration(folder)[0][0].text == "a = 1\r\n"


def test_a_socket_in_the_way_is_told(folder: Path) -> None:
    """What cannot be opened is an error, not a crash."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "conf.d" / "s.toml"))
        [(_, message)] = problems(folder)
    assert message.startswith("cannot be read")


def test_a_dangling_folder_is_told(folder: Path) -> None:
    """A conf.d that points nowhere is an error: its services would be missing."""
    (folder / "conf.d").rmdir()
    (folder / "conf.d").symlink_to("nowhere")
    assert problems(folder) == [(str(folder / "conf.d"), "is a dangling link")]


def test_a_file_in_place_of_the_folder_is_told(folder: Path) -> None:
    """So is a conf.d that is no folder."""
    (folder / "conf.d").rmdir()
    write(folder / "conf.d")
    [(_, message)] = problems(folder)
    assert message == "cannot be listed: not a directory"


@pytest.mark.may_skip("root reads everything")
@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_told(folder: Path) -> None:
    """A file that may not be read is an error."""
    (folder / "config.toml").chmod(0)
    [(_, message)] = problems(folder)
    assert message == "cannot be read: permission denied"


@pytest.mark.may_skip("root enters everything")
@pytest.mark.skipif(os.geteuid() == 0, reason="root enters everything")
def test_a_folder_without_permission_is_told(folder: Path) -> None:
    """A declaration behind a folder that may not be entered is an error."""
    folder.chmod(0)
    try:
        [(_, message)] = problems(folder / "conf.d")
    finally:
        folder.chmod(0o755)
    assert message == "cannot be read: permission denied"


def test_a_private_declaration_is_nobody_elses(folder: Path) -> None:
    """Files and folders that only the owner may write are fine."""
    write(folder / "conf.d" / "a.toml")
    assert writable_by_others(folder) is None
    assert writable_by_others(folder / "config.toml") is None


@pytest.mark.parametrize("below", ["", "config.toml", "conf.d", "conf.d/a.toml"])
def test_what_everybody_may_write_is_told(folder: Path, below: str) -> None:
    """One world-writable file or folder is enough."""
    write(folder / "conf.d" / "a.toml")
    path = folder / below
    path.chmod(path.stat().st_mode | 0o002)
    assert writable_by_others(folder) == f"{path} can be written by everybody"


def test_a_file_in_a_sticky_folder_is_its_owners(tmp_path: Path) -> None:
    """In a folder such as /tmp others may add files, but not replace this one."""
    tmp_path.chmod(0o1777)
    file = write(tmp_path / "config.toml")
    assert writable_by_others(file) is None
    assert writable_by_others(tmp_path) == f"{tmp_path} can be written by everybody"
    tmp_path.chmod(0o777)
    assert writable_by_others(file) == f"{tmp_path} can be written by everybody"
    tmp_path.chmod(0o1777)
    file.chmod(0o666)
    assert writable_by_others(file) == f"{file} can be written by everybody"


@pytest.mark.may_skip("only root may give files away")
def test_what_a_group_may_write_is_told(folder: Path) -> None:
    """A group other than the owner's own may have other members."""
    path = folder / "config.toml"
    give(path, group=NOBODY)
    path.chmod(0o664)
    assert "can be written by the group" in (writable_by_others(path) or "")


@pytest.mark.may_skip("only root may give files away")
def test_the_owners_private_group_may_write(folder: Path) -> None:
    """umask 002 leaves files group-writable for a group of the owner alone."""
    path = folder / "config.toml"
    give(path, os.geteuid(), os.getegid())
    path.chmod(0o664)
    assert writable_by_others(path) is None


@pytest.mark.may_skip("only root may give files away")
def test_what_another_user_owns_is_told(folder: Path) -> None:
    """An owner may always write."""
    path = folder / "config.toml"
    give(path, user=NOBODY)
    assert writable_by_others(path) == f"{path} can be written by its owner, nobody"


def test_the_folder_behind_a_link_counts(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whoever may write where a linked file really lies may replace it."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    real = write(elsewhere / "real.toml")
    (folder / "conf.d" / "link.toml").symlink_to(real)
    elsewhere.chmod(0o777)
    assert writable_by_others(folder) == f"{elsewhere} can be written by everybody"


def test_the_files_of_a_declaration_are_named_before_they_exist(tmp_path: Path) -> None:
    """A watcher learns of config.toml before it is there."""
    assert declaration_files(tmp_path) == [tmp_path / "config.toml"]
