"""What was read is kept only as long as reading it again would give the same."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hmsvcd.host.seen import COARSE_TICK, TICK, Seen, Stamps, is_past

SECOND = 1_000_000_000
CONTENT = "one"


def read(seen: Seen[str], path: Path) -> str:
    """Return what a file holds, and keep it."""
    stamps = Stamps()
    stamps.take(str(path))
    return seen.keep(str(path), path.read_text(), stamps)


def settled() -> None:
    """Wait until what was written before is past."""
    time.sleep(1.5 * TICK / SECOND)


def test_what_has_not_changed_is_kept(tmp_path):
    """Nothing is read for that."""
    path = tmp_path / "file"
    path.write_text(CONTENT)
    settled()
    seen = Seen[str]()
    value = read(seen, path)

    assert seen.get(str(path)) is value
    assert seen.get(str(path)) is value
    assert seen.get(str(tmp_path)) is None


def rewrite(path: Path) -> None:
    path.write_text("two")


def rewrite_with_old_times(path: Path) -> None:
    times = path.stat()
    path.write_text("two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replace_with_old_times(path: Path) -> None:
    times = path.stat()
    beside = path.with_name("beside")
    beside.write_text("two")
    os.utime(beside, ns=(times.st_atime_ns, times.st_mtime_ns))
    beside.rename(path)


def repoint(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


CHANGES: list[Callable[[Path], object]] = [
    rewrite, rewrite_with_old_times, replace_with_old_times, repoint,
    Path.unlink, lambda path: path.chmod(0o600), lambda path: os.link(path, f"{path}-too"),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(tmp_path, change):
    """Also where size and time of modification are as before."""
    path = tmp_path / "file"
    path.write_text(CONTENT)
    path.chmod(0o640)
    settled()
    seen = Seen[str]()
    read(seen, path)

    change(path)

    assert seen.get(str(path)) is None


def test_a_change_within_a_tick_is_seen(tmp_path):
    """The clock of the file system may not have moved on since the value was read."""
    path = tmp_path / "file"
    seen = Seen[str]()
    for number in range(2_000):
        path.write_text(f"{number:04}")
        read(seen, path)
        path.write_text(f"{number:04}"[::-1])

        assert seen.get(str(path)) in {None, path.read_text()}


@pytest.mark.parametrize(
    ("age", "fraction", "expected"),
    [
        (TICK, 1, False),
        (TICK + 1, 1, True),
        (TICK + 1, 0, False),
        (COARSE_TICK + 1, 0, True),
        (-SECOND, 1, False),
    ],
)
def test_only_what_is_past_counts(age, fraction, expected):
    """Where whole seconds are kept, that takes longer; what is in the future never is past."""
    changed = 1_700_000_000 * SECOND + fraction

    assert is_past(changed, changed + age) is expected


def test_what_is_not_there_is_a_stamp_too(tmp_path):
    """It is seen when it comes."""
    path = tmp_path / "file"
    seen, stamps = Seen[str](), Stamps()
    stamps.take(str(path))
    seen.keep("it", "is not there", stamps)
    assert seen.get("it") == "is not there"

    path.touch()

    assert seen.get("it") is None


def test_a_link_is_followed_where_that_is_asked_for(tmp_path):
    """Then what it leads to counts, and else the link itself."""
    (tmp_path / "file").write_text(CONTENT)
    link = tmp_path / "link"
    link.symlink_to("file")
    settled()
    followed, itself = Stamps(), Stamps()
    followed.take(str(link), follow=True)
    itself.take(str(link))

    (tmp_path / "file").write_text("two")

    assert not followed.are_same()
    assert itself.are_same()


def test_what_nobody_asks_for_is_let_go_of(tmp_path):
    """So it does not grow with what has ever been there."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    settled()
    seen = Seen[str]()
    for name in ("one", "two"):
        read(seen, tmp_path / name)

    seen.retain([str(tmp_path / "two")])

    assert seen.get(str(tmp_path / "one")) is None
    assert seen.get(str(tmp_path / "two")) == "two"
