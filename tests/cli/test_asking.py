"""Commands that the daemon carries out where one runs, as it is the one writer."""

import json
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hmsvcd.pipeline.documents import APPLY
from running_daemon import RUNNING, Waiting, daemon_beside, daemon_of

FAILING = """\
[services.bad]
process.argv = ["/bin/sh", "-c", "echo oh no; exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""


@pytest.fixture
def daemon(user: Any, wait_until: Waiting) -> Iterator["subprocess.Popen[bytes]"]:
    """A daemon that has applied the declaration of one service."""
    user.declare(RUNNING)
    with daemon_beside(user, wait_until) as process:
        yield process


def services(user: Any) -> dict[str, str]:
    """Return the state of each service."""
    found = user("status", "--json").document["services"]
    return {name: service["state"] for name, service in found.items()}


@pytest.fixture
def paused(user: Any, daemon: "subprocess.Popen[bytes]") -> "subprocess.Popen[bytes]":
    """A daemon that leaves saves alone."""
    assert user("pause").code == 0
    return daemon


@pytest.mark.usefixtures("paused")
def test_apply_is_carried_out_by_the_daemon(user: Any) -> None:
    """The document is the usual one, with the last words of what failed; exit code 4."""
    user.declare(RUNNING + FAILING)
    applied = user("apply", "--json")
    assert applied.code == 4
    document = applied.document
    assert set(document) == {"version", "errors", "warnings", *APPLY}
    [result] = document["results"]
    assert (result["unit"], result["result"]) == ("bad.service", "failed")
    assert "oh no" in "".join(result["log"])
    assert {change["kind"] for change in document["files"]} == {"unit", "dependency"}
    assert document["generation"] == 2
    assert daemon_of(user)["last_pass"]["cause"] == "apply"


@pytest.mark.usefixtures("paused")
def test_apply_is_told_as_if_there_were_no_daemon(user: Any) -> None:
    """What was done stands there in the same words, after who was asked."""
    user.declare(RUNNING + RUNNING.replace("one", "two"))
    applied = user("apply")
    asked, *told = applied.out.splitlines()
    assert (applied.code, applied.err) == (0, "")
    assert asked.startswith("asking the daemon")
    assert told == ["  started       two.service  new", "generation 2: 1 started"]


def test_a_wrong_declaration_is_not_even_asked_for(user: Any, paused: Any) -> None:
    """It is shown with its line, and the daemon makes no pass."""
    before = daemon_of(user)["last_pass"]
    user.declare(RUNNING + "x = 1\n")
    applied = user("apply")
    assert applied.code == 1
    assert "3 | x = 1" in applied.err
    assert applied.out == "nothing was changed\n"
    assert daemon_of(user) == daemon_of(user) | {"last_pass": before, "pid": paused.pid}


@pytest.mark.usefixtures("paused")
def test_what_is_refused_to_the_daemon_is_told(user: Any, manager: Any) -> None:
    """A foreign file in the way refuses an apply, and --backup moves it aside."""
    place = manager.units / "two.service"
    place.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    user.declare(RUNNING + RUNNING.replace("one", "two"))
    refused = user("apply")
    assert refused.code == 1
    assert str(place) in refused.err
    assert user("apply", "--backup", "old").code == 0
    assert services(user) == {"one": "running", "two": "running"}
    assert place.with_name("two.service.old").exists()


@pytest.mark.usefixtures("daemon")
def test_a_rollback_is_carried_out_by_the_daemon(user: Any, wait_until: Waiting) -> None:
    """What was before is brought back, also while the declaration is wrong."""
    user.declare(RUNNING + RUNNING.replace("one", "two"))
    wait_until(lambda: set(services(user)) == {"one", "two"})
    user.declare(RUNNING + "x = 1\n")
    wait_until(lambda: daemon_of(user)["state"] == "stuck")
    back = user("rollback")
    assert back.code == 0, back.err
    assert set(services(user)) == {"one"}
    assert "asking the daemon" in back.out
    assert user("rollback", "99").code == 1


@pytest.mark.usefixtures("daemon")
def test_a_pause_keeps_saves_waiting(user: Any, wait_until: Waiting) -> None:
    """While it lasts nothing is applied but what is asked for; its end takes up what waits."""
    assert user("pause").code == 0
    user.declare(RUNNING + RUNNING.replace("one", "two"))
    assert user("reconcile").code == 0
    assert set(services(user)) == {"one", "two"}
    user.declare(RUNNING + RUNNING.replace("one", "three"))
    wait_until(lambda: "a save waits for hmsvcd resume" in user("status").out)
    assert set(services(user)) == {"one", "two"}
    assert user("resume").code == 0
    wait_until(lambda: "three" in services(user))
    assert daemon_of(user)["paused"] is False


def test_a_pause_outlasts_the_daemon(user: Any, daemon: Any, wait_until: Waiting) -> None:
    """It is known without a daemon, and ended without one."""
    assert user("pause").code == 0
    daemon.send_signal(signal.SIGTERM)
    wait_until(lambda: not daemon_of(user)["running"])
    assert daemon_of(user)["paused"] is True
    assert "paused: hmsvcd resume ends that" in user("status").out
    assert user("resume").code == 0
    assert daemon_of(user)["paused"] is False


def test_without_a_daemon_there_is_nobody_to_reconcile(user: Any, stranger: Any) -> None:
    """It is said what would help; without a manager, that there is none."""
    refused = user("reconcile", "--json")
    assert refused.code == 1
    assert "does not run" in json.dumps(refused.document["errors"])
    assert stranger("reconcile").code == 3


@pytest.mark.parametrize("command", ["check", "plan", "render"])
def test_what_the_daemon_follows_is_what_is_asked_about(
    user: Any, wait_until: Waiting, command: str
) -> None:
    """Without --config it is what apply would apply, and that it is not one's own is said."""
    other = user.folder / user.write("other.toml", RUNNING)
    with daemon_beside(user, wait_until, "--config", str(other)):
        assert user(command, "--json").document["warnings"] == []
        user.declare(RUNNING + "x = 1\n")
        own = str(user.declaration.parent)
        found = user(command, "--json")
        [told] = found.document["warnings"]
        assert (found.code, str(other) in told["message"], own in told["hint"]) == (0, True, True)
        named = user(command, "--json", "--config", own)
        assert (named.code, named.document["warnings"]) == (1, [])
    assert user(command).code == 1
