"""Which file systems tell of no change that is made elsewhere."""

import re

import pytest

from hmsvcd.host.mounts import Mounts, mounted

MOUNTINFO = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
24 22 0:6 / /dev rw,nosuid shared:2 - devtmpfs devtmpfs rw,size=12334460k,mode=755
50 22 0:41 / /home rw,relatime shared:9 master:1 - nfs4 server:/home rw,vers=4.2
51 50 0:42 / /home/me/local rw - ext4 /dev/vdb rw
52 22 0:43 / /mnt/two\\040words rw - fuse.sshfs me@server: rw
53 22 0:44 / /mnt/stick rw - fuseblk /dev/sdb1 rw
54 22 0:45 / /mnt/over rw - cifs //server/share rw
55 54 0:46 / /mnt/over rw - tmpfs tmpfs rw
56 22 0:47 / /mnt/host rw - 9p host rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", None),
        ("/etc/xdg", None),
        ("/home", "nfs4"),
        ("/home/me/.config", "nfs4"),
        ("/homes", None),
        ("/home/me/local", None),
        ("/home/me/local/deep/below", None),
        ("/mnt/two words/config", "fuse.sshfs"),
        ("/mnt/stick/config", None),
        ("/mnt/over/config", None),
        ("/mnt/host", "9p"),
    ],
)
def test_the_mount_that_holds_a_folder_decides(folder: str, kind: str | None):
    """The innermost one does, and of several at one place the latest."""
    assert Mounts(MOUNTINFO).silent(folder) == kind


def test_this_process_has_mounts():
    """There is a file system for processes wherever this can be asked."""
    assert mounted(re.compile("proc")).silent("/proc/self") == "proc"
