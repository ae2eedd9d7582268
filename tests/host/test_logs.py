"""What a process logs, as the journal, a terminal and a file get it."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

START = """
import logging, os, sys
from hmsvcd.host import logs
from hmsvcd.host.logs import configure, get, set_level
configure("info")
log = get()
"""
FAILURE = """
try:
    int("a secret")
except ValueError:
    log.exception("internal error")
"""
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"


def environment(**variables):
    """Return the environment of a process that nobody has told where its log goes."""
    names = ("JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "NO_COLOR")
    return {**{key: os.environ[key] for key in os.environ if key not in names}, **variables}


def logged(script, *shell, **variables):
    """Return what a process writes to a pipe that is its standard error."""
    done = subprocess.run(
        [*shell, sys.executable, "-c", START + script],
        env=environment(**variables),
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stderr


def journalled(script):
    """Return what a process writes to a pipe that it takes for the journal's."""
    reading, writing = os.pipe()
    status = os.fstat(writing)
    with os.fdopen(reading, encoding="utf-8") as end:
        subprocess.run(
            [sys.executable, "-c", START + script],
            env=environment(JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}"),
            stderr=writing,
            check=True,
        )
        os.close(writing)
        return end.read()


def shown(script, **variables):
    """Return what a process writes to a terminal."""
    master, terminal = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", START + script],
        env=environment(**{"TERM": "xterm", **variables}),
        stderr=terminal,
        check=True,
    )
    os.close(terminal)
    text = os.read(master, 65536).decode()
    os.close(master)
    return text


@pytest.mark.parametrize(
    ("level", "priority"), [("debug", 7), ("info", 6), ("warning", 4), ("error", 3)]
)
def test_journal(level, priority):
    """The journal gets a line with a priority, the phrase and the values, and no time."""
    script = f'set_level("debug"); log.{level}("pass finished", generation=3, took="12ms")'
    assert journalled(script) == f"<{priority}>pass finished generation=3 took=12ms\n"


def test_other_stream_than_the_journal():
    """A JOURNAL_STREAM that names another stream, as one that was inherited does, is not ours."""
    assert re.fullmatch(
        f"{TIME} info started\n", logged('log.info("started")', JOURNAL_STREAM="1:1")
    )


def test_process_of_systemd():
    """What systemd itself has started writes priorities, what that starts in turn does not."""
    script = 'log.info("started")'
    itself = ["sh", "-c", 'SYSTEMD_EXEC_PID=$$ exec "$@"', "sh"]
    assert logged(script, *itself) == "<6>started\n"
    assert re.fullmatch(f"{TIME} info started\n", logged(script, SYSTEMD_EXEC_PID="1"))


def test_pipe():
    """Anything that is neither gets the time in front, without colours."""
    line = logged('log.warning("declaration wrong", file="/a b.toml", line=3)')
    assert re.fullmatch(f'{TIME} warning declaration wrong file="/a b.toml" line=3\n', line)


def test_terminal():
    """A terminal gets colours and the time, and values that it does not obey."""
    text = shown('log.info("started", version="1.0", path="\\x1b[2J")')
    assert "\x1b[1mstarted" in text
    assert '"\\u001b[2J"' in text
    assert re.search(r"\d\d:\d\d:\d\d", text)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_terminal_without_colours(variables):
    """Where colours are not wanted there is no escape sequence at all."""
    assert re.fullmatch(f"{TIME} info started\r\n", shown('log.info("started")', **variables))


@pytest.mark.parametrize(
    "value",
    ["two\nlines", "\r<3>forged", "\x1b[31m", "\u2028", "\x85", "a=b", 'a"b', "\\", "", "\udcff"],
)
def test_one_line(value):
    """Whatever a value holds, an event is one line, from which the value can be read back."""
    line = journalled(f'log.info("phrase", key={value!r}, after=1)')
    found = re.fullmatch(r"<6>phrase key=(.*) after=1\n", line)
    assert found
    assert json.loads(found[1]) == value
    assert line.removesuffix("\n").isprintable()


def test_plain_values():
    """Numbers, truth, absence and words of any language need no quotes."""
    line = journalled('log.info("phrase", a=1, b=True, c=None, d="/tmp/grün")')
    assert line == "<6>phrase a=1 b=true d=/tmp/grün\n"


def test_level():
    """Events below the level are not logged, and a change holds for loggers in use."""
    script = """
log.debug("one")
set_level("debug")
log.debug("two")
set_level("error")
log.warning("three")
"""
    assert journalled(script) == "<7>two\n"


def test_exception():
    """An exception is one line with its type and place; its words stay out."""
    assert journalled(FAILURE) == "<3>internal error type=ValueError at=__main__:9\n"


def test_exception_in_a_group():
    """Of a group of exceptions the first one is told."""
    script = """
try:
    raise ExceptionGroup("a group", [KeyError("a secret")])
except ExceptionGroup:
    log.exception("internal error")
"""
    assert journalled(script) == "<3>internal error type=KeyError\n"


def test_place_in_our_code():
    """The place is the innermost one of hmsvcd; at level debug the way there is told, too."""
    script = """
set_level("debug")
try:
    get().info("phrase", key=type("Odd", (), {"__str__": lambda self: 1 / 0})())
except ZeroDivisionError:
    log.exception("internal error")
"""
    line = journalled(script)
    assert re.search(r" at=hmsvcd\.host\.logs:\d+ ", line)
    assert re.search(r' traceback="__main__:\d+ .* hmsvcd\.host\.logs:\d+ __main__:\d+"\n', line)


def test_libraries():
    """What a library logs is an event like any other, without what the library filled in."""
    script = """
library = logging.getLogger("asyncio")
library.warning("it took %s\\nsecond line", "a secret")
library.info("not of interest")
"""
    line = '<4>message of a library library=asyncio said="it took %s"\n'
    assert journalled(script) == line


def test_configured_twice():
    """Settings that are read anew change nothing about how often an event is told."""
    script = 'configure("info"); log.info("one"); logging.getLogger("asyncio").error("two")'
    assert journalled(script).count("\n") == 2


@pytest.mark.parametrize(
    "harm",
    [
        "os.close(2)",
        "sys.stderr.close()",
        "sys.stderr = None; configure('info')",
        "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)",
        "reading, writing = os.pipe(); os.close(reading); os.dup2(writing, 2)",
    ],
)
def test_lost_lines(harm):
    """Where a line cannot be written the process goes on, and ends as it should."""
    script = f'{harm}\nfor _ in range(2000): log.info("phrase", key="x" * 100)\nprint("here")'
    done = subprocess.run(
        [sys.executable, "-c", START + script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "here\n", "")


def test_rich_stays_out():
    """To log needs no rich, and a process that uses it can go on doing so."""
    assert logged('print([name for name in sys.modules if name == "rich"], file=sys.stderr)') == (
        "[]\n"
    )
    script = "import rich.console, sys; from hmsvcd.host import logs; import rich.console"
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 0
