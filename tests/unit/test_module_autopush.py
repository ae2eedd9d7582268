"""The service modules ``autoconnect`` and ``autoendpoint``: settings' files and units."""

import pytest

from hmsvcd.modules.autopush import autoconnect, autoendpoint
from shipped_modules import Shipped

BOTH = [Shipped(autoconnect, "autoconnect"), Shipped(autoendpoint, "autoendpoint")]
each = pytest.mark.parametrize("push", BOTH, ids=lambda push: push.program)


@each
def test_the_settings_are_in_a_file(push):
    """As TOML, whatever they are; the database is there if only as an empty string."""
    options = 'settings = { port = 8080, crypto_key = "[x]", statsd = { on = true, rate = 0.5 } }'
    assert push.settings(options) == {
        "db_dsn": "",
        "port": 8080,
        "crypto_key": "[x]",
        "statsd": {"on": True, "rate": 0.5},
    }
    assert push.settings('settings.db_dsn = "redis://r"') == {"db_dsn": "redis://r"}


@each
def test_settings_may_name_the_program(push):
    """Of the command line only what names the file depends on them."""
    by = push.settings('settings.by = "@{config.process.argv.0}"')["by"]
    assert by == f"/usr/bin/{push.program}"


@each
def test_the_command_line_names_the_file(push):
    """In the store, by its content and a name of its own."""
    flag, path = push.argv()
    assert flag == "-c"
    assert path.startswith("/store/")
    assert path.endswith(f"-{push.program}.toml")
    assert push.argv("settings.port = 1") != [flag, path]


@each
def test_the_order_of_the_settings_does_not_count(push):
    """The file is the same, so nothing is restarted."""
    assert push.argv("settings = { a = 1, b.c = 2, b.d = 3 }") == push.argv(
        "settings = { b.d = 3, b.c = 2, a = 1 }"
    )


@each
def test_the_database_is_a_string(push):
    """The other settings are what they like."""
    ((key, message),) = push.errors("settings.db_dsn = 1")
    assert key == f"{push.program}.settings.db_dsn"
    assert message == "expected a string, found an integer"


@each
def test_the_unit(push):
    """It has all that upstream's has."""
    assert push.unit() == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "DynamicUser=true",
        "LockPersonality=true",
        "MemoryDenyWriteExecute=true",
        "NoNewPrivileges=true",
        "PrivateDevices=true",
        "PrivateTmp=true",
        "PrivateUsers=true",
        "ProcSubset=pid",
        "ProtectClock=true",
        "ProtectControlGroups=true",
        "ProtectHome=true",
        "ProtectHostname=true",
        "ProtectKernelLogs=true",
        "ProtectKernelModules=true",
        "ProtectKernelTunables=true",
        "ProtectProc=invisible",
        "ProtectSystem=full",
        "RemoveIPC=true",
        "Restart=on-failure",
        "RestartSec=5",
        "RestrictNamespaces=true",
        "RestrictRealtime=true",
        "RestrictSUIDSGID=true",
        "RuntimeDirectoryMode=755",
        "StateDirectoryMode=700",
        "SystemCallArchitectures=native",
        "SystemCallFilter=~@clock",
        "SystemCallFilter=~@cpu-emulation",
        "SystemCallFilter=~@debug",
        "SystemCallFilter=~@module",
        "SystemCallFilter=~@mount",
        "SystemCallFilter=~@obsolete",
        "SystemCallFilter=~@raw-io",
        "SystemCallFilter=~@reboot",
        "SystemCallFilter=~@swap",
        "Type=simple",
        "UMask=77",
        "",
        "[Unit]",
        "After=network.target",
        "Wants=network.target",
    ]
