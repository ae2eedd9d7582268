"""The private namespaces: how to get there, and that nothing of them stays."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hmsvcd.host.cgroup import NAME, own_cgroup, remove_cgroup
from hmsvcd.host.namespaces import MARK, run_inside
from processes import still_alive

pytestmark = pytest.mark.systemd

# One sandbox with one service, until somebody ends it.
TRIAL = """
import time
from hmsvcd.host.sandbox import Sandbox
with Sandbox() as running:
    (running.units / "sleeper.service").write_text("[Service]\\nExecStart=/bin/sleep 1000\\n")
    running.systemctl("start", "sleeper.service")
    print("running", flush=True)
    time.sleep(1000)
"""
SHORT_TRIAL = TRIAL.replace("time.sleep(1000)", "")
# A shell lets what it starts in the background ignore interrupts, and so this test run perhaps.
INTERRUPTED = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print("running", flush=True)
    time.sleep(1000)
except KeyboardInterrupt:
    raise SystemExit(7)
"""
WAY = ("caller", "unshare", "init", "command", "manager", "service")
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Caller:
    """A kind of user who runs commands inside: what they type before, and what they have."""

    prefix: tuple[str, ...]
    python: str
    environ: Mapping[str, str]
    cgroup: Path

    def command(self, *argv: str) -> list[str]:
        """Return the command line that runs ``argv`` inside."""
        return [*self.prefix, self.python, "-m", "hmsvcd.host.namespaces", *argv]

    def run(self, *argv: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command inside to its end."""
        return subprocess.run(
            self.command(*argv),
            env=self.environ,
            cwd="/",
            check=False,
            input=text,
            capture_output=True,
            text=True,
        )

    @contextmanager
    def running(self, program: str = TRIAL) -> Iterator["subprocess.Popen[str]"]:
        """Run a program inside that has said "running", and that ends at the latest here."""
        command = self.command(self.python, "-c", program)
        with subprocess.Popen(
            command, env=self.environ, cwd="/", text=True, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            try:
                assert process.stdout.readline() == "running\n"
                yield process
            finally:
                process.kill()

    def cgroups(self) -> set[str]:
        """Return the names of the cgroups of callers that exist now."""
        return {path.name for path in self.cgroup.glob(f"{NAME}*") if path.suffix != ".slice"}


@pytest.fixture
def root(sandboxes: object) -> Caller:
    """Root, as in a container; knows of no sandbox."""
    assert sandboxes
    if os.geteuid() != 0:
        pytest.skip("these tests run without namespaces, and so not as (mapped) root")
    environ = {name: value for name, value in os.environ.items() if name != MARK}
    cgroup = own_cgroup()
    assert cgroup is not None
    return Caller((), sys.executable, environ, cgroup)


@pytest.fixture
def ordinary_user(root: Caller) -> Iterator[Caller]:
    """Nobody, in a cgroup that root has delegated to them."""
    _, _, ids = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    if os.geteuid() != 0 or int(ids) <= NOBODY:
        pytest.skip("only the machine's root can become another user")
    become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    allowed = subprocess.run([*become, "unshare", "--user", "true"], check=False)
    if allowed.returncode:
        pytest.skip("the kernel gives ordinary users no user namespaces here")
    home = Path(tempfile.mkdtemp(prefix="hmsvcd-nobody-"))
    package = Path(sys.modules["hmsvcd"].__path__[0])  # its place may be closed to others
    shutil.copytree(package, home / "hmsvcd", ignore=shutil.ignore_patterns("__pycache__"))
    cgroup = root.cgroup / f"delegated-{os.getpid()}"
    cgroup.mkdir()
    for path in (home, *home.rglob("*"), cgroup, cgroup / "cgroup.procs"):
        os.chown(path, NOBODY, NOBODY)
    join = ("sh", "-c", 'echo 0 >"$0" && exec "$@"', f"{cgroup}/cgroup.procs")
    environ = {**root.environ, "PYTHONPATH": str(home), "HOME": str(home)}
    yield Caller((*join, *become), python_for_all(become), environ, cgroup)
    remove_cgroup(cgroup)
    shutil.rmtree(home)


MAY_LACK_USER_NAMESPACES = pytest.mark.may_skip("a container may not have user namespaces")


@pytest.fixture(params=["root", pytest.param("ordinary_user", marks=MAY_LACK_USER_NAMESPACES)])
def caller(request: pytest.FixtureRequest) -> Caller:
    """Each kind of user who can be tried here."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Caller)
    return found


def python_for_all(become: tuple[str, ...]) -> str:
    """Return a Python that other users may run too: this one may lie in a home directory."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*become, "test", "-x", python], check=False).returncode == 0:
            return python
    return pytest.skip("no Python that an ordinary user may run")


def way_to_service(caller: "subprocess.Popen[str]") -> dict[str, int]:
    """Return the process of each station between the caller and the service in the sandbox."""
    way = [caller.pid]
    while children := Path(f"/proc/{way[-1]}/task/{way[-1]}/children").read_text("ascii").split():
        way.append(int(children[0]))
    return dict(zip(WAY, way, strict=True))


@pytest.mark.parametrize("who", ["caller", "unshare", "init", "command"])
def test_nothing_outlives_a_killed_process(caller: Caller, who: str) -> None:
    """Whichever process on the way is killed, all end; the cgroup goes, or goes next time."""
    before = caller.cgroups()
    with caller.running() as process:
        way = way_to_service(process)
        os.kill(way[who], signal.SIGKILL)
        process.wait()
        assert still_alive(way.values()) == []
    if who == "caller":
        assert caller.cgroups() > before, "the killed one cannot have removed it"
        assert caller.run("true").returncode == 0
    assert caller.cgroups() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_followed(caller: Caller, number: signal.Signals) -> None:
    """SIGTERM and SIGHUP to the caller end everything and remove the cgroup."""
    before = caller.cgroups()
    with caller.running() as process:
        way = way_to_service(process)
        process.send_signal(number)
        assert process.wait() == 128 + signal.SIGKILL
        assert still_alive(way.values()) == []
    assert caller.cgroups() == before


def test_an_interrupt_reaches_the_command(caller: Caller) -> None:
    """SIGINT to the caller interrupts the command inside, and its exit status comes out."""
    with caller.running(INTERRUPTED) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait() == 7


@pytest.mark.parametrize("status", [0, 1, 4, 130])
def test_the_exit_status_comes_out(caller: Caller, status: int) -> None:
    """What the command inside exits with is what the caller exits with."""
    assert caller.run("sh", "-c", f"exit {status}").returncode == status


def test_input_and_output_pass_through(caller: Caller) -> None:
    """The command inside reads and writes what its caller does."""
    done = caller.run("sh", "-c", "cat; echo err >&2", text="in")
    assert (done.stdout, done.stderr) == ("in", "err\n")


def test_the_environment_can_be_given(root: Caller) -> None:
    """The command inside sees the environment that it is given, and nothing else."""
    assert root.cgroups() is not None
    assert run_inside(["sh", "-c", '[ "$A$HOME" = b ]'], {"A": "b", "PATH": os.defpath}) == 0


def test_root_needs_no_writable_cgroup_mount(root: Caller) -> None:
    """Where cgroup2 is mounted read-only, root gets a mount of its own."""
    read_only = 'mount -o remount,bind,ro /sys/fs/cgroup && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", read_only, "sh")
    limited = Caller(prefix, root.python, root.environ, root.cgroup)
    assert limited.run(root.python, "-c", SHORT_TRIAL).stdout == "running\n"


def test_without_the_right_to_namespaces_the_error_says_so(root: Caller) -> None:
    """In a container that may not have namespaces, root reads what the kernel said."""
    prefix = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
    done = Caller(prefix, root.python, root.environ, root.cgroup).run("true")
    assert done.returncode == 1
    assert "unshare failed: Operation not permitted" in done.stderr


@MAY_LACK_USER_NAMESPACES
def test_without_a_cgroup_the_error_says_so(ordinary_user: Caller) -> None:
    """A user to whom no cgroup was delegated reads which one, and what would help."""
    os.chown(ordinary_user.cgroup, 0, 0)
    done = ordinary_user.run("true")
    assert done.returncode == 1
    assert f"{ordinary_user.cgroup} is not writable" in done.stderr
    assert "loginctl enable-linger" in done.stderr
