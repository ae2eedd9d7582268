"""Private namespaces, in which any number of ``systemd --user`` can run and nothing can leak.

A command that runs inside has its own mounts, process IDs and cgroups: ``/run/systemd`` says that
systemd runs, ``/sys/fs/cgroup`` is a writable cgroup2, ``/run/user`` is empty. When it ends, or
when any process on the way to it is killed, the kernel kills everything inside (unshare(1),
``--kill-child``); the cgroup goes with the caller, or with the next caller if that was killed.

Ways to get there:

- root: a cgroup below its own one, on a cgroup2 mount of its own where none is writable
- an ordinary user where systemd runs: a scope of the user manager with ``Delegate=yes``; where
  user namespaces are restricted (AppArmor), the scope alone has to do
- an ordinary user in a cgroup that was delegated to them: a user namespace

The tests try the first and the last way, each with every process on it killed. The scope, with and
without user namespaces, was tried by hand as a lingering user of a booted Debian 12 (systemd 252).
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from hmsvcd.errors import ExitCode, HmsvcdError, HostError
from hmsvcd.host.cgroup import (
    NAME,
    leftovers,
    own_cgroup,
    remove_cgroup,
    starting_in,
    writable_cgroup,
)

MARK = "HMSVCD_SANDBOX"
_DELEGATED = "delegated"  # on the way: in a cgroup that should be writable
_NAMESPACES = "namespaces"
_SCOPE = "scope"

WAYS = (
    "log in with a session of your own, or get one by `loginctl enable-linger`;"
    " in a container, be root"
)
"""What helps whoever cannot have namespaces and a cgroup."""

_PROGRAMS = {"unshare": "util-linux", "setpriv": "util-linux", "mount": "mount"}
_SI_USER = 0  # sigaction(2): sent by a process, not by the terminal
_WATCHED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD})
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)

# Runs as (perhaps only mapped) root. A tmpfs goes below cgroup2, since what is mounted there
# already can neither be unmounted in a user namespace nor covered by the same file system.
_MOUNT_CGROUP = """
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
"""

# Where systemd runs, its /run stays but for what a manager and a journald of one's own write to
# (name resolution may live there). Mounts are shared, as systemd has them: what it mounts for a
# service, such as its credentials, is to be seen. The shell stays as PID 1, which reaps orphans.
_SET_UP = f"""
set -e
if [ -d /run/systemd/system ]; then
    mkdir -p /run/log /run/user
    mount -t tmpfs -o mode=755 tmpfs /run/log
    mount -t tmpfs -o mode=755 tmpfs /run/user
    if [ -d /run/systemd/resolve ]; then
        mkdir /run/user/resolve
        mount --bind /run/systemd/resolve /run/user/resolve
    fi
    mount -t tmpfs -o mode=755 tmpfs /run/systemd
    if [ -d /run/user/resolve ]; then
        mkdir /run/systemd/resolve
        mount --move /run/user/resolve /run/systemd/resolve
        rmdir /run/user/resolve
    fi
else
    mount -t tmpfs -o mode=755 tmpfs /run
fi
mkdir -p /run/systemd/system /run/user
{_MOUNT_CGROUP}
mount --make-rshared /
set +e
"$@"
exit "$?"
"""


def is_inside() -> bool:
    """Tell whether this process can start sandboxes itself."""
    return os.environ.get(MARK) in {_NAMESPACES, _SCOPE}


def has_private_run() -> bool:
    """Tell whether ``/run/systemd`` and ``/run/user`` belong to this sandbox alone."""
    return os.environ.get(MARK) == _NAMESPACES


def why_not_inside() -> str | None:
    """Return why ``run_inside`` cannot work here, or None."""
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            return f"the program {program} is missing (package {package})"
    if writable_cgroup() is None and _way_to_cgroup() is None:
        return f"the cgroup {own_cgroup() or 'of this process'} is not writable"
    refused = _refusal()
    return None if refused is None or _in_user_session() else refused


def run_inside(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Run a command where ``Sandbox`` works and return its exit status (128 + N for signal N).

    Ctrl-C reaches the command; SIGTERM and SIGHUP to this process end everything at once.
    Call it from the main thread. Raises ``HostError`` with what is missing.
    """
    reason = why_not_inside()
    if reason is not None:
        raise HostError(f"cannot start a private systemd --user: {reason}", WAYS)
    environment = dict(os.environ if environ is None else environ)
    way = None if os.environ.get(MARK) == _DELEGATED else _way_to_cgroup()
    if way is None:
        return _run_in_cgroup(argv, environment)
    again = [*way, sys.executable, "-m", "hmsvcd.host.namespaces", *argv]
    return _supervise(["setpriv", "--pdeathsig", "KILL", *again], _marked(environment, _DELEGATED))


