"""Directives that a user manager does not honour."""

import pytest

from hmsvcd.model.diagnostic import Place
from hmsvcd.model.service import Unit
from hmsvcd.pipeline.check.privileges import IMPLIED_USERS, warnings


def told(directives: dict[str, str], section: str = "Service", systemd: int = 0) -> list[str]:
    """What is said of a unit with these directives."""
    sections = {section: {name: (value,) for name, value in directives.items()}}
    return [each.message for each in warnings(Unit("a.service", sections), systemd)]


@pytest.mark.parametrize(
    ("directive", "value", "part"),
    [
        ("DynamicUser", "true", "start fail (217/USER)"),
        ("User", "nobody", "start fail (216/GROUP)"),
        ("Group", "nogroup", "start fail (216/GROUP)"),
        ("SupplementaryGroups", "audio", "start fail (216/GROUP)"),
        ("AmbientCapabilities", "CAP_NET_BIND_SERVICE", "start fail (218/CAPABILITIES)"),
        ("CapabilityBoundingSet", "", "start fail (218/CAPABILITIES)"),
        ("NetworkNamespacePath", "/run/netns/a", "start fail (225/NETWORK)"),
        ("PrivateDevices", "yes", "start fail (218/CAPABILITIES)"),
        ("BindPaths", "/a:/b", "start fail (226/NAMESPACE)"),
        ("ProtectSystem", "strict", "is ignored"),
        ("PrivateTmp", "true", "is ignored"),
        ("PrivateNetwork", "true", "is ignored"),
        ("PAMName", "login", "is ignored"),
        ("CPUSchedulingPolicy", "fifo", "start fail (214/SETSCHEDULER)"),
        ("Nice", "-5", "is ignored"),
    ],
)
def test_a_directive_that_needs_root_is_told(directive: str, value: str, part: str) -> None:
    """The warning says what really happens: ignored, or the start fails."""
    [message] = told({directive: value})
    assert message.startswith(f"{directive}= ")
    assert part in message


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("DynamicUser", "false"),
        ("DynamicUser", "no"),
        ("User", ""),
        ("AmbientCapabilities", ""),
        ("CapabilityBoundingSet", "~"),
        ("ProtectSystem", "off"),
        ("ProcSubset", "all"),
        ("Nice", "5"),
        ("CPUSchedulingPolicy", "batch"),
        ("NoNewPrivileges", "true"),
        ("SystemCallFilter", "@system-service"),
        ("MemoryMax", "1G"),
        ("PrivateUsers", "true"),
    ],
)
def test_what_a_user_manager_can_do_is_not_told(directive: str, value: str) -> None:
    """A value that turns a directive off, and what works, give no warning."""
    assert told({directive: value}) == []


@pytest.mark.parametrize(
    ("directive", "still_told"),
    [
        ("ProtectSystem", False),
        ("PrivateDevices", False),
        ("AmbientCapabilities", False),
        ("DynamicUser", True),
        ("User", True),
        ("NetworkNamespacePath", True),
    ],
)
def test_private_users_makes_sandboxing_work(directive: str, *, still_told: bool) -> None:
    """With ``PrivateUsers=true`` only what needs another user is told."""
    assert bool(told({directive: "true", "PrivateUsers": "true"})) is still_told


@pytest.mark.parametrize(
    ("directive", "still_told"),
    [
        ("ProtectSystem", False),
        ("PrivateDevices", False),
        ("BindPaths", False),
        ("AmbientCapabilities", True),
        ("DynamicUser", True),
    ],
)
def test_newer_versions_sandbox_by_themselves(directive: str, *, still_told: bool) -> None:
    """From 254 on sandboxing implies ``PrivateUsers=``; capabilities do not."""
    assert bool(told({directive: "true"}, systemd=IMPLIED_USERS)) is still_told


def test_the_last_assignment_counts() -> None:
    """A later assignment that turns a directive off ends the matter."""
    unit = Unit("a.service", {"Service": {"DynamicUser": ("true", "false")}})
    assert warnings(unit) == []


def test_the_warning_stands_where_the_directive_is_declared() -> None:
    """The place is that of the directive, else that of the unit."""
    place, around = Place("f", ("x", "DynamicUser")), Place("f", ("x",))
    sections = {"Service": {"DynamicUser": ("true",), "User": ("a",)}}
    unit = Unit("a.service", sections, place=around, places={("Service", "DynamicUser"): (place,)})
    assert {each.place for each in warnings(unit)} == {place, around}


def test_a_socket_that_runs_processes_is_limited_like_a_service() -> None:
    """Execution directives matter only where something is executed."""
    assert told({"User": "nobody"}, "Socket") == []
    assert told({"User": "nobody", "ExecStartPre": "/bin/true"}, "Socket")
    assert told({"User": "nobody"}, "Unit") == []


@pytest.mark.parametrize("directive", ["SocketUser", "SocketGroup", "PrivateNetwork"])
def test_a_socket_cannot_be_bound_for_others(directive: str) -> None:
    """What needs root to bind a socket makes its start fail."""
    [message] = told({directive: "true"}, "Socket")
    assert "start fail" in message


def test_an_unknown_version_is_told_which_are_meant() -> None:
    """Where the version of systemd is not known, the warning names those that it is about."""
    assert told({"ProtectSystem": "full"})[0].endswith("(systemd before 254)")
    assert not told({"ProtectSystem": "full"}, systemd=252)[0].endswith(")")
