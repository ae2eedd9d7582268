"""``hmsvcd status`` where a daemon runs: it is asked, and what it says is shown."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hmsvcd.pipeline.documents import STATUS
from running_daemon import RUNNING, Waiting, daemon_beside, daemon_of

FAILING = """\
[services.bad]
process.argv = ["/bin/false"]
systemd.service.serviceConfig.Restart = "no"
"""
LAST_PASS = {"number", "cause", "at", "took", "end", "sentence", "generation"}
HEAVY = ("rich", "tree_sitter", "tomllib", "yaml", "watchfiles", "hmsvcd.pipeline.check",
         "hmsvcd.app", "hmsvcd.host.store")  # fmt: skip


@pytest.fixture
def daemon(user: Any, wait_until: Waiting) -> Iterator["subprocess.Popen[bytes]"]:
    """A daemon that has applied the declaration of one service."""
    user.declare(RUNNING)
    with daemon_beside(user, wait_until) as process:
        yield process


def state(user: Any) -> str | None:
    """Return the state of the daemon."""
    found: str | None = daemon_of(user)["state"]
    return found


def test_the_daemon_is_shown(user: Any, daemon: Any) -> None:
    """Its state, process and last pass are told, in a document of the usual keys."""
    seen = user("status", "--json")
    assert (seen.code, seen.err) == (0, "")
    assert set(seen.document) == {"version", "errors", "warnings", *STATUS}
    told = seen.document["daemon"]
    assert (told["running"], told["pid"], told["state"]) == (True, daemon.pid, "settled")
    assert told["declaration"] == str(user.declaration.parent)
    assert set(told["last_pass"]) == LAST_PASS
    shown = user("status").out.splitlines()
    assert shown[1].startswith("one      running  ")
    assert shown[-1].startswith("daemon: settled · generation 1 · last pass ")


def test_the_documents_have_the_same_keys_with_and_without_it(
    user: Any, daemon: Any, wait_until: Waiting
) -> None:
    """Whoever reads the document need not know whether there is a daemon."""
    with_daemon = user("status", "--json").document
    daemon.terminate()
    wait_until(lambda: not daemon_of(user)["running"])
    without = user("status", "--json").document
    assert without["daemon"].keys() == with_daemon["daemon"].keys()
    assert without["services"] == with_daemon["services"]
    assert set(without["daemon"].values()) == {False, None}


@pytest.mark.usefixtures("daemon")
def test_a_wrong_save_is_shown_with_its_line(user: Any, wait_until: Waiting) -> None:
    """The error has its place and excerpt, what runs is shown, and the exit code is 1."""
    user.declare(RUNNING + "x = 1\n")
    wait_until(lambda: state(user) == "stuck")
    status = user("status")
    assert status.code == 1
    assert f"{user.declaration}:3:1: error: services.one.x: unknown option" in status.err
    assert "3 | x = 1" in status.err
    assert "one      running" in status.out
    assert "daemon: stuck" in status.out


@pytest.mark.usefixtures("daemon")
def test_a_failure_is_exit_code_4_and_an_error_goes_before_it(
    user: Any, wait_until: Waiting
) -> None:
    """A service that failed counts, unless the declaration is wrong as well."""
    user.declare(RUNNING + FAILING)
    wait_until(lambda: user("status", "bad").code == 4)
    assert [user("status", *name).code for name in ((), ("one",))] == [4, 0]
    user.declare(RUNNING + FAILING + "x = 1\n")
    wait_until(lambda: user("status").code == 1)


@pytest.mark.usefixtures("daemon")
def test_an_unknown_service_is_refused_there_too(user: Any) -> None:
    """The nearest name is proposed."""
    mistyped = user("status", "onne")
    assert mistyped.code == 1
    assert "did you mean `one`?" in mistyped.err


def test_another_declaration_is_looked_at_without_it(user: Any, daemon: Any) -> None:
    """With --config of its own declaration the daemon is asked; else only about itself."""
    other = user.write("other.toml", RUNNING + "x = 1\n")
    assert user("status", "-c", str(user.declaration.parent)).code == 0
    seen = user("status", "-c", other, "--json")
    assert seen.code == 1
    assert seen.document["errors"][0]["file"] == other
    assert seen.document["daemon"]["pid"] == daemon.pid


def test_a_daemon_that_does_not_answer_is_not_waited_for(user: Any, daemon: Any) -> None:
    """It is said that it does not, and everything else is found out without it."""
    daemon.send_signal(signal.SIGSTOP)
    status = user("status", "--json")
    assert status.code == 0
    assert status.document["services"]["one"]["state"] == "running"
    told = status.document["daemon"]
    assert (told["running"], told["pid"], told["state"]) == (True, daemon.pid, None)
    assert "does not say how things stand" in status.document["warnings"][0]["message"]


@pytest.mark.usefixtures("daemon")
def test_it_starts_without_what_it_does_not_need(user: Any) -> None:
    """Neither what reads and checks a declaration is imported, nor rich."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hmsvcd", "status"],
        env=user.environ, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "hmsvcd.host.daemon_client" in imported
    assert [name for name in HEAVY if name in imported] == []


@contextmanager
def watching(user: Any) -> Iterator[Callable[[], dict[str, Any]]]:
    """Return what gives the next document of a status that is watched."""
    with subprocess.Popen(
        [sys.executable, "-m", "hmsvcd", "status", "--watch", "--json"],
        cwd=user.folder, env=user.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        stream = process.stdout
        assert stream is not None
        yield lambda: json.loads(stream.readline())
        process.kill()


def until(read: Callable[[], dict[str, Any]], holds: Callable[[dict[str, Any]], bool]) -> None:
    """Read documents until one is as it should be."""
    while not holds(read()):
        pass


def test_what_the_daemon_does_is_followed(user: Any, daemon: Any) -> None:
    """A save, a mistake, a pause and the end of the daemon each make a new document."""
    with watching(user) as read:
        assert read()["daemon"]["state"] == "settled"
        user.declare(RUNNING + RUNNING.replace("one", "two"))
        until(read, lambda seen: "two" in seen["services"])
        user.declare(RUNNING + "x = 1\n")
        until(read, lambda seen: seen["daemon"]["state"] == "stuck")
        user("pause")
        until(read, lambda seen: seen["daemon"]["paused"])
        daemon.send_signal(signal.SIGKILL)
        until(read, lambda seen: not seen["daemon"]["running"])
