"""What is installed, what is on its way, and what each unit has taken up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from hmsvcd.model.settings import Settings
from hmsvcd.model.undone import Undone


@dataclass(frozen=True, slots=True)
class Generation:
    """Everything that is to be installed: names and store objects, no texts.

    ``units``: unit name → store object. ``links``: ``default.target.wants`` → unit names.
    ``files``: path below ``$XDG_CONFIG_HOME`` → store object. ``services``: dashed name → its
    units. ``leaving``: units that are no longer declared, and stay only until they are down.
    ``generated``: further store objects, which units or files name.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leaving: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The hash of all that is installed: equal digests install the same."""
        lines = [f"unit {name} {target}\n" for name, target in self.units.items()]
        lines += [
            f"link {folder} {unit}\n" for folder, units in self.links.items() for unit in units
        ]
        lines += [f"file {path} {target}\n" for path, target in self.files.items()]
        lines += [
            f"service {name} {unit}\n" for name, units in self.services.items() for unit in units
        ]
        lines += [f"leaving {unit}\n" for unit in self.leaving]
        return sha256("".join(sorted(lines)).encode()).hexdigest()

    @property
    def objects(self) -> frozenset[str]:
        """Every store object that this generation needs."""
        return frozenset((*self.units.values(), *self.files.values(), *self.generated))

    def beside(self, other: "Generation") -> "Generation":
        """Return what either of two installs; where both do, what the other one does."""
        return Generation(
            {**self.units, **other.units},
            {**self.links, **other.links},
            {**self.files, **other.files},
            {
                name: tuple(dict.fromkeys((*self.services.get(name, ()), *units)))
                for name, units in {**self.services, **other.services}.items()
            },
            tuple(unit for unit in self.leaving if unit not in other.units),
            tuple(dict.fromkeys((*self.generated, *other.generated))),
        )


PUT_OFF = "apply, with removals put off"
BRAKED = "apply, but for what changes too often"
ON_THE_WAY = frozenset({PUT_OFF, BRAKED})
"""The causes of generations that nobody has declared: some of their units are as before."""

NOTHING = Generation()
"""What is installed before the first apply."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A generation as recorded on disk; never changed afterwards.

    ``created`` is in microseconds of the epoch. ``declaration`` is the file or folder that it came
    from, ``inputs`` the hash of all that was read, and ``written`` that of its own files alone,
    without what they have as a ``source``. ``cause`` says how it came to be: ``apply``, ``rollback
    to 3`` or ``rollback to 3 after demo.service failed in 4``. ``left`` holds the ``written`` and
    the digest that a rollback went away from, and ``origin`` the generation that came back by it,
    which was none of a rollback itself; ``undone`` is why, where nobody asked. ``settings`` are
    those that the switch to it was made with.
    """

    number: int
    created: int
    declaration: str
    inputs: str
    cause: str
    generation: Generation
    left: tuple[str, str] | None = None
    settings: Settings = field(default_factory=Settings)
    written: str = ""
    origin: int | None = None
    undone: Undone | None = None

    @property
    def place(self) -> int:
        """Where it stands in the history: what a rollback has brought back, at its old place."""
        return self.origin or self.number

    @property
    def was_declared(self) -> bool:
        """Whether it is one that somebody may want back."""
        return self.cause not in ON_THE_WAY


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What hmsvcd did last to a unit, and which definition the unit runs.

    ``applied`` is the store object whose action was carried out: the base of the next diff.
    ``started`` is the one that ``invocation`` took up. ``linked_at`` and ``loaded_at`` are
    CLOCK_MONOTONIC microseconds (docs/state.md). ``at`` is microseconds of the epoch.
    """

    applied: str | None = None
    started: str | None = None
    invocation: str | None = None
    linked_at: int = 0
    loaded_at: int = 0
    action: str | None = None
    reason: str | None = None
    result: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class SavedState:
    """``state.toml``: what each unit's action has reached.

    ``life`` names the manager's life (boot id and start time) in which ``owed`` and the
    invocations count. ``left_alone`` are the units and files whose link the last switch did not
    bring to what is installed, because something foreign counted in its place. At ``owed_at``
    (CLOCK_MONOTONIC, microseconds) none of ``owed`` was up; 0 where that is not known.
    """

    life: str = ""
    units: Mapping[str, UnitRecord] = field(default_factory=dict)
    owed: frozenset[str] = frozenset()
    left_alone: frozenset[str] = frozenset()
    owed_at: int = 0


@dataclass(frozen=True, slots=True)
class Displaced:
    """What others had put where a switch installs, so that what undoes it can put it back.

    ``moved``: path → the path beside it that it is moved to. ``links``: path of a link in a folder
    such as ``default.target.wants``, which ours replaces → what it says. ``returned``: unit → the
    store object of what it says once a switch that undoes this has put all back.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    returned: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.moved or self.links)


@dataclass(frozen=True, slots=True)
class Pending:
    """The switch under way, written before anything is touched.

    ``target`` is what it goes to. ``definitions`` holds for each unit every store object that may
    be what systemd runs now. What links this and earlier unfinished switches have made is seen on
    disk. ``back`` is the generation that it goes away from, which is the one to go back to; None
    where there is none. ``invocations``: unit → what ran of it before, without the definition that
    this switch goes to. All links had been made at ``linked_at`` (CLOCK_MONOTONIC, microseconds),
    0 where they may not have been. ``displaced`` is what this and earlier unfinished switches take
    away of others', or have taken: the disk says which. ``actions`` are those of its plan.
    """

    target: Manifest
    definitions: Mapping[str, tuple[str, ...]]
    owed: frozenset[str]
    life: str
    results: tuple["JobRecord", ...] = ()
    back: int | None = None
    invocations: Mapping[str, str] = field(default_factory=dict)
    linked_at: int = 0
    displaced: Displaced = field(default_factory=Displaced)
    actions: tuple["ActionRecord", ...] = ()

    @property
    def definitions_reached(self) -> Mapping[str, str]:
        """Unit → the store object of what it says after the switch, also of what is given back."""
        return {**self.target.generation.units, **self.displaced.returned}


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """An action of a pending switch, as it was planned."""

    unit: str
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One line of the journal of a pending switch: an action on a unit and how it ended."""

    unit: str
    action: str
    result: str
