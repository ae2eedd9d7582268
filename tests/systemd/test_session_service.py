"""hmsvcd as a service: what ``install`` makes of a session, and what ``uninstall`` leaves."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hmsvcd.host.sandbox import Sandbox
from hmsvcd.host.session_service import ACTIVATION, UNIT, packaged

pytestmark = pytest.mark.systemd

PAGE = Path(__file__).parents[2] / "docs/session-service.md"
SERVICES = """
[services.one]
process.argv = ["/bin/sleep", "1000"]
[services.two]
process.argv = ["/bin/sleep", "1000"]
configData."two.conf".text = "2"
"""
SCRIPT = f"#!{sys.executable}\nfrom hmsvcd.__main__ import main\nmain()\n"


class Owner:
    """Somebody with a session and a declaration, who types the hmsvcd of an odd folder."""

    def __init__(self, session: Sandbox, folder: Path) -> None:
        self.session = session
        self.systemctl = session.systemctl
        self.script = folder / "hmsvcd"
        self.data = session.home / ".local/share"
        self.unit = self.data / "systemd/user" / UNIT
        self.activation = self.data / "dbus-1/services" / ACTIVATION
        self.link = session.units / "default.target.wants" / UNIT
        self.declaration = session.config / "hmsvcd/config.toml"
        folder.mkdir()
        self.script.write_text(SCRIPT, encoding="utf-8")
        self.script.chmod(0o755)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Type a command, which has to end with this exit code, and return what it says."""
        done = subprocess.run(
            [self.script, *arguments], env=self.session.env, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def declare(self, text: str) -> None:
        """Save a declaration."""
        self.declaration.parent.mkdir(parents=True, exist_ok=True)
        self.declaration.write_text(text, encoding="utf-8")

    def show(self, name: str, unit: str = UNIT) -> str:
        """Return a property of a unit."""
        return self.systemctl("show", "--value", f"-p{name}", unit)

    def pid(self, unit: str = UNIT) -> int:
        """Return the main process of a unit, 0 if it has none."""
        return int(self.show("MainPID", unit))

    def files(self) -> set[str]:
        """Return every file and link in the home, but for what is generated in passing."""
        return {str(path) for path in self.session.home.rglob("*") if not path.is_dir()}


@pytest.fixture
def owner(manager: Sandbox, tmp_path: Path) -> Owner:
    """Somebody whose hmsvcd lies where every character has to be escaped."""
    return Owner(manager, tmp_path / "an odd $HOME, 100%")


def status_of(process: int) -> Mapping[str, str]:
    """Return what proc_pid_status(5) says of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def directives() -> set[str]:
    """Return the directives of the packaged unit with their values, but for those of [Install]."""
    text = packaged(UNIT).partition("[Install]")[0]
    return set(re.findall(r"^\w+=.*$", text, re.MULTILINE))


def test_it_runs_and_is_enabled(owner: Owner, wait_until: Any) -> None:
    """When install returns, the service is ready, and starts with the session."""
    owner("install")
    assert owner.show("ActiveState") == "active"
    assert owner.show("FragmentPath") == str(owner.unit)
    assert owner.systemctl("is-enabled", UNIT) == "enabled"
    assert UNIT in owner.show("Wants", "default.target").split()
    owner.session.log_out()
    owner.session.start()
    wait_until(lambda: owner.show("ActiveState") == "active")


def test_the_program_is_the_one_that_was_typed(owner: Owner) -> None:
    """Its path and the declaration's arrive as they are, whatever characters they have."""
    folder = owner.script.parent
    (folder / "a 'c' $X %h.toml").write_text(SERVICES, encoding="utf-8")
    owner("install", "--config", str(folder / "a 'c' $X %h.toml"))
    command = Path(f"/proc/{owner.pid()}/cmdline").read_text(encoding="utf-8").split("\0")
    assert command[1:-1] == [str(owner.script), "run", "--config", f"{folder}/a 'c' $X %h.toml"]


def test_it_says_what_it_does(owner: Owner, wait_until: Any) -> None:
    """systemd has heard a sentence from it, and knows that it is alive."""
    owner("install")
    wait_until(lambda: owner.show("StatusText") != "")
    assert owner.show("WatchdogTimestampMonotonic") != "0"
    assert owner.show("NotifyAccess") == "main"


def test_the_sandbox_is_there(owner: Owner) -> None:
    """The process has no way to new privileges, a filter for system calls, and its limits."""
    owner("install")
    status = status_of(owner.pid())
    limits = Path(f"/proc/{owner.pid()}/limits").read_text(encoding="utf-8")
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert status["Umask"] == "0077"
    assert re.search(r"^Max open files +1024 +1024 ", limits, re.MULTILINE)
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


@pytest.mark.parametrize(
    ("attempt", "result"),
    [
        ("import socket; socket.socket(socket.AF_INET)", "exit-code"),
        ("import socket; socket.socket(socket.AF_UNIX)", "success"),
        ("import ctypes; exit(ctypes.CDLL(None).unshare(0x10000000))", "exit-code"),
        ("import os; os.nice(1)", "exit-code"),
        ("import os; os.chown('/proc/self/cwd', 0, 0)", "exit-code"),
        ("import os; open('s', 'w'); os.chmod('s', 0o4755)", "exit-code"),
        ("import subprocess as s; s.run(['systemd-analyze', '--version'], check=True)", "success"),
        ("open('/etc/passwd').read()", "success"),
    ],
)
def test_the_filters_filter(shared_manager: Sandbox, attempt: str, result: str) -> None:
    """What the daemon does not need is refused to it, and what it needs is not."""
    text = packaged(UNIT).replace("Type=notify\n", "Type=oneshot\n")
    text = re.sub(r"(?m)^(Restart|RestartSec|WatchdogSec|NotifyAccess)=.*\n", "", text)
    command = f'ExecStart={sys.executable} -c "{attempt}"'
    text = re.sub(r"(?m)^ExecStart=.*$", command, text)
    (shared_manager.units / "probe.service").write_text(text, encoding="utf-8")
    shared_manager.systemctl("daemon-reload")
    shared_manager.systemctl("reset-failed", "probe.service", check=False)
    shared_manager.systemctl("start", "probe.service", check=False)
    assert shared_manager.systemctl("show", "--value", "-pResult", "probe.service") == result


def test_verify_has_nothing_to_say() -> None:
    """systemd-analyze knows every directive of the unit and takes every value."""
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", "./contrib/systemd/hmsvcd.service"],
        cwd=PAGE.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "/usr/bin/hmsvcd" not in line]
    assert told == []


