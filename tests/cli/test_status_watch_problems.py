"""``hmsvcd status --watch`` shows what systemd finds wrong after the end of a pass."""

import shutil
from typing import Any

from running_daemon import RUNNING, Waiting, daemon_beside

DOUBTFUL = 'systemd.service.serviceConfig.ExecReload = "/nowhere/reload"\n'
SLOW = '#!/bin/sh\nsleep 1\nexec {} "$@"\n'  # longer than a status is shown at least
WATCH = ("status", "--watch", "--json")


def test_what_is_found_after_a_pass_is_shown(user: Any, manager: Any, wait_until: Waiting) -> None:
    """It is shown when it is found, though no unit and no property of the daemon changes then."""
    slow = user.folder / user.write(
        "systemd-analyze", SLOW.format(shutil.which("systemd-analyze"))
    )
    slow.chmod(0o700)
    manager.systemctl("set-environment", f"PATH={user.folder}:{user.environ['PATH']}")
    user.declare(RUNNING)
    with daemon_beside(user, wait_until), user.in_terminal(*WATCH) as shown:
        shown.read_until('"settled"')
        user.declare(RUNNING + DOUBTFUL)
        shown.read_until('"severity": ?"warning"')
