"""The page on the daemon's interface says what there is."""

import re
import shlex
from pathlib import Path

import pytest

from control_calls import busctl
from hmsvcd.host.bus_interface import Arguments
from hmsvcd.host.control import (
    ERRORS,
    INTERNAL,
    MANAGER,
    NAME,
    OPTIONS,
)
from hmsvcd.model.daemon import DaemonState

pytestmark = pytest.mark.bus

PAGE = Path(__file__).parents[2] / "docs/dbus.md"


@pytest.mark.usefixtures("control")
async def test_the_lines_shown_work(bus):
    """What the page types works as it stands; only the bus is another."""
    shown = re.findall(r"^busctl --user (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    lines = [line.partition(" | ")[0] for line in shown if not line.startswith("monitor")]
    assert len(lines) > 5
    for line in lines:
        code, out, err = await busctl(bus, *shlex.split(line))
        assert (code, bool(out), err) == (0, True, ""), line


def row(name: str, takes: Arguments, gives: Arguments) -> str:
    """Write a member as the page does."""
    given = ", ".join(f"{kind} {name}" for name, kind in takes.items())
    result = ", ".join(f"{kind} {name}" for name, kind in gives.items())
    return f"{name}({given})" + (f" → {result}" if result else "")


def listed(heading: str) -> list[tuple[str, str, str]]:
    """Return the rows of the tables below a heading: the name, what follows it, the words."""
    section = (
        PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    )
    return re.findall(r"^\| `([^`]+)`([^|]*) \| ([^|]+) \|$", section, re.MULTILINE)


def test_the_page_has_the_table():
    """The tables of the documentation are those of the code."""
    assert listed("Methods") == [
        (row(each.name, each.takes, each.gives), "", each.says) for each in MANAGER.methods
    ]
    assert listed("Signals") == [
        (row(each.name, each.gives, {}), "", each.says) for each in MANAGER.signals
    ]
    properties = [
        (f"{each.type} {each.name}", " (constant)" if each.constant else "", each.says)
        for each in MANAGER.properties
    ]
    assert listed("Properties")[: len(properties)] == properties


def test_the_page_names_what_there_is():
    """States, options and errors of the daemon are all documented."""
    states = [name for name, _, _ in listed("Properties")[len(MANAGER.properties) :]]
    assert states == [state.value for state in DaemonState]
    errors = [name for name, _, _ in listed("Errors") if name.startswith(NAME)]
    assert errors == [*ERRORS.values(), INTERNAL]
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}` (`{kind}`)" in text for name, kind in OPTIONS.items())
