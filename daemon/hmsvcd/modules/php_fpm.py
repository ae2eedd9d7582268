"""PHP's FastCGI process manager (nixpkgs' ``php.services.default``)."""

from collections.abc import Mapping
from typing import Any

from hmsvcd.module import (
    ATOM,
    INTEGER,
    STRING,
    ByName,
    Config,
    Either,
    Module,
    Option,
    Record,
    Scalar,
    Tree,
    enum,
)
from hmsvcd.modules.ini import lines, sections
from hmsvcd.modules.packages import package, program

NAME = "php-fpm"

_PROGRAMS = (NAME, *(f"{NAME}8.{minor}" for minor in range(5, 0, -1)))
"""What the program is called: Debian and its kin put the version behind."""

_LISTEN = ByName("/run/php-fpm/{}.sock")

_POOL = Record(
    {
        "listen": Option(
            Scalar("a string or a port from 0 to 65535", (str, int), least=0, most=65535),
            "Where FastCGI requests are taken: `HOST:PORT`, a port, or the path of a socket.",
            _LISTEN,
            "`/run/php-fpm/<pool>.sock`",
            example="127.0.0.1:9000",
        ),
        "pm": Option(
            enum("static", "ondemand", "dynamic"),
            "How the number of processes is decided.",
            example="dynamic",
        ),
        "pm.max_children": Option(INTEGER, "How many processes there are at most.", example=75),
        "user": Option(
            STRING,
            "The user to run as; only root can become another one, and has to.",
            example="",
        ),
    },
    "pool",
    freeform=ATOM,
)

_SETTINGS = Record(
    {
        "log_level": Option(
            enum("alert", "error", "warning", "notice", "debug"),
            "Which messages are logged: these and graver ones.",
            "notice",
        )
    },
    "settings",
    freeform=Either(ATOM, _POOL),
)


def _pools(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: settings[name] for name in settings if isinstance(settings[name], Mapping)}


def _text(settings: Mapping[str, Any]) -> str:
    """Return php-fpm.conf: the global settings, an empty line, the pools."""
    pools = _pools(settings)
    common = {name: settings[name] for name in settings if name not in pools}
    return f"{lines(common)}\n{sections(pools)}"


def _file(config: Config) -> str:
    return config.file("php-fpm.conf", _text(config[NAME]["settings"]))


def _warnings(config: Config) -> list[str]:
    return [
        f"the pool `{name}` has no `listen`: its socket would be in /run/php-fpm, a folder that "
        "only root can make"
        for name, pool in _pools(config[NAME]["settings"]).items()
        if pool["listen"] == _LISTEN.of(name)
    ]


def _define(config: Config) -> Tree:
    return {
        NAME: {"settings": {"error_log": "syslog", "daemonize": False}},
        "process": {
            "argv": [
                lambda: program(config, NAME, *_PROGRAMS),
                "-y",
                lambda: _file(config),
            ],
        },
        "systemd": {
            "service": {
                "after": ["network.target"],
                "documentation": ["man:php-fpm(8)"],
                "serviceConfig": {
                    "ExecReload": "kill -USR2 $MAINPID",
                    "Restart": "always",
                    "RuntimeDirectory": "php-fpm",
                    "RuntimeDirectoryPreserve": True,
                    "Type": "notify",
                },
            }
        },
        "warnings": lambda: _warnings(config),
    }


module = Module(
    NAME,
    description="Runs PHP scripts for a web server, by FastCGI.",
    options={
        NAME: {
            "package": package(
                NAME, "`php-fpm`, or `php-fpm8.5` and so on,", example="/usr/sbin/php-fpm8.2"
            ),
            "settings": Option(
                _SETTINGS,
                "What stands in `php-fpm.conf`: a table is a pool, all else is global.",
                example={
                    "web": {"listen": 9000, "pm": "ondemand", "pm.max_children": 5, "user": ""}
                },
            ),
        }
    },
    define=_define,
)
