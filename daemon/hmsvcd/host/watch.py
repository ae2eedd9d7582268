"""The watcher: says that something may have changed in folders, and nothing more.

An event is a hint only; whoever is told reads everything again.
"""

from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

from hmsvcd.errors import HostError

Folders = frozenset[Path]

STEP_MILLISECONDS = 50
"""How long the watcher gathers events; watchfiles wakes up once in every step."""

AT_LEAST_EVERY = 2000
"""Milliseconds after which it is time to look anyway: events are lost when a watched folder is
made anew, when the queue overflows, and before the watch stands."""


def folders_of(paths: Iterable[str | Path]) -> Folders:
    """Return the existing folders among paths, around them, and around what they link to.

    Folders are what is watched: editors put a new file in the place of the old one.
    """
    places = {place for path in map(Path, paths) for place in (path, path.resolve())}
    candidates = places | {place.parent for place in places}
    return frozenset(folder for folder in candidates if folder.is_dir())


async def changes(folders: Folders) -> AsyncGenerator[None, None]:
    """Yield whenever something in one of these folders (not below) may have changed.

    Raises HostError where the system watches no more.
    """
    from watchfiles import awatch  # noqa: PLC0415 - 43 ms

    events = awatch(
        *sorted(folders),
        step=STEP_MILLISECONDS,
        recursive=False,
        watch_filter=None,
        rust_timeout=AT_LEAST_EVERY,
        yield_on_timeout=True,
    )
    try:
        async for _ in events:
            yield
    except OSError as error:
        raise HostError(
            f"the declaration's folders cannot be watched: {error}",
            "perhaps too much is watched already: see fs.inotify in sysctl(8)",
        ) from error
