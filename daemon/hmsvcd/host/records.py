"""What hmsvcd remembers: the generations, which one is installed, and each unit's state."""

import re
import tomllib
from pathlib import Path

import tomli_w

from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.host.disk_format import DiskFormat
from hmsvcd.host.paths import Paths
from hmsvcd.model.generation import Manifest, SavedState

MANIFEST = DiskFormat("generation")
STATE = DiskFormat("state")

_NUMBERED = re.compile(r"([1-9][0-9]*)\.toml")


class Records:
    """The manifests, the link to the installed one, and ``state.toml``.

    Everything here raises ``HostError`` with the file's name where it cannot be read or written.
    """

    def __init__(self, paths: Paths) -> None:
        self._generations = paths.generations
        self._current = paths.current
        self._state = paths.state_file

    def numbers(self) -> list[int]:
        """Return the numbers of all generations, ascending, whether or not they can be read."""
        with files.translated("list", self._generations):
            try:
                names = [path.name for path in self._generations.iterdir()]
            except FileNotFoundError:
                return []
        return sorted(int(found[1]) for found in map(_NUMBERED.fullmatch, names) if found)

    def next_number(self) -> int:
        """Return the number after the highest ever used that is still there."""
        return max(self.numbers(), default=0) + 1

    def manifest(self, number: int) -> Manifest | None:
        """Return a generation's manifest, None where there is no such generation."""
        path = self._path(number)
        table = _read(MANIFEST, path)
        if table is None:
            return None
        manifest = MANIFEST.decode(Manifest, table, path)
        if manifest.number != number:
            raise MANIFEST.unusable(path, f"it is generation {manifest.number}")
        return manifest

    def manifests(self) -> list[Manifest]:
        """Return all manifests, ascending."""
        found = map(self.manifest, self.numbers())
        return [manifest for manifest in found if manifest is not None]

    def write_manifest(self, manifest: Manifest) -> None:
        """Record a generation, durably. One that is there stays as it is, and must be equal."""
        path = self._path(manifest.number)
        present = self.manifest(manifest.number)
        if present is None:
            _write(MANIFEST, path, manifest)
        elif present != manifest:
            raise HostError(f"cannot write {path}: generation {manifest.number} is there already")

    def current_number(self) -> int | None:
        """Return the number of the installed generation, None before the first."""
        with files.translated("read", self._current):
            try:
                target = self._current.readlink()
            except FileNotFoundError:
                return None
        found = _NUMBERED.fullmatch(target.name)
        if found is None:
            raise MANIFEST.unusable(self._current, f"it points to {target}")
        return int(found[1])

    def current(self) -> Manifest | None:
        """Return the manifest of the installed generation, None before the first."""
        number = self.current_number()
        if number is None:
            return None
        manifest = self.manifest(number)
        if manifest is None:
            raise MANIFEST.unusable(self._path(number), "it is installed, but the file is gone")
        return manifest

    def set_current(self, number: int) -> None:
        """Make a recorded generation the installed one, durably and in one step."""
        files.make_folder(self._current.parent)
        files.replace_link(self._current, f"{self._generations.name}/{number}.toml")
        files.sync_folder(self._current.parent)

    def state(self) -> SavedState:
        """Return what each unit's action has reached; empty before the first apply."""
        table = _read(STATE, self._state)
        return SavedState() if table is None else STATE.decode(SavedState, table, self._state)

    def write_state(self, state: SavedState) -> None:
        """Record what each unit's action has reached, durably."""
        _write(STATE, self._state, state)

    def prune(self, keep: int) -> list[int]:
        """Remove all but the newest ``keep`` and the installed generation; return the numbers."""
        numbers = self.numbers()
        kept = {*numbers[max(0, len(numbers) - keep) :], self.current_number()}
        removed = [number for number in numbers if number not in kept]
        for number in removed:
            files.remove(self._path(number))
        return removed

    def drop_unfinished(self) -> None:
        """Remove what was recorded after the installed generation and then never installed."""
        current = self.current_number() or 0
        for number in self.numbers():
            if number > current:
                files.remove(self._path(number))

    def clean(self) -> None:
        """Remove what a kill has left half-written."""
        for folder in (self._current.parent, self._generations):
            files.remove_temporary(folder)

    def objects(self) -> frozenset[str]:
        """Return every store object that a generation or the state names."""
        found = {name for manifest in self.manifests() for name in manifest.generation.objects}
        for record in self.state().units.values():
            found |= {name for name in (record.applied, record.started) if name is not None}
        return frozenset(found)

    def _path(self, number: int) -> Path:
        return self._generations / f"{number}.toml"


def _read(kind: DiskFormat, path: Path) -> object:
    text = files.read(path)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise kind.unusable(path, str(error)) from error


def _write(kind: DiskFormat, path: Path, value: Manifest | SavedState) -> None:
    files.replace(path, tomli_w.dumps(kind.encode(value)))
