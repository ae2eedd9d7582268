"""What a switch will do, and what came of it: one value for plan, apply, daemon and status."""

from dataclasses import dataclass, field
from enum import StrEnum

from hmsvcd.model.decision import Decision
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.undone import Undone


class ActionKind(StrEnum):
    """What can be done to a unit."""

    STOP = "stop"
    RESET_FAILED = "reset-failed"
    RELOAD = "reload"
    RESTART = "restart"
    STOP_START = "stop-start"
    START = "start"
    KEEP = "keep"


STARTS = frozenset({ActionKind.START, ActionKind.RESTART, ActionKind.STOP_START})
"""After these the unit is to be up."""

STOPS = frozenset({ActionKind.STOP, ActionKind.STOP_START})
"""What is done before the links change, with the old definition."""


class Reloading(StrEnum):
    """When ``daemon-reload`` happens in a pass (docs/switching.md)."""

    NOT = "not"
    BEFORE = "before"
    AFTER = "after"


class Change(StrEnum):
    """What happens to an installed path."""

    CREATE = "create"
    REPLACE = "replace"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Action:
    """One action on one unit, with its reason in words; no declared value stands in it.

    ``rule`` is the number of the rule in ``decide.rules`` that asked for it. ``pending`` says
    what of the new definition the unit will not take up before its next start.
    """

    unit: str
    kind: ActionKind
    reason: str
    rule: int = 0
    pending: str | None = None


@dataclass(frozen=True, slots=True)
class Induced:
    """A unit that an action takes down, restarts or pulls in besides its own, and why."""

    unit: str
    because: str


class LinkKind(StrEnum):
    """What an installed link is."""

    FILE = "file"
    UNIT = "unit"
    DEPENDENCY = "dependency"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A link that is created, replaced or removed; ``old`` and ``new`` are its store objects.

    ``name`` is the unit, or the path below ``$XDG_CONFIG_HOME``, that it stands for.
    """

    path: str
    change: Change
    kind: LinkKind
    name: str
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody else has put somewhere goes aside, or back to where it was."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What was installed and somebody else has removed or changed, and how it is put right.

    ``path`` is that of a link, or of an object of the store; ``name`` is what it stands for, as in
    ``FileChange``, or the object's name without the hash.
    """

    path: str
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Plan:
    """A switch, decided: actions in the order in which they are sent.

    ``ending`` holds the unit of this very process and all whose action would take it down.
    ``moves`` is what others have put where links of ours go, or go no more.
    """

    actions: tuple[Action, ...] = ()
    induced: tuple[Induced, ...] = ()
    reloading: Reloading = Reloading.NOT
    files: tuple[FileChange, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    decisions: tuple[Decision, ...] = ()
    ending: frozenset[str] = frozenset()
    drift: tuple[Drift, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do at all (a unit that is kept counts as nothing)."""
        return (
            not self.files
            and not self.moves
            and self.reloading is Reloading.NOT
            and all(action.kind is ActionKind.KEEP for action in self.actions)
        )


UNDER_WAY = frozenset({"starting", "reloading", "leaving"})
"""Results of an action whose job had not come to an end when its switch had."""

NO_FAILURE = UNDER_WAY | {"done", "kept", "skipped", "held"}
"""Results of an action that do not count as failures."""


@dataclass(frozen=True, slots=True)
class UnitResult:
    """How an action on a unit ended.

    ``result`` is systemd's job result (``done``, ``failed``, ``timeout``, ``canceled``,
    ``dependency``, …), or ours: ``starting``, ``reloading`` (still under way), ``kept``,
    ``refused`` (the call was answered with an error), ``leaving`` (a stop that is still under
    way), ``held`` (somebody has stopped the unit meanwhile). ``log`` holds the unit's last log
    lines where it failed, and ``process`` is the main process that did, if any.
    """

    unit: str
    action: ActionKind
    result: str
    log: tuple[str, ...] = ()
    message: str | None = None
    process: int | None = field(default=None, compare=False)

    @property
    def failed(self) -> bool:
        """Whether this counts for exit code 4."""
        return self.result not in NO_FAILURE


@dataclass(frozen=True, slots=True)
class Fallback:
    """How a generation came back after failures of the one that followed it.

    ``of`` is the generation that has failed, ``to`` the one that is brought back; that began
    ``at`` (microseconds of the epoch). ``undone`` says which units have failed, and how.
    ``failure`` says why it could not be brought back yet; the next switch goes on with it.
    """

    of: int
    to: int
    plan: Plan = field(default_factory=Plan)
    results: tuple[UnitResult, ...] = ()
    failure: str | None = None
    at: int = 0
    undone: Undone | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A plan, what came of each action, and the generation that is installed now.

    ``problems`` say why this is not what was asked for. After a signal it is ``interrupted``:
    everything was sent, but not all of it was awaited. ``fallback`` is how all of it was undone
    after that, None where it was not. ``back_to`` is the generation that a rollback has brought
    back that somebody asked for.
    """

    plan: Plan
    results: tuple[UnitResult, ...] = ()
    generation: int | None = None
    problems: tuple[Diagnostic, ...] = ()
    interrupted: bool = False
    fallback: Fallback | None = None
    back_to: int | None = None

    @property
    def latest(self) -> tuple[UnitResult, ...]:
        """How the actions ended that brought about what is there now."""
        fallback = self.fallback
        return self.results if fallback is None or fallback.failure else fallback.results

    @property
    def all_results(self) -> tuple[UnitResult, ...]:
        """How all actions ended, in the order in which they were done."""
        return (*self.results, *(self.fallback.results if self.fallback else ()))
