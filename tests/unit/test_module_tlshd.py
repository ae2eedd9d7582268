"""The service module ``tlshd``: its settings' file and its unit."""

import pytest

from hmsvcd.modules.tlshd import module
from shipped_modules import Shipped

TLSHD = Shipped(module, "tlshd")
FILE = "home-services/a/tlshd.conf"
SETTINGS = """
settings."authenticate.server"."x509.private_key" = "/k"
settings."authenticate.server"."x509.certificate" = "/c"
settings.authenticate.keyrings = "nfs;nfsd"
"""


def test_the_settings_are_sections():
    """Sorted, with an empty line between them."""
    assert TLSHD.rendering(SETTINGS).files[FILE].text == (
        "[authenticate]\nkeyrings=nfs;nfsd\n\n"
        "[authenticate.server]\nx509.certificate=/c\nx509.private_key=/k\n"
    )


def test_without_settings_the_file_is_empty():
    """It is there, since the command line names it."""
    assert TLSHD.rendering().files[FILE].text == ""


def test_the_command_line_names_the_file_by_its_place():
    """So it stays the same when the settings change."""
    argv = ["--config", f"/home/user/.config/{FILE}"]
    assert TLSHD.argv() == TLSHD.argv(SETTINGS) == argv


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{ loglevel = 1 }", "expected a string, found an integer"),
        ("{ on = true }", "expected a string, found a boolean"),
        ('"x"', "expected a table, found a string"),
    ],
)
def test_settings_are_strings_in_sections(value, message):
    """As upstream."""
    ((key, said),) = TLSHD.errors(f"settings.debug = {value}")
    assert key.startswith("tlshd.settings.debug")
    assert said == message


def test_the_unit():
    """It has all that upstream's has."""
    assert TLSHD.unit() == [
        "[Install]",
        "WantedBy=remote-fs.target",
        "",
        "[Service]",
        "AmbientCapabilities=CAP_NET_ADMIN",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "DynamicUser=true",
        "Restart=on-failure",
        "RestartSec=5",
        "Type=simple",
        "",
        "[Unit]",
        "Before=remote-fs-pre.target",
        "DefaultDependencies=false",
        "Description=Handshake service for kernel TLS consumers",
        "Documentation=man:tlshd(8)",
        *[line for line in TLSHD.unit() if line.startswith("X-Reload-Triggers=")],
    ]


def test_it_can_belong_to_a_target_of_the_session():
    """Its own is of the system."""
    forced = '[services.a.systemd.service]\nwantedBy = { mkForce = ["default.target"] }'
    assert list(TLSHD.rendering().links) == ["remote-fs.target.wants"]
    assert list(TLSHD.rendering("", forced).links) == ["default.target.wants"]
