"""Where events do not tell of a change, or are lost, the watcher finds it all the same."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PosixPath
from typing import IO

import pytest

from hmsvcd.host.watch import Change, Pace, Watcher
from watching import (
    BY_COMPARING,
    EDITS,
    NEVER,
    SETTLED,
    Edit,
    append,
    files,
    silent,
    told,
    watching,
    write,
)

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
        assert await told(watcher) is Change.ANYWHERE
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
            r"watching failed with ArithmeticError at test_watch_without_events\.py:\d+;"
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
