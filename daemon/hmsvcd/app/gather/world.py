"""Ask the manager all that a switch is decided from."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hmsvcd.app.gather.ground import Ground
from hmsvcd.app.gather.surroundings import Surroundings
from hmsvcd.app.target import Target
from hmsvcd.host.disk import Disk
from hmsvcd.host.systemd import Manager
from hmsvcd.host.unit_path import read_unit
from hmsvcd.model.decision import Installing
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.unit import Assignment, UnitFile, held_for, is_template, template_of
from hmsvcd.pipeline.possible import NO_DEFINITION
from hmsvcd.pipeline.syntax.effective import assigned_in
from hmsvcd.pipeline.syntax.specifiers import resolved
from hmsvcd.pipeline.syntax.unit_file import parse

_DOWN = frozenset({"inactive", "failed"})
_FEW = 20
"""Units that are asked about at once; of more, most turn out to be settled."""

_NAMING = ("Requires", "Wants", "BindsTo", "Requisite", "Upholds", "PartOf", "Conflicts")


async def observe(
    manager: Manager, ground: Ground, target: Target, new: Mapping[str, UnitFile]
) -> Observed:
    """Ask the manager: closely about units with something to decide, briefly about the others.

    The latter are what is settled, and the targets that want units of ours: which those are, the
    units themselves say, and a target may have a thousand.
    """
    ours = {*ground.old, *new}
    owed = ground.state.owed | (ground.pending.owed if ground.pending else frozenset())
    named = owed.union(*(_named(unit, new) for unit in new if not is_template(unit)))
    targets = set(_link_targets(ground.installed.links, target.generation.links)) - named - ours
    if len(ours) <= _FEW:
        close = named | ours
        near = await manager.observe(close | targets, close)
        return await _with_related(manager, near, close, new)
    brief = await manager.observe(ours, closely=())
    wanted, installed = target.generation.units, ground.installed.units
    settled = {
        unit
        for unit in ours
        if brief.unit(unit).active_state == "active"
        and ground.old.get(unit) == (wanted.get(unit),)
        and installed.get(unit) == wanted.get(unit)
    }
    known = named.difference(ours).union(brief.units)  # systemd is asked for others only once
    close = frozenset((known - settled) | owed)
    near = await manager.observe(known | targets, closely=close)
    return await _with_related(manager, near, close, new)


async def _with_related(
    manager: Manager, near: Observed, close: frozenset[str], new: Mapping[str, UnitFile]
) -> Observed:
    """Ask closely about whatever goes down or starts with what has been looked at closely."""
    units, asked = dict(near.units), set(close)
    instances = frozenset(unit for unit in units if template_of(unit) in close)
    fresh = close & units.keys() | instances
    named = frozenset[str]().union(*(_named(unit, new) for unit in instances))
    while related := named.union(*(_related(units[unit]) for unit in fresh)) - asked:
        further = await manager.observe(related)
        units |= further.units
        asked |= related
        fresh = frozenset(further.units)
    return replace(near, units=units)


def _named(unit: str, new: Mapping[str, UnitFile]) -> set[str]:
    """Return the units that the new definition of a unit, or of its template, names."""
    definition = new.get(unit) or new.get(template_of(unit) or "")
    if definition is None:
        return set()
    words = (word for key in _NAMING for word in definition.words("Unit", key))
    return {resolved(word, unit) for word in words}


def _related(seen: ObservedUnit) -> Iterable[str]:
    yield from (*seen.required_by, *seen.bound_by, *seen.consists_of)
    yield from (*seen.triggers, *seen.triggered_by)


def _link_targets(*links: Mapping[str, object]) -> Iterable[str]:
    return (folder.rpartition(".")[0] for each in links for folder in each)


@dataclass(frozen=True, slots=True)
class Setting:
    """What ``installing`` puts together: ``new`` are the definitions of the target's units.

    ``damaged`` are the objects of the store that have to be put there once more; ``asked`` is as
    in ``Installing``.
    """

    disk: Disk
    ground: Ground
    target: Target
    new: Mapping[str, UnitFile]
    surroundings: Surroundings
    observed: Observed
    damaged: frozenset[str] = frozenset()
    asked: bool = True


def installing(setting: Setting) -> Installing:
    """Put together what ``decide`` is given."""
    ground, observed = setting.ground, setting.observed
    returning = setting.surroundings.returning
    new = {unit: one for unit, one in setting.new.items() if unit not in returning.texts}
    others = {**_others(setting), **{u: parse(u, text) for u, text in returning.texts.items()}}
    old = _definitions(setting)
    old |= {unit: (others[unit],) for unit in new if unit not in old and unit in others}
    return Installing(
        observed=observed,
        old=old,
        new=new,
        old_links=_old_links(setting),
        new_links=_new_links(setting),
        settings=setting.target.settings,
        asked=setting.asked,
        owed=ground.owed(observed),
        overridden={
            unit: path
            for unit, path in setting.surroundings.overridden.items()
            if unit in old or unit in new
        },
        others={unit: file for unit, file in others.items() if unit not in new},
        relinked=_relinked(setting),
        reload_owed=ground.pending is not None,
        drop_ins=dict(_drop_ins(observed, {*old, *new})),
    )


def _drop_ins(
    observed: Observed, ours: Container[str]
) -> Iterator[tuple[str, tuple[Assignment, ...]]]:
    """Yield the instances of our templates that have drop-ins, with what these assign."""
    for unit, seen in observed.units.items():
        if seen.drop_in_paths and template_of(unit) in ours:
            texts = (read_unit(path) for path in seen.drop_in_paths)
            yield unit, tuple(assigned_in(text for text in texts if text is not None))


def _old_links(setting: Setting) -> Mapping[str, tuple[str, ...]]:
    """Return what pulls units in, also by those links of others that become ours."""
    links = {folder: tuple(held) for folder, held in setting.ground.installed.links.items()}
    for path in sorted(setting.surroundings.adopted.links):
        folder = path.parent.name
        links[folder] = (*links.get(folder, ()), path.name)
    for folder, units in setting.ground.coming_back.items():
        links[folder] = (*links.get(folder, ()), *units)
    return links


def _new_links(setting: Setting) -> Mapping[str, tuple[str, ...]]:
    """Return what pulls units in then, also by those links of others that come back."""
    links = dict(setting.target.generation.links)
    for path in sorted(setting.surroundings.returning.links):
        folder = path.parent.name
        links[folder] = (*links.get(folder, ()), path.name)
    return links


def _definitions(setting: Setting) -> dict[str, tuple[UnitFile, ...]]:
    """Return what each unit may run; what may never have been started is new unless it runs."""
    definitions: dict[str, tuple[UnitFile, ...]] = {}
    pending, installed = setting.ground.pending, setting.ground.installed.units
    # a manager that has started since a switch was cut off has begun with what was linked by then
    has_begun = pending is not None and pending.life != setting.observed.life
    for unit, possible in setting.ground.old.items():
        if _has_become_others(unit, setting):
            continue
        link = held_for(unit, installed) if has_begun and NO_DEFINITION not in possible else None
        objects = (link,) if link else possible
        is_down = setting.observed.unit(unit).active_state in _DOWN
        if NO_DEFINITION in objects and is_down:
            definitions[unit] = ()
        else:
            found = (_definition(setting, unit, name) for name in objects if name)
            definitions[unit] = tuple(definition for definition in found if definition)
    return definitions


def _has_become_others(unit: str, setting: Setting) -> bool:
    """Say whether an instance of ours has got a file of its own, which is not ours."""
    ground = setting.ground
    is_ours = ground.pending is not None or unit in setting.new or unit in ground.installed.units
    is_instance = not is_ours and template_of(unit) in ground.old
    return is_instance and not setting.observed.template_of(unit)


def _definition(setting: Setting, unit: str, object_name: str) -> UnitFile | None:
    new = held_for(unit, setting.new)
    if new and held_for(unit, setting.target.generation.units) == object_name:
        return new  # objects of one name are equal
    adopted = setting.surroundings.adopted.old.get(unit, {})
    text = adopted.get(object_name) or setting.disk.store.read_unit(object_name)
    return None if text is None else parse(unit, text)


def _relinked(setting: Setting) -> frozenset[str]:
    """Return the units whose own link, or what it leads to, is made, changed or removed."""
    installed = setting.ground.installed.units
    wanted = setting.target.generation.units
    return frozenset(
        unit
        for unit in {*installed, *wanted} - setting.surroundings.overridden.keys()
        if installed.get(unit) != wanted.get(unit) or installed.get(unit) in setting.damaged
    ).union(setting.surroundings.adopted.drop_ins, setting.surroundings.returning.texts)


def _others(setting: Setting) -> Mapping[str, UnitFile]:
    """Return the files that would count for units if ours were not there; an empty one masks."""
    unit_path = setting.disk.unit_path(setting.observed.unit_path)
    places = {unit: str(path) for unit, path in unit_path.shadowed().items()}
    places |= setting.surroundings.overridden
    units = {*setting.ground.old, *setting.new} & places.keys()
    texts = {unit: read_unit(places[unit]) for unit in units}
    return {unit: parse(unit, text) for unit, text in texts.items() if text}
