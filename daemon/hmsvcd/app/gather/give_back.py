"""Give back what an unfinished switch has taken of others', where it is undone (docs/state.md)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path  # noqa: TID251 - only host touches what it names

from hmsvcd.app.gather.surroundings import Returning
from hmsvcd.app.target import Target
from hmsvcd.host.disk import Disk
from hmsvcd.host.existing import own_drop_ins, unit_of_file
from hmsvcd.host.installation import Owner
from hmsvcd.host.links import is_aside
from hmsvcd.host.unit_path import UnitPath, read_unit
from hmsvcd.model.generation import Displaced
from hmsvcd.pipeline.syntax.effective import assigned_in, effective
from hmsvcd.pipeline.syntax.unit_file import write


def give_back(
    disk: Disk, taken: Displaced, target: Target, unit_path: UnitPath | None
) -> Returning:
    """Return what goes back to where it was, in a switch to the target.

    That is what was in the way of nothing that is wanted; of a rollback, all. What the target
    wants is gone on with.
    """
    return _GivingBack(disk, taken, target).returning(unit_path)


@dataclass(frozen=True, slots=True)
class _GivingBack:
    disk: Disk
    taken: Displaced
    target: Target

    def returning(self, unit_path: UnitPath | None) -> Returning:
        """Return all that goes back, also what is back already."""
        undone = {
            Path(path): Path(beside)
            for path, beside in sorted(self.taken.moved.items())
            if is_aside(path, beside) and not self._is_wanted(Path(path))
        }
        aside = {beside: path for path, beside in undone.items() if _is_there(beside)}
        moves = {beside: path for beside, path in aside.items() if self._has_room(path)}
        there = {path: path for path in undone if self._is_foreign(path)}
        sources = there | {path: beside for beside, path in moves.items()}
        return Returning(
            moves,
            {Path(path): text for path, text in self.taken.links.items() if self._is_free(path)},
            frozenset(self._names(sources)),
            dict(self._texts(sources, unit_path)),
            {beside: path for beside, path in aside.items() if beside not in moves},
        )

    def _is_wanted(self, path: Path) -> bool:
        """Say whether something that the target installs needs the place of a file."""
        if self.target.left is not None:
            return False
        generation, installation = self.target.generation, self.disk.installation
        unit = unit_of_file(self.disk.paths.unit_folder, path)
        if unit is not None:
            return unit in generation.units
        places = map(installation.file, generation.files)
        return any(path == place or path in place.parents for place in places)

    def _has_room(self, path: Path) -> bool:
        """Say whether nothing lies at a path once our links are gone, and nothing needs it."""
        installation = self.disk.installation
        places = map(installation.file, self.target.generation.files)
        is_needed = any(path in place.parents for place in places)
        return installation.obstacle(path) is None and not is_needed

    def _is_foreign(self, path: Path) -> bool:
        occupant = self.disk.installation.look(path)
        return occupant.owner is Owner.FOREIGN and not occupant.is_folder

    def _is_free(self, link: str) -> bool:
        """Say whether no link of the target's is to be at the place of one of others'."""
        path = Path(link)
        units = self.target.generation.links.get(path.parent.name, ())
        return path.name not in units and not self._is_foreign(path)

    def _names(self, sources: Iterable[Path]) -> Iterator[str]:
        """Yield the units and files whose own places these are."""
        for path in sources:
            if path.parent == self.disk.paths.unit_folder:
                yield path.name
            elif path.is_relative_to(self.disk.paths.files_root):
                yield str(path.relative_to(self.disk.paths.files_root))

    def _texts(
        self, sources: Mapping[Path, Path], unit_path: UnitPath | None
    ) -> Iterator[tuple[str, str]]:
        """Yield what each unit says that has its file or a drop-in back."""
        folder = self.disk.paths.unit_folder
        others = unit_path.shadowed() if unit_path else {}
        for unit in sorted({name for path in sources if (name := unit_of_file(folder, path))}):
            file = sources.get(folder / unit)
            text = read_unit(str(file)) if file else self.target.texts.get(unit)
            if text is None and file is None and unit in others:
                text = read_unit(str(others[unit]))
            drop_ins = {path: path for path in own_drop_ins(folder, unit)} | {
                path: source for path, source in sources.items() if path.parent.parent == folder
                if unit_of_file(folder, path) == unit
            }  # fmt: skip
            added = (read_unit(str(drop_ins[path])) for path in sorted(drop_ins))
            if text:
                said = effective(unit, assigned_in([text, *filter(None, added)]))
                yield unit, write(said.sections).encode("utf-8", "replace").decode()


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()
