"""Ask the manager all that a switch is decided from."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hmsvcd.app.gather import Ground, Surroundings
from hmsvcd.app.target import Target
from hmsvcd.host.paths import Paths
from hmsvcd.host.store import Store
from hmsvcd.host.systemd import Manager
from hmsvcd.host.unit_path import UnitPath, read_unit
from hmsvcd.model.decision import Installing
from hmsvcd.model.observed import Observed
from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.advance import NO_DEFINITION
from hmsvcd.pipeline.unit_file import parse

_DOWN = frozenset({"inactive", "failed"})
_NAMING = ("Requires", "Wants", "BindsTo", "Requisite", "Upholds", "PartOf", "Conflicts")


async def observe(manager: Manager, ground: Ground, target: Target) -> Observed:
    """Ask the manager: closely about units with something to decide, briefly about the others."""
    ours = {*ground.old, *target.texts}
    owed = ground.state.owed | (ground.pending.owed if ground.pending else frozenset())
    named = owed.union(_link_targets(ground.installed.links, target.generation.links))
    for unit, text in target.texts.items():
        definition = parse(unit, text)
        named = named.union(word for key in _NAMING for word in definition.words("Unit", key))
    brief = await manager.observe(ours, closely=())
    wanted, installed = target.generation.units, ground.installed.units
    settled = {
        unit
        for unit in ours
        if brief.unit(unit).active_state == "active"
        and ground.old.get(unit) == (wanted.get(unit),)
        and installed.get(unit) == wanted.get(unit)
    }
    close = (ours - settled) | (named - ours) | owed
    near = await manager.observe(ours | named, closely=close)
    related = {
        name for unit in close & set(near.units) for name in _related(near, unit)
    } - near.units.keys()
    if not related:
        return near
    further = await manager.observe(related, closely=())
    return replace(near, units={**further.units, **near.units})


def _related(observed: Observed, unit: str) -> Iterable[str]:
    seen = observed.unit(unit)
    yield from (*seen.required_by, *seen.bound_by, *seen.consists_of)
    yield from (*seen.triggers, *seen.triggered_by)


def _link_targets(*links: Mapping[str, object]) -> Iterable[str]:
    return (folder.rpartition(".")[0] for each in links for folder in each)


def installing(
    paths: Paths, ground: Ground, target: Target, surroundings: Surroundings, observed: Observed
) -> Installing:
    """Put together what ``decide`` is given."""
    new = {unit: parse(unit, text) for unit, text in target.texts.items()}
    unit_path = UnitPath(observed.unit_path, paths.unit_folder)
    others = _others(unit_path, {*ground.old, *new}, surroundings)
    old = _definitions(Store(paths.store), ground, observed)
    old |= {unit: (others[unit],) for unit in new if unit not in old and unit in others}
    return Installing(
        observed=observed,
        old=old,
        new=new,
        old_links={folder: tuple(units) for folder, units in ground.installed.links.items()},
        new_links=target.generation.links,
        settings=target.settings,
        owed=ground.owed(observed.life),
        overridden={
            unit: path
            for unit, path in surroundings.overridden.items()
            if unit in old or unit in new
        },
        others={unit: file for unit, file in others.items() if unit not in new},
        relinked=_relinked(ground, target, surroundings),
        reload_owed=ground.pending is not None,
    )


def _definitions(
    store: Store, ground: Ground, observed: Observed
) -> dict[str, tuple[UnitFile, ...]]:
    """Return what each unit may run; what may never have been started is new unless it runs."""
    definitions: dict[str, tuple[UnitFile, ...]] = {}
    for unit, objects in ground.old.items():
        is_new = NO_DEFINITION in objects and observed.unit(unit).active_state in _DOWN
        texts = [] if is_new else [store.read_unit(name) for name in objects if name]
        definitions[unit] = tuple(parse(unit, text) for text in texts if text is not None)
    return definitions


def _relinked(ground: Ground, target: Target, surroundings: Surroundings) -> frozenset[str]:
    """Return the units whose own link is made, re-pointed or removed."""
    installed, wanted = ground.installed.units, target.generation.units
    return frozenset(
        unit
        for unit in {*installed, *wanted}
        if installed.get(unit) != wanted.get(unit) and unit not in surroundings.overridden
    )


def _others(
    unit_path: UnitPath, units: Iterable[str], surroundings: Surroundings
) -> Mapping[str, UnitFile]:
    """Return the files that would count for units if ours were not there."""
    places = {unit: str(path) for unit, path in unit_path.shadowed().items()}
    places |= surroundings.overridden
    texts = {unit: read_unit(places[unit]) for unit in units if unit in places}
    return {unit: parse(unit, text) for unit, text in texts.items() if text is not None}
