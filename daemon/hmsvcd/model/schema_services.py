"""The options of services, as data.

They follow nixpkgs' ``lib/services/lib.nix`` and ``nixos/modules/system/service``, and Home
Manager's ``home.services``.
"""

from collections.abc import Mapping
from typing import Any

from hmsvcd.model.definition import PLAIN, Computed
from hmsvcd.model.module import Module
from hmsvcd.model.option import (
    ANY_NAME,
    ARGUMENTS,
    BOOL,
    STRING,
    STRINGS,
    AttrsOf,
    Datum,
    Lines,
    ListOf,
    Names,
    Option,
    Record,
    RecordList,
    Scalar,
)
from hmsvcd.model.schema_units import SOCKET, UNIT

FORMATS = ("json", "toml", "ini", "yaml", "env")

SERVICE_NAMES = Names(
    r"[A-Za-z0-9:_.\\@-]*[A-Za-z0-9:_\\@-][A-Za-z0-9:_.\\@-]*",
    "a service name is letters, digits and `:-_.\\@`, as in systemd's unit names",
)
_UNIT_KEYS = Names(
    r"[A-Za-z0-9:_.\\@-]*",
    "a unit name is letters, digits and `:-_.\\@`; the empty name is the primary unit",
    "unit",
)
_MODULES = ListOf(Scalar("the name of a service module", (str, Module)), "a list of strings")

CONFIG_FILE = Record(
    {
        "enable": Option(BOOL, "Whether the file is installed.", True, example=False),
        "name": Option(
            STRING,
            "The path of the file below the service's folder.",
            Computed("file name"),
            "the key",
            example="conf.d/app.conf",
        ),
        "text": Option(Lines(), "The content of the file.", example="port = 1234\n"),
        "source": Option(
            STRING,
            "The file or folder to install; relative paths start at the declaring file.",
            example="./app.conf",
        ),
        "path": Option(
            STRING,
            "Where the file will be found by the service.",
            Computed("file path"),
            "`$XDG_CONFIG_HOME/home-services/<service>/<name>`",
            read_only=True,
        ),
        "format": Option(
            Scalar("one of " + ", ".join(f'"{name}"' for name in FORMATS), (str,), FORMATS),
            "The format in which `value` is written.",
            example="json",
        ),
        "value": Option(
            Datum(), "Structured data from which the file is generated.", example={"port": 1234}
        ),
    },
    "file",
    kind="file",
)


_MAIN_COMMAND = Computed("main command", (("systemd", "mainExecStart"), ("process", "argv")))


def _primary_unit(wanted_by_priority: int) -> Mapping[str, Any]:
    """Return the default definition of ``systemd.services`` (docs/declaration.md)."""
    return {
        "": {
            "wantedBy": {
                "mkOverride": {"priority": wanted_by_priority, "content": ["default.target"]}
            },
            "serviceConfig": {
                "Type": {"mkDefault": "simple"},
                "Restart": {
                    "mkIf": {
                        "condition": Computed("is no oneshot"),
                        "content": {"mkDefault": "always"},
                    }
                },
                "RestartSec": {"mkDefault": 5},
                "ExecStart": {
                    "mkIf": {
                        "condition": Computed("has a main command"),
                        "content": [_MAIN_COMMAND],
                    }
                },
            },
        }
    }


def _systemd(wanted_by_priority: int) -> Record:
    return Record(
        {
            "lib": Option(
                STRING,
                "The escaping functions, for service modules.",
                Computed("escaping functions"),
                "those of `hmsvcd.module`",
                read_only=True,
            ),
            "mainExecStart": Option(
                STRING,
                "The whole `ExecStart=` line; systemd expands specifiers and `${VAR}` in it.",
                Computed("escaped argv"),
                "the escaped `process.argv`",
                example="/usr/bin/demo --state %S/demo",
            ),
            "services": Option(
                AttrsOf(UNIT, _UNIT_KEYS, owner_alias=True),
                'The service units by name; `""` is the primary unit, named like the service.',
                _primary_unit(wanted_by_priority),
                "the primary unit: Type=simple, Restart=always, RestartSec=5, the main command, "
                "wanted by default.target",
                default_priority=PLAIN,
                example={"": {"serviceConfig": {"MemoryMax": "200M"}}},
            ),
            "sockets": Option(
                AttrsOf(SOCKET, _UNIT_KEYS, owner_alias=True),
                'The socket units by name; `""` is the one named like the service.',
                example={
                    "": {"listenStreams": ["127.0.0.1:8080"], "wantedBy": ["sockets.target"]}
                },
            ),
        },
        "systemd",
        aliases={"service": ("services", ""), "socket": ("sockets", "")},
    )


def _service(wanted_by_priority: int) -> Record:
    return Record(
        {
            "imports": Option(
                _MODULES,
                "Service modules: registered names, or `./file.py` beside the declaring file.",
                example=["ghostunnel"],
                literal=True,
            ),
            "process": Option(
                Record(
                    {
                        "argv": Option(
                            ARGUMENTS,
                            "The program and its arguments; no shell, nothing is expanded.",
                            example=["/usr/bin/mpd", "--no-daemon"],
                        )
                    },
                    "process",
                ),
                "The process to run.",
            ),
            "systemd": Option(_systemd(wanted_by_priority), "How systemd runs it."),
            "configData": Option(
                AttrsOf(CONFIG_FILE, ANY_NAME), "Configuration files, installed for the service."
            ),
            "services": Option(
                AttrsOf("sub-service", SERVICE_NAMES),
                "Sub-services; names are dashed under the parent.",
            ),
            "assertions": Option(
                RecordList({"assertion": BOOL, "message": STRING}, "a list of assertions"),
                "Conditions that have to hold, each with the message for when it does not.",
            ),
            "warnings": Option(STRINGS, "Messages to show whenever the declaration is read."),
        },
        "service",
        kind="service",
    )


SERVICE = _service(950)
SUB_SERVICE = _service(1000)