def _marked(environ: Mapping[str, str], mark: str) -> dict[str, str]:
    return {**environ, MARK: mark}


def _way_to_cgroup() -> list[str] | None:
    """Return what to put before a command so that it finds a writable cgroup; None: nothing."""
    if os.geteuid() == 0:
        if writable_cgroup() is not None:
            return None
        return ["unshare", "--mount", "sh", "-c", f'set -e{_MOUNT_CGROUP}exec "$@"', "sh"]
    if not _in_user_session():
        return None
    unit = f"--unit={NAME}{os.getpid()}"
    scope = ["systemd-run", "--user", "--scope", "--quiet", "--collect", unit]
    return [*scope, "--property=Delegate=yes", "--"]


def _in_user_session() -> bool:
    """Tell whether this ordinary user has a ``systemd --user`` that can make a scope."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
    return os.geteuid() != 0 and os.access(f"{runtime}/systemd/private", os.W_OK)


def _unsharing(argv: Sequence[str]) -> list[str]:
    mapping = [] if os.geteuid() == 0 else ["--map-root-user"]
    namespaces = ["--mount", "--pid", "--fork", "--cgroup", "--mount-proc", "--kill-child=KILL"]
    # A terminal's Ctrl-C reaches unshare too: it would die of it after its child has ended well.
    ignoring, listening = ["env", "--ignore-signal=INT"], ["env", "--default-signal=INT"]
    set_up = ["sh", "-c", _SET_UP, "sh"]
    return [*ignoring, "unshare", *mapping, *namespaces, *set_up, *listening, *argv]


@cache
def _refusal() -> str | None:
    """Return what the kernel says against the namespaces (10 ms), or None."""
    tried = subprocess.run(_unsharing(["true"]), capture_output=True, check=False)
    return " ".join(tried.stderr.decode(errors="replace").split()) if tried.returncode else None


def _run_in_cgroup(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    parent = writable_cgroup()
    if parent is None:
        raise HostError(f"cannot make a cgroup below {own_cgroup()}")
    for leftover in (*leftovers(parent), *leftovers(parent.parent)):
        remove_cgroup(leftover)
    cgroup = parent / f"{NAME}{os.getpid()}"
    cgroup.mkdir()
    try:
        if _refusal() is None:
            inside = starting_in(cgroup, _unsharing(argv))
            return _supervise(inside, _marked(environ, _NAMESPACES), _signal_inside)
        return _supervise(starting_in(cgroup, argv), _marked(environ, _SCOPE))
    finally:
        remove_cgroup(cgroup)


def _supervise(
    argv: Sequence[str],
    environ: Mapping[str, str],
    pass_on: Callable[[int, int], None] = os.kill,
) -> int:
    """Run a command to its end; ``pass_on`` sends it the signals that would end this process.

    They are blocked before it starts, so that none is lost; it starts with the mask of before.
    """
    sys.stdout.flush()
    with _blocked(_WATCHED) as before:
        pid = os.posix_spawnp(
            argv[0], list(argv), environ, setsigmask=before, setsigdef=_IGNORED_BY_PYTHON
        )
        try:
            while (status := _status_of(pid)) is None:
                _pass_on_next(pid, pass_on)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
    return status if status >= 0 else 128 - status


def _status_of(pid: int) -> int | None:
    """Return how a process has ended (negative: by that signal), or None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _pass_on_next(pid: int, pass_on: Callable[[int, int], None]) -> None:
    """Wait for a signal. Of Ctrl-C the terminal has told all processes already."""
    received = signal.sigwaitinfo(_WATCHED)
    typed = received.si_signo == signal.SIGINT and received.si_code != _SI_USER
    if received.si_signo != signal.SIGCHLD and not typed:
        pass_on(pid, received.si_signo)


@contextmanager
def _blocked(signals: frozenset[signal.Signals]) -> Iterator[set[signal.Signals]]:
    """Block signals, and yield those that were blocked before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield {signal.Signals(number) for number in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _signal_inside(unshare: int, number: int) -> None:
    """Interrupt the command below unshare and its PID 1, or end all of them."""
    if number != signal.SIGINT:
        os.kill(unshare, signal.SIGKILL)
        return
    for init in _children(unshare):
        for command in _children(init):
            with suppress(ProcessLookupError):
                os.kill(command, number)


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def _main() -> int:
    try:
        return run_inside(sys.argv[1:])
    except HmsvcdError as error:
        help_line = f"  help: {error.hint}\n" if error.hint else ""
        sys.stderr.write(f"error: {error.message}\n{help_line}")
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


if __name__ == "__main__":
    sys.exit(_main())
