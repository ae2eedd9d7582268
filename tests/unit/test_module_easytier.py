"""The service module ``easytier``: its command line, its configuration file and its unit."""

import pytest

from hmsvcd.modules.easytier import module
from shipped_modules import Shipped

EASYTIER = Shipped(module, "easytier-core", 'settings.instance_name = "home"\n')
NAMELESS = Shipped(module, "easytier-core")
FILE = "home-services/a/config.toml"
CONFIG = f"--config-file=/home/user/.config/{FILE}"


@pytest.mark.parametrize(
    ("options", "argv"),
    [
        ("", [CONFIG]),
        ('settings.hostname = "h"', ["--hostname=h", CONFIG]),
        ('configServer = "udp://s:1/me"', ["--config-server=udp://s:1/me"]),
        (
            'settings.hostname = "h"\nconfigServer = "s"\nextraArgs = ["--no-tun", "-d"]',
            ["--hostname=h", "--config-server=s", "--no-tun", "-d"],
        ),
        ('extraArgs = ["-d"]', [CONFIG, "-d"]),
        ('configFile = "/my.toml"', [CONFIG]),
    ],
)
def test_options_are_arguments(options, argv):
    """The configuration is in a file, or comes from a server."""
    assert EASYTIER.argv(options) == argv


def test_the_settings_are_in_a_file():
    """Without what is not set; the table of the network stays."""
    assert EASYTIER.settings("settings.ipv4 = '10.0.0.1'\nsettings.flags.no_tun = true") == {
        "instance_name": "home",
        "ipv4": "10.0.0.1",
        "flags": {"no_tun": True},
        "network_identity": {},
    }


def test_the_network_has_a_name_and_a_secret():
    """And whatever else is said of it."""
    options = "settings.network_identity = { network_name = 'n', network_secret = 's', x = 1 }"
    network = EASYTIER.settings(options)["network_identity"]
    assert network == {"network_name": "n", "network_secret": "s", "x": 1}


def test_peers_are_settings():
    """A table for each; without any, there is none."""
    peers = EASYTIER.settings('peers = ["tcp://a:1", "udp://b:2"]')["peer"]
    assert peers == [{"uri": "tcp://a:1"}, {"uri": "udp://b:2"}]
    assert "peer" not in EASYTIER.settings("peers = []")
    assert EASYTIER.settings('settings.peer = [{ uri = "a" }]')["peer"] == [{"uri": "a"}]


def test_peers_are_said_in_one_way():
    """Two of them conflict."""
    ((key, message),) = EASYTIER.errors('peers = ["a"]\nsettings.peer = [{ uri = "b" }]')
    assert key == "easytier.settings.peer"
    assert message == "2 different definitions of one value"


def test_with_a_server_there_is_no_file():
    """Unless the declaration says so."""
    server = 'configServer = "s"'
    enabled = '[services.a.configData."config.toml"]\nenable = true'
    assert EASYTIER.rendering(server).files == {}
    assert list(EASYTIER.rendering(server, enabled).files) == [FILE]


def test_a_file_of_ones_own():
    """It is installed in the place of the generated one."""
    installed = EASYTIER.checked('configFile = "/my.toml"')[0].files[FILE]
    assert installed.source == "/my.toml"


def test_the_name_of_the_instance_has_to_be_set():
    """Also with a file of one's own."""
    message = "`services.a.easytier.settings.instance_name` is not set"
    assert message in {said for _, said in NAMELESS.errors('configFile = "/my.toml"')}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('configFile = "my.toml"', "configFile"),
        ('environmentFiles = ["/a", "b"]', "environmentFiles.1"),
    ],
)
def test_files_have_absolute_paths(line, key):
    """Or they would be looked for beside the module."""
    assert EASYTIER.errors(line) == [(f"easytier.{key}", "expected an absolute path")]


def unit(instance, *files):
    """Return the unit of an instance, with these files for the environment."""
    return [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "AmbientCapabilities=CAP_NET_RAW",
        "AmbientCapabilities=CAP_NET_ADMIN",
        "CapabilityBoundingSet=CAP_NET_RAW",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "DeviceAllow=/dev/net/tun",
        "DynamicUser=true",
        *(f"EnvironmentFile={file}" for file in files),
        "MemoryDenyWriteExecute=true",
        "PrivateTmp=true",
        "ProtectHome=true",
        "ProtectKernelLogs=true",
        "ProtectKernelModules=true",
        "ProtectProc=invisible",
        "ProtectSystem=strict",
        "Restart=on-failure",
        "RestartSec=5",
        "RestrictRealtime=true",
        f"StateDirectory=easytier/easytier-{instance}",
        "StateDirectoryMode=0700",
        "Type=simple",
        "UMask=0077",
        f"WorkingDirectory=%S/easytier/easytier-{instance}",
        "",
        "[Unit]",
        "After=network-online.target",
        "After=nss-lookup.target",
        f"Description=EasyTier Daemon - {instance}",
        "Wants=network-online.target",
        "Wants=nss-lookup.target",
    ]


def test_the_unit():
    """It has all that upstream's has."""
    server = 'configServer = "s"\n'
    assert EASYTIER.unit(server) == unit("home")
    assert EASYTIER.unit(f'{server}environmentFiles = ["/a", "/b"]') == unit("home", "/a", "/b")


def test_a_name_is_not_expanded():
    """What systemd would take for a specifier is escaped."""
    odd = 'settings.instance_name = "50%h"\nconfigServer = "s"'
    assert NAMELESS.unit(odd) == unit("50%%h")
