"""Files are complete or absent, whatever happens to the disk or to the process."""

import stat
from pathlib import Path

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host import files


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_written_file_is_read_back_whole(tmp_path):
    """Any text comes back, also bytes of file names that are no UTF-8."""
    path = tmp_path / "below" / "file"

    files.replace(path, "a\r\nb \udcff ü\n")

    assert files.read(path) == "a\r\nb \udcff ü\n"
    assert path.read_bytes() == b"a\r\nb \xff \xc3\xbc\n"


def test_folders_and_files_are_for_the_user_alone(tmp_path):
    """Every folder that is made on the way is closed to others."""
    path = tmp_path / "one" / "two" / "file"

    files.replace(path, "secret")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700


def test_a_missing_file_reads_as_none(tmp_path):
    """That is no error."""
    assert files.read(tmp_path / "none") is None
    assert files.read(tmp_path / "none" / "below") is None


def test_a_kill_leaves_the_old_text_or_the_new_one(tmp_path, kill_at_every_step):
    """At no step is there anything in between, and nothing of it stays after a replacement."""
    path = tmp_path / "file"
    path.write_text("old")

    for _ in kill_at_every_step(lambda: files.replace(path, "new")):
        assert path.read_text() in {"old", "new"}
        assert all(files.is_temporary(name) for name in names(tmp_path) - {"file"})

    assert path.read_text() == "new"


def test_a_full_disk_keeps_the_old_text_and_says_what_to_do(small_disk):
    """No half of the new text is left, under no name."""
    path = small_disk / "file"
    files.replace(path, "old")

    with pytest.raises(HostError, match=r"write .*/file: No space left on device") as caught:
        files.replace(path, "x" * 100_000)

    assert "room" in (caught.value.hint or "")
    assert path.read_text() == "old"
    assert names(small_disk) == {"file"}


def test_a_read_only_disk_is_named(disk):
    """The hint says how the file system is mounted."""
    disk.make_read_only()

    with pytest.raises(HostError, match="Read-only file system") as caught:
        files.replace(disk.path / "file", "new")

    assert "read-only" in (caught.value.hint or "")


def test_a_name_that_is_too_long_is_named(tmp_path):
    """The system's own limit is reported, not run into with a traceback."""
    with pytest.raises(HostError, match="File name too long"):
        files.replace(tmp_path / ("x" * 300), "")

    assert names(tmp_path) == set()


def test_a_file_where_a_folder_is_needed_is_an_error(tmp_path):
    """The message names the folder that could not be made."""
    (tmp_path / "file").touch()

    with pytest.raises(HostError, match=r"cannot make the folder .*/file/below"):
        files.make_folder(tmp_path / "file" / "below")


def test_a_link_is_re_pointed_in_one_step(tmp_path, kill_at_every_step):
    """Whoever follows it sees the old place or the new one, whenever it is killed."""
    path = tmp_path / "link"
    path.symlink_to("old")

    for _ in kill_at_every_step(lambda: files.replace_link(path, "new")):
        assert str(path.readlink()) in {"old", "new"}

    assert str(path.readlink()) == "new"


def test_removing_what_is_not_there_is_no_error(tmp_path):
    """The end is the same."""
    files.remove(tmp_path / "none")
    (tmp_path / "file").touch()
    files.remove(tmp_path / "file")

    assert names(tmp_path) == set()
