"""What a service has without being told: the definitions of its primary unit."""

import pytest

from declarations import HEAD, errors, judged, lines, values
from hmsvcd.model.diagnostic import Place
from hmsvcd.model.service import directive_place

SERVICE = [
    "[Install]",
    "WantedBy=default.target",
    "",
    "[Service]",
    'ExecStart="/bin/a"',
    "Restart=always",
    "RestartSec=5",
    "Type=simple",
]


def test_a_service_with_a_command_runs_and_is_restarted():
    """The defaults of the primary unit."""
    assert lines("a.service", HEAD) == SERVICE


def test_other_units_have_no_defaults():
    """Only what is declared, and no link."""
    text = HEAD + "systemd.services.b.serviceConfig.ExecStart = '/b'"
    assert lines("a-b.service", text) == ["[Service]", "ExecStart=/b"]


def test_a_plain_definition_beats_a_default():
    """Type, Restart and RestartSec stand at the priority of mkDefault."""
    text = "[services.a.systemd.service.serviceConfig]\nRestart = 'no'\nRestartSec = 1"
    assert values("Restart", HEAD, text) == ["no"]
    assert values("RestartSec", HEAD, text) == ["1"]


def test_a_default_conflicts_with_another_mkdefault():
    """As in Home Manager; equal ones are one."""
    text = "[services.a.systemd.service.serviceConfig]\nRestart = { mkDefault = '%s' }"
    assert errors(HEAD, text % "no")
    assert values("Restart", HEAD, text % "always") == ["always"]


@pytest.mark.parametrize(
    "text",
    [
        "systemd.mkForce.services.''.serviceConfig.ExecStart = '/b'",
        "systemd.mkForce.service.serviceConfig.ExecStart = '/b'",
        "systemd.services.mkForce.''.serviceConfig.ExecStart = '/b'",
        "systemd.services.''.mkForce.serviceConfig.ExecStart = '/b'",
        "systemd.service.mkForce.serviceConfig.ExecStart = '/b'",
    ],
)
def test_mkforce_on_the_unit_drops_all_defaults(text):
    """ExecStart and wantedBy included."""
    assert lines("a.service", HEAD + text) == ["[Service]", "ExecStart=/b"]


def test_mkforce_on_a_section_drops_its_defaults():
    """WantedBy stays; without ExecStart there is no command any more."""
    text = HEAD + "systemd.service.serviceConfig.mkForce.%s"
    assert lines("a.service", text % "ExecStart = '/b'") == [*SERVICE[:4], "ExecStart=/b"]
    (error,) = errors(text % "Type = 'exec'")
    assert "without any command" in error.message


@pytest.mark.parametrize("table", ["systemd", "systemd.services", "systemd.services.a"])
def test_mkdefault_on_the_unit_loses_whole(table):
    """The defaults are a plain definition of the table, which an override around it meets, too."""
    inside = "systemd.services.a".removeprefix(table).removeprefix(".")
    key = f"{table}.mkDefault.{inside}".rstrip(".")
    text = f"{key} = {{ description = 'lost', wantedBy = ['lost.target'] }}"
    assert lines("a.service", HEAD + text) == SERVICE


@pytest.mark.parametrize(
    ("unit", "prefix", "count"), [("a.service", "", 1), ("a-b.service", "services.b.", 2)]
)
def test_a_mkdefault_of_wantedby_adds_in_sub_services_only(unit, prefix, count):
    """Its default stands at 950 in a service and at 1000 in a sub-service."""
    text = HEAD + "services.b.process.argv = ['/bin/b']\n"
    text += f"{prefix}systemd.service.wantedBy = {{ mkDefault = ['x.target'] }}"
    assert values("WantedBy", text, unit=unit) == ["default.target", "x.target"][:count]


def test_oneshot_drops_the_restart_default():
    """systemd refuses oneshot with Restart=always; what the user writes stays."""
    text = HEAD + "systemd.service.serviceConfig = { Type = 'oneshot' %s }"
    assert values("Restart", text % "") == []
    assert values("RestartSec", text % "") == ["5"]
    assert values("Restart", text % ", Restart = 'on-failure'") == ["on-failure"]


def test_what_follows_from_an_option_has_its_place():
    """A command stands where argv or mainExecStart does, for what systemd says of it."""
    declaration, _ = judged(HEAD, "services.b.systemd.mainExecStart = '/b'")
    assert declaration
    places = [unit.places for service in declaration.services for unit in service.units]
    assert [directive_place(place, "Service", "ExecStart") for place in places] == [
        Place("config.toml", ("services", "a", "process", "argv")),
        Place("conf.d/1.toml", ("services", "b", "systemd", "mainExecStart")),
    ]


def test_the_command_may_be_given_as_a_line():
    """mainExecStart replaces the escaped argv, also where there is none."""
    text = "[services.a]\nsystemd.mainExecStart = '/bin/a $X %h'"
    assert values("ExecStart", text) == ["/bin/a $X %h"]
    assert values("ExecStart", text, "services.a.process.argv = ['/bin/b']") == ["/bin/a $X %h"]


def test_a_composition_has_no_unit_of_its_own():
    """A service with sub-services alone; further units of it stay."""
    text = """[services.a]
    services.b.process.argv = ["/bin/b"]
    systemd.services.c.serviceConfig.ExecStart = "/c"
    """
    assert lines("a-c.service", text) == ["[Service]", "ExecStart=/c"]
    assert values("ExecStart", text, unit="a-b.service") == ['"/bin/b"']


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("systemd.service.description = 'x'", "systemd.service"),
        ("systemd.socket.listenStreams = '1'", "systemd.socket"),
        ("configData.f.text = ''", "configData.f"),
        ("process.argv = []", "process.argv"),
    ],
)
def test_a_composition_cannot_use_settings_of_a_unit(setting, key):
    """There is no unit that they could be for."""
    found = errors(f"[services.a]\nservices.b.process.argv = ['/bin/b']\n{setting}")
    assert [error.key for error in found] == [f"services.a.{key}"]


def test_a_composition_may_hold_disabled_files():
    """What is not installed needs no unit."""
    text = "[services.a]\nservices.b.process.argv = ['/bin/b']\n"
    assert not errors(text + "configData.f = { text = '', enable = false }")
