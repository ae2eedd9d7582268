"""The TOML that declares a unit which exists already renders to just that unit."""

import tomllib
from typing import Any

import pytest

from declarations import CONTEXT
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.declare.declare import Declared, declare
from hmsvcd.pipeline.syntax.effective import assigned_in, effective

SYNCTHING = """\
[Unit]
Description=Syncthing - Open Source Continuous File Synchronization
Documentation=man:syncthing(1)
StartLimitIntervalSec=60
StartLimitBurst=4

[Service]
ExecStart=/usr/bin/syncthing serve --no-browser --no-restart --logflags=0
Restart=on-failure
RestartSec=1
SuccessExitStatus=3 4
RestartForceExitStatus=3 4

# Hardening
SystemCallArchitectures=native
MemoryDenyWriteExecute=true
NoNewPrivileges=true

[Install]
WantedBy=default.target
"""
SYNCTHING_TOML = """\
[services.syncthing]
systemd.mainExecStart = "/usr/bin/syncthing serve --no-browser --no-restart --logflags=0"
systemd.service.description = "Syncthing - Open Source Continuous File Synchronization"
systemd.service.documentation = "man:syncthing(1)"
systemd.service.unitConfig.StartLimitIntervalSec = 60
systemd.service.unitConfig.StartLimitBurst = 4
systemd.service.serviceConfig.Restart = "on-failure"
systemd.service.serviceConfig.RestartSec = 1
systemd.service.serviceConfig.SuccessExitStatus = "3 4"
systemd.service.serviceConfig.RestartForceExitStatus = "3 4"
systemd.service.serviceConfig.SystemCallArchitectures = "native"
systemd.service.serviceConfig.MemoryDenyWriteExecute = true
systemd.service.serviceConfig.NoNewPrivileges = true
systemd.service.serviceConfig.Type = []
"""


def declared(name: str, *texts: str, wanted_by: tuple[str, ...] = ()) -> Declared:
    """Return the declaration of a unit with these drop-ins."""
    by_path = {f"/units/{number}": text for number, text in enumerate(texts)}
    return declare(ExistingUnit(name, by_path, wanted_by), CONTEXT)


