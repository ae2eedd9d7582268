"""What is on disk before a switch: what is recorded, and what is installed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from hmsvcd.host.disk import Disk
from hmsvcd.host.installation import Installed
from hmsvcd.model.generation import NOTHING, Generation, Manifest, Pending, SavedState
from hmsvcd.model.observed import Observed
from hmsvcd.pipeline.decide.owed import still_owed
from hmsvcd.pipeline.possible import NO_DEFINITION, possible_definitions, started_since, told_apart


@dataclass(frozen=True, slots=True)
class Ground:
    """What is on disk before a switch.

    ``old`` names for each unit every store object that may be what systemd runs now.
    """

    current: Manifest | None
    state: SavedState
    pending: Pending | None
    installed: Installed
    old: Mapping[str, tuple[str, ...]]

    @property
    def generation(self) -> Generation:
        """The generation that is installed."""
        return self.current.generation if self.current else NOTHING

    @property
    def coming_back(self) -> dict[str, tuple[str, ...]]:
        """The links of units that a failed switch had taken away, which is being undone."""
        if self.pending is None or self.pending.target.left is None:
            return {}
        here, old = self.installed.units, self.old
        back = {unit for unit in old if unit not in here and NO_DEFINITION not in old[unit]}
        links = self.pending.target.generation.links
        return {
            folder: tuple(unit for unit in units if unit in back)
            for folder, units in links.items()
        }

    def only(self, units: Collection[str]) -> "Ground":
        """Return this as if only these units were there."""
        installed, few = self.installed, sorted(units)
        near = {unit: installed.units[unit] for unit in few if unit in installed.units}
        links = {
            folder: kept
            for folder, held in installed.links.items()
            if (kept := {unit: held[unit] for unit in few if unit in held})
        }
        old = {unit: self.old[unit] for unit in few if unit in self.old}
        return replace(self, old=old, installed=replace(installed, units=near, links=links))

    def seen(self, observed: Observed) -> "Ground":
        """Return this with what the manager tells of an unfinished switch, and of what is up."""
        old, linked = self.old, self.installed.units
        if self.pending is None:
            return replace(self, old=started_since(old, self.state, linked, observed))
        return replace(self, old=told_apart(old, self.pending, linked, observed))

    def beside(self, running: Mapping[str, tuple[str, ...]]) -> "Ground":
        """Return this with what may run of units that become ours."""
        return replace(self, old={**self.old, **running})

    def owed(self, observed: Observed) -> frozenset[str]:
        """Return the units that earlier switches in this life of the manager owe a start."""
        owed = still_owed(self.state, observed)
        if self.pending and self.pending.life == observed.life:
            owed |= self.pending.owed
        return owed


def read_ground(disk: Disk, *, narrowly: bool = False) -> Ground:
    """Read what is recorded and installed; raises HostError where it cannot be read.

    With ``narrowly`` the links are not looked for where nobody doubts that they are as they were.
    """
    current, state = disk.records.current(), disk.records.state()
    pending = disk.pending.read()
    installed = disk.installation.known() if narrowly else disk.installation.scan()
    generation = current.generation if current else NOTHING
    old = possible_definitions(state, pending, generation.units, installed.units)
    return Ground(current, state, pending, installed, old)
