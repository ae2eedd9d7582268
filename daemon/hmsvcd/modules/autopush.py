"""The two servers of WebPush (nixpkgs' ``autopush-rs.services.autoconnect`` and ``…endpoint``)."""

from typing import Final

from hmsvcd.module import SETTING, STRING, Config, Module, Option, Record, Tree
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.session import forced
from hmsvcd.modules.settings import toml

_HARDENING: Final = {
    "DynamicUser": True,
    "LockPersonality": True,
    "MemoryDenyWriteExecute": True,
    "NoNewPrivileges": True,
    "PrivateDevices": True,
    "PrivateTmp": True,
    "PrivateUsers": True,
    "ProcSubset": "pid",
    "ProtectClock": True,
    "ProtectControlGroups": True,
    "ProtectHome": True,
    "ProtectHostname": True,
    "ProtectKernelLogs": True,
    "ProtectKernelModules": True,
    "ProtectKernelTunables": True,
    "ProtectProc": "invisible",
    "ProtectSystem": "full",
    "RemoveIPC": True,
    "RestrictNamespaces": True,
    "RestrictRealtime": True,
    "RestrictSUIDSGID": True,
    "RuntimeDirectoryMode": 755,  # which systemd reads as octal, as the two below
    "StateDirectoryMode": 700,
    "SystemCallArchitectures": "native",
    "SystemCallFilter": [
        "~@clock",
        "~@cpu-emulation",
        "~@debug",
        "~@module",
        "~@mount",
        "~@obsolete",
        "~@raw-io",
        "~@reboot",
        "~@swap",
    ],
    "UMask": 77,
}

_SETTINGS = Record(
    {
        "db_dsn": Option(
            STRING,
            "Where the database is.",
            "",
            example="redis://localhost:6379",
        )
    },
    "settings",
    freeform=SETTING,
)


def _file(config: Config, name: str) -> str:
    return config.file(f"{name}.toml", toml(config[name]["settings"]))


def _define(config: Config, name: str) -> Tree:
    return {
        "process": {
            "argv": [
                lambda: program(config, name, name),
                "-c",
                lambda: _file(config, name),
            ],
        },
        "systemd": {
            "service": {
                "after": ["network.target"],
                "wants": ["network.target"],
                "wantedBy": ["multi-user.target"],
                "serviceConfig": {"Restart": "on-failure", **_HARDENING},
            }
        },
    }


def _module(name: str, description: str) -> Module:
    return Module(
        name,
        description=description,
        options={
            name: {
                "package": package(name),
                "settings": Option(
                    _SETTINGS,
                    f"What stands in `{name}.toml`.",
                    example={"port": 8080, "crypto_key": "[…]"},
                ),
            }
        },
        define=lambda config: _define(config, name),
        example={
            "systemd": {
                "service": {"serviceConfig": forced(DynamicUser=False, ProtectHome="read-only")}
            }
        },
    )


autoconnect = _module("autoconnect", "Keeps the connections of browsers that wait for WebPush.")
autoendpoint = _module("autoendpoint", "Takes messages of WebPush for browsers.")
