"""A suite of routing protocols (nixpkgs' ``holo-daemon.services.default``)."""

from hmsvcd.module import BOOL, SETTING, STRING, Config, Module, Option, Record, Tree
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.settings import toml

NAME = "holo-daemon"

_PROGRAM = "holod"

_JOURNALD = Record({"enabled": Option(BOOL, "Whether to log to the journal.", True)}, "journald")

_FILE = Record(
    {
        "enabled": Option(BOOL, "Whether to log to a file.", True),
        "dir": Option(STRING, "The folder of the log file.", "/var/log/", example="/srv/log"),
        "name": Option(STRING, "The name of the log file.", "holod.log", example="holo.log"),
    },
    "file",
)

_LOGGING = Record(
    {
        "journald": Option(_JOURNALD, "The journal."),
        "file": Option(_FILE, "The log file."),
    },
    "logging",
    freeform=SETTING,
)

_GRPC = Record(
    {
        "enabled": Option(BOOL, "Whether to serve gRPC.", True),
        "address": Option(
            STRING,
            "The address and port of gRPC.",
            "[::]:50051",
            example="127.0.0.1:50051",
        ),
    },
    "grpc",
)

_PLUGINS = Record({"grpc": Option(_GRPC, "gRPC.")}, "plugins", freeform=SETTING)

_SETTINGS = Record(
    {
        "user": Option(STRING, "The user to become.", "holo", example="you"),
        "group": Option(STRING, "The group to become.", "holo", example="you"),
        "database_path": Option(
            STRING,
            "The file of the database, which that user and group can write.",
            "/var/run/holod/holod.db",
            example="/srv/holod/holod.db",
        ),
        "logging": Option(_LOGGING, "Where messages go."),
        "plugins": Option(_PLUGINS, "How holod is configured by others."),
    },
    "settings",
    freeform=SETTING,
)


def _file(config: Config) -> str:
    return config.file("holod.toml", toml(config[NAME]["settings"]))


def _define(config: Config) -> Tree:
    return {
        "process": {
            "argv": [
                lambda: program(config, NAME, _PROGRAM),
                "-c",
                lambda: _file(config),
            ],
        },
    }


module = Module(
    NAME,
    description="Runs routing protocols, such as BGP, OSPF and IS-IS.",
    options={
        NAME: {
            "package": package(_PROGRAM),
            "settings": Option(
                _SETTINGS,
                "What stands in `holod.toml`.",
                example={"database_path": "/srv/holod/holod.db"},
            ),
        }
    },
    define=_define,
    example={
        NAME: {
            "settings": {
                "user": "@{home.username}",
                "group": "@{home.username}",
                "database_path": "@{xdg.stateHome}/holod/holod.db",
            }
        },
        "systemd": {
            "service": {
                "serviceConfig": {"ExecStartPre": '/bin/mkdir -p "@{xdg.stateHome}/holod"'}
            }
        },
    },
)
