"""Which file systems tell of no change that is made elsewhere."""

import re
from pathlib import Path

SILENT = re.compile(
    r"nfs4?|cifs|smb3?|smbfs|ncpfs?|9p|virtiofs|vboxsf|prl_fs|vmhgfs|fuse\..+|fuse|afs|auristorfs"
    r"|coda|ceph|glusterfs|lustre|gpfs|beegfs|orangefs|pvfs2|ocfs2|gfs2?|panfs"
)
"""Types of file systems with several writers: inotify(7) reports only those of this machine."""

_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mounts:
    """What is mounted where, as proc_pid_mountinfo(5) says; ``silent`` are types as above."""

    def __init__(self, mountinfo: str, silent: re.Pattern[str] = SILENT) -> None:
        lines = (line.split(" - ", 1) for line in mountinfo.splitlines())
        self._types = {
            _unescaped(mount.split()[4]): file_system.split()[0] for mount, file_system in lines
        }
        self._silent = silent

    def silent(self, folder: str) -> str | None:
        """Return the type of the file system at a real path if it tells of no changes."""
        while folder not in self._types and folder != "/":
            folder = folder.rpartition("/")[0] or "/"
        kind = self._types.get(folder, "")
        return kind if self._silent.fullmatch(kind) else None


def mounted(silent: re.Pattern[str] = SILENT) -> Mounts:
    """Return what is mounted for this process; nothing where that cannot be read."""
    try:
        content = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        content = b""
    return Mounts(content.decode(errors="surrogateescape"), silent)


def _unescaped(point: str) -> str:
    """Undo how spaces and the like are written: a backslash and three octal digits."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), point)
