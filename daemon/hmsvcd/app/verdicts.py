"""What systemd says of a declaration's units; it is asked again where it may say another thing."""

from collections.abc import Mapping
from itertools import chain

from hmsvcd.host.verify import verify
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.pipeline.check.verify import findings
from hmsvcd.pipeline.decide.diff import only_triggers
from hmsvcd.pipeline.syntax.unit_file import parse

Units = Mapping[str, RenderedUnit]


class Verdicts:
    """Verifies units that have changed since they were verified last; it remembers the others.

    Nothing that it returns is located.
    """

    def __init__(self) -> None:
        self._verified: Units = {}
        self._found: dict[str, list[Diagnostic]] = {}

    async def refusals(
        self, units: Units, installed: Mapping[str, str], environ: Mapping[str, str]
    ) -> tuple[Diagnostic, ...]:
        """Return why systemd would refuse units, before any of them is installed.

        ``installed`` are the units as they are now (name → store object), which whoever installed
        them had verified. What differs from what is known in X-Reload-Triggers alone is known.
        """
        changed = {
            name
            for name, unit in units.items()
            if unit is not self._verified.get(name)
            and installed.get(name) != unit.object_name
            and not self._says_the_same(unit)
        }
        if not changed:
            return ()
        new = {
            name: unit
            for name, unit in units.items()
            if name in changed or name not in installed  # which systemd does not find by itself
        }
        found = await _findings(new, environ)
        if not found:  # else what they lack may come with them: they are verified again then
            known = {**self._verified, **new}
            self._verified = {name: known[name] for name in known if name not in self._found}
        return tuple(each for each in found if each.is_error)

    async def found(self, units: Units, environ: Mapping[str, str]) -> tuple[Diagnostic, ...]:
        """Return all that systemd finds wrong with units that are installed.

        Those of which something was found are verified with others: what they lack may have come.
        """
        changed = [name for name, unit in units.items() if not self._knows(unit)]
        if changed or len(units) != len(self._verified):
            wanted = {name: units[name] for name in {*changed, *self._found} if name in units}
            found = await _findings(wanted, environ)
            owners = _owners(wanted)
            self._found = {}
            for each in found:
                self._found.setdefault(owners.get(each.place, ""), []).append(each)
        self._verified = units
        return tuple(chain.from_iterable(self._found.values()))

    def _knows(self, unit: RenderedUnit) -> bool:
        """Say whether systemd would say the same of a unit, at the same places."""
        known = self._verified.get(unit.name)
        return known is unit or (
            known is not None
            and (known.place, known.places) == (unit.place, unit.places)
            and self._says_the_same(unit)
        )

    def _says_the_same(self, unit: RenderedUnit) -> bool:
        """Say whether systemd reads in a unit what it read when it verified it."""
        known = self._verified.get(unit.name)
        return known is not None and (
            known.object_name == unit.object_name
            or only_triggers([parse(known.name, known.text)], parse(unit.name, unit.text))
        )


async def _findings(units: Units, environ: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    texts = {name: unit.text for name, unit in units.items()}
    return findings(await verify(texts, environ), units)


def _owners(units: Units) -> Mapping[object, str]:
    """Return whose each place is that something may be found at."""
    owners: dict[object, str] = {}
    for name, unit in units.items():
        for place in chain([unit.place], *(unit.places or {}).values()):
            if place is not None:
                owners[place] = name
    return owners
