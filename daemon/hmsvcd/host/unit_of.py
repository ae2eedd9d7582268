"""Which unit an object of the manager, or a control group, stands for."""

import re
from contextlib import suppress
from pathlib import Path


def unit_of_path(path: str) -> str:
    """Return the unit of an object path, in which other bytes are escaped (sd_bus_path_encode(3)).

    >>> unit_of_path("/org/freedesktop/systemd1/unit/a_2db_2eservice")
    'a-b.service'
    """
    escaped = path.rpartition("/")[2].encode()
    return re.sub(
        rb"_([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), escaped
    ).decode(errors="backslashreplace")


def unit_of_cgroup(cgroup: str, top: str) -> str | None:
    """Return the service or scope that a control group below a manager's own belongs to.

    >>> unit_of_cgroup("/u.slice/user@1.service/app.slice/a.service/x", "/u.slice/user@1.service")
    'a.service'
    """
    inside = cgroup.removeprefix(top.rstrip("/") + "/")
    if inside == cgroup:
        return None
    units = (part.removeprefix("_") for part in inside.split("/"))
    return next((unit for unit in units if unit.endswith((".service", ".scope"))), None)


def own_cgroup() -> str:
    """Return where this process is in the unified hierarchy (cgroups(7)); "" if nowhere."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            if line.startswith("0::"):
                return line.removeprefix("0::")
    return ""
