"""The options of units, as data (systemd.unit(5); nixpkgs' ``systemd-unit-options.nix``)."""

from collections.abc import Mapping

from hmsvcd.model.option import (
    STRING,
    STRING_OR_STRINGS,
    AttrsOf,
    Directive,
    Directives,
    Names,
    Option,
    Record,
    Scalar,
)

DEPENDENCIES: Mapping[str, str] = {
    "requires": "Requires",
    "wants": "Wants",
    "upholds": "Upholds",
    "after": "After",
    "before": "Before",
    "bindsTo": "BindsTo",
    "partOf": "PartOf",
    "conflicts": "Conflicts",
    "requisite": "Requisite",
    "onFailure": "OnFailure",
    "onSuccess": "OnSuccess",
}
"""Option of a unit → the directive of ``[Unit]`` that it becomes (systemd.unit(5))."""

_NIXOS_OPTIONS: Mapping[str, str] = {
    "enable": "leave the unit out, or write { mkIf = { condition = false, content = … } }",
    "path": "set environment.PATH",
    "reloadTriggers": "set unitConfig.X-Reload-Triggers",
    "restartTriggers": "set unitConfig.X-Restart-Triggers",
    "script": 'set process.argv of the service, such as ["/bin/sh", "-c", "…"]',
    "startAt": "declare a timer: [systemd.user.timers.<name>]",
}
"""Options of units that NixOS has besides, and what to write here."""

_DIRECTIVE_NAMES = Names(
    r"[A-Za-z0-9_-]+", "a directive name is letters, digits, `-` and `_`", "directive"
)
_ENVIRONMENT_NAMES = Names(
    r"[A-Za-z_][A-Za-z0-9_]*",
    "a variable name is letters, digits and `_`, and does not begin with a digit",
    "variable",
)
SECTION = Directives(_DIRECTIVE_NAMES)

_COMMAND = Directive("a string or a list of strings", strings_only=True)
_DIRECTIVE = Directive("a string, an integer, a boolean or a list of these")


def directive(name: str) -> Directive:
    """Return the type of a directive: ``Exec…`` takes strings only."""
    return _COMMAND if name.startswith("Exec") else _DIRECTIVE


def _unit_options() -> dict[str, Option]:
    return {
        "description": Option(
            STRING, "A short human-readable name (`Description=`).", example="Web server"
        ),
        "documentation": Option(
            STRING_OR_STRINGS, "Where to read more (`Documentation=`).", example=["man:mpd(1)"]
        ),
        **{
            option: Option(
                STRING_OR_STRINGS,
                f"Units for `{name}=`, see systemd.unit(5).",
                example=["network.target"],
            )
            for option, name in DEPENDENCIES.items()
        },
        "wantedBy": Option(
            STRING_OR_STRINGS,
            "Units that want this one: each gets a link in its `.wants` folder (`WantedBy=`).",
            example=["default.target"],
        ),
        "requiredBy": Option(
            STRING_OR_STRINGS,
            "Units that require this one: each gets a link in its `.requires` folder "
            "(`RequiredBy=`).",
            example=["graphical-session.target"],
        ),
        "unitConfig": Option(
            SECTION,
            "Directives of the `[Unit]` section; they beat the options above.",
            example={"X-SwitchMethod": "reload"},
        ),
    }


UNIT = Record(
    {
        **_unit_options(),
        "environment": Option(
            AttrsOf(Scalar("a string or an integer", (str, int)), _ENVIRONMENT_NAMES),
            "Environment variables; the process receives exactly these values.",
            example={"LANG": "C.UTF-8"},
        ),
        "serviceConfig": Option(
            SECTION, "Directives of the `[Service]` section.", example={"MemoryMax": "200M"}
        ),
    },
    "unit",
    kind="unit",
    foreign=_NIXOS_OPTIONS,
)

SOCKET = Record(
    {
        **_unit_options(),
        "listenStreams": Option(
            STRING_OR_STRINGS,
            "Stream sockets to listen on (`ListenStream=`).",
            example=["127.0.0.1:8080"],
        ),
        "listenDatagrams": Option(
            STRING_OR_STRINGS, "Datagram sockets to listen on (`ListenDatagram=`).", example=["53"]
        ),
        "socketConfig": Option(
            SECTION, "Directives of the `[Socket]` section.", example={"SocketMode": "0600"}
        ),
    },
    "socket unit",
    kind="unit",
    foreign=_NIXOS_OPTIONS,
)
