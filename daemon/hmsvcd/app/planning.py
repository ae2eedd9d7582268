"""Plan a switch: everything is looked at, nothing is touched."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hmsvcd.app.gather.adopt import moves, surroundings_for
from hmsvcd.app.gather.ground import Ground, read_ground
from hmsvcd.app.gather.surroundings import Surroundings
from hmsvcd.app.gather.world import Setting, installing, observe
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.target import Target
from hmsvcd.host.disk import Disk
from hmsvcd.host.installation import Installation, Owner
from hmsvcd.host.store import Store, label
from hmsvcd.host.unit_path import UnitPath, is_masked
from hmsvcd.model.decision import Installing
from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.generation import Generation
from hmsvcd.model.observed import Observed
from hmsvcd.model.plan import Change, Drift, FileChange, LinkKind, Plan
from hmsvcd.model.unit import template_of
from hmsvcd.pipeline.decide.narrow import changed_units, concerned, relinked_units
from hmsvcd.pipeline.decide.plan import decide
from hmsvcd.pipeline.decide.rules import LEAVING_RULE
from hmsvcd.pipeline.drift import drift
from hmsvcd.pipeline.leaving import with_leaving
from hmsvcd.pipeline.syntax.unit_file import parse


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it was made from; where the manager was not asked, ``world`` is None.

    It is not asked for units where there is none (then only files count), and where nothing
    differs and that was enough to know. ``generation`` is what will be installed: the target's,
    and what is left running. ``damaged`` are objects of it that the store has lost.
    """

    plan: Plan
    target: Target
    generation: Generation
    ground: Ground
    surroundings: Surroundings
    world: Installing | None
    damaged: frozenset[str]


@dataclass(frozen=True, slots=True)
class _View:
    """What a pass looks at: all, or what a change concerns; ``differs``: there may be work."""

    ground: Ground
    target: Target
    damaged: frozenset[str]
    differs: bool = True


_REQUEST = Request()


async def plan_switch(session: Session, target: Target, request: Request = _REQUEST) -> Planned:
    """Decide what a switch to the target would do.

    Raises HostError where what is installed cannot be read, BusGoneError or CallTimeoutError where
    the manager goes meanwhile. What would refuse the switch is left to ``refusals``.
    """
    disk = session.disk
    ground = read_ground(disk, narrowly=request.narrowly)
    view = _view(disk, ground, target, narrowly=request.narrowly)
    manager = session.connected if view.differs else None
    new = {unit: parse(unit, text) for unit, text in view.target.texts.items()}
    observed = await observe(manager, view.ground, view.target, new) if manager else None
    if observed and request.narrowly and observed.life != ground.state.life:  # all has begun anew
        return await plan_switch(session, target, replace(request, narrowly=False))
    if observed:
        ground, view = ground.seen(observed), replace(view, ground=view.ground.seen(observed))
    unit_path = await _unit_path(session, observed)
    surroundings = surroundings_for(disk, ground, target, unit_path, request)
    if running := surroundings.adopted.running:
        ground, view = ground.beside(running), replace(view, ground=view.ground.beside(running))
    if observed is None:
        files = tuple(file_changes(disk.installation, ground, target.generation, surroundings))
        warnings = tuple(_left_alone(target.generation, surroundings))
        plan = Plan(files=files, warnings=warnings, moves=moves(files, surroundings))
        generation, world = target.generation, None
    else:
        setting = Setting(
            disk,
            view.ground,
            view.target,
            new,
            surroundings,
            observed,
            view.damaged,
            request.asked,
        )
        plan, generation, world = _decided(setting, ground, target.generation)
    return Planned(plan, target, generation, ground, surroundings, world, view.damaged)


async def _unit_path(session: Session, observed: Observed | None) -> UnitPath | None:
    if session.connected is None:
        return None
    folders = observed.unit_path if observed else await session.connected.unit_path()
    return session.disk.unit_path(folders)


def _view(disk: Disk, ground: Ground, target: Target, *, narrowly: bool) -> _View:
    """Return what to look at; what the store has lost is looked for where time allows."""
    if not narrowly or ground.pending is not None:
        everything = target.generation.objects
        return _View(ground, target, _damaged(disk.store, ground, target, everything))
    if units := _concerned(disk.store, ground, target):
        near, here = ground.only(units), target.only(units)
        touched = frozenset(here.generation.units.values())
        return _View(near, here, _damaged(disk.store, ground, target, touched))
    damaged = _damaged(disk.store, ground, target, target.generation.objects)
    if damaged:
        return _View(ground, target, damaged)
    files = file_changes(disk.installation, ground, target.generation, Surroundings())
    return _View(ground.only(()), target.only(()), damaged, differs=any(files))


def _damaged(
    store: Store, ground: Ground, target: Target, objects: frozenset[str]
) -> frozenset[str]:
    """Return those of these objects that are installed, and are not what their names say."""
    if target.rendering is None:  # then all of its objects have been looked at
        return frozenset()
    installed = objects & ground.generation.objects
    return frozenset(name for name in installed if not store.verify(name))


