"""Which units name which, before and after a switch."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

from hmsvcd.model.decision import Installing
from hmsvcd.model.unit import UnitFile, is_template, template_of
from hmsvcd.pipeline.syntax.effective import assigned_by, effective
from hmsvcd.pipeline.syntax.specifiers import resolved

_PROPERTIES = {
    "Wants": "wants", "Requires": "requires", "BindsTo": "binds_to", "Upholds": "upholds",
    "Conflicts": "conflicts", "After": "after", "Before": "before",
}  # fmt: skip
"""Directive → attribute of ``ObservedUnit``, for units that are not ours."""

_NAMED_BY = {
    "Wants": "wanted_by", "Requires": "required_by", "BindsTo": "bound_by",
    "Upholds": "upheld_by",
}  # fmt: skip
"""Directive → attribute of ``ObservedUnit`` that lists the units with that directive for it."""

_FOLDERS = {"Wants": "wants", "Requires": "requires", "Upholds": "upholds"}

PULLS_IN = ("Wants", "Requires", "BindsTo", "Upholds")
NEEDS = ("Requires", "BindsTo", "Requisite")
GOES_DOWN_WITH = ("Requires", "BindsTo", "Requisite", "PartOf")

Links = Mapping[str, tuple[str, ...]]


class Dependencies:
    """Look-ups in the definitions and links of a switch, and in what systemd has loaded."""

    def __init__(self, world: Installing) -> None:
        self._world = world
        self._after: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The units that are or were ours, with loaded instances instead of their templates."""
        world = self._world
        ours = {*world.old, *world.new}
        instances = {unit for unit in world.observed.units if self._template(unit) in ours}
        return frozenset(unit for unit in ours | instances if not is_template(unit))

    def old(self, unit: str) -> tuple[UnitFile, ...]:
        """Return the definitions that systemd may be running now, if it was ours."""
        found = self._world.old.get(unit)
        if found is None:
            found = self._world.old.get(self._template(unit), ())
        return tuple(self._whole(unit, one) for one in found) if self._world.drop_ins else found

    def new(self, unit: str) -> UnitFile | None:
        """Return our definition after the switch; a masked unit (an empty one) has none."""
        found = self._world.new.get(unit) or self._world.new.get(self._template(unit))
        return self._whole(unit, found) if found and found.sections else None

    def other(self, unit: str) -> UnitFile | None:
        """Return another file of that name that counts once ours is gone."""
        found = self._world.others.get(unit) or self._world.others.get(self._template(unit))
        return self._whole(unit, found) if found else None

    def _template(self, unit: str) -> str:
        return self._world.observed.template_of(unit)

    def _whole(self, unit: str, definition: UnitFile) -> UnitFile:
        drop_ins = self._world.drop_ins.get(unit)
        if not drop_ins:
            return definition
        return effective(definition.name, (*assigned_by(definition), *drop_ins))

    def is_gone(self, unit: str) -> bool:
        """Say whether nothing defines a unit of ours after the switch."""
        return unit in self.subjects and self.new(unit) is None and self.other(unit) is None

    def after(self, unit: str, directives: tuple[str, ...]) -> frozenset[str]:
        """Return the units that a unit names in these directives after the switch."""
        found = self._after.get((unit, directives))
        if found is None:
            found = self._after[unit, directives] = self._find_after(unit, directives)
        return found

    def _find_after(self, unit: str, directives: tuple[str, ...]) -> frozenset[str]:
        definition = self.new(unit) or (self.other(unit) if unit in self.subjects else None)
        linked = _linked(self._world.new_links, unit, directives)
        if definition:
            return linked | _named(definition, unit, directives)
        if unit in self.subjects:
            return linked
        old_links = _linked(self._world.old_links, unit, directives)
        return (self._loaded(unit, directives) - old_links) | linked

    def before(self, unit: str, directives: Iterable[str]) -> frozenset[str]:
        """Return the units that a unit names in these directives before the switch."""
        linked = _linked(self._world.old_links, unit, directives)
        if unit not in self.subjects:
            return linked | self._loaded(unit, directives)
        return linked.union(*(_named(old, unit, directives) for old in self.old(unit)))

    def _loaded(self, unit: str, directives: Iterable[str]) -> frozenset[str]:
        observed = self._world.observed.units.get(unit)
        known = [name for name in directives if name in _PROPERTIES]
        named = (other for key in known for other in getattr(observed, _PROPERTIES[key], ()))
        return frozenset(named).union(*(self._naming.get((unit, key), ()) for key in known))

    @cached_property
    def _naming(self) -> Mapping[tuple[str, str], set[str]]:
        """(unit, directive) → the units that say of themselves to be named there."""
        naming: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for unit, observed in self._world.observed.units.items():
            for directive, attribute in _NAMED_BY.items():
                for other in getattr(observed, attribute):
                    naming[other, directive].add(unit)
        return naming

    @cached_property
    def needed_by(self) -> Mapping[str, frozenset[str]]:
        """Unit → the units of ours that cannot start without it, after the switch."""
        return self._reversed(self.subjects, NEEDS)

    @cached_property
    def restarting_with(self) -> Mapping[str, frozenset[str]]:
        """Unit → the units that systemd restarts along with it, after the switch."""
        everything = self.subjects | frozenset(self._world.observed.units)
        return self._reversed(everything, GOES_DOWN_WITH)

    @cached_property
    def _conflicting(self) -> Mapping[str, frozenset[str]]:
        everything = self.subjects | frozenset(self._world.observed.units)
        return self._reversed(everything, ("Conflicts",))

    def conflicting(self, unit: str) -> frozenset[str]:
        """Return the units that cannot run beside a unit, whichever of them says so."""
        return self.after(unit, ("Conflicts",)) | self._conflicting.get(unit, frozenset())

    def _reversed(
        self, units: Collection[str], directives: tuple[str, ...]
    ) -> Mapping[str, frozenset[str]]:
        naming: defaultdict[str, set[str]] = defaultdict(set)
        for unit in units:
            for named in self.after(unit, directives):
                naming[named].add(unit)
        return {named: frozenset(by) for named, by in naming.items()}

    def stopping_with(self, unit: str) -> frozenset[str]:
        """Return the units that systemd stops along with a unit, as it has them loaded now."""
        observed = self._world.observed.unit(unit)
        return frozenset((*observed.required_by, *observed.bound_by, *observed.consists_of))


def closure(units: Iterable[str], neighbours: Callable[[str], Iterable[str]]) -> list[str]:
    """Return these units and every further one that is reached from them, each once."""
    reached = list(dict.fromkeys(units))
    seen = set(reached)
    for unit in reached:  # grows while it is walked
        new = sorted(set(neighbours(unit)) - seen)
        seen.update(new)
        reached += new
    return reached


def _named(definition: UnitFile, unit: str, directives: Iterable[str]) -> frozenset[str]:
    words = (word for name in directives for word in definition.words("Unit", name))
    return frozenset(resolved(word, unit) for word in words)


def _linked(links: Links, unit: str, directives: Iterable[str]) -> frozenset[str]:
    kinds = [_FOLDERS[name] for name in directives if name in _FOLDERS]
    template = template_of(unit)
    folders = [f"{name}.{kind}" for name in (unit, template) if name for kind in kinds]
    return frozenset(name for folder in folders for name in links.get(folder, ()))
