"""``hmsvcd try``: a throw-away session, of which nothing is left."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hmsvcd.host.cgroup import NAME, own_cgroup
from hmsvcd.host.sandbox import why_not

ROOT = Path(__file__).parents[2]
ONE = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
FAILING = """\
[services.bad]
process.argv = ["/bin/sh", "-c", "echo oh no; exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""
PATIENCE = 30.0  # seconds, for what comes at once

TALK = """\
import os, socket
s = socket.socket(socket.AF_UNIX)
s.connect(os.environ["XDG_RUNTIME_DIR"] + "/echo.sock")
s.send(b"hello")
print(s.recv(1024).decode())
"""


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Skip where no session can be had; fail a test that leaves a folder or a cgroup of one."""
    why = why_not()
    if why is not None:
        pytest.skip(why)
    before = remains()
    yield
    assert remains() == before


def remains() -> set[Path]:
    """Return the folders and cgroups of throw-away sessions."""
    cgroup = own_cgroup()
    places = [Path("/run/user"), Path("/tmp"), *([cgroup] if cgroup else [])]
    return {path for place in places for path in place.glob(f"{NAME}*")}


def test_a_declaration_runs_and_its_status_is_shown(stranger: Any) -> None:
    """Without a terminal the trial ends by itself after it has shown how things stand."""
    stranger.write("one.toml", ONE)
    tried = stranger("try", "one.toml")
    assert tried.code == 0
    assert "started       one.service" in tried.out
    assert re.search(r"^one +running ", tried.out, re.MULTILINE)
    assert "\x1b" not in tried.out


@pytest.mark.parametrize("arguments", [("-c", "one.toml"), ("--config=./one.toml",)])
def test_the_declaration_can_be_an_option(stranger: Any, arguments: tuple[str, ...]) -> None:
    """--config does as well as the argument, relative to where one is."""
    stranger.write("one.toml", ONE)
    assert stranger("try", *arguments).code == 0


def test_the_own_declaration_is_the_default(stranger: Any) -> None:
    """Without a name the user's own declaration is tried, and the user's home is left alone."""
    stranger.declare(ONE)
    home = Path(stranger.environ["HOME"])
    before = sorted(home.rglob("*"))
    assert stranger("try").code == 0
    assert sorted(home.rglob("*")) == before


def test_a_program_runs_in_the_session(stranger: Any) -> None:
    """Its environment leads to the private manager, and standard output is its own."""
    stranger.write("one.toml", ONE)
    asking = ("systemctl", "--user", "show", "-P", "ActiveState", "one.service")
    tried = stranger("try", "one.toml", "--", *asking)
    assert (tried.code, tried.out) == (0, "active\n")
    assert "started       one.service" in tried.err


def test_hmsvcd_itself_runs_in_the_session(stranger: Any) -> None:
    """A program there finds the declaration that is tried without naming it."""
    stranger.write("one.toml", ONE)
    tried = stranger("try", "one.toml", "--", sys.executable, "-m", "hmsvcd", "plan", "--json")
    assert json.loads(tried.out)["actions"] == []


@pytest.mark.parametrize(
    ("program", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)],
)
def test_the_exit_code_is_that_of_the_program(stranger: Any, program: str, code: int) -> None:
    """Whatever the program ends with is what try ends with."""
    stranger.write("one.toml", ONE)
    assert stranger("try", "one.toml", "--", "sh", "-c", program).code == code


def test_a_program_that_is_not_there(stranger: Any) -> None:
    """As in a shell, the exit code is 127, and a message names the program."""
    stranger.write("one.toml", ONE)
    tried = stranger("try", "one.toml", "--", "no-such-program")
    assert tried.code == 127
    assert "no-such-program" in tried.err


def test_a_wrong_declaration_is_not_tried(stranger: Any) -> None:
    """Its errors have their places, the exit code is 1, and the program is not run."""
    stranger.write("bad.toml", ONE + "x = 1\n")
    tried = stranger("try", "bad.toml", "--", "echo", "ran")
    assert tried.code == 1
    assert "bad.toml:3:1: error: " in tried.err
    assert "ran" not in tried.out


def test_a_failing_service_is_exit_code_4(stranger: Any) -> None:
    """The failure is shown with result and last words, and the others run."""
    stranger.write("two.toml", ONE + FAILING)
    tried = stranger("try", "two.toml")
    assert tried.code == 4
    assert "bad.service: start failed (exit-code, status 3)\n" in tried.out
    assert "    oh no\n" in tried.out
    assert re.search(r"^one +running ", tried.out, re.MULTILINE)


def test_edits_are_followed_in_a_terminal(stranger: Any) -> None:
    """Each edit is applied, a broken one is shown and changes nothing, Ctrl-C is the end."""
    stranger.write("one.toml", ONE)
    with stranger.in_terminal("try", "one.toml") as seen:
        seen.read_until("Ctrl-C ends")
        stranger.write("one.toml", ONE.replace("1000", "2000"))
        seen.read_until(r"restarted.*one\.service.*generation 2: 1 restarted.*\| ")
        stranger.write("one.toml", ONE + "x = 1\n")
        seen.read_until(r"one\.toml:3:1:")
        stranger.write("one.toml", ONE.replace("1000", "3000"))
        seen.read_until(r"generation 3: 1 restarted.*\| ")
        seen.type(b"\x03")
        assert seen.end() == 0


def test_an_editor_may_replace_the_file(stranger: Any) -> None:
    """A file that is renamed over the declaration is an edit like any other."""
    stranger.write("one.toml", ONE)
    with stranger.in_terminal("try", "one.toml") as seen:
        seen.read_until("Ctrl-C ends")
        stranger.write("one.toml.new", ONE + ONE.replace("one", "two"))
        (stranger.folder / "one.toml.new").rename(stranger.folder / "one.toml")
        seen.read_until(r"started.*two\.service.*\| ")
        seen.type(b"\x03")
        assert seen.end() == 0


def test_a_terminal_gets_colour(stranger: Any) -> None:
    """In a terminal the states are coloured, unless $NO_COLOR asks for none."""
    stranger.write("one.toml", ONE)
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with stranger.in_terminal("try", "one.toml", **variables) as seen:
            seen.read_until("Ctrl-C ends")
            assert ("\x1b[32m" in seen.said) is coloured
            seen.type(b"\x03")
            assert seen.end() == 0


def test_a_missing_declaration_is_not_waited_for(stranger: Any) -> None:
    """In a terminal, too, a name that is wrong ends the trial at once."""
    with stranger.in_terminal("try", "missing.toml") as seen:
        assert seen.end() == 1


def test_without_a_cgroup_the_ways_out_are_told(stranger: Any) -> None:
    """An ordinary user who has none is told what helps, but first that a name is wrong."""
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Path(folder, "one.toml").write_text(ONE, encoding="utf-8")
        for name, said in (("two.toml", "no declaration"), ("one.toml", "not writable")):
            tried = subprocess.run(
                [*as_nobody, sys.executable, "-m", "hmsvcd", "try", f"{folder}/{name}"],
                env=stranger.environ, cwd=folder, text=True, capture_output=True, check=False,
            )  # fmt: skip
            assert tried.returncode == 1
            assert tried.stderr.startswith("error: ")
            assert said in tried.stderr
            assert ("  help: log in with a session of your own" in tried.stderr) is (
                said == "not writable"
            )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_trial_leaves_nothing(stranger: Any, how: signal.Signals) -> None:
    """Nothing of the session outlives the process that was started, however that is killed."""
    stranger.write("one.toml", ONE)
    script = "echo up; exec sleep 4321"
    trial = subprocess.Popen(
        [sys.executable, "-m", "hmsvcd", "try", "one.toml", "--", "sh", "-c", script],
        env=stranger.environ, cwd=stranger.folder, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with trial:
        assert trial.stdout is not None
        assert trial.stdout.readline() == "up\n"
        trial.send_signal(how)
    assert gone("4321")
    assert gone("1000")
    if how is signal.SIGKILL:  # whose cgroup the next trial removes
        assert stranger("try", "one.toml").code == 0


def gone(argument: str) -> bool:
    """Tell whether no ``sleep`` of so many seconds is left, soon."""
    end = time.monotonic() + PATIENCE
    while any(is_sleeping(pid, argument) for pid in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_sleeping(pid: Path, argument: str) -> bool:
    """Tell whether a process is that ``sleep``, outside of the other tests' managers."""
    try:
        return (pid / "cmdline").read_bytes().split(b"\0")[:2][-1] == argument.encode()
    except OSError:
        return False


def test_the_example_works(stranger: Any) -> None:
    """Each of its five services does what its comments say."""
    tried = stranger("try", str(ROOT / "config.example.toml"))
    if "tidied up" not in tried.out:  # journald may not learn whose a job was that ends at once
        tried = stranger("try", str(ROOT / "config.example.toml"))
    assert (tried.code, tried.err) == (0, "")
    states = dict(re.findall(r"^(\S+) +(\w+)", tried.out, re.MULTILINE))
    running = {"clock", "greeter", "shop", "shop-worker"}
    assert {name: states[name] for name in running} == dict.fromkeys(running, "running")
    assert (states["echo"], states["tidy"]) == ("waiting", "waiting")
    assert "greeter.service     | Hello from hmsvcd\n" in tried.out
    assert '"queue": "orders"' in tried.out
    assert "tidy.service        | tidied up\n" in tried.out


def test_the_socket_of_the_example_answers(stranger: Any) -> None:
    """The first connection starts the service, which echoes."""
    example = str(ROOT / "config.example.toml")
    tried = stranger("try", example, "--", sys.executable, "-c", TALK)
    assert (tried.code, tried.out) == (0, "hello\n")
