"""The watcher tells of every change in its places, and of nothing else."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path, PosixPath
from typing import IO

import pytest

from hmsvcd.host.watch import Pace, Places, Watcher

NEVER = 3600.0
BY_EVENTS = Pace(quiet=0.01, compare=NEVER)
BY_COMPARING = Pace(quiet=NEVER, compare=0.05)
SETTLED = 0.15  # seconds after which one edit has told all that it has to tell
SILENCE = 0.25  # seconds in which any of the above would tell

WATCH = """
import asyncio, signal, sys
from pathlib import Path
from hmsvcd.host.watch import Pace, Places, Watcher

async def main(file, limit=None, value="0", retry="0.05"):
    loop = asyncio.get_running_loop()
    if limit:
        Path(limit).write_text(value)
        loop.add_signal_handler(signal.SIGUSR1, lambda: Path(limit).write_text("1000"))
    async with Watcher(Pace(quiet=0.01, compare=0.2, poll=0.05, retry=float(retry))) as watcher:
        files = frozenset({Path(file)})
        more = files | {Path(file).parent / "more" / "other"}
        watcher.look_at(Places(files=files))
        loop.add_signal_handler(signal.SIGUSR2, watcher.look_at, Places(files=more))
        while True:
            await watcher.changed()
            print(watcher.watches, watcher.problem, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""
"""A process of its own that prints a line for each change.

SIGUSR1 raises the limit that it has set, SIGUSR2 adds a place in another folder.
"""


@contextmanager
def process(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run a process, and yield it with its output."""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield running, running.stdout
        finally:
            running.kill()


@asynccontextmanager
async def watching(places: Places, pace: Pace = BY_EVENTS) -> AsyncIterator[Watcher]:
    """A watcher that stands: it has told once of its new places."""
    async with Watcher(pace) as watcher:
        watcher.look_at(places)
        await told(watcher)
        yield watcher


async def told(watcher: Watcher) -> None:
    """Wait for a change, and for those that the same edit may bring after it."""
    async with asyncio.timeout(20):
        await watcher.changed()
    await silent(watcher, SETTLED)


async def silent(watcher: Watcher, seconds: float = SILENCE) -> bool:
    """Say whether the watcher has nothing to tell; take what it has."""
    was_silent = True
    while True:
        try:
            async with asyncio.timeout(seconds):
                await watcher.changed()
        except TimeoutError:
            return was_silent
        was_silent = False


def files(*paths: Path) -> Places:
    return Places(files=frozenset(paths))


def folders(*paths: Path) -> Places:
    return Places(folders=frozenset(paths))


def trees(*paths: Path) -> Places:
    return Places(trees=frozenset(paths))


def write(path: Path) -> None:
    path.write_text("new")


def read(path: Path) -> None:
    path.read_text()
    list(path.parent.iterdir())


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("more")


def save_as_vim(path: Path) -> None:
    """Rename the old file, write a new one, remove the old one."""
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    path.write_text("by vim")
    backup.unlink()


def rename_over(path: Path) -> None:
    """As VS Code, and most that save atomically."""
    beside = path.with_name(".beside")
    beside.write_text("renamed")
    beside.rename(path)


def edit_with_sed(path: Path) -> None:
    subprocess.run(["sed", "-i", "s/^/x/", str(path)], check=True)


def copy_over(path: Path) -> None:
    subprocess.run(["cp", "/etc/passwd", str(path)], check=True)


def remove_and_write(path: Path) -> None:
    path.unlink()
    path.write_text("again")


def touch(path: Path) -> None:
    os.utime(path)


EDITS = (
    write,
    append,
    save_as_vim,
    rename_over,
    edit_with_sed,
    copy_over,
    remove_and_write,
    touch,
    Path.unlink,
)
Edit = Callable[[Path], None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in a folder in a folder."""
    path = tmp_path / "config" / "hmsvcd" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("old")
    return path


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_of_a_file_is_told(file: Path, edit: Edit):
    """Also the next one, however the first one was made."""
    async with watching(files(file)) as watcher:
        edit(file)
        await told(watcher)
        write(file)
        await told(watcher)


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_behind_links_is_told(file: Path, tmp_path: Path, edit: Edit):
    """The file lies in another folder, at the end of links through a third one."""
    second = tmp_path / "second"
    second.mkdir()
    (second / "middle").symlink_to("../config/hmsvcd/config.toml")
    link = tmp_path / "first" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(second / "middle")
    async with watching(files(link)) as watcher:
        edit(file)
        await told(watcher)
        write(file)
        await told(watcher)


async def test_a_link_that_leads_elsewhere_is_told(file: Path, tmp_path: Path):
    """From then on, edits at the new end are told, and at the old one no more."""
    other = tmp_path / "other" / "new.toml"
    other.parent.mkdir()
    other.write_text("other")
    link = tmp_path / "links" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(file)
    async with watching(files(link)) as watcher:
        link.unlink()
        link.symlink_to(other)
        await told(watcher)
        write(file)
        assert await silent(watcher)
        write(other)
        await told(watcher)


async def test_a_folder_on_the_way_may_be_a_link(file: Path, tmp_path: Path):
    """When that link leads to another folder, the file there is another one."""
    other = tmp_path / "dotfiles"
    other.mkdir()
    (other / "config.toml").write_text("other")
    link = tmp_path / "links" / "hmsvcd"
    link.parent.mkdir()
    link.symlink_to(file.parent)
    async with watching(files(link / "config.toml")) as watcher:
        beside = link.with_name("beside")
        beside.symlink_to(other)
        beside.rename(link)
        await told(watcher)
        write(other / "config.toml")
        await told(watcher)


async def test_a_file_may_come_later(tmp_path: Path):
    """So may all folders that it lies in."""
    file = tmp_path / "a" / "b" / "c" / "config.toml"
    async with watching(files(file)) as watcher:
        file.parent.mkdir(parents=True)
        file.write_text("there")
        await told(watcher)
        write(file)
        await told(watcher)


async def test_a_folder_may_come_later(file: Path):
    """What is put into it afterwards is told."""
    conf_d = file.parent / "conf.d"
    async with watching(folders(conf_d)) as watcher:
        conf_d.mkdir()
        await told(watcher)
        write(conf_d / "more.toml")
        await told(watcher)


async def test_every_name_in_a_folder_matters(file: Path):
    """One that comes, changes, gets another name or goes is told."""
    name = file.parent / "new"
    async with watching(folders(file.parent)) as watcher:
        for change in (write, append, lambda path: path.rename(file.parent / "other")):
            change(name)
            await told(watcher)
        (file.parent / "other").unlink()
        await told(watcher)


async def test_a_folder_that_is_made_anew_is_watched_anew(file: Path):
    """It has the same name, and perhaps the same inode."""
    async with watching(files(file)) as watcher:
        for _ in range(3):
            shutil.rmtree(file.parent)
            file.parent.mkdir()
            write(file)
            await told(watcher)
            rename_over(file)
            await told(watcher)


async def test_a_folder_may_be_replaced_as_a_whole(file: Path, tmp_path: Path):
    """As `git checkout` or a deployment does, by a rename."""
    new = tmp_path / "new"
    shutil.copytree(file.parent, new)
    async with watching(files(file)) as watcher:
        file.parent.rename(tmp_path / "old")
        new.rename(file.parent)
        await told(watcher)
        write(file)
        await told(watcher)
        write(tmp_path / "old" / file.name)
        assert await silent(watcher)


async def test_everything_in_a_tree_matters(tmp_path: Path):
    """Also in folders that come later, with all that they hold when they come."""
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    async with watching(trees(tree)) as watcher:
        write(tree / "a" / "b" / "file")
        await told(watcher)
        (tree / "new" / "deep").mkdir(parents=True)
        await told(watcher)
        write(tree / "new" / "deep" / "file")
        await told(watcher)
        shutil.rmtree(tree / "a")
        await told(watcher)


@pytest.mark.parametrize("pace", [BY_EVENTS, BY_COMPARING])
async def test_what_does_not_matter_wakes_nobody(file: Path, pace: Pace):
    """Neighbours of a file, and of the folder around it, come, change and go."""
    async with watching(files(file), pace) as watcher:
        for folder in (file.parent, file.parent.parent):
            neighbour = folder / "neighbour"
            write(neighbour)
            append(neighbour)
            neighbour.rename(folder / "other")
            (folder / "other").unlink()
            (folder / "more").mkdir()
        read(file)
        assert await silent(watcher)
        write(file)
        await told(watcher)


async def test_folders_in_a_folder_do_not_matter(file: Path):
    """Only that they are there does."""
    inside = file.parent / "inside"
    inside.mkdir()
    async with watching(folders(file.parent)) as watcher:
        write(inside / "file")
        assert await silent(watcher)


async def test_the_same_places_again_are_no_change(file: Path):
    """Nor are fewer places; those that are left are watched on."""
    other = file.with_name("other")
    async with watching(files(file, other)) as watcher:
        watcher.look_at(files(file, other))
        watcher.look_at(files(file))
        assert await silent(watcher)
        write(other)
        assert await silent(watcher)
        write(file)
        await told(watcher)


async def test_more_places_count_as_changed_once(file: Path, tmp_path: Path):
    """Then they are watched like the others."""
    other = tmp_path / "elsewhere" / "other"
    async with watching(files(file)) as watcher:
        watcher.look_at(files(file, other))
        await told(watcher)
        other.parent.mkdir()
        write(other)
        await told(watcher)
        write(file)
        await told(watcher)


async def test_a_place_beside_a_missing_one_counts_as_changed(tmp_path: Path):
    """Although the folder that both are missing in is watched already."""
    missing = tmp_path / "missing"
    async with watching(files(missing / "one")) as watcher:
        watcher.look_at(files(missing / "one", missing / "two"))
        await told(watcher)


async def test_a_change_between_two_orders_is_told(file: Path, tmp_path: Path):
    """What happened while the watch was moved counts."""
    other = tmp_path / "elsewhere" / "other"
    async with watching(files(file, other)) as watcher:
        write(file)
        watcher.look_at(files(file))
        await told(watcher)


@pytest.mark.parametrize("edit", EDITS)
async def test_comparing_finds_what_no_event_told(file: Path, edit: Edit):
    """Events are asked for so seldom here that all is left to comparing."""
    async with watching(files(file), BY_COMPARING) as watcher:
        edit(file)
        await told(watcher)


async def test_a_folder_further_up_that_is_replaced_is_found(file: Path, tmp_path: Path):
    """No event tells of it, but comparing does; then events tell again."""
    new = tmp_path / "new"
    (new / "hmsvcd").mkdir(parents=True)
    (new / "hmsvcd" / file.name).write_text("new")
    pace = Pace(quiet=0.01, compare=0.1)
    async with watching(files(file / ".." / "x" / "y", file), pace) as watcher:
        (tmp_path / "config").rename(tmp_path / "old")
        new.rename(tmp_path / "config")
        await told(watcher)
        write(file)
        await told(watcher)


async def test_changes_on_a_silent_file_system_are_looked_for(disk, tmp_path: Path):
    """It is said why; when they lie elsewhere again, events tell of them."""
    file, local = disk.path / "file", tmp_path / "local"
    pace = Pace(quiet=0.01, compare=NEVER, poll=0.05)
    async with Watcher(pace, re.compile("tmpfs")) as watcher:
        watcher.look_at(files(file))
        await told(watcher)
        assert watcher.watches == "polling"
        assert watcher.problem == (
            f"{disk.path} is on tmpfs, which does not tell of changes that others make;"
            " changes are looked for every 0.05 s"
        )
        write(file)
        await told(watcher)
        if " tmpfs " not in mount_of(tmp_path):
            watcher.look_at(files(local))
            await told(watcher)
            assert watcher.watches == "inotify"


def mount_of(path: Path) -> str:
    return subprocess.run(
        ["stat", "-f", "-c", " %T ", str(path)], capture_output=True, text=True, check=True
    ).stdout


async def test_a_folder_whose_name_is_not_utf_8_is_polled(tmp_path: Path):
    """The library for events takes no such names."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    async with watching(files(folder / "file"), Pace(poll=0.05)) as watcher:
        assert watcher.watches == "polling"
        write(folder / "file")
        await told(watcher)


async def test_a_neighbour_whose_name_is_not_utf_8_does_no_harm(file: Path):
    """Events end with it, and come again."""
    pace = Pace(quiet=0.01, poll=0.05, retry=0.05)
    async with watching(files(file), pace) as watcher:
        write(file.parent / os.fsdecode(b"caf\xe9"))
        assert await silent(watcher)
        assert watcher.watches == "inotify"
        write(file)
        await told(watcher)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("max_inotify_instances", "too many watchers run (fs.inotify.max_user_instances)"),
        ("max_inotify_watches", "too many folders are watched (fs.inotify.max_user_watches)"),
    ],
)
def test_a_limit_of_inotify_is_got_over(file: Path, limit: str, reason: str):
    """Changes are looked for while it lasts; events tell when there is room again."""
    with process(*limited(file, limit)) as (running, output):
        polling = f"polling {reason}; changes are looked for every 0.05 s\n"
        assert output.readline() == polling
        write(file)
        assert output.readline() == polling
        running.send_signal(signal.SIGUSR1)
        assert recovers(file, output)
        append(file)
        assert output.readline() == "inotify None\n"


def test_a_limit_that_leaves_room_for_one_watcher_is_enough(file: Path):
    """When other folders are to be watched, the new watch does not fit beside the old one."""
    (file.parent / "more").mkdir()
    command = limited(file, "max_inotify_instances", "1", str(NEVER))
    with process(*command) as (running, output):
        assert output.readline() == "inotify None\n"
        running.send_signal(signal.SIGUSR2)
        assert recovers(file, output)


def recovers(file: Path, output: IO[str]) -> bool:
    """Say whether events tell of changes again, some changes later."""
    for _ in range(100):
        if output.readline() == "inotify None\n":
            return True
        append(file)
    return False


def limited(file: Path, limit: str, *arguments: str) -> list[str | Path]:
    """Return the command that watches in a user namespace of its own, with a limit of its own."""
    alone = ["unshare", "--user", "--map-root-user"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel refuses a user namespace, where a limit can be set")
    return [*alone, sys.executable, "-c", WATCH, file, f"/proc/sys/user/{limit}", *arguments]


def test_events_that_are_lost_are_made_up_for(file: Path):
    """The queue of inotify overflows while the watcher cannot read it."""
    with process(sys.executable, "-c", WATCH, file) as (running, output):
        assert output.readline() == "inotify None\n"
        running.send_signal(signal.SIGSTOP)
        overflow(file.parent)
        write(file)
        running.send_signal(signal.SIGCONT)
        assert output.readline() == "inotify None\n"


def overflow(folder: Path) -> None:
    """Cause as many events as fit; two that follow each other and are equal count as one."""
    limit = Path("/proc/sys/fs/inotify/max_queued_events").read_text(encoding="ascii")
    neighbours = [folder / "even", folder / "odd"]
    for number in range(int(limit) + 10):
        neighbours[number % 2].touch()


class Untellable(PosixPath):
    """A path that nobody can look at while ``is_broken``, for no reason that is foreseen."""

    is_broken = True

    def __fspath__(self) -> str:  # type: ignore[explicit-override]  # Python 3.12
        if self.is_broken:
            raise ArithmeticError(str(self))
        return str(self)


async def test_a_defect_of_its_own_does_not_end_it(file: Path):
    """While it lasts, anything may have changed, every so often; then events tell again."""
    untellable = Untellable(file.with_name("untellable"))
    async with watching(files(file), Pace(quiet=0.01, compare=NEVER, poll=0.05)) as watcher:
        watcher.look_at(files(file, untellable))
        async with asyncio.timeout(20):
            for _ in range(3):
                await watcher.changed()
                assert watcher.watches == "polling"
        assert re.fullmatch(
            r"watching failed with ArithmeticError at test_watch\.py:\d+;"
            " changes are looked for every 0.05 s",
            watcher.problem or "",
        )
        untellable.is_broken = False
        async with asyncio.timeout(20):
            while watcher.problem:
                await watcher.changed()
        await silent(watcher, SETTLED)
        for path in (file, untellable):
            write(path)
            await told(watcher)
        assert watcher.watches == "inotify"


async def test_a_path_with_very_many_names_is_watched(file: Path):
    """So are the others beside it."""
    async with watching(files(file, Path(f"{file.parent}/{'a/' * 1500}b"))) as watcher:
        assert watcher.watches == "inotify"
        write(file)
        await told(watcher)
        (file.parent / "a").mkdir()
        await told(watcher)


async def test_nothing_is_left_behind(file: Path, tmp_path: Path):
    """Neither threads nor descriptors, after many orders and after the end."""
    async with watching(files(file)):
        pass
    before = await held()
    async with watching(files(file)) as watcher:
        standing = await held()
        for number in range(100):
            watcher.look_at(files(file, tmp_path / str(number) / "other"))
            async with asyncio.timeout(20):
                await watcher.changed()
        assert await held() == standing
    assert await held() == before


async def held() -> tuple[int, int]:
    """Return how many descriptors and threads there are, when those that are to go have gone."""
    now, before = counted(), None
    while now != before:
        await asyncio.sleep(0.2)
        now, before = counted(), now
    return now


def counted() -> tuple[int, int]:
    return entries("/proc/self/fd"), entries("/proc/self/task")


def entries(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


async def test_it_ends_while_it_waits(file: Path):
    """A thread that is to wait for long does not hold up the end."""
    pace = Pace(quiet=NEVER, compare=NEVER)
    async with asyncio.timeout(10), watching(files(file), pace):
        pass
