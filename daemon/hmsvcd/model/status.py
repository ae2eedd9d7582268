"""How things stand: what ``hmsvcd status`` says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hmsvcd.model.daemon import DaemonStatus
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.observed import ObservedUnit
from hmsvcd.model.undone import Undone


class Standing(StrEnum):
    """How a service or unit is, in the words of ``status``."""

    RUNNING = "running"
    STARTING = "starting"
    FINISHED = "finished"
    WAITING = "waiting"
    STOPPED = "stopped"
    HELD = "held"
    OVERRIDDEN = "overridden"
    LEAVING = "leaving"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LastAction:
    """What hmsvcd did last to a unit; ``at`` is microseconds of the epoch."""

    action: str
    reason: str
    result: str
    at: int


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """One unit.

    ``since`` is microseconds of the epoch; ``pending`` names what only its next start takes up.
    ``why`` says how it has failed, as which it counts or is started again; ``log`` is what it
    wrote last then, None where nobody has looked.
    ``drop_ins`` are the paths of drop-ins that are not ours, ``overridden`` of what counts instead
    of ours.
    """

    name: str
    standing: Standing
    active: str
    sub: str
    result: str | None = None
    pid: int | None = None
    since: int | None = None
    restarts: int = 0
    pending: str | None = None
    last_action: LastAction | None = None
    overridden: str | None = None
    drop_ins: tuple[str, ...] = ()
    why: str | None = None
    log: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service by its dashed name, with its units."""

    name: str
    standing: Standing
    units: Mapping[str, UnitStatus]


@dataclass(frozen=True, slots=True)
class Status:
    """All that is installed: services, and native units by themselves."""

    services: Mapping[str, ServiceStatus]
    units: Mapping[str, UnitStatus]
    generation: int | None = None

    @property
    def has_failed(self) -> bool:
        """Whether anything has failed."""
        services = (service.standing for service in self.services.values())
        units = (unit.standing for unit in self.units.values())
        return Standing.FAILED in {*services, *units}

    @property
    def all_units(self) -> Iterator[UnitStatus]:
        """The units of services, then the native ones."""
        for service in self.services.values():
            yield from service.units.values()
        yield from self.units.values()

    def only(self, name: str) -> "Status | None":
        """Return what there is of one service or one unit; None where nothing is called so."""
        if name in self.services:
            return Status({name: self.services[name]}, {}, self.generation)
        if name in self.units:
            return Status({}, {name: self.units[name]}, self.generation)
        for service in self.services.values():
            if name in service.units:
                unit = service.units[name]
                alone = ServiceStatus(service.name, unit.standing, {name: unit})
                return Status({service.name: alone}, {}, self.generation)
        return None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """All that ``status`` says.

    ``status`` is None without a manager. ``paths`` are the files of the declaration. ``held`` says
    why what is installed is not the declaration on purpose (``rollback to 3``), ``undone`` what
    has failed where nobody asked for that. ``daemon`` is None where none runs, or where it does
    not answer: then ``silent`` is its process. ``own_unit`` is hmsvcd's own service where it is
    installed, but no daemon runs. ``paused``: whether saves wait for ``resume``. ``diagnostics``
    are those of the declaration, and why what it says could not be done.
    """

    status: Status | None = None
    paths: tuple[str, ...] = ()
    held: str | None = None
    undone: Undone | None = None
    daemon: DaemonStatus | None = None
    silent: int | None = None
    own_unit: ObservedUnit | None = None
    paused: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
