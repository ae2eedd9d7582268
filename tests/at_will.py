"""Services that write down each start; some start, or stop, only when a test lets them."""

import json

from users import User

PATIENT = """
[daemon]
start_wait = "10min"
stop_wait = "10min"
job_timeout = "10min"
settle = "50ms"
"""
"""Settings with which nothing is given up because it takes long."""

AT_WILL = "/bin/sh -c 'until [ -e %t/go ]; do sleep 0.02; done'"
STARTS = "/bin/sh -c 'echo %n >>%h/starts'"


def service(name: str, seconds: int, *lines: str, **directives: str) -> str:
    """Return a service that writes down each start, and stays down when it fails."""
    config = {"ExecStartPre": STARTS, "Restart": "no"} | directives
    return "\n".join([
        f"[services.{name}]",
        f'process.argv = ["/bin/sleep", "{seconds}"]',
        *(f"systemd.service.serviceConfig.{key} = {json.dumps(value)}"
          for key, value in config.items()),
        *lines,
        "",
    ])  # fmt: skip


def slow(seconds: int) -> str:
    """Return a service that starts only when it is let."""
    return service("web", seconds, ExecCondition=AT_WILL)


def stubborn(seconds: int, *lines: str) -> str:
    """Return a service that stops only when it is let."""
    return service("web", seconds, *lines, ExecStop=AT_WILL, TimeoutStopSec="infinity")


def let(user: User) -> None:
    """Let end what is starting or stopping."""
    (user.session.runtime / "go").touch()


def starts(user: User) -> list[str]:
    """Return the units that have started since the beginning, in order."""
    file = user.home / "starts"
    return file.read_text(encoding="utf-8").split() if file.exists() else []
