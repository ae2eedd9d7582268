"""Look how things stand, without changing anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hmsvcd.app.gather.ground import Ground, read_ground
from hmsvcd.app.gather.surroundings import look_around
from hmsvcd.app.load import Loaded
from hmsvcd.app.session import Session
from hmsvcd.app.target import from_declaration, is_left
from hmsvcd.host.disk import Disk
from hmsvcd.host.lock import holder
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.records import Records
from hmsvcd.host.session_service import UNIT
from hmsvcd.host.store import Store
from hmsvcd.model.daemon import BUS_NAME
from hmsvcd.model.generation import NOTHING, Generation, Manifest, Pending
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.status import Status
from hmsvcd.model.undone import Undone
from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.summarize import Known, begun, summarize
from hmsvcd.pipeline.syntax.unit_file import parse


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stand.

    ``daemon`` is the process of the daemon, None where none runs. ``held`` says why what is
    installed is not the declaration on purpose (``rollback to 3``); None where it may be.
    ``undone`` is what has failed where nobody asked for that.
    ``interrupted``: a switch was cut off, and nobody is at work on it.
    """

    status: Status
    daemon: int | None = None
    held: str | None = None
    interrupted: bool = False
    undone: Undone | None = None


async def look(session: Session, loaded: Loaded) -> Seen:
    """Return the status of everything installed, also by a switch that is unfinished.

    Raises NoManagerError without a manager.
    """
    ground = read_ground(session.disk)
    generation = _with_unfinished(ground.generation, ground.pending)
    there = ground.installed.units
    units = {unit: there.get(unit, name) for unit, name in generation.units.items()}
    generation = replace(generation, units=units)
    observed = await _observe(session, units)
    unit_path = session.disk.unit_path(observed.unit_path)
    surroundings = look_around(session.disk.installation, ground, generation, unit_path)
    store = session.disk.store
    records = {unit: ground.state.units.get(unit) for unit in units}
    started = {unit: record.started for unit, record in records.items() if record}
    pending = ground.pending
    interrupted = pending is not None and holder(session.paths.lock) is None
    known = Known(
        generation=generation,
        state=ground.state,
        observed=observed,
        started=_definitions(store, started),
        linked=_definitions(store, units),
        overridden=surroundings.overridden,
        begun=begun(pending, is_cut_off=interrupted) if pending else {},
    )
    status = summarize(known, ground.current.number if ground.current else None)
    daemon = await session.manager.process_of(BUS_NAME)
    back = _held(session.disk, ground, loaded)
    cause, undone = (back.cause, back.undone) if back else (None, None)
    return Seen(status, daemon, cause, interrupted, undone)


async def own_unit(session: Session) -> ObservedUnit | None:
    """Return hmsvcd's own service, by ``install`` or as others bring it; None where it is none.

    Raises NoManagerError without a manager.
    """
    if not await session.manager.has_file(UNIT):
        return None
    return (await session.manager.observe([UNIT])).unit(UNIT)


def installed_generation(paths: Paths) -> Generation:
    """Return what is installed, also by a switch that is unfinished."""
    current = Records(paths).current()
    pending = PendingFile(paths.pending).read()
    return _with_unfinished(current.generation if current else NOTHING, pending)


def installed_declaration(paths: Paths) -> str | None:
    """Return the declaration that what is installed came from; None before the first apply."""
    current = Records(paths).current()
    return current.declaration if current else None


def _with_unfinished(generation: Generation, pending: Pending | None) -> Generation:
    return generation.beside(pending.target.generation) if pending else generation


async def _observe(session: Session, units: Iterable[str]) -> Observed:
    """Observe units and whatever triggers them."""
    names = list(units)
    observed = await session.manager.observe(names)
    triggers = {name for unit in names for name in observed.unit(unit).triggered_by} - set(names)
    if not triggers:
        return observed
    others = await session.manager.observe(triggers, closely=())
    return replace(observed, units={**others.units, **observed.units})


def _definitions(store: Store, objects: Mapping[str, str | None]) -> dict[str, UnitFile]:
    texts = {unit: store.read_unit(name) for unit, name in objects.items() if name}
    return {unit: parse(unit, text) for unit, text in texts.items() if text is not None}


def _held(disk: Disk, ground: Ground, loaded: Loaded) -> Manifest | None:
    """After a rollback the declaration that was left is held until it changes or is applied."""
    back = ground.pending.target if ground.pending else ground.current
    if back is None or back.left is None:
        return None
    is_held = back.left[0] == loaded.written or (
        loaded.rendering is not None and is_left(from_declaration(loaded, disk), back)
    )
    return back if is_held else None
