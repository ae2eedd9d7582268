"""How much this user may watch, and how much is watched already (inotify(7), proc_pid_fd(5))."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LIMITS = Path("/proc/sys/fs/inotify")
_INSTANCE = "anon_inode:inotify"


@dataclass(frozen=True, slots=True)
class Watched:
    """A number of inotify instances, and of the watches in them."""

    instances: int
    watches: int


def limits() -> Watched | None:
    """Return what each user may have, None where the system does not say."""
    try:
        instances, watches = (
            int((_LIMITS / name).read_text(encoding="ascii"))
            for name in ("max_user_instances", "max_user_watches")
        )
    except (OSError, ValueError):
        return None
    return Watched(instances, watches)


def in_use() -> Watched:
    """Return what the processes of this user have, as far as that can be seen."""
    counts = [count for process in Path("/proc").glob("[0-9]*") for count in _counts(process)]
    return Watched(len(counts), sum(counts))


def _counts(process: Path) -> Iterator[int]:
    """Yield the number of watches of each inotify instance of a process of ours."""
    with suppress(OSError):  # it has ended, or is not ours to look at
        if process.stat().st_uid != os.geteuid():
            return
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()) == _INSTANCE:
                    yield _watches(process / "fdinfo" / descriptor.name)


def _watches(information: Path) -> int:
    text = information.read_text(encoding="ascii", errors="replace")
    return sum(line.startswith("inotify ") for line in text.splitlines())
