"""A TLS proxy before a server that speaks none (nixpkgs' ``ghostunnel.services.default``)."""

from collections.abc import Mapping
from typing import Any

from hmsvcd.module import (
    BOOL,
    STRING,
    STRINGS,
    Config,
    Module,
    Option,
    Tree,
    escape_argv,
)
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.session import forced

NAME = "ghostunnel"

_CREDENTIALS = {
    "keystore": "The file with certificate and key: PEM, or PKCS#12 without a password.",
    "cert": "The PEM file with the certificate and its chain.",
    "key": "The PEM file with the private key.",
    "cacert": "The PEM file with the authorities of clients' certificates, else the system's.",
}
"""The files that only the service is to read, by what ghostunnel calls them."""

_SUBJECTS = {
    "allowCN": ("--allow-cn", "common names", "client"),
    "allowOU": ("--allow-ou", "organizational units", "developers"),
    "allowDNS": ("--allow-dns", "DNS names", "client.example.org"),
    "allowURI": ("--allow-uri", "URIs, with `*` and `**` as wildcards", "spiffe://example/*"),
}
"""Whose certificates are let in: the flag for each, what it compares, and an example."""

_ACCESS = ("disableAuthentication", "allowAll", *_SUBJECTS)
"""What says who may connect; ghostunnel does not start without any."""


def _argv(config: Config) -> list[str]:
    tunnel = config[NAME]
    return [
        program(config, NAME, NAME),
        "--disable-landlock",  # it keeps ghostunnel from files that are links to elsewhere
        "server",
        *("--listen", tunnel["listen"], "--target", tunnel["target"]),
        *(["--allow-all"] if tunnel["allowAll"] else []),
        *(f"{flag}={each}" for name, (flag, *_) in _SUBJECTS.items() for each in tunnel[name]),
        *(["--disable-authentication"] if tunnel["disableAuthentication"] else []),
        *(["--unsafe-target"] if tunnel["unsafeTarget"] else []),
        *tunnel["extraArguments"],
    ]


def _credentials(config: Config) -> Mapping[str, str]:
    tunnel = config[NAME]
    return {name: tunnel[name] for name in _CREDENTIALS if tunnel[name] is not None}


def _command(config: Config) -> str:
    """Return the command line; systemd tells the service where its credentials are."""
    flags = (f"--{name}=${{CREDENTIALS_DIRECTORY}}/{name}" for name in _credentials(config))
    return " ".join([escape_argv(config["process"]["argv"]), *flags])


def _access(config: Config) -> Tree:
    paths = (f"  - {config.path(NAME, name)}" for name in _ACCESS)
    return {
        "assertion": lambda: any(config[NAME][name] for name in _ACCESS),
        "message": "\n".join(
            ["At least one access control flag is required.", "Set at least one of:", *paths]
        ),
    }


def _define(config: Config) -> Tree:
    return {
        "process": {"argv": lambda: _argv(config)},
        "systemd": {
            "mainExecStart": lambda: _command(config),
            "service": {
                "after": ["network.target"],
                "wants": ["network.target"],
                "wantedBy": ["multi-user.target"],
                "serviceConfig": {
                    "AmbientCapabilities": ["CAP_NET_BIND_SERVICE"],
                    "DynamicUser": True,
                    "LoadCredential": lambda: [
                        f"{name}:{path}" for name, path in _credentials(config).items()
                    ],
                    "Restart": "always",
                },
            },
        },
        "assertions": [_access(config)],
    }


_OPTIONS: Mapping[str, Any] = {
    "package": package(NAME),
    "listen": Option(
        STRING,
        "Where to take connections: `HOST:PORT` or `unix:PATH`.",
        example="127.0.0.1:8443",
    ),
    "target": Option(
        STRING,
        "Where to pass connections on to: `HOST:PORT` or `unix:PATH`.",
        example="127.0.0.1:8080",
    ),
    **{
        name: Option(STRING, description, None, example=f"/etc/ghostunnel/{name}.pem")
        for name, description in _CREDENTIALS.items()
    },
    "disableAuthentication": Option(BOOL, "Let clients in without a certificate.", False),
    "allowAll": Option(BOOL, "Let clients in with any valid certificate.", False),
    **{
        name: Option(
            STRINGS,
            f"Let clients in whose certificate has one of these {what}.",
            [],
            example=[example],
        )
        for name, (_, what, example) in _SUBJECTS.items()
    },
    "unsafeTarget": Option(BOOL, "Allow a target that is not on this machine.", False),
    "extraArguments": Option(
        STRINGS,
        "Further arguments of `ghostunnel server`.",
        [],
        example=["--shutdown-timeout=10s"],
    ),
}

module = Module(
    NAME,
    description="Takes TLS connections, checks who connects, and passes them on in plain.",
    options={NAME: _OPTIONS},
    define=_define,
    example={
        NAME: {
            "cert": "/etc/ghostunnel/cert.pem",
            "key": "/etc/ghostunnel/key.pem",
            "allowCN": ["client"],
        },
        "systemd": {
            "service": {"serviceConfig": forced(DynamicUser=False, AmbientCapabilities=[])}
        },
    },
)
