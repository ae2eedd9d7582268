"""A throw-away ``systemd --user`` with its own home, bus and cgroup.

``hmsvcd try`` and the tests run on it: the whole command once through ``run_inside``, and in it
as many ``Sandbox`` as needed, each READY after some 25 ms. The manager runs as (mapped) root, so
failures that only ordinary users meet, such as a ``User=`` they may not become, look different.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self

from hmsvcd.errors import HostError
from hmsvcd.host.cgroup import NAME, leftovers, remove_cgroup, starting_in, writable_cgroup
from hmsvcd.host.namespaces import (
    MARK,
    WAYS,
    has_private_run,
    is_inside,
    run_inside,
    why_not_inside,
)

__all__ = ["WAYS", "Sandbox", "is_inside", "run_inside", "start_journal", "why_not"]

_SYSTEMD = next(
    (
        path
        for path in (Path("/usr/lib/systemd/systemd"), Path("/lib/systemd/systemd"))
        if path.exists()
    ),
    None,
)
_UNITS = Path("/usr/lib/systemd/user")
_NEEDED = (
    (Path("/usr/bin/systemctl"), "systemd"),
    (Path("/usr/bin/dbus-daemon"), "dbus-daemon or dbus"),
    (_UNITS / "dbus.socket", "dbus-user-session"),
    (_UNITS / "dbus.service", "dbus-user-session"),
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_JOURNALD_CONF = """\
[Journal]
Storage=volatile
ReadKMsg=no
Audit=no
ForwardToSyslog=no
ForwardToWall=no
RateLimitIntervalSec=0
"""
_READY_WITHIN = 20.0  # seconds
_numbers = count(1)


def why_not() -> str | None:
    """Return why no sandbox can be had here (what is missing, of which Debian package), or None.

    Inside it speaks of ``Sandbox``, elsewhere of ``run_inside``.
    """
    if _SYSTEMD is None:
        return "systemd is not installed (package systemd)"
    for path, package in _NEEDED:
        if not path.exists():
            return f"{path} is missing (package {package})"
    if not is_inside():
        return why_not_inside()
    return None if writable_cgroup() else "the cgroup of this process is not writable"


def start_journal() -> "subprocess.Popen[bytes] | None":
    """Start the private journald of all sandboxes in here (10 ms); it ends with them.

    Start it before them, and read it with ``journalctl --user-unit=NAME``, as root reads the
    units of users. None where the journal of the machine has to do.
    """
    if not has_private_run() or _SYSTEMD is None:
        return None
    settings = Path("/run/systemd/journald.conf.d/10-sandbox.conf")
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(_JOURNALD_CONF, encoding="ascii")
    sockets = [Path("/run/systemd/journal", name) for name in ("socket", "stdout")]
    nothing = subprocess.DEVNULL
    program = _SYSTEMD.with_name("systemd-journald")
    journald = subprocess.Popen([program], stdin=nothing, stdout=nothing, stderr=nothing)
    end = time.monotonic() + _READY_WITHIN
    while not all(path.exists() for path in sockets):
        if journald.poll() is not None or time.monotonic() > end:
            journald.kill()
            raise HostError("systemd-journald did not start in the sandbox")
        time.sleep(0.002)
    return journald


class Sandbox:
    """One private ``systemd --user``: ``with Sandbox() as sandbox: sandbox.systemctl("status")``.

    ``env`` is the whole environment for commands that talk to it, ``home`` its home directory,
    ``config`` its XDG_CONFIG_HOME, ``units`` the folder of the user's own units, ``runtime`` its
    XDG_RUNTIME_DIR and ``bus_address`` its message bus. All of it goes with ``stop``.
    """

    def __init__(self) -> None:
        self._base = Path("/run/user" if has_private_run() else tempfile.gettempdir())
        self._name = f"{NAME}{os.getpid()}-{next(_numbers)}"
        self._folder = self._base / self._name  # short: the path of a socket holds 108 bytes
        self._slice: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.home = self._folder / "home"
        self.config = self.home / ".config"
        self.units = self.config / "systemd/user"
        self.runtime = self._folder / "run"
        self.bus_address = f"unix:path={self.runtime}/bus"
        self.env = self._environment()

    def __enter__(self) -> Self:
        """Start the manager."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop the manager and remove what it had."""
        self.stop()

    @property
    def pid(self) -> int:
        """The process of the manager; ``HostError`` while there is none."""
        if self._process is None:
            raise HostError("the sandbox has no systemd --user: it is not started")
        return self._process.pid

    def start(self) -> Self:
        """Start the manager, as a login does, and return when it is ready.

        Call it from a thread that stays: the manager is killed when that thread ends.
        Raises ``HostError`` with the manager's last words.
        """
        parent = writable_cgroup()
        if parent is None:
            raise HostError("cannot start a private systemd --user: no writable cgroup here")
        self._remove_leftovers(parent)
        self._slice = parent / f"{self._name}.slice"
        # This shape lets sd_pid_get_user_unit(3), and so the journal, see the user's units.
        cgroup = self._slice / f"user@{os.geteuid()}.service"
        homes = (Path(self.env[f"XDG_{kind}_HOME"]) for kind in ("DATA", "STATE", "CACHE"))
        for folder in (cgroup, self.units, self._empty, *homes):
            folder.mkdir(parents=True, exist_ok=True)
        self.runtime.mkdir(mode=0o700)
        try:
            self._start_manager(cgroup)
        except BaseException:
            self.stop()
            raise
        return self

    def log_out(self) -> None:
        """Kill the manager and all its processes; the home stays, ``start`` logs in again."""
        if self._slice is not None:
            remove_cgroup(self._slice)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None
        _remove_runtime(self.runtime)

    def stop(self) -> None:
        """Kill the manager and all its processes, and remove cgroup and folders."""
        self.log_out()
        shutil.rmtree(self._folder, ignore_errors=True)

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """Return what ``systemctl --user`` prints; ``HostError`` if it fails and ``check``."""
        command = ["systemctl", "--user", "--no-pager", *arguments]
        done = subprocess.run(
            command,
            env=self.env,
            encoding="utf-8",
            errors="replace",
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if check and done.returncode:
            told = f"systemctl --user {' '.join(arguments)}: exit {done.returncode}"
            raise HostError(f"{told}\n{done.stdout.strip()}")
        return done.stdout.strip()

    def journal(self, unit: str) -> str:
        """Return what a unit of this sandbox has written so far (needs ``start_journal``).

        As everywhere, lines are lost of a process that had ended before journald looked at it.
        """
        subprocess.run(["journalctl", "--quiet", "--sync"], check=False, capture_output=True)
        only = [f"--user-unit={unit}", f"_SYSTEMD_SLICE={self._name}.slice"]
        reading = ["journalctl", "--quiet", "--no-pager", "--output=cat", *only]
        read = subprocess.run(reading, check=True, stdout=subprocess.PIPE)
        return read.stdout.decode(errors="replace")

    @property
    def _empty(self) -> Path:
        return self._folder / "empty"

    def _environment(self) -> dict[str, str]:
        user = pwd.getpwuid(os.geteuid()).pw_name
        data = self.home / ".local/share"
        marks = {name: value for name, value in os.environ.items() if name == MARK}
        return marks | {
            "PATH": f"{Path(sys.executable).parent}:{_PATH}",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "USER": user,
            "LOGNAME": user,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.config),
            "XDG_DATA_HOME": str(data),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DBUS_SESSION_BUS_ADDRESS": self.bus_address,
            "SYSTEMD_UNIT_PATH": ":".join(map(str, self._unit_path(data))),
            "SYSTEMD_GENERATOR_PATH": str(self._empty),
            "SYSTEMD_ENVIRONMENT_GENERATOR_PATH": str(self._empty),
        }

    def _unit_path(self, data: Path) -> tuple[Path, ...]:
        """Return the path of systemd.unit(5), without what the machine enables for all users."""
        config, runtime = self.config / "systemd", self.runtime / "systemd"
        return (
            config / "user.control",
            runtime / "user.control",
            runtime / "transient",
            runtime / "generator.early",
            self.units,
            runtime / "user",
            runtime / "generator",
            data / "systemd/user",
            _UNITS,
            runtime / "generator.late",
        )

    def _remove_leftovers(self, parent: Path) -> None:
        for cgroup in leftovers(parent):
            remove_cgroup(cgroup)
        for folder in leftovers(self._base):
            _remove_runtime(folder / self.runtime.name)
            shutil.rmtree(folder, ignore_errors=True)

    def _start_manager(self, cgroup: Path) -> None:
        address = str(self.runtime / "ready")
        environ = {**self.env, "NOTIFY_SOCKET": address}
        del environ["DBUS_SESSION_BUS_ADDRESS"]  # the manager finds it in XDG_RUNTIME_DIR
        target = "journal" if Path("/run/systemd/journal/socket").exists() else "null"
        command = starting_in(cgroup, [str(_SYSTEMD), "--user", f"--log-target={target}"])
        log = self._folder / "manager.log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, log.open("wb") as output:
            ready.bind(address)
            self._process = subprocess.Popen(
                command,
                env=environ,
                cwd="/",
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            if not _is_ready(ready, self._process):
                words = log.read_text(encoding="utf-8", errors="replace").strip()
                raise HostError(f"the private systemd --user did not become ready: {words}")


def _is_ready(ready: socket.socket, process: "subprocess.Popen[bytes]") -> bool:
    """Wait for READY=1 (sd_notify(3)) or the end of the process."""
    ready.settimeout(0.2)
    end = time.monotonic() + _READY_WITHIN
    while time.monotonic() < end:
        with suppress(TimeoutError):
            if b"READY=1" in ready.recv(4096).split(b"\n"):
                return True
        if process.poll() is not None:
            return False
    return False


def _remove_runtime(folder: Path) -> None:
    """Remove an XDG_RUNTIME_DIR with the folder that systemd closes to its own user there."""
    with suppress(OSError):
        (folder / "systemd/inaccessible/dir").chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