def _concerned(store: Store, ground: Ground, target: Target) -> frozenset[str]:
    """Return all units that differ in any way, are owed a start, or can be reached from those."""
    wanted, had, have = target.generation.units, ground.installed.links, target.generation.links
    differing = changed_units(ground.old, wanted, ground.installed.units)
    seeds = {*differing, *relinked_units(had, have), *ground.state.owed}
    seeds |= wanted.keys() & {template_of(unit) for unit in seeds}
    if not seeds:
        return frozenset()
    former = {unit: _texts(store, ground.old.get(unit, ())) for unit in seeds}
    return concerned(seeds, target.texts, had, have, former=former)


def _texts(store: Store, objects: Iterable[str]) -> list[str]:
    found = (store.read_unit(name) for name in objects if name)
    return [text for text in found if text is not None]


def _decided(
    setting: Setting, ground: Ground, generation: Generation
) -> tuple[Plan, Generation, Installing]:
    surroundings, installation = setting.surroundings, setting.disk.installation
    left_alone = tuple(_left_alone(generation, surroundings))
    world = installing(setting)
    plan = decide(world)
    leaving = (found.unit for found in plan.decisions if found.rule == LEAVING_RULE)
    left = links_of(leaving, ground.installed.units)
    if left:  # their links stay, so they alone are no reason for a daemon-reload
        generation = with_leaving(generation, ground.generation, ground.installed.units, left)
        world = replace(world, relinked=world.relinked - left)
        plan = decide(world)
    files = tuple(file_changes(installation, ground, generation, surroundings))
    warnings = (
        *left_alone,
        *plan.warnings,
        *(map(_damage, sorted(setting.damaged)) if setting.asked else ()),
    )
    repaired = drift(ground.generation, files, ground.state.left_alone)
    found = () if ground.pending else (*repaired, *_lost(setting))
    moved = moves(files, surroundings)
    plan = replace(plan, files=files, warnings=warnings, drift=found, moves=moved)
    return plan, generation, world


def links_of(units: Iterable[str], installed: Collection[str]) -> frozenset[str]:
    """Return the units whose links these units come from.

    An instance without a link of its own has that of its template.
    """
    return frozenset(unit if unit in installed else template_of(unit) or unit for unit in units)


def _left_alone(generation: Generation, surroundings: Surroundings) -> Iterator[Diagnostic]:
    """Yield what is not as declared because something foreign counts instead, of all there is."""
    for aside, place in surroundings.returning.stays.items():
        message = f"{aside} is not moved back: something else lies at {place}"
        yield warning(message, None, hint="it stays there until you move it")
    for name, path in surroundings.overridden.items():
        if name in generation.units:
            hint = f"`systemctl --user unmask {name}` takes it off"
            message = f"{name} is left alone: {path} counts in its place"
            take_over = f"`hmsvcd adopt {name}` puts the declared unit there"
            yield warning(message, None, hint=hint if is_masked(path) else take_over)
        elif name in generation.files:
            message = f"{path} lies in the place of {name} and is left as it is"
            yield warning(message, None, hint="move it away, or apply with --backup EXT")


def _lost(setting: Setting) -> Iterator[Drift]:
    for name in sorted(setting.damaged):
        path = setting.disk.store.path(name)
        yield Drift(str(path), label(name), Change.REPLACE if path.exists() else Change.CREATE)


def _damage(object_name: str) -> Diagnostic:
    return warning(f"{object_name} is lost or damaged in the store: it is written anew", None)


def file_changes(
    installation: Installation, ground: Ground, target: Generation, surroundings: Surroundings
) -> Iterator[FileChange]:
    """Yield every link that a switch creates, replaces or removes."""
    installed = ground.installed
    for kind, had, have in (
        (LinkKind.FILE, installed.files, target.files),
        (LinkKind.UNIT, installed.units, target.units),
    ):
        place = installation.file if kind is LinkKind.FILE else installation.unit
        for name, old, new in _differences(had, _without(have, surroundings.returning.names)):
            if name not in surroundings.overridden:
                yield FileChange(str(place(name)), _change(old, new), kind, name, old, new)
    for folder in sorted({*installed.links, *target.links}):
        had = installed.links.get(folder, {})
        have = {unit: target.units[unit] for unit in target.links.get(folder, ())}
        for name, old, new in _differences(had, have):
            path = installation.dependency(folder, name)
            # what a link there points to does not matter to systemd: a foreign one does the same
            is_taken = path in surroundings.adopted.links
            if is_taken or installation.look(path).owner is not Owner.FOREIGN:
                change = _change(old, new)
                yield FileChange(str(path), change, LinkKind.DEPENDENCY, name, old, new)


def _without(have: Mapping[str, str], names: frozenset[str]) -> Mapping[str, str]:
    """Return what is to be installed without these names, as what others have there is back."""
    return {name: have[name] for name in have if name not in names} if names else have


def _differences(
    had: Mapping[str, str], have: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    for name in sorted({name for name, _ in had.items() ^ have.items()}):
        yield name, had.get(name), have.get(name)


def _change(old: str | None, new: str | None) -> Change:
    if old is None:
        return Change.CREATE
    return Change.REMOVE if new is None else Change.REPLACE