def table(name: str, *texts: str, wanted_by: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the tables of the declaration of a unit."""
    found = declared(name, *texts, wanted_by=wanted_by)
    assert found.toml is not None, found.diagnostics
    return tomllib.loads(found.toml)


def service(lines: str, *drop_ins: str) -> dict[str, Any]:
    """Return the table of service ``a`` with these lines in ``[Service]``."""
    more = [f"[Service]\n{drop_in}\n" for drop_in in drop_ins]
    found: dict[str, Any] = table("a.service", f"[Service]\n{lines}\n", *more)["services"]["a"]
    return found


def test_syncthing():
    """A service as packages ship it becomes what a person would write."""
    found = declared("syncthing.service", SYNCTHING, wanted_by=("default.target",))
    assert (found.toml, found.diagnostics) == (SYNCTHING_TOML, ())


def test_ssh_agent():
    """Specifiers and variables stay for systemd to expand."""
    text = (
        "[Service]\nType=simple\nEnvironment=SSH_AUTH_SOCK=%t/ssh-agent.socket\n"
        "ExecStart=/usr/bin/ssh-agent -D -a $SSH_AUTH_SOCK\n"
    )
    found = table("ssh-agent.service", text)["services"]["ssh-agent"]["systemd"]
    assert found["mainExecStart"] == "/usr/bin/ssh-agent -D -a $SSH_AUTH_SOCK"
    assert found["service"]["serviceConfig"]["Environment"] == "SSH_AUTH_SOCK=%t/ssh-agent.socket"
    assert found["service"]["wantedBy"] == []


@pytest.mark.parametrize(
    "command",
    [
        "-/bin/false",
        "@/bin/sh name -c 'exit 0'",
        "/bin/sh -c \"echo '%h' ${HOME}\"",
        "/bin/echo one ; /bin/echo two",
        '"/bin/echo" "$HOME"',
        '"/bin/echo" "%h"',
        '"/bin/echo"  "two blanks"',
        "\"/bin/echo\" 'other quotes'",
        "/bin/echo @{config.process.argv.0} @@{x}",
    ],
)
def test_commands_that_no_argv_stands_for(command):
    """A command line that process.argv would write otherwise is kept as it is."""
    found = service(f"ExecStart={command}")
    assert "process" not in found
    assert found["systemd"]["mainExecStart"] == command.replace("@{", "@@{")


def test_argv():
    """A command line as hmsvcd writes it becomes process.argv again."""
    found = service('ExecStart="/bin/echo" "100%%" "$$HOME" "a \\"b\\" \\\\" "é"')
    assert found["process"]["argv"] == ["/bin/echo", "100%", "$HOME", 'a "b" \\', "é"]


def test_several_commands():
    """The commands of a oneshot stay a list, without hmsvcd's Restart."""
    found = service("Type=oneshot\nExecStart=/bin/a\nExecStart=-/bin/b")["systemd"]
    config = {"Type": "oneshot", "ExecStart": ["/bin/a", "-/bin/b"], "RestartSec": []}
    assert found == {"service": {"wantedBy": [], "serviceConfig": config}}


def test_continued_lines():
    """A line that goes on is one value, comments in between left out."""
    found = service("ExecStart=/bin/a \\\n# comment\n  b\\\n; another\n c")
    assert found["systemd"]["mainExecStart"] == "/bin/a    b  c"


@pytest.mark.parametrize(
    ("lines", "variables"),
    [
        ("Environment=A=1\nEnvironment=B=two,2", {"A": "1", "B": "two,2"}),
        ('Environment="A=two words"', {"A": "two words"}),
        ('Environment="A=50%% \\"x\\""', {"A": '50% "x"'}),
    ],
)
def test_environment(lines, variables):
    """Variables that hmsvcd would write just so are declared by name."""
    assert service(f"ExecStart=/bin/a\n{lines}")["systemd"]["service"]["environment"] == variables


@pytest.mark.parametrize(
    "lines",
    ["Environment=B=1\nEnvironment=A=1", "Environment=A=1 B=2", "Environment=A=%h",
     "Environment='A=1'", "Environment=A=1\nEnvironment=A=1"],
)  # fmt: skip
def test_environment_as_it_is(lines):
    """Variables that it would write otherwise stay as they are written."""
    found = service(f"ExecStart=/bin/a\n{lines}")["systemd"]["service"]
    assert "environment" not in found
    values = [line.removeprefix("Environment=") for line in lines.split("\n")]
    assert found["serviceConfig"]["Environment"] == (values if values[1:] else values[0])


def test_drop_ins():
    """Drop-ins add to lists, reset them, and have the last word on single values."""
    found = service(
        "ExecStart=/bin/a\nExecStartPre=/bin/x\nRestart=always\nNice=1",
        "ExecStart=\nExecStart=/bin/b\nExecStartPre=/bin/y",
        "Restart=no\nExecStopPost=/bin/z\nExecStopPost=",
    )["systemd"]
    config = {"ExecStartPre": ["/bin/x", "/bin/y"], "Restart": "no", "Nice": 1}
    assert found["mainExecStart"] == "/bin/b"
    assert found["service"]["serviceConfig"] == config | {"Type": [], "RestartSec": []}


def test_timer():
    """A timer is declared natively; a reset drops the times of every kind."""
    found = table(
        "a.timer",
        "[Timer]\nOnCalendar=daily\nOnBootSec=5\nPersistent=true\n[Install]\nWantedBy=x.target\n",
        "[Timer]\nOnBootSec=\nOnCalendar=hourly\n",
        wanted_by=("timers.target",),
    )
    timer = {"Persistent": True, "OnCalendar": "hourly"}
    install = {"WantedBy": "timers.target"}
    assert found["systemd"]["user"]["timers"]["a"] == {"Timer": timer, "Install": install}


def test_socket():
    """A socket is declared natively, with all that it listens on."""
    found = table("a.socket", "[Socket]\nListenStream=%t/a\nListenStream=80\nAccept=yes\n")
    socket = {"ListenStream": ["%t/a", 80], "Accept": "yes"}
    assert found["systemd"]["user"]["sockets"]["a"] == {"Socket": socket}


@pytest.mark.parametrize("extra", ["[X-Tool]\nA=b\n", "[Unit]\nAfter=multi-user.target\n"])
def test_services_that_are_no_modular_ones(extra):
    """A service that a modular one cannot be is declared natively."""
    found = table("a.service", f"[Service]\nExecStart=/bin/a\n{extra}")
    assert found["systemd"]["user"]["services"]["a"]["Service"] == {"ExecStart": "/bin/a"}


def test_not_enabled():
    """[Install] of a unit that is not enabled is left out, which is said."""
    found = declared("syncthing.service", SYNCTHING)
    assert found.toml is not None
    assert (
        tomllib.loads(found.toml)["services"]["syncthing"]["systemd"]["service"]["wantedBy"] == []
    )
    assert "is not enabled" in found.diagnostics[0].message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[Service]\nExecStart=/bin/a\nNice=3\\\\\n", "trailing backslash"),
        ("[Service]\nExecStart=/bin/a\nTwo Words=3\n", "Two Words"),
        ("[Service]\nNice=3\n", "without any command"),
        ("[Service]\nExecStart=/bin/\udcff\n", "cannot hold its text"),
    ],
)
def test_units_that_cannot_be_declared(text, why):
    """What no declaration can say is an error that names the unit, and nothing is declared."""
    found = declared("a.service", text)
    assert found.toml is None
    assert why in f"{found.diagnostics[0].message} {found.diagnostics[0].key}"
    assert all("a.service cannot be declared" in each.message for each in found.diagnostics)


@pytest.mark.parametrize(
    ("texts", "sections"),
    [
        (["[Unit]\nAfter=a\nAfter=\nAfter=b\n"], {"Unit": {"After": ("a", "b")}}),
        (["[Unit]\nConditionHost=a\n", "[Unit]\nConditionUser=\n"], {}),
        (["[Service]\nDelegate=yes\n", "[Service]\nDelegate=\n"],
         {"Service": {"Delegate": ("yes", "")}}),
        (["[Socket]\nListenStream=1\nListenFIFO=/f\n", "[Socket]\nListenStream=\n"], {}),
    ],
)  # fmt: skip
def test_what_an_empty_assignment_resets(texts, sections):
    """An empty assignment resets a list, or its group, and stays where its meaning is another."""
    assert effective("a.unit", assigned_in(texts)) == UnitFile("a.unit", sections)
