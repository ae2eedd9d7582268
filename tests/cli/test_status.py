"""``hmsvcd status``: how things stand."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNNING = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
KEEP = 'systemd.service.unitConfig.X-SwitchMethod = "keep-old"\n'
FAILING = """\
[services.bad]
process.argv = ["/bin/sh", "-c", "echo oh no; exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""
SLOW = """\
[services.slow]
process.argv = ["/bin/sh", "-c", "until [ -e $XDG_RUNTIME_DIR/go ]; do sleep 0.01; done"]
systemd.service.serviceConfig.Type = "oneshot"
systemd.service.serviceConfig.RemainAfterExit = true
"""
WAITING = """\
[services.echo]
process.argv = ["/bin/sleep", "1000"]
systemd.service.wantedBy = { mkForce = [] }
systemd.socket.listenStreams = ["%t/echo.sock"]
systemd.socket.wantedBy = ["sockets.target"]

[services.tidy]
process.argv = ["/bin/true"]
systemd.service.serviceConfig.Type = "oneshot"
systemd.service.wantedBy = { mkForce = [] }

[systemd.user.timers.tidy]
Timer.OnCalendar = "yearly"
Install.WantedBy = ["timers.target"]
"""

Waiting = Callable[[Callable[[], object]], None]


def states(user: Any) -> dict[str, str]:
    """Return the state of each service."""
    services = user("status", "--json").document["services"]
    return {name: service["state"] for name, service in services.items()}


def test_a_service_that_runs(user: Any) -> None:
    """Its state, process, time and last action are told; the document says that no daemon runs."""
    user.declare(RUNNING)
    user("apply")
    status = user("status", "--json")
    assert status.code == 0
    document = status.document
    assert document["daemon"]["running"] is False
    assert document["generation"] == 1
    paths = [str(user.declaration)]
    assert document["declaration"] == {"paths": paths, "held": None, "rolled_back": None}
    one = document["services"]["one"]
    assert one["state"] == "running"
    unit = one["units"]["one.service"]
    assert (unit["active"], unit["sub"], unit["pending"]) == ("active", "running", None)
    assert unit["pid"] > 0
    assert abs(unit["since"] / 1e6 - time.time()) < 3600
    assert unit["last_action"]["action"] == "start"
    shown = user("status").out
    assert "\none      running  " in shown
    assert "daemon: not running (hmsvcd install " in shown


def test_a_service_that_failed(user: Any) -> None:
    """A failure is exit code 4, of all and of the service asked for, but not of another."""
    user.declare(RUNNING + FAILING)
    user("apply")
    assert states(user) == {"one": "running", "bad": "failed"}
    assert [user("status", *service).code for service in ((), ("bad",), ("one",))] == [4, 4, 0]


def test_what_waits_for_its_socket_or_timer(user: Any) -> None:
    """A service that a socket or timer will start is waiting, and so are these."""
    user.declare(WAITING)
    user("apply")
    document = user("status", "--json").document
    assert states(user) == {"echo": "waiting", "tidy": "waiting"}
    assert document["services"]["echo"]["units"]["echo.socket"]["state"] == "waiting"
    assert document["units"]["tidy.timer"]["state"] == "waiting"


def test_what_somebody_stopped_is_held(user: Any, manager: Any) -> None:
    """A unit that was stopped by hand is called held, which is no failure."""
    user.declare(RUNNING)
    user("apply")
    manager.systemctl("stop", "one.service")
    assert states(user) == {"one": "held"}
    assert user("status").code == 0


def test_what_lies_in_our_place_overrides(user: Any, manager: Any) -> None:
    """A unit file that somebody put in the place of ours is named."""
    user.declare(RUNNING)
    user("apply")
    place = manager.units / "one.service"
    place.unlink()
    place.write_text("[Service]\nExecStart=/bin/sleep 1\n", encoding="utf-8")
    assert states(user) == {"one": "overridden"}
    assert f"one.service: {place} counts instead" in user("status").out


def test_a_unit_can_be_asked_for(user: Any) -> None:
    """Dashed service names and unit names, also of a service's unit, select what is shown."""
    user.declare(RUNNING + WAITING)
    user("apply")
    only = user("status", "echo.socket", "--json").document
    assert list(only["services"]["echo"]["units"]) == ["echo.socket"]
    assert only["units"] == {}
    assert list(user("status", "tidy.timer", "--json").document["units"]) == ["tidy.timer"]
    assert list(user("status", "one", "--json").document["services"]) == ["one"]


def test_an_unknown_service_is_refused(user: Any) -> None:
    """The nearest name is proposed, and of one that is only declared it is said."""
    user.declare(RUNNING)
    user("apply")
    user.declare(RUNNING + FAILING)
    mistyped = user("status", "onne")
    assert mistyped.code == 1
    assert "did you mean `one`?" in mistyped.err
    assert "not applied yet" in user("status", "bad").err


def test_a_wrong_declaration_is_shown_beside_the_services(user: Any) -> None:
    """Its errors have their places, and exit code 1 goes before 4."""
    user.declare(RUNNING + FAILING)
    user("apply")
    user.declare(RUNNING + "x = 1\n")
    status = user("status", "--json")
    assert status.code == 1
    assert status.document["errors"][0]["line"] == 3
    assert set(status.document["services"]) == {"one", "bad"}
    assert "config.toml:3:1: error: " in user("status").err


def test_the_declaration_that_was_applied_is_the_one_looked_at(user: Any) -> None:
    """What was applied with --config is asked about without it."""
    user.write("mine.toml", RUNNING)
    assert user("apply", "-c", "mine.toml").code == 0
    status = user("status", "--json")
    assert status.code == 0
    assert status.document["declaration"]["paths"] == [str(user.folder / "mine.toml")]


def test_what_is_not_taken_up_is_pending(user: Any) -> None:
    """A unit that keeps its old definition tells what its next start takes up."""
    user.declare(RUNNING + KEEP)
    user("apply")
    user.declare(RUNNING.replace("1000", "1001") + KEEP)
    user("apply")
    unit = user("status", "--json").document["services"]["one"]["units"]["one.service"]
    assert unit["pending"] == "ExecStart"
    assert "pending until its next start: ExecStart" in user("status").out


def test_a_restart_by_hand_takes_up_what_is_pending(user: Any, manager: Any) -> None:
    """Once somebody has restarted the unit, nothing is pending any more."""
    user.declare(RUNNING + KEEP)
    user("apply")
    user.declare(RUNNING.replace("1000", "1001") + KEEP)
    user("apply")
    manager.systemctl("restart", "one.service")
    unit = user("status", "--json").document["services"]["one"]["units"]["one.service"]
    assert unit["pending"] is None


def test_what_a_run_has_taken_up_by_itself_is_known_after_the_next_switch(
    user: Any, manager: Any, wait_until: Waiting
) -> None:
    """A run that began between two switches runs what was linked then, not what is now."""
    text = f"{RUNNING}{KEEP}systemd.service.serviceConfig.RestartSec = '100ms'\n"
    user.declare(text)
    assert user("apply").code == 0
    user.declare(text.replace("1000", "1001"))
    user("apply")
    before = manager.systemctl("show", "-P", "MainPID", "one.service")
    manager.systemctl("kill", "--signal=KILL", "one.service")
    wait_until(
        lambda: manager.systemctl("show", "-P", "MainPID", "one.service") not in {"0", before}
    )
    user.declare(text)
    user("apply")
    unit = user("status", "--json").document["services"]["one"]["units"]["one.service"]
    assert Path("/proc", str(unit["pid"]), "cmdline").read_bytes() == b"/bin/sleep\x001001\x00"
    assert unit["pending"] == "ExecStart"


def test_what_systemd_refused_has_failed(user: Any) -> None:
    """A unit that requires what does not exist never ran, but that is no rest: exit code 4."""
    user.declare(RUNNING + 'systemd.service.requires = ["nosuch.service"]\n')
    assert user("apply").code == 4
    assert states(user) == {"one": "failed"}
    assert user("status").code == 4


def test_a_switch_that_was_interrupted(user: Any, manager: Any, wait_until: Waiting) -> None:
    """What it was installing is shown and found by name, and who can finish it is told."""
    user.declare(RUNNING)
    user("apply")
    user.declare(RUNNING + SLOW)
    with subprocess.Popen([sys.executable, "-m", "hmsvcd", "apply"], env=user.environ,
                          stdout=subprocess.DEVNULL) as switching:  # fmt: skip
        wait_until(lambda: "activating" in manager.systemctl("show", "slow.service"))
        assert user("status", "--json").document["warnings"] == []
        switching.kill()
    seen = user("status", "--json")
    assert [each["message"] for each in seen.document["warnings"]] == ["a switch was interrupted"]
    assert {name: each["state"] for name, each in seen.document["services"].items()} == {
        "one": "running",
        "slow": "starting",
    }
    assert (user("status", "slow").code, user("logs", "slow").code) == (0, 0)
    (manager.runtime / "go").touch()
    assert user("apply").code == 0
    assert user("status").err == ""


def test_warnings_are_counted_but_those_of_the_service_asked_for(user: Any) -> None:
    """The document has all of them; as text hmsvcd check shows them."""
    doubtful = 'systemd.service.serviceConfig.User = "nobody"\n'
    user.declare(RUNNING + doubtful + RUNNING.replace("one", "two") + KEEP)
    user("apply")
    assert "User" in user("check").out
    shown = user("status")
    assert (shown.err, shown.out.splitlines()[-1]) == ("", "1 warning: hmsvcd check shows them")
    assert "User" in user("status", "one").err
    assert (user("status", "two").err, "1 warning" in user("status", "two").out) == ("", False)
    assert len(user("status", "two", "--json").document["warnings"]) == 1


def test_a_beginner_is_told_how_to_begin(user: Any) -> None:
    """Without a declaration and without anything installed, the way to both is shown."""
    status = user("status")
    assert status.code == 1
    assert f"write {user.declaration}:" in status.out
    assert "hmsvcd try" in status.out


def test_without_a_manager_there_is_no_status(stranger: Any) -> None:
    """The message says what was looked for; the document still has all keys."""
    stranger.declare(RUNNING)
    status = stranger("status", "--json")
    assert status.code == 3
    document = status.document
    assert document["services"] is None
    assert document["daemon"]["running"] is False
    assert "XDG_RUNTIME_DIR" in document["errors"][0]["message"]
    assert "XDG_RUNTIME_DIR" in stranger("status").err
