"""How far two definitions are apart."""

import pytest

from hmsvcd.model.decision import Difference
from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.decide.diff import changed_directives, difference, only_triggers, worst
from hmsvcd.pipeline.syntax.unit_file import parse

BASE = """
[Unit]
Description=a
Wants=b.service
X-Reload-Triggers=/store/1
[Service]
ExecStart=/bin/a
RestartSec=5
[Install]
WantedBy=default.target
"""


def edited(old: str, new: str) -> UnitFile:
    """Return the base unit with one piece of text replaced by another."""
    assert old in BASE
    return unit(BASE.replace(old, new))


def unit(text: str) -> UnitFile:
    """Return a service of that text."""
    return parse("a.service", text)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Description=a", "# a comment\nDescription = a", Difference.SAME),
        ("Description=a\nWants=b.service", "Wants=b.service\nDescription=a", Difference.SAME),
        ("Description=a", "Description=b", Difference.EQ),
        ("Description=a", "", Difference.EQ),
        ("Description=a", "Description=a\nAfter=c.service", Difference.EQ),
        ("Description=a", "Description=a\nStartLimitBurst=3", Difference.EQ),
        ("Description=a", "Description=a\nJobTimeoutAction=none", Difference.EQ),
        ("RestartSec=5", "RestartSec=6", Difference.EQ),
        ("RestartSec=5", "RestartSec=5\nRestartForceExitStatus=3", Difference.EQ),
        ("RestartSec=5", "RestartSec=5\nExecStop=/bin/b", Difference.EQ),
        ("RestartSec=5", "RestartSec=5\nX-SwitchMethod=reload", Difference.EQ),
        ("Description=a", "Description=a\nX-OnlyManualStart=true", Difference.EQ),
        ("default.target", "other.target", Difference.EQ),
        ("/store/1", "/store/2", Difference.TRIG),
        ("X-Reload-Triggers=/store/1", "Description=b", Difference.TRIG),
        ("/bin/a", "/bin/b", Difference.CHG),
        ("Wants=b.service", "", Difference.CHG),
        ("Description=a", "Description=a\nX-Restart-Triggers=/store/1", Difference.CHG),
        ("RestartSec=5", "RestartSec=5\nTimeoutStartSec=5", Difference.CHG),
        ("RestartSec=5", "RestartSec=5\nDescription=b", Difference.CHG),
        ("[Install]", "[Install]\n[X-Mine]\nA=1\n[Install]", Difference.CHG),
    ],
)
def test_the_weightiest_directive_decides(old: str, new: str, expected: Difference) -> None:
    """What a daemon-reload takes up weighs less than triggers, and these less than all else."""
    assert difference(unit(BASE), edited(old, new)) is expected
    assert difference(edited(old, new), unit(BASE)) is expected


def test_the_options_of_a_mount_are_told_apart() -> None:
    """A mount takes up new options by itself, but nothing else."""
    old = parse("a.mount", "[Mount]\nWhat=/dev/a\nOptions=ro\n")
    options = parse("a.mount", "[Mount]\nWhat=/dev/a\nOptions=rw\n")
    device = parse("a.mount", "[Mount]\nWhat=/dev/b\nOptions=rw\n")
    assert difference(old, options) is Difference.OPTIONS
    assert difference(old, device) is Difference.CHG


def test_the_worst_of_all_possible_old_definitions_counts() -> None:
    """After a kill nobody knows which of two definitions runs; the careful answer holds."""
    olds = (unit(BASE), edited("/store/1", "/store/2"), edited("/bin/a", "/bin/b"))
    assert worst(olds, unit(BASE)) is Difference.CHG
    assert worst(olds[:2], unit(BASE)) is Difference.TRIG
    assert worst((), unit(BASE)) is Difference.CHG


def test_only_triggers_leaves_no_room_for_others() -> None:
    """A changed description besides needs the daemon-reload before a restart would show it."""
    new = edited("/store/1", "/store/2")
    assert only_triggers((unit(BASE),), new)
    assert not only_triggers((unit(BASE), edited("Description=a", "Description=b")), new)


def test_directives_are_named_but_never_quoted() -> None:
    """A reason names what made the difference; values may be secret, lesser changes idle."""
    text = BASE.replace("/bin/a", "/bin/secret").replace("=a\n", "=b\n")
    new = unit(text + "[Service]\nUser=x\n")
    assert changed_directives(unit(BASE), new) == ("ExecStart", "User")
    assert changed_directives(unit(BASE), edited("Description=a", "")) == ("Description",)
    assert changed_directives(unit(BASE), unit(BASE)) == ()
