"""A mesh of virtual private networks (nixpkgs' ``easytier.services.default``)."""

from collections.abc import Mapping
from typing import Any

from hmsvcd.module import (
    PATH,
    SETTING,
    STRING,
    STRINGS,
    Config,
    ListOf,
    Module,
    Option,
    Record,
    Tree,
    escape_specifiers,
    mk_default,
    mk_if,
)
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.session import forced
from hmsvcd.modules.settings import toml

NAME = "easytier"

_PROGRAM = "easytier-core"
_FILE = "config.toml"

_NETWORK = Record(
    {
        "network_name": Option(STRING, "The name of the network.", None, example="home"),
        "network_secret": Option(
            STRING,
            "The secret of the network; better is `ET_NETWORK_SECRET` in one of "
            "`environmentFiles`.",
            None,
            example="secret",
        ),
    },
    "network_identity",
    freeform=SETTING,
)

_SETTINGS = Record(
    {
        "hostname": Option(STRING, "What this machine is called there.", None, example="laptop"),
        "instance_name": Option(
            STRING,
            "The name of this instance, and of its folder and file.",
            example="home",
        ),
        "network_identity": Option(_NETWORK, "Which network to join."),
    },
    "settings",
    freeform=SETTING,
)


def _instance(config: Config) -> str:
    return escape_specifiers(config[NAME]["settings"]["instance_name"])


def _folder(config: Config) -> str:
    return f"easytier/easytier-{_instance(config)}"


def _generated(config: Config) -> str:
    settings = config[NAME]["settings"]
    return config.file(f"easytier-{settings['instance_name']}.toml", toml(settings))


def _has_server(config: Config) -> bool:
    return config[NAME]["configServer"] is not None


def _argv(config: Config) -> list[str]:
    easytier = config[NAME]
    hostname, server = easytier["settings"]["hostname"], easytier["configServer"]
    path = config["configData"][_FILE]["path"]
    return [
        program(config, NAME, _PROGRAM),
        *([] if hostname is None else [f"--hostname={hostname}"]),
        f"--config-file={path}" if server is None else f"--config-server={server}",
        *easytier["extraArgs"],
    ]


def _peers(config: Config) -> list[Tree] | None:
    return [{"uri": peer} for peer in config[NAME]["peers"]] or None


def _service_config(config: Config) -> Tree:
    return {
        "AmbientCapabilities": ["CAP_NET_RAW", "CAP_NET_ADMIN"],
        "CapabilityBoundingSet": ["CAP_NET_RAW", "CAP_NET_ADMIN"],
        "DeviceAllow": "/dev/net/tun",
        "DynamicUser": True,
        "EnvironmentFile": lambda: config[NAME]["environmentFiles"],
        "MemoryDenyWriteExecute": True,
        "PrivateTmp": True,
        "ProtectHome": True,
        "ProtectKernelLogs": True,
        "ProtectKernelModules": True,
        "ProtectProc": "invisible",
        "ProtectSystem": "strict",
        "Restart": "on-failure",
        "RestrictRealtime": True,
        "StateDirectory": lambda: _folder(config),
        "StateDirectoryMode": "0700",
        "Type": "simple",
        "UMask": "0077",
        "WorkingDirectory": lambda: f"%S/{_folder(config)}",
    }


def _define(config: Config) -> Tree:
    return {
        NAME: {"settings": {"peer": lambda: _peers(config)}},
        "process": {"argv": lambda: _argv(config)},
        "configData": {
            _FILE: {
                "enable": mk_if(lambda: _has_server(config), mk_default(False)),
                "source": lambda: config[NAME]["configFile"],
            }
        },
        "systemd": {
            "service": {
                "description": lambda: f"EasyTier Daemon - {_instance(config)}",
                "after": ["network-online.target", "nss-lookup.target"],
                "wants": ["network-online.target", "nss-lookup.target"],
                "wantedBy": ["multi-user.target"],
                "serviceConfig": _service_config(config),
            }
        },
    }


_OPTIONS: Mapping[str, Any] = {
    "package": package(_PROGRAM),
    "peers": Option(
        STRINGS,
        "The nodes to connect to first: `settings.peer` with each as `uri`.",
        [],
        example=["tcp://node.example.org:11010"],
    ),
    "configServer": Option(
        STRING,
        "The server that has the settings, or one's token there; of `settings` then only "
        "`hostname` counts.",
        None,
        example="udp://server.example.org:22020/you",
    ),
    "settings": Option(
        _SETTINGS,
        "What stands in the configuration file.",
        example={"instance_name": "home", "dhcp": True},
    ),
    "configFile": Option(
        PATH,
        "The configuration file, instead of `settings`.",
        _generated,
        "generated from `settings`",
        example="/srv/easytier.toml",
    ),
    "environmentFiles": Option(
        ListOf(PATH, "a list of absolute paths"),
        "Files with variables of the environment, such as `ET_NETWORK_SECRET`.",
        [],
        example=["/srv/easytier.env"],
    ),
    "extraArgs": Option(STRINGS, f"Further arguments of `{_PROGRAM}`.", [], example=["--no-tun"]),
}

module = Module(
    NAME,
    description="Joins a virtual private network in which all nodes are equal.",
    options={NAME: _OPTIONS},
    define=_define,
    example={
        "systemd": {
            "service": {
                "serviceConfig": forced(
                    DynamicUser=False, PrivateUsers=True, ProtectHome="read-only"
                )
            }
        }
    },
)
