"""A daemon that runs beside the commands of a user, and what ``status`` says of it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

RUNNING = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
Waiting = Callable[[Callable[[], object]], None]


@contextmanager
def daemon_beside(
    user: Any, wait_until: Waiting, *arguments: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a daemon, from when on it has applied its declaration."""
    with subprocess.Popen(
        [sys.executable, "-m", "hmsvcd", "run", *arguments], cwd=user.folder, env=user.environ,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            wait_until(lambda: daemon_of(user)["state"] == "settled")
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()


def daemon_of(user: Any) -> dict[str, Any]:
    """Return what is said of the daemon."""
    found: dict[str, Any] = user("status", "--json").document["daemon"]
    return found
