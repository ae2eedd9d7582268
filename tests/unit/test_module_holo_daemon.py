"""The service module ``holo-daemon``: its settings' file and its unit."""

import pytest

from hmsvcd.modules.holo_daemon import module
from module_pages import shown
from shipped_modules import Shipped

HOLO = Shipped(module, "holod")
GRPC = {"grpc": {"enabled": True, "address": "[::]:50051"}}
DEFAULTS = {
    "user": "holo",
    "group": "holo",
    "database_path": "/var/run/holod/holod.db",
    "logging": {
        "journald": {"enabled": True},
        "file": {"enabled": True, "dir": "/var/log/", "name": "holod.log"},
    },
    "plugins": GRPC,
}


def test_the_defaults_are_in_the_file():
    """All of them."""
    assert HOLO.settings() == DEFAULTS


def test_settings_may_name_the_program():
    """Of the command line only what names the file depends on them."""
    assert HOLO.settings('settings.by = "@{config.process.argv.0}"')["by"] == "/usr/bin/holod"


def test_settings_are_merged_with_the_defaults():
    """Also those that the module does not know."""
    options = """
    settings.user = "me"
    settings.threads = 4
    settings.logging.style = "json"
    settings.logging.file.enabled = false
    settings.plugins.gnmi = { enabled = true }
    """
    merged = HOLO.settings(options)
    assert merged["user"] == "me"
    assert merged["threads"] == 4
    assert merged["logging"] == {
        "journald": {"enabled": True},
        "file": {"enabled": False, "dir": "/var/log/", "name": "holod.log"},
        "style": "json",
    }
    assert merged["plugins"] == {**GRPC, "gnmi": {"enabled": True}}


@pytest.mark.parametrize(
    "setting", ["logging.journald.level", "logging.file.size", "plugins.grpc.port"]
)
def test_some_tables_are_closed(setting):
    """Upstream's module says all of their options."""
    ((key, message),) = HOLO.errors(f"settings.{setting} = 1")
    assert key == f"holo-daemon.settings.{setting}"
    assert message.startswith("unknown option")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("settings.user = 1", "expected a string, found an integer"),
        ('settings.plugins.grpc.enabled = "x"', "expected a boolean, found a string"),
    ],
)
def test_options_have_types(line, message):
    """Whatever else is an error where it stands."""
    assert HOLO.errors(line) == [(f"holo-daemon.{line.split()[0]}", message)]


def test_the_command_line_names_the_file():
    """In the store, by its content."""
    flag, path = HOLO.argv()
    assert flag == "-c"
    assert path.startswith("/store/")
    assert path.endswith("-holod.toml")


def test_the_unit_is_that_of_every_service():
    """The module says nothing of it."""
    assert HOLO.unit() == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "Restart=always",
        "RestartSec=5",
        "Type=simple",
    ]


def test_the_file_that_the_page_shows_is_the_one_of_its_example():
    """It lies in the store, so ``render`` does not show it."""
    (example,), (file,) = (shown("holo-daemon", mark) for mark in ("toml", "toml holod"))
    options = example.partition("holo-daemon.settings]\n")[2].partition("[")[0]
    written = HOLO.file("", f"[services.a.holo-daemon.settings]\n{options}")
    shown_file = file.replace("/home/you", "/home/user").replace('"you"', '"user"')
    assert written == shown_file