def test_every_directive_is_explained() -> None:
    """The tables of the page on the service list the directives of the unit, and no others."""
    rows = re.findall(r"^\| (`\w+=.*?`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    explained = {line for row in rows for line in re.findall(r"`(\w+=[^`]+)`", row)}
    plain = {line for line in directives() if not line.startswith(("Description=", "Exec"))}
    assert explained == plain


def test_a_second_install_changes_nothing(owner: Owner) -> None:
    """The process stays, and no file is written again."""
    owner("install")
    before = owner.pid(), owner.unit.stat().st_ino, owner.activation.stat().st_ino
    assert "runs already" in owner("install")
    assert (owner.pid(), owner.unit.stat().st_ino, owner.activation.stat().st_ino) == before


def test_another_declaration_restarts_it(owner: Owner) -> None:
    """Only hmsvcd itself has a new process then."""
    owner.declare(SERVICES)
    owner("apply")
    owner("install")
    before, one = owner.pid(), owner.pid("one.service")
    assert "restarted" in owner("install", "--config", str(owner.declaration))
    assert owner.pid() not in {0, before}
    assert owner.pid("one.service") == one


def test_an_upgrade_restarts_it(owner: Owner, tmp_path: Path) -> None:
    """Install after a change of hmsvcd's code has the new code run."""
    package = tmp_path / "hmsvcd"
    source = Path(sys.modules["hmsvcd"].__path__[0])
    subprocess.run(["cp", "-r", source, package], check=True)
    subprocess.run(["cp", "-r", PAGE.parents[1] / "contrib", package], check=True)
    script = SCRIPT.replace("\n", f"\nimport sys; sys.path.insert(0, {str(tmp_path)!r})\n", 1)
    owner.script.write_text(script, encoding="utf-8")
    owner("install")
    before = owner.pid()
    with (package / "__init__.py").open("a", encoding="utf-8") as code:
        code.write("# newer\n")
    assert "restarted" in owner("install")
    assert owner.pid() not in {0, before}


def test_what_it_manages_does_not_notice_its_end(owner: Owner, wait_until: Any) -> None:
    """A restart, kill -9 and a stop of hmsvcd.service leave the managed processes alone."""
    owner.declare(SERVICES)
    owner("install")
    wait_until(lambda: owner.show("ActiveState", "two.service") == "active")
    services = owner.pid("one.service"), owner.pid("two.service")
    owner.systemctl("restart", UNIT)
    os.kill(killed := owner.pid(), 9)
    wait_until(lambda: owner.pid() not in {0, killed})
    assert owner.show("NRestarts") == "1"
    owner.systemctl("stop", UNIT)
    assert (owner.pid("one.service"), owner.pid("two.service")) == services


def test_a_reload_is_no_restart(owner: Owner) -> None:
    """SIGHUP by systemctl reload leaves the process, and the service is ready again."""
    owner("install")
    before = owner.pid()
    owner.systemctl("reload", UNIT)
    assert owner.pid() == before
    assert owner.show("ActiveState") == "active"


def test_a_call_starts_it(owner: Owner) -> None:
    """Whoever calls org.hmsvcd on the bus of the session gets it started."""
    owner("install")
    owner.systemctl("stop", UNIT)
    listed = ["busctl", "--user", "list", "--activatable", "--no-legend"]
    names = subprocess.run(listed, env=owner.session.env, check=True, stdout=subprocess.PIPE)
    assert b"org.hmsvcd " in names.stdout
    call = ["busctl", "--user", "call", "org.hmsvcd", "/org/hmsvcd"]
    subprocess.run([*call, "org.freedesktop.DBus.Peer", "Ping"], env=owner.session.env, check=True)
    assert owner.show("ActiveState") == "active"


def test_uninstall_takes_away_what_install_wrote(owner: Owner) -> None:
    """Afterwards every file is as before; what is managed runs as the same process."""
    owner.declare(SERVICES)
    owner("apply")
    before, one = owner.files(), owner.pid("one.service")
    owner("install")
    assert owner.files() > before
    owner("uninstall")
    assert owner.files() == before
    assert (owner.show("LoadState"), owner.show("ActiveState")) == ("not-found", "inactive")
    assert owner.pid("one.service") == one
    assert "not installed" in owner("uninstall")


def test_purge_takes_away_what_is_managed(owner: Owner, wait_until: Any) -> None:
    """Services, units, configuration files and records go; the declaration stays."""
    owner.declare(SERVICES)
    foreign = owner.session.units / "mine.service"
    foreign.write_text("[Service]\nExecStart=/bin/sleep 1000\n", encoding="utf-8")
    before = owner.files()
    owner("install")
    wait_until(lambda: owner.show("ActiveState", "two.service") == "active")
    owner("uninstall", "--purge")
    assert owner.files() == before
    assert owner.show("ActiveState", "one.service") == "inactive"
    assert owner.show("LoadState", "two.service") == "not-found"
    assert "nothing is managed" in owner("uninstall", "--purge")


def test_purge_keeps_the_store_for_what_still_runs(owner: Owner) -> None:
    """A unit that may not be stopped keeps its link and its object, and a second try ends it."""
    owner.declare(SERVICES + "systemd.service.unitConfig.X-StopOnRemoval = false\n")
    owner("apply")
    assert "still run" in owner("uninstall", "--purge", code=1)
    assert owner.show("ActiveState", "two.service") == "active"
    assert owner.show("ActiveState", "one.service") == "inactive"
    owner.systemctl("stop", "two.service")
    owner("uninstall", "--purge")
    assert not (owner.session.home / ".local/state/hmsvcd").exists()


def test_a_declared_hmsvcd_counts_instead(owner: Owner, wait_until: Any) -> None:
    """The declaration's unit of that name runs; install and uninstall leave it alone."""
    argv = f"process.argv = ['{owner.script}', 'run']\n"
    unit = "systemd.service.serviceConfig.Type = 'notify'\nsystemd.service.environment.BY = 'us'\n"
    owner.declare(f"[services.hmsvcd]\n{argv}{unit}")
    owner("install")
    owner("apply")
    declared = owner.session.units / UNIT
    assert owner.show("FragmentPath") == str(declared)

    def is_as_declared() -> bool:
        with suppress(OSError):  # none runs just now
            return b"BY=us" in Path(f"/proc/{owner.pid()}/environ").read_bytes().split(b"\0")
        return False

    wait_until(is_as_declared)  # it restarts itself, at the end of one of these switches
    process = owner.pid()
    assert "has a hmsvcd.service of its own" in owner("install")
    owner("uninstall")
    assert not owner.unit.exists()
    assert (owner.pid(), declared.is_symlink()) == (process, True)


def test_another_daemon_is_not_doubled(owner: Owner, wait_until: Callable[..., None]) -> None:
    """While hmsvcd runs from a terminal, install and purge refuse and change nothing."""
    owner.declare(SERVICES)
    with subprocess.Popen([owner.script, "run"], env=owner.session.env) as daemon:
        try:
            wait_until(lambda: owner.show("ActiveState", "two.service") == "active")
            said = owner("install", code=1)
            assert f"process {daemon.pid} runs hmsvcd already" in said
            assert not owner.unit.exists()
            assert "end that one first" in owner("uninstall", "--purge", code=1)
            assert owner.show("ActiveState", "one.service") == "active"
        finally:
            daemon.terminate()
