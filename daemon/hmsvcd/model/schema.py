"""Every option of a declaration, as data.

Native units follow Home Manager's ``systemd.user``.
"""

from collections.abc import Mapping

from hmsvcd.model.option import (
    BOOL,
    INTEGER,
    SETTING,
    AttrsOf,
    Names,
    Option,
    Record,
    Scalar,
    Type,
)
from hmsvcd.model.schema_services import CONFIG_FILE, SERVICE, SERVICE_NAMES, SUB_SERVICE
from hmsvcd.model.schema_units import SECTION, SOCKET, UNIT
from hmsvcd.model.unit import UnitKind

__all__ = [
    "CONFIG_FILE",
    "DAEMON",
    "DURATION",
    "NATIVE_KINDS",
    "ROOT",
    "SERVICE",
    "SOCKET",
    "SUB_SERVICE",
    "TYPES",
    "UNIT",
]

_NATIVE_NAMES = Names(
    SERVICE_NAMES.pattern,
    "a unit name is letters, digits and `:-_.\\@`; its suffix follows from the table",
    "unit",
)
_SECTION_NAMES = Names(
    r"[A-Za-z0-9_-]+", "a section name is letters, digits, `-` and `_`", "section"
)
TYPES: Mapping[str, Type] = {"sub-service": SUB_SERVICE, "setting": SETTING}
"""Types that are named where they contain themselves."""

NATIVE_KINDS: Mapping[str, UnitKind] = {f"{kind.value}s": kind for kind in UnitKind}
"""Table of ``systemd.user`` → the kind of its units."""

DURATION = Scalar('a time such as "50ms", "5s" or "2min"', (str,))

LOG_LEVELS = ("debug", "info", "warning", "error")

DAEMON = Record(
    {
        "trigger_action": Option(
            Scalar('"restart" or "reload"', (str,), ("restart", "reload")),
            "What a change of X-Reload-Triggers alone does where X-SwitchMethod is not set.",
            "restart",
        ),
        "on_failure": Option(
            Scalar('"keep" or "rollback"', (str,), ("keep", "rollback")),
            "What becomes of a change that makes units fail: it stays, or all of it is undone.",
            "keep",
        ),
        "job_timeout": Option(DURATION, "How long one job of systemd may take.", "2min"),
        "settle": Option(
            DURATION,
            "How long after the last job a unit that fails counts as failed at start.",
            "500ms",
        ),
        "start_wait": Option(
            DURATION, "How long a start is awaited before it is reported as still starting.", "5s"
        ),
        "stop_wait": Option(
            DURATION, "How long a stop is awaited before it is reported as still under way.", "5s"
        ),
        "keep_generations": Option(
            INTEGER, "How many generations to keep, the current one included.", 10
        ),
        "removal_delay": Option(
            DURATION,
            "How long the declaration must stay the same before the daemon stops what is no longer"
            " in it: a file that is being written may end anywhere.",
            "1s",
        ),
        "notify": Option(
            BOOL, "Whether the daemon tells the desktop about mistakes and failures.", True
        ),
        "log_level": Option(
            Scalar('"debug", "info", "warning" or "error"', (str,), LOG_LEVELS),
            "The least serious events that the daemon logs.",
            "info",
        ),
    },
    "daemon",
)

NATIVE = Record(
    {
        table: Option(
            AttrsOf(AttrsOf(SECTION, _SECTION_NAMES), _NATIVE_NAMES),
            f"Native {kind.value} units: their sections, written as they are.",
        )
        for table, kind in NATIVE_KINDS.items()
    },
    "user",
)

ROOT = Record(
    {
        "services": Option(AttrsOf(SERVICE, SERVICE_NAMES), "Services by name."),
        "systemd": Option(
            Record({"user": Option(NATIVE, "Native units of the user manager.")}, "systemd"),
            "Units that are no services, as in Home Manager.",
        ),
        "daemon": Option(DAEMON, "hmsvcd's own settings."),
    },
    "declaration",
    foreign={"home": "services stand directly under `services` here: [services.<name>]"},
)
