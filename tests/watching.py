"""Watchers that stand, ways to edit a file, and places to watch."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from hmsvcd.host.watch import Change, Pace, Places, Watcher

NEVER = 3600.0
BY_EVENTS = Pace(quiet=0.01, compare=NEVER)
BY_COMPARING = Pace(quiet=NEVER, compare=0.05)
SETTLED = 0.15  # seconds after which one edit has told all that it has to tell
SILENCE = 0.25  # seconds in which any pace of the tests would tell


@asynccontextmanager
async def watching(places: Places, pace: Pace = BY_EVENTS) -> AsyncIterator[Watcher]:
    """A watcher that stands: it has told once of its new places."""
    async with Watcher(pace) as watcher:
        watcher.look_at(places)
        await told(watcher)
        yield watcher


async def told(watcher: Watcher) -> Change:
    """Return the next change, and wait for those that the same edit may bring after it."""
    async with asyncio.timeout(20):
        change = await watcher.changed()
    await silent(watcher, SETTLED)
    return change


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
