"""A status as text: what is said of units and of the daemon, and how lines fit a terminal."""

from dataclasses import replace
from typing import Any

import pytest

from hmsvcd.cli.painting import painted, plain
from hmsvcd.cli.status_view import problem_lines, report_lines
from hmsvcd.cli.times import duration, local_time, near_time
from hmsvcd.model.daemon import DaemonState, DaemonStatus, Pass
from hmsvcd.model.diagnostic import Place, Position, error
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.model.status import (
    LastAction,
    ServiceStatus,
    Standing,
    Status,
    StatusReport,
    UnitStatus,
)

NOW = 1_795_415_908_000_000
DAY = 86_400_000_000
UNIT = UnitStatus(
    "demo.service",
    Standing.RUNNING,
    "active",
    "running",
    pid=35,
    since=NOW,
    restarts=2,
    last_action=LastAction("reload", "X-Reload-Triggers changed", "done", NOW),
)
PASS = Pass(7, "change", NOW, 48_300, DaemonState.SETTLED, "reloaded demo", 12)
DAEMON = DaemonStatus(9, "1.0", DaemonState.SETTLED, NOW, "/d", last_pass=PASS)


OWN = ObservedUnit("hmsvcd.service", load_state="loaded")


def report(unit: UnitStatus = UNIT, **changes: Any) -> StatusReport:
    """A report of one service."""
    service = ServiceStatus("demo", unit.standing, {unit.name: unit})
    return StatusReport(Status({"demo": service}, {}, 12), daemon=DAEMON, **changes)


def shown(told: StatusReport) -> list[str]:
    """What is written where there are no colours."""
    return [painted(line, coloured=False) for line in report_lines(told, NOW)]


def test_a_service_has_a_row() -> None:
    """State, since when, process, restarts and the last action with its reason."""
    _, row, _ = shown(report())
    name, state, since, pid, restarts, action = row.split(maxsplit=5)
    assert (name, state, since) == ("demo", "running", near_time(NOW, NOW))
    assert (pid, restarts, action) == ("35", "2", "reload: X-Reload-Triggers changed")


def test_the_daemon_has_a_sentence() -> None:
    """Its state, the generation, and what its last pass did and how long that took."""
    time = near_time(NOW, NOW)
    assert shown(report())[-1] == (
        f"daemon: settled · generation 12 · last pass {time}, 48 ms: reloaded demo"
    )


@pytest.mark.parametrize(
    ("daemon", "words"),
    [
        (replace(DAEMON, state=DaemonState.RETRYING, next_try=NOW + DAY), "retrying · generation"),
        (replace(DAEMON, state=DaemonState.RETRYING, next_try=NOW + DAY), "next try 20"),
        (replace(DAEMON, watches="polling"), "· polling ·"),
        (replace(DAEMON, state=DaemonState.PAUSED), "saves are not applied until hmsvcd resume"),
        (
            replace(DAEMON, state=DaemonState.PAUSED, waiting=True),
            "· a save waits for hmsvcd resume",
        ),
        (replace(DAEMON, state=DaemonState.WORKING, last_pass=None), "daemon: working"),
    ],
)
def test_what_the_daemon_waits_for_is_told(daemon: DaemonStatus, words: str) -> None:
    """The next try, polling and a pause stand in its sentence."""
    assert words in shown(replace(report(), daemon=daemon))[-1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"daemon": None}, "daemon: not running (hmsvcd install"),
        ({"daemon": None, "paused": True}, "paused: hmsvcd resume ends that"),
        ({"daemon": None, "own_unit": OWN}, "hmsvcd.service is installed but does not run: "),
        (
            {"daemon": None, "own_unit": replace(OWN, active_state="active", sub_state="running")},
            "hmsvcd.service runs, but not on this bus",
        ),
        ({"daemon": None, "silent": 12}, "daemon: process 12 does not answer"),
    ],
)
def test_that_there_is_no_daemon_is_told(changes: dict[str, Any], words: str) -> None:
    """And what would start one, or that the one there is does not answer."""
    assert words in shown(replace(report(), **changes))[-1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"standing": Standing.HELD}, "held, as somebody ended it: systemctl --user start demo"),
        ({"standing": Standing.FAILED, "why": "signal, status 9"}, "failed: signal, status 9"),
        (
            {"standing": Standing.STARTING, "why": "exit-code, status 3"},
            "systemd starts it again after exit-code, status 3",
        ),
        ({"pending": "ExecStart"}, "pending until its next start: ExecStart"),
        ({"overridden": "/x\x1b[2J"}, r"/x\x1b[2J counts instead"),
        ({"drop_ins": ("/a", "/b")}, "drop-ins /a, /b"),
    ],
)
def test_what_is_out_of_the_ordinary_has_a_line(changes: dict[str, Any], words: str) -> None:
    """It names the unit, and no control character of others reaches a terminal."""
    assert f"demo.service: {words}" in shown(report(replace(UNIT, **changes)))[2]


def test_a_declaration_that_is_held_is_explained() -> None:
    """After a rollback it is said how to go back to the declaration."""
    assert "held after the rollback to 3: hmsvcd apply" in shown(report(held="rollback to 3"))[-2]


def test_a_problem_has_a_line_to_search_for() -> None:
    """File, line and column come first, what would help last."""
    wrong = replace(error("no", Place("a.toml", ("b",)), hint="yes"), position=Position(3, 9))
    assert [painted(line, coloured=False) for line in problem_lines([wrong])] == [
        "a.toml:3:9: error: b: no",
        "  help: yes",
    ]


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本", 3, "日…"),
    ],
)
def test_a_line_is_cut_to_the_terminal(text: str, width: int, cut: str) -> None:
    """Wide characters count as two cells, and what is missing is marked."""
    assert painted(plain(text), coloured=False, width=width) == cut


def test_a_cut_line_ends_its_colour() -> None:
    """Whatever is cut off, the colour is not left on."""
    line = (("ab", "red"), ("cd", "bold red"))
    assert painted(line, coloured=True, width=3) == "\x1b[31mab\x1b[0m\x1b[1;31m…\x1b[0m"
    assert painted(line, coloured=True) == "\x1b[31mab\x1b[0m\x1b[1;31mcd\x1b[0m"


def test_times_of_another_day_have_their_date() -> None:
    """Today the time of day says enough."""
    assert near_time(NOW - DAY, NOW) == local_time(NOW - DAY)
    assert local_time(NOW) == f"{local_time(NOW)[:10]} {near_time(NOW, NOW)}"


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [(400, "0 ms"), (48_300, "48 ms"), (1_240_000, "1.2 s"), (90_000_000, "1.5 min")],
)
def test_durations_are_told_in_fitting_units(microseconds: int, words: str) -> None:
    """Milliseconds, seconds or minutes."""
    assert duration(microseconds) == words
