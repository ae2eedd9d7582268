"""Plan a switch: everything is looked at, nothing is touched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hmsvcd.app.gather import Ground, Surroundings, look_around, read_ground
from hmsvcd.app.session import Session
from hmsvcd.app.target import Target
from hmsvcd.app.world import Setting, installing, observe
from hmsvcd.host.installation import Installation, Installed, Owner
from hmsvcd.host.paths import Paths
from hmsvcd.host.store import Store
from hmsvcd.host.unit_path import UnitPath
from hmsvcd.model.decision import Installing
from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.generation import Generation
from hmsvcd.model.plan import Change, FileChange, LinkKind, Plan
from hmsvcd.model.unit import template_of
from hmsvcd.pipeline.decide.plan import decide
from hmsvcd.pipeline.decide.rules import LEAVING_RULE
from hmsvcd.pipeline.leaving import with_leaving
from hmsvcd.pipeline.syntax.unit_file import parse


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it was made from; without a manager ``world`` is None and only files count.

    ``generation`` is what will be installed: the target's, and what is left running. ``damaged``
    are objects of it that the store has lost. ``backup`` is the extension for what is moved aside.
    """

    plan: Plan
    target: Target
    generation: Generation
    ground: Ground
    surroundings: Surroundings
    world: Installing | None
    damaged: frozenset[str]
    backup: str | None


async def plan_switch(session: Session, target: Target, backup: str | None = None) -> Planned:
    """Decide what a switch to the target would do; ``backup`` as in ``Planned``.

    Raises HostError where what is installed cannot be read, BusGoneError or CallTimeoutError where
    the manager goes meanwhile. What would refuse the switch is left to ``refusals``.
    """
    paths, manager = session.paths, session.connected
    ground = read_ground(paths)
    new = {unit: parse(unit, text) for unit, text in target.texts.items()}
    observed = await observe(manager, ground, target, new) if manager else None
    unit_path = UnitPath(observed.unit_path, paths.unit_folder) if observed else None
    surroundings = look_around(
        paths, ground, target.generation, unit_path, backup=backup is not None
    )
    damaged = _damaged(paths, ground, target)
    if observed is None:
        files = tuple(file_changes(paths, ground.installed, target.generation, surroundings))
        plan, generation, world = Plan(files=files), target.generation, None
    else:
        setting = Setting(paths, ground, target, new, surroundings, observed, damaged)
        plan, generation, world = _decided(setting)
    return Planned(plan, target, generation, ground, surroundings, world, damaged, backup)


def _damaged(paths: Paths, ground: Ground, target: Target) -> frozenset[str]:
    """Return the installed objects of the target that are not what their names say."""
    if target.rendering is None:  # then all of its objects have been looked at
        return frozenset()
    store = Store(paths.store)
    installed = target.generation.objects & ground.generation.objects
    return frozenset(name for name in installed if not store.verify(name))


def _decided(setting: Setting) -> tuple[Plan, Generation, Installing]:
    ground, surroundings = setting.ground, setting.surroundings
    world = installing(setting)
    plan = decide(world)
    generation = setting.target.generation
    left = links_of(found.unit for found in plan.decisions if found.rule == LEAVING_RULE)
    if left:  # their links stay, so they alone are no reason for a daemon-reload
        generation = with_leaving(generation, ground.generation, ground.installed.units, left)
        world = replace(world, relinked=world.relinked - left)
        plan = decide(world)
    files = tuple(file_changes(setting.paths, ground.installed, generation, surroundings))
    warnings = (
        *plan.warnings,
        *_overridden_files(generation, surroundings),
        *map(_damage, sorted(setting.damaged)),
    )
    return replace(plan, files=files, warnings=warnings), generation, world


def links_of(units: Iterator[str]) -> frozenset[str]:
    """Return the units whose links these units come from: an instance has that of its template."""
    return frozenset(template_of(unit) or unit for unit in units)


def _overridden_files(generation: Generation, surroundings: Surroundings) -> Iterator[Diagnostic]:
    for file, path in surroundings.overridden.items():
        if file in generation.files:
            message = f"{path} lies in the place of {file} and is left as it is"
            yield warning(message, None, hint="move it away, or apply with --backup EXT")


def _damage(object_name: str) -> Diagnostic:
    return warning(f"{object_name} is lost or damaged in the store: it is written anew", None)


def file_changes(
    paths: Paths, installed: Installed, target: Generation, surroundings: Surroundings
) -> Iterator[FileChange]:
    """Yield every link that a switch creates, replaces or removes."""
    installation = Installation(paths)
    for kind, had, have in (
        (LinkKind.FILE, installed.files, target.files),
        (LinkKind.UNIT, installed.units, target.units),
    ):
        place = installation.file if kind is LinkKind.FILE else installation.unit
        for name, old, new in _differences(had, have):
            if name not in surroundings.overridden:
                yield FileChange(str(place(name)), _change(old, new), kind, name, old, new)
    for folder in sorted({*installed.links, *target.links}):
        had = installed.links.get(folder, {})
        have = {unit: target.units[unit] for unit in target.links.get(folder, ())}
        for name, old, new in _differences(had, have):
            path = installation.dependency(folder, name)
            # what a link there points to does not matter to systemd: a foreign one does the same
            if installation.look(path).owner is not Owner.FOREIGN:
                change = _change(old, new)
                yield FileChange(str(path), change, LinkKind.DEPENDENCY, name, old, new)


def _differences(
    had: Mapping[str, str], have: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    for name in sorted({*had, *have}):
        old, new = had.get(name), have.get(name)
        if old != new:
            yield name, old, new


def _change(old: str | None, new: str | None) -> Change:
    if old is None:
        return Change.CREATE
    return Change.REMOVE if new is None else Change.REPLACE
