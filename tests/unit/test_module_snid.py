"""The service module ``snid``: its command line, its unit, and what it refuses."""

import pytest

from hmsvcd.modules.snid import module
from shipped_modules import Shipped

SNID = Shipped(module, "snid")
TCP = 'mode = "tcp"\nbackendCidrs = ["10.0.0.0/8"]'
TCP_ARGV = "-mode tcp -backend-cidr 10.0.0.0/8"
NAT46 = 'mode = "nat46"\nbackendCidrs = ["2001:db8::/64"]\nnat46Prefix = "64:ff9b:1::"'
UNIX = 'mode = "unix"\nunixDirectory = "/srv/sockets"'
RESTART = "[services.a.systemd.service.serviceConfig]\nRestart = {}"


@pytest.mark.parametrize(
    ("options", "argv"),
    [
        (TCP, TCP_ARGV),
        (NAT46, "-mode nat46 -backend-cidr 2001:db8::/64 -nat46-prefix=64:ff9b:1::"),
        (UNIX, "-mode unix -unix-directory=/srv/sockets"),
        (
            f'{UNIX}\nlisten = ["tcp:443", "tcp:1.2.3.4:8443"]',
            "-mode unix -listen tcp:443 -listen tcp:1.2.3.4:8443 -unix-directory=/srv/sockets",
        ),
        (
            'mode = "tcp"\nbackendCidrs = ["10.0.0.0/8", "2001:db8::/64"]',
            "-mode tcp -backend-cidr 10.0.0.0/8 -backend-cidr 2001:db8::/64",
        ),
        (
            f'{UNIX}\nbackendCidrs = ["::/0"]',
            "-mode unix -backend-cidr ::/0 -unix-directory=/srv/sockets",
        ),
        (f'{TCP}\ndefaultHostname = "x"', f"{TCP_ARGV} -default-hostname=x"),
        (f'{TCP}\ndefaultHostname = ""', f"{TCP_ARGV} -default-hostname="),
        (f"{TCP}\nbackendPort = 0", f"{TCP_ARGV} -backend-port=0"),
        (f"{TCP}\nproxyProto = true", f"{TCP_ARGV} -proxy-proto"),
        (f"{TCP}\nproxyProto = false", TCP_ARGV),
    ],
)
def test_options_are_flags(options, argv):
    """Those that are set; a list has its flag before each element."""
    assert SNID.argv(options) == argv.split(" ")


def test_flags_are_in_one_order():
    """However they are declared."""
    options = """
    proxyProto = true
    unixDirectory = "/u"
    backendPort = 9443
    nat46Prefix = "64::"
    defaultHostname = "h"
    backendCidrs = ["::/0"]
    listen = ["tcp:443"]
    mode = "nat46"
    """
    assert SNID.argv(options) == [
        *("-mode", "nat46", "-listen", "tcp:443", "-backend-cidr", "::/0"),
        *("-default-hostname=h", "-nat46-prefix=64::", "-backend-port=9443"),
        *("-unix-directory=/u", "-proxy-proto"),
    ]


def test_the_unit():
    """It has all that upstream's has."""
    assert SNID.unit(TCP) == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE",
        "DynamicUser=true",
        "Restart=on-failure",
        "RestartSec=5",
        "Type=simple",
        "",
        "[Unit]",
        "After=network.target",
        "Wants=network.target",
    ]


def test_what_the_unit_says_is_no_default():
    """A default gives way to it, something else conflicts, and what is forced counts."""
    assert "Restart=on-failure" in SNID.unit(TCP, RESTART.format('{ mkDefault = "no" }'))
    assert "Restart=no" in SNID.unit(TCP, RESTART.format('{ mkForce = "no" }'))
    ((key, message),) = SNID.errors(TCP, RESTART.format('"no"'))
    assert key == "systemd.service.serviceConfig.Restart"
    assert message == "2 different definitions of one value"


def test_a_list_of_the_unit_goes_on():
    """With what the declaration says."""
    more = '[services.a.systemd.service]\nafter = ["x.service"]\nwantedBy = ["y.target"]'
    lines = SNID.unit(TCP, more)
    assert [line for line in lines if line.startswith(("After", "WantedBy"))] == [
        *("WantedBy=default.target", "WantedBy=y.target"),
        *("After=network.target", "After=x.service"),
    ]


@pytest.mark.parametrize(
    ("options", "failed"),
    [
        ('mode = "nat46"', [("nat46Prefix", "nat46"), ("backendCidrs", "nat46")]),
        ('mode = "nat46"\nnat46Prefix = "64::"', [("backendCidrs", "nat46")]),
        ('mode = "nat46"\nbackendCidrs = ["::/0"]', [("nat46Prefix", "nat46")]),
        ('mode = "tcp"', [("backendCidrs", "tcp")]),
        ('mode = "tcp"\nbackendCidrs = []', [("backendCidrs", "tcp")]),
        ('mode = "unix"', [("unixDirectory", "unix")]),
    ],
)
def test_each_mode_needs_something(options, failed):
    """The message says what, and in which mode."""
    assert [message for _, message in SNID.errors(options)] == [
        f"failed assertion: snid: `{option}` must be set when `mode` is `{mode}`."
        for option, mode in failed
    ]


def test_the_mode_has_to_be_set():
    """It is said once."""
    assert SNID.errors() == [("snid", "`services.a.snid.mode` is not set")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('mode = "http"', 'expected one of "nat46", "tcp", "unix"'),
        ("backendPort = 65536", "expected a port from 0 to 65535: this integer is out of range"),
        ('unixDirectory = "sockets"', "expected an absolute path"),
        ('listen = "tcp:443"', "expected a list of strings, found a string"),
        ('proxyProto = "yes"', "expected a boolean, found a string"),
    ],
)
def test_options_have_types(line, message):
    """Whatever else is an error where it stands."""
    mode = "" if line.startswith("mode") else 'mode = "tcp"\nbackendCidrs = ["::/0"]\n'
    ((key, said),) = SNID.errors(mode + line)
    assert (key, said) == (f"snid.{line.split()[0]}", message)


def test_a_session_warns_of_two_directives():
    """Those of system services."""
    section = "services.a.systemd.service.serviceConfig"
    keys = {each.key for each in SNID.checked(TCP)[1]}
    assert keys == {f"{section}.AmbientCapabilities.0", f"{section}.DynamicUser"}
