"""What a switch is decided from, and what was decided for each unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hmsvcd.model.observed import Observed
from hmsvcd.model.settings import Settings
from hmsvcd.model.unit import Assignment, UnitFile


class UnitState(StrEnum):
    """What a unit is doing, as far as a switch cares (docs/switching.md)."""

    STARTING = "starting"
    UP = "up"
    LOOPING = "looping"
    STOPPING = "stopping"
    OWED = "owed"
    IDLE = "idle"
    HELD = "held"
    FAILED = "failed"
    FINISHED = "finished"


class Difference(StrEnum):
    """How far two definitions of a unit are apart, the least first.

    SAME: equal once parsed. EQ: a daemon-reload alone takes up the rest. TRIG: X-Reload-Triggers
    besides. OPTIONS: the options of a mount besides. CHG: anything else.
    """

    SAME = "same"
    EQ = "eq"
    TRIG = "trig"
    OPTIONS = "options"
    CHG = "chg"


class Method(StrEnum):
    """How a unit wants to take up a change: the values of X-SwitchMethod."""

    RELOAD = "reload"
    RESTART = "restart"
    STOP_START = "stop-start"
    KEEP_OLD = "keep-old"


@dataclass(frozen=True, slots=True)
class Installing:
    """Everything that decides a switch.

    ``old``: unit → every definition that systemd may be running now, the file at FragmentPath
    for a unit that is not ours; none for a unit that was not installed or cannot be read.
    ``new``: unit → definition. Templates stand under ``foo@.service``; loaded instances are
    found in ``observed``. ``old_links`` and ``new_links``: ``default.target.wants`` → units.
    ``asked``: a pass of ``apply``, not of an event. ``owed``: units that a start is owed.
    ``overridden``: unit → path of what lies in its place. ``others``: unit → the file of that
    name that counts once ours is gone. ``relinked``: units whose own link is made, re-pointed or
    removed. ``reload_owed``: a daemon-reload that an earlier switch did not come to.
    ``drop_ins``: loaded instance → what its drop-ins assign, in the order systemd has read them.
    """

    observed: Observed
    old: Mapping[str, tuple[UnitFile, ...]] = field(default_factory=dict)
    new: Mapping[str, UnitFile] = field(default_factory=dict)
    old_links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    new_links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    asked: bool = True
    owed: frozenset[str] = frozenset()
    overridden: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, UnitFile] = field(default_factory=dict)
    relinked: frozenset[str] = frozenset()
    reload_owed: bool = False
    drop_ins: Mapping[str, tuple[Assignment, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one unit: the rule that matched, on what grounds, and in words.

    ``changed`` names what of its definition differs, in words too; empty where nothing does.
    """

    unit: str
    rule: int
    state: UnitState
    difference: Difference
    reason: str
    changed: str = ""
