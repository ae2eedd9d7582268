"""A proxy that goes by the name in a TLS handshake (nixpkgs' ``snid.services.default``)."""

from collections.abc import Mapping
from typing import Any

from hmsvcd.module import BOOL, PATH, PORT, STRING, STRINGS, Config, Module, Option, Tree, enum
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.session import forced

NAME = "snid"

_VALUES = {
    "defaultHostname": "-default-hostname",
    "nat46Prefix": "-nat46-prefix",
    "backendPort": "-backend-port",
    "unixDirectory": "-unix-directory",
}
"""The options that may stay unset, with their flags in the order of the command line."""

_NEEDS = (
    ("nat46", "nat46Prefix"),
    ("nat46", "backendCidrs"),
    ("tcp", "backendCidrs"),
    ("unix", "unixDirectory"),
)
"""What has to be set in which mode."""


def _argv(config: Config) -> list[str]:
    snid = config[NAME]
    return [
        program(config, NAME, NAME),
        *("-mode", snid["mode"]),
        *(word for address in snid["listen"] for word in ("-listen", address)),
        *(word for subnet in snid["backendCidrs"] for word in ("-backend-cidr", subnet)),
        *(f"{flag}={snid[name]}" for name, flag in _VALUES.items() if snid[name] is not None),
        *(["-proxy-proto"] if snid["proxyProto"] else []),
    ]


def _assertion(config: Config, mode: str, name: str) -> Tree:
    return {
        "assertion": lambda: config[NAME]["mode"] != mode or config[NAME][name] not in (None, []),
        "message": f"{NAME}: `{name}` must be set when `mode` is `{mode}`.",
    }


def _define(config: Config) -> Tree:
    return {
        "process": {"argv": lambda: _argv(config)},
        "systemd": {
            "service": {
                "after": ["network.target"],
                "wants": ["network.target"],
                "wantedBy": ["multi-user.target"],
                "serviceConfig": {
                    "AmbientCapabilities": ["CAP_NET_BIND_SERVICE"],
                    "DynamicUser": True,
                    "Restart": "on-failure",
                },
            }
        },
        "assertions": [_assertion(config, mode, name) for mode, name in _NEEDS],
    }


_OPTIONS: Mapping[str, Any] = {
    "package": package(NAME),
    "listen": Option(
        STRINGS,
        "Where to take connections: `tcp:PORT`, `tcp:ADDRESS:PORT`, and what else go-listener "
        "knows.",
        example=["tcp:127.0.0.1:8443"],
    ),
    "mode": Option(
        enum("nat46", "tcp", "unix"),
        "How connections are passed on: `tcp` to the host that is named, `nat46` to it by IPv6 "
        "with the client's address in the source, `unix` to a socket that is called like it.",
        example="tcp",
    ),
    "defaultHostname": Option(
        STRING,
        "The host of clients that name none; otherwise they are refused.",
        None,
        example="www.example.org",
    ),
    "nat46Prefix": Option(
        STRING,
        "The prefix of source addresses in mode `nat46`, before the client's own in the last "
        "four bytes. It has to be routed to this machine.",
        None,
        example="64:ff9b:1::",
    ),
    "backendCidrs": Option(
        STRINGS,
        "The subnets that connections may be passed on to, in the modes `nat46` and `tcp`.",
        [],
        example=["2001:db8::/64", "192.0.2.0/24"],
    ),
    "backendPort": Option(
        PORT,
        "The port to pass connections on to in mode `tcp`; otherwise that of the connection.",
        None,
        example=443,
    ),
    "unixDirectory": Option(
        PATH,
        "The folder of the sockets in mode `unix`.",
        None,
        example="/srv/sockets",
    ),
    "proxyProto": Option(
        BOOL,
        "Tell the address of the client with version 2 of the PROXY protocol, in the modes "
        "`tcp` and `unix`.",
        False,
    ),
}

module = Module(
    NAME,
    description="Passes TLS connections on by the host that they name, as they are.",
    options={NAME: _OPTIONS},
    define=_define,
    example={
        NAME: {"listen": ["tcp:127.0.0.1:8443"], "backendCidrs": ["127.0.0.0/8"]},
        "systemd": {
            "service": {"serviceConfig": forced(DynamicUser=False, AmbientCapabilities=[])}
        },
    },
)
