"""The service module ``git-pages``: its settings' file and its unit."""

import tomllib

import pytest

from hmsvcd.modules.git_pages import module
from shipped_modules import Shipped

PAGES = Shipped(module, "git-pages")
FILE = "home-services/a/git-pages.toml"


def settings(options="", *tables, file=FILE):
    """Return what the installed file says."""
    return tomllib.loads(PAGES.rendering(options, *tables).files[file].text or "")


def test_the_folder_is_called_like_the_service():
    """By default; a sub-service has its own name for it."""
    assert settings() == {"storage": {"fs": {"root": "/var/lib/a/data"}}}
    sub = '[services.a.services.b]\nimports = ["git-pages"]'
    inner = settings("", sub, file="home-services/a-b/git-pages.toml")
    assert inner["storage"]["fs"]["root"] == "/var/lib/b/data"


def test_settings_are_merged_with_the_default():
    """Which gives way."""
    options = 'settings.storage = { fs.root = "data", s3.bucket = "b" }\nsettings.log = "json"'
    assert settings(options) == {
        "storage": {"fs": {"root": "data"}, "s3": {"bucket": "b"}},
        "log": "json",
    }


def test_the_command_line_names_the_file_by_its_place():
    """So it stays the same when the settings change."""
    argv = ["-config", f"/home/user/.config/{FILE}"]
    assert PAGES.argv() == PAGES.argv('settings.log = "json"') == argv


def test_a_file_of_ones_own_can_be_forced():
    """A plain one conflicts with the module's."""
    source = '[services.a.configData."git-pages.toml"]\nsource = '
    installed = PAGES.checked("", source + '{ mkForce = "/my.toml" }')[0].files[FILE]
    assert installed.source == "/my.toml"
    ((_, message),) = PAGES.errors("", source + '"/my.toml"')
    assert message == "2 different definitions of one value"


@pytest.mark.parametrize(
    ("options", "loaded"),
    [("", []), ('secretFile = "/s.toml"', ["LoadCredential=secrets.toml:/s.toml"])],
)
def test_the_unit(options, loaded):
    """It has all that upstream's has; secrets are a credential."""
    lines = PAGES.unit(options)
    assert lines.pop().startswith("X-Reload-Triggers=/store/")
    assert lines == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        f"BindReadOnlyPaths=/home/user/.config/{FILE}",
        "DynamicUser=true",
        *loaded,
        "LockPersonality=true",
        "MemoryDenyWriteExecute=true",
        "PrivateDevices=true",
        "PrivateTmp=true",
        "PrivateUsers=true",
        "ProtectClock=true",
        "ProtectControlGroups=true",
        "ProtectHome=true",
        "ProtectHostname=true",
        "ProtectKernelLogs=true",
        "ProtectKernelModules=true",
        "ProtectKernelTunables=true",
        "ProtectSystem=strict",
        "Restart=always",
        "RestartSec=5",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=true",
        "RestrictRealtime=true",
        "RestrictSUIDSGID=true",
        "StateDirectory=a",
        "SystemCallArchitectures=native",
        "SystemCallErrorNumber=EPERM",
        "SystemCallFilter=@system-service",
        "Type=simple",
        "User=a",
        "WorkingDirectory=%S/a",
        "",
        "[Unit]",
        "After=network.target",
        "Description=Forge-agnostic static site server",
        "Documentation=https://git-pages.org/running-a-server/",
        "Wants=network.target",
    ]
