"""Make and remove the links of a switch, in the order of docs/state.md."""

from collections.abc import Collection
from itertools import chain
from pathlib import Path  # noqa: TID251 - a plan names paths as text; only host touches them

from hmsvcd.app.planning import Planned
from hmsvcd.host.disk import Disk
from hmsvcd.host.links import Links
from hmsvcd.model.plan import Change, FileChange, LinkKind
from hmsvcd.pipeline.leaving import service_of


class Linking:
    """The links of one switch from what is installed to what is to be.

    ``leaving`` units keep their own links and configuration files, since they still run.
    """

    def __init__(self, disk: Disk, planned: Planned) -> None:
        self._installation = disk.installation
        self._store = disk.store
        self._links = Links(disk.paths)
        self._changes = planned.plan.files
        self._old = planned.ground.generation
        self._leftovers = planned.ground.installed.leftovers
        self._aside = dict(planned.surroundings.aside)
        self._adopted = planned.surroundings.adopted
        self._moved = planned.surroundings.displaced.moved
        self._returning = planned.surroundings.returning
        self._leaving: Collection[str] = ()

    def install(self, leaving: Collection[str]) -> None:
        """Make files, then units, then what pulls them in; remove the latter two the other way."""
        self._leaving = leaving
        self._installation.doubt()
        self._links.clean(self._leftovers)
        for path in chain.from_iterable(self._adopted.drop_ins.values()):
            self._put_aside(path)
        for kind in (LinkKind.FILE, LinkKind.UNIT, LinkKind.DEPENDENCY):
            for change in self._of(kind):
                if change.change is not Change.REMOVE:
                    self._make(change)
        for kind in (LinkKind.DEPENDENCY, LinkKind.UNIT):
            self._remove(kind)
        self._give_back()
        self._links.sync()

    def remove_files(self) -> None:
        """Remove the configuration files that nothing uses any more; others may lie there then."""
        self._installation.doubt()
        self._remove(LinkKind.FILE)
        self._give_back()
        self._links.sync()

    def _make(self, change: FileChange) -> None:
        self._move_aside(change)
        path = Path(change.path)
        if path in self._adopted.links:
            self._links.take_over(path, self._target(change))
        else:
            self._links.make(path, self._target(change))

    def _move_aside(self, change: FileChange) -> None:
        """Move away what lies in the place of a link; it may be in the way of others, too."""
        path = self._aside.get(change.name)
        if path is None or change.kind is LinkKind.DEPENDENCY:
            return
        self._put_aside(path)
        self._aside = {name: other for name, other in self._aside.items() if other != path}

    def _put_aside(self, path: Path) -> None:
        extension = self._moved[str(path)].removeprefix(f"{path}.")
        self._links.move_aside(path, extension)

    def _give_back(self) -> None:
        """Put back what others had there, where no link of ours lies any more."""
        for aside, path in self._returning.moves.items():
            self._links.put_back(aside, path)
        for path, text in self._returning.links.items():
            self._links.restore(path, text)

    def _remove(self, kind: LinkKind) -> None:
        for change in self._of(kind):
            if change.change is Change.REMOVE:
                self._links.remove(Path(change.path))

    def _of(self, kind: LinkKind) -> list[FileChange]:
        return [
            change for change in self._changes if change.kind is kind and not self._stays(change)
        ]

    def _stays(self, change: FileChange) -> bool:
        if change.kind is LinkKind.UNIT:
            return change.name in self._leaving
        if change.kind is LinkKind.FILE and change.change is Change.REMOVE:
            members = self._old.services.get(service_of(change.name), ())
            return any(unit in self._leaving for unit in members)
        return False

    def _target(self, change: FileChange) -> Path:
        path = self._store.path(change.new or "")
        return path if change.kind is LinkKind.FILE else path / change.name
