"""Units that are no services: their sections are written as they are."""

import pytest

from declarations import HEAD, errors, judged, lines, rendering, values, warnings
from hmsvcd.model.schema import NATIVE_KINDS

NATIVE = "[systemd.user.{table}.x]\nUnit.Description = 'x'\n{more}"
NEEDED = {"services": "Service.ExecStart = '/x'", "sockets": "Socket.ListenStream = 1"}


@pytest.mark.parametrize(("table", "kind"), NATIVE_KINDS.items())
def test_every_kind_can_be_declared(table, kind):
    """The suffix follows from the table."""
    text = NATIVE.format(table=table, more=NEEDED.get(table, ""))
    assert values("Description", text, unit=f"x.{kind}") == ["x"]


def test_the_tables_are_those_of_home_manager():
    """A kind's name and an s."""
    tables = [
        "services",
        "sockets",
        "timers",
        "paths",
        "targets",
        "slices",
        "mounts",
        "automounts",
    ]
    assert sorted(NATIVE_KINDS) == sorted(tables)


def test_sections_and_directives_are_sorted():
    """In byte order, lists as repeated keys, booleans as words, empty ones dropped."""
    text = """[systemd.user.timers.t]
    Unit = { b = 1, B = true, X = [] }
    Timer.OnCalendar = ["b", "a"]
    Install = {}
    """
    assert lines("t.timer", text) == [
        "[Timer]",
        "OnCalendar=b",
        "OnCalendar=a",
        "",
        "[Unit]",
        "B=true",
        "b=1",
    ]


def test_install_makes_links():
    """As ``systemctl enable`` would; several may stand in one string."""
    install = (
        "Install.WantedBy = ['a.target b.target', 'a.target']\nInstall.RequiredBy = 'c.target'"
    )
    rendered = rendering(f"[systemd.user.timers.t]\nTimer.OnCalendar = 'daily'\n{install}")
    assert rendered.links == {
        "a.target.wants": ("t.timer",),
        "b.target.wants": ("t.timer",),
        "c.target.requires": ("t.timer",),
    }
    assert "WantedBy=a.target b.target\nWantedBy=a.target\n" in rendered.units["t.timer"].text


def test_a_link_to_an_invalid_name_is_an_error():
    """It would become a folder."""
    (error,) = errors("[systemd.user.timers.t]\nInstall.WantedBy = 'a.target ../b'")
    assert error.key == "systemd.user.timers.t.Install.WantedBy"


def test_a_target_that_a_user_manager_lacks_is_a_warning():
    """Native units are not rewritten."""
    text = "[systemd.user.timers.t]\nInstall.WantedBy = 'multi-user.target'"
    (warning,) = warnings(text)
    assert warning.hint == "write default.target"
    assert values("WantedBy", text, unit="t.timer") == ["multi-user.target"]


@pytest.mark.parametrize("directive", ["Alias", "Also", "DefaultInstance"])
def test_what_only_systemctl_enable_does_is_a_warning(directive):
    """Links come from WantedBy and RequiredBy alone."""
    (warning,) = warnings(f"[systemd.user.targets.t]\nInstall.{directive} = 'x.timer'")
    assert "systemctl enable" in warning.message


def test_an_empty_unit_is_an_error():
    """systemd takes an empty file for a masked unit."""
    (error,) = errors("[systemd.user.targets.t]")
    assert "masked" in error.message
    assert errors("[systemd.user.targets.t.Unit]\nAfter = []")


def test_a_native_service_needs_a_command():
    """With neither Type nor ExecStart it is a oneshot, which may have an ExecStop alone."""
    service = "[systemd.user.services.s.Service]\n"
    assert errors(service + "Restart = 'no'")
    assert not errors(service + "ExecStop = '/x'\nRemainAfterExit = true")
    assert errors(service + "ExecStart = '/x'\nType = 'oneshot'\nRestart = 'always'")


@pytest.mark.parametrize("name", ["a b", "a/b", "..", ""])
def test_a_name_that_is_none(name):
    """As for services."""
    (error,) = errors(f"[systemd.user.timers.'{name}'.Timer]\nOnCalendar = 'daily'")
    assert "no name that can stand here" in error.message


def test_a_section_has_a_name_that_systemd_reads():
    """Letters, digits, dashes and underscores."""
    (error,) = errors("[systemd.user.timers.t]\nTimer.X = 1\n'T]'.X = 1")
    assert error.key == 'systemd.user.timers.t."T]"'


def test_an_unknown_kind_has_a_hint():
    """The nearest table."""
    (error,) = errors("[systemd.user.timer.t.Timer]\nOnCalendar = 'daily'")
    assert error.hint == "did you mean `timers`?"


def test_native_units_stand_beside_services():
    """A timer for a declared service."""
    timer = "[systemd.user.timers.a]\nTimer.OnCalendar = 'daily'"
    assert set(rendering(HEAD, timer).units) == {"a.service", "a.timer"}


def test_a_suffix_that_the_table_gives_is_an_error():
    """It would be there twice; the right name is in the hint."""
    (error,) = errors("[systemd.user.timers.'p.timer']\nTimer.OnCalendar = 'daily'")
    assert "`p.timer.timer`" in error.message
    assert error.hint == "write systemd.user.timers.p"


def test_an_unknown_section_is_a_warning_with_the_nearest_name():
    """It is told beside what is missing for its sake; sections of others begin with X-."""
    found = judged("[systemd.user.services.n]\nSerivce.ExecStart = '/x'\nX-Mine.A = 1")[1]
    assert [each.message for each in found] == [
        "systemd ignores the unknown section [Serivce]",
        "a service unit without any command",
    ]
    assert found[0].hint == "did you mean `[Service]`?"
