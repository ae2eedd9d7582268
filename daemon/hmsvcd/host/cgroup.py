"""Control groups (cgroup2, cgroups(7)), as far as a private ``systemd --user`` needs them."""

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

NAME = "hmsvcd-try-"
"""What every cgroup and folder of a sandbox begins with; the PID of its owner follows."""

_OWNER = re.compile(rf"{NAME}(\d+)(\D.*)?")
_GONE_WITHIN = 2.0  # seconds; killed processes leave their cgroup in some milliseconds

# The parent may die before PR_SET_PDEATHSIG is set: then somebody else is the parent by now.
_JOIN = '[ "$PPID" = "$1" ] && echo 0 >"$2" && shift 2 && exec "$@"'


def own_cgroup() -> Path | None:
    """Return the folder of this process's cgroup, or None where no cgroup2 is mounted."""
    lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    path = next((line[3:] for line in lines if line.startswith("0::")), None)
    mounted = _mount()
    if path is None or mounted is None:
        return None
    root, point = mounted
    relative = os.path.relpath(path, root)
    return None if relative.startswith("..") else point / relative


def _mount() -> tuple[str, Path] | None:
    """Return root and mount point of the newest cgroup2 mount (hybrid: ``…/cgroup/unified``)."""
    found = None
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        mount, file_system = line.split(" - ", 1)
        if file_system.split()[0] == "cgroup2":
            root, point = mount.split()[3:5]
            found = root, Path(point)
    return found


def writable_cgroup() -> Path | None:
    """Return this process's cgroup if children can be made in it and processes moved."""
    cgroup = own_cgroup()
    if cgroup is None or not os.access(cgroup, os.W_OK):
        return None
    return cgroup if os.access(cgroup / "cgroup.procs", os.W_OK) else None


def starting_in(cgroup: Path, argv: Sequence[str]) -> list[str]:
    """Return the command that joins the cgroup, runs ``argv``, and is killed with its parent.

    The parent is the *thread* that starts it (PR_SET_PDEATHSIG): use one that stays.
    """
    joining = ["sh", "-c", _JOIN, "sh", str(os.getpid()), f"{cgroup}/cgroup.procs", *argv]
    return ["setpriv", "--pdeathsig", "KILL", *joining]


def remove_cgroup(top: Path) -> None:
    """Kill every process in the cgroup and below it, and remove it."""
    with suppress(OSError):
        (top / "cgroup.kill").write_text("1", encoding="ascii")
    end = time.monotonic() + _GONE_WITHIN
    while not _removed(top) and time.monotonic() < end:
        time.sleep(0.002)


def _removed(top: Path) -> bool:
    try:
        for folder, _, _ in os.walk(top, topdown=False):
            os.rmdir(folder)  # noqa: PTH106  # os.walk gives strings
    except FileNotFoundError:
        return not top.exists()
    except OSError:
        return False
    return True


def leftovers(parent: Path) -> list[Path]:
    """Return the sandbox cgroups or folders in ``parent`` whose owner was killed."""
    found = []
    with suppress(OSError):
        for entry in parent.iterdir():
            owner = _OWNER.fullmatch(entry.name)
            if owner and not Path("/proc", owner[1]).exists():
                found.append(entry)
    return found
