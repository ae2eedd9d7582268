"""Handshakes for TLS in the kernel (nixpkgs' ``ktls-utils.services.default``)."""

from hmsvcd.module import ANY_NAME, STRING, AttrsOf, Config, Module, Option, Tree
from hmsvcd.modules.ini import sections
from hmsvcd.modules.packages import package, program
from hmsvcd.modules.session import forced

NAME = "tlshd"

_FILE = "tlshd.conf"


def _argv(config: Config) -> list[str]:
    return [program(config, NAME, NAME), "--config", config["configData"][_FILE]["path"]]


def _define(config: Config) -> Tree:
    return {
        "process": {"argv": lambda: _argv(config)},
        "configData": {_FILE: {"text": lambda: sections(config[NAME]["settings"])}},
        "systemd": {
            "service": {
                "description": "Handshake service for kernel TLS consumers",
                "documentation": ["man:tlshd(8)"],
                "before": ["remote-fs-pre.target"],
                "wantedBy": ["remote-fs.target"],
                "unitConfig": {"DefaultDependencies": False},
                "serviceConfig": {
                    "AmbientCapabilities": ["CAP_NET_ADMIN"],
                    "CapabilityBoundingSet": ["CAP_NET_ADMIN"],
                    "DynamicUser": True,
                    "Restart": "on-failure",
                },
            }
        },
    }


module = Module(
    NAME,
    description="Performs the handshakes of TLS connections that the kernel makes.",
    options={
        NAME: {
            "package": package(NAME, example="/usr/sbin/tlshd"),
            "settings": Option(
                AttrsOf(AttrsOf(STRING, ANY_NAME), ANY_NAME),
                "What stands in `tlshd.conf`: sections with their settings; see tlshd.conf(5).",
                example={"authenticate.server": {"x509.certificate": "/etc/tlshd/server.pem"}},
            ),
        }
    },
    define=_define,
    example={
        "systemd": {
            "service": {
                **forced(wantedBy=["default.target"], before=[]),
                "serviceConfig": forced(
                    DynamicUser=False, AmbientCapabilities=[], CapabilityBoundingSet=[]
                ),
            }
        }
    },
)
