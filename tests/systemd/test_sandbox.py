"""One throw-away manager: what it offers, and that nothing of it stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.namespaces import has_private_run
from hmsvcd.host.sandbox import Sandbox
from processes import still_alive

pytestmark = pytest.mark.systemd

SLEEPER = "[Service]\nExecStart=/bin/sleep 1000\n"
OWNER = f"""
import time
from hmsvcd.host.sandbox import Sandbox
with Sandbox() as running:
    (running.units / "sleeper.service").write_text({SLEEPER!r})
    running.systemctl("start", "sleeper.service")
    print(running.pid, running.systemctl("show", "-PMainPID", "sleeper.service"), flush=True)
    time.sleep(1000)
"""


def write_unit(manager: Sandbox, name: str, text: str) -> None:
    """Give the user of that sandbox a unit of their own."""
    (manager.units / name).write_text(text, encoding="utf-8")


def write_echo(manager: Sandbox, word: str) -> None:
    """Give the user of that sandbox ``echo.service``, which writes a word to the journal.

    It waits for journald, which else may look too late to see whose line it was.
    """
    if not has_private_run():
        pytest.skip("without namespaces the lines go to the machine's own journald")
    command = f'/bin/sh -c "echo {word}; journalctl --sync"'
    write_unit(manager, "echo.service", f"[Service]\nType=oneshot\nExecStart={command}\n")


def test_a_unit_of_the_user_runs_and_its_output_can_be_read(manager: Sandbox) -> None:
    """A service that the user starts runs with the sandbox as its home, and is in the journal."""
    write_echo(manager, "out of %h")
    manager.systemctl("start", "echo.service")
    assert f"out of {manager.home}" in manager.journal("echo.service").splitlines()


def test_systemd_answers_on_the_message_bus(manager: Sandbox) -> None:
    """The bus address leads to a message bus, and systemd is on it."""
    names = subprocess.run(
        ["busctl", "--user", "list", "--no-legend"],
        env=manager.env,
        text=True,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    assert "org.freedesktop.systemd1" in names


def test_the_environment_names_nothing_outside(manager: Sandbox) -> None:
    """Home, XDG folders and bus lie in the sandbox; hmsvcd is found beside this Python."""
    folders = {name: value for name, value in manager.env.items() if name.startswith("XDG_")}
    folders["HOME"] = manager.env["HOME"]
    sandbox = str(manager.home.parent)
    assert {name for name, value in folders.items() if not value.startswith(sandbox)} == set()
    assert manager.env["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={manager.runtime}/bus"
    assert manager.env["PATH"].split(":")[0] == str(Path(sys.executable).parent)


def test_only_the_message_bus_is_enabled_at_first(manager: Sandbox) -> None:
    """No unit that the machine enables for all its users disturbs a trial."""
    listed = manager.systemctl(
        "list-units", "--type=service,socket,timer", "--plain", "-l", "--no-legend"
    )
    assert {line.split()[0] for line in listed.splitlines()} <= {"dbus.socket", "dbus.service"}


def test_units_of_two_sandboxes_are_apart(manager: Sandbox, sandboxes: type[Sandbox]) -> None:
    """A unit of one sandbox is unknown in another one."""
    with sandboxes() as other:
        write_unit(other, "mine.service", SLEEPER)
        assert "mine.service" in other.systemctl("list-unit-files")
        assert "mine.service" not in manager.systemctl("list-unit-files")


def test_journals_of_two_sandboxes_are_apart(manager: Sandbox, sandboxes: type[Sandbox]) -> None:
    """Each of two units of one name has a journal of its own."""
    with sandboxes() as other:
        for each, word in ((manager, "first"), (other, "second")):
            write_echo(each, word)
            each.systemctl("start", "echo.service")
        assert "first" in manager.journal("echo.service").splitlines()
        assert "second" not in manager.journal("echo.service").splitlines()


def test_a_new_login_finds_the_home_as_it_was(manager: Sandbox) -> None:
    """Logging out ends all processes; the next login has the same units, none of them started."""
    write_unit(manager, "sleeper.service", SLEEPER)
    manager.systemctl("start", "sleeper.service")
    sleeper = int(manager.systemctl("show", "-PMainPID", "sleeper.service"))
    manager.log_out()
    assert not still_alive([sleeper])
    manager.start()
    assert manager.systemctl("show", "-PActiveState", "sleeper.service") == "inactive"
    assert manager.systemctl("show", "-PLoadState", "sleeper.service") == "loaded"


def test_a_stopped_sandbox_leaves_nothing(sandboxes: type[Sandbox]) -> None:
    """After the sandbox its processes, its cgroup and its folder are gone."""
    with sandboxes() as gone:
        write_unit(gone, "sleeper.service", SLEEPER)
        gone.systemctl("start", "sleeper.service")
        processes = [gone.pid, int(gone.systemctl("show", "-PMainPID", "sleeper.service"))]
        cgroup = Path("/sys/fs/cgroup" + gone.systemctl("show", "-PControlGroup"))
        assert cgroup.is_dir()
    assert not still_alive(processes)
    assert not gone.home.parent.exists()
    assert not cgroup.parent.exists()


def test_a_killed_owner_takes_its_manager_along(sandboxes: type[Sandbox]) -> None:
    """A manager dies with its owner, and the next sandbox ends and removes what is left of it."""
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        manager, sleeper = map(int, owner.stdout.readline().split())
        owner.kill()
    assert not still_alive([manager])
    with sandboxes() as following:
        assert not still_alive([sleeper])
        folder = following.home.parent
        left = [*folder.parent.iterdir(), *Path("/sys/fs/cgroup").iterdir()]
        assert [path for path in left if f"-{owner.pid}-" in path.name] == []


def test_a_failing_systemctl_says_why(manager: Sandbox) -> None:
    """The error names the command and what systemd answered."""
    with pytest.raises(HostError, match=r"start missing.service: exit 5\n.*not found"):
        manager.systemctl("start", "missing.service")


def test_a_sandbox_that_was_not_started_has_no_process() -> None:
    """Asking for the process of a manager that does not run is a clear error."""
    with pytest.raises(HostError, match="not started"):
        assert Sandbox().pid
