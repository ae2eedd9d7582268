"""A server of static sites from Git (nixpkgs' ``git-pages.services.default``)."""

from hmsvcd.module import SETTINGS, STRING, Config, Module, Option, Tree, mk_default
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.session import forced
from hmsvcd.modules.settings import toml

NAME = "git-pages"

_FILE = "git-pages.toml"

_HARDENING = {
    "DynamicUser": True,
    "LockPersonality": True,
    "MemoryDenyWriteExecute": True,
    "PrivateDevices": True,
    "PrivateTmp": True,
    "PrivateUsers": True,
    "ProtectClock": True,
    "ProtectControlGroups": True,
    "ProtectHome": True,
    "ProtectHostname": True,
    "ProtectKernelLogs": True,
    "ProtectKernelModules": True,
    "ProtectKernelTunables": True,
    "ProtectSystem": "strict",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": True,
    "RestrictRealtime": True,
    "RestrictSUIDSGID": True,
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "SystemCallFilter": "@system-service",
}


def _path(config: Config) -> str:
    return str(config["configData"][_FILE]["path"])


def _credentials(config: Config) -> list[str]:
    secrets = config[NAME]["secretFile"]
    return [] if secrets is None else [f"secrets.toml:{secrets}"]


def _service_config(config: Config) -> Tree:
    return {
        "BindReadOnlyPaths": lambda: [_path(config)],
        "LoadCredential": lambda: _credentials(config),
        "Restart": "always",
        "StateDirectory": config.name,
        "User": config.name,
        "WorkingDirectory": f"%S/{config.name}",
        **_HARDENING,
    }


def _define(config: Config) -> Tree:
    root = mk_default(f"/var/lib/{config.name}/data")
    return {
        NAME: {"settings": {"storage": {"fs": {"root": root}}}},
        "process": {
            "argv": lambda: [program(config, NAME, NAME), "-config", _path(config)],
        },
        "configData": {
            _FILE: {"source": lambda: config.file(_FILE, toml(config[NAME]["settings"]))},
        },
        "systemd": {
            "service": {
                "description": "Forge-agnostic static site server",
                "documentation": ["https://git-pages.org/running-a-server/"],
                "after": ["network.target"],
                "wants": ["network.target"],
                "wantedBy": ["multi-user.target"],
                "serviceConfig": _service_config(config),
            }
        },
    }


module = Module(
    NAME,
    description="Serves static sites that are pushed or uploaded, with Git as their source.",
    options={
        NAME: {
            "package": package(NAME),
            "secretFile": Option(
                STRING,
                "A TOML file with further settings that only the service is to read.",
                None,
                example="/srv/git-pages/secrets.toml",
            ),
            "settings": Option(
                SETTINGS,
                "What stands in `git-pages.toml`.",
                example={"server": {"pages": "tcp/127.0.0.1:3000"}},
            ),
        }
    },
    define=_define,
    example={
        NAME: {"settings": {"storage": {"fs": {"root": "data"}}}},
        "systemd": {
            "service": {
                "serviceConfig": forced(User=[], DynamicUser=False, ProtectHome="read-only")
            }
        },
    },
)
