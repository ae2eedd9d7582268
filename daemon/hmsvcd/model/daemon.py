"""What the daemon says of itself: its state, and what each of its passes came to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hmsvcd.model.diagnostic import Diagnostic

if TYPE_CHECKING:  # a status is shown without any
    from hmsvcd.model.plan import Outcome


BUS_NAME = "org.hmsvcd"
"""What the daemon owns on the session bus (docs/dbus.md)."""


class DaemonState(StrEnum):
    """What the daemon is doing.

    SETTLED: everything is as declared. WORKING: a pass is under way. RETRYING: the last pass could
    not do all, and is tried again by itself. STUCK: the last pass could not be carried out, and
    waits for the declaration, or what is in its way, to change. PAUSED: it waits for ``resume``.
    """

    SETTLED = "settled"
    WORKING = "working"
    RETRYING = "retrying"
    STUCK = "stuck"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass of the daemon that has ended.

    ``number`` counts from 1 at the start of the daemon; ``cause`` says why it was made: ``start``,
    ``change``, ``apply``, ``retry``, …. ``at`` is when it began, in microseconds of the epoch, and
    ``took`` how many microseconds it lasted. ``end`` is never WORKING or PAUSED. ``sentence`` says
    in words what was done. ``problems`` are errors and warnings, with their positions: those of
    the declaration, and why what it says could not be done. ``outcome`` is None where nothing was
    planned at all. ``braked`` are units that it left as they were, as they change too often.
    """

    number: int
    cause: str
    at: int
    took: int
    end: DaemonState = DaemonState.SETTLED
    sentence: str = ""
    generation: int | None = None
    problems: tuple[Diagnostic, ...] = ()
    outcome: "Outcome | None" = None
    braked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """The daemon as ``status`` shows it.

    ``started`` and ``next_try`` are microseconds of the epoch. ``watches`` is ``inotify``, or
    ``polling`` where events do not come by themselves. ``declaration`` is what it follows.
    ``waiting``: it is paused, and what is declared is not what its last pass has read.
    """

    pid: int
    version: str
    state: DaemonState
    started: int
    declaration: str
    watches: str = "inotify"
    next_try: int | None = None
    last_pass: Pass | None = None
    waiting: bool = False
