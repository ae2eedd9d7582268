"""What hmsvcd remembers: the generations, which one is installed, and each unit's state."""

import re
import tomllib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from sys import intern

from hmsvcd.errors import HostError
from hmsvcd.host import files, toml_text
from hmsvcd.host.disk_format import DiskFormat
from hmsvcd.host.inside import demand_inside
from hmsvcd.host.parsed import Parsed
from hmsvcd.host.paths import Paths
from hmsvcd.model.generation import Manifest, SavedState, UnitRecord

MANIFEST = DiskFormat("generation")
STATE = DiskFormat("state")

_NUMBERED = re.compile(r"([1-9][0-9]*)\.toml")


_IN_USE = 2
"""How many manifests are kept as values: that of what is installed, and that of what will be."""


@dataclass(frozen=True, slots=True)
class _Outline:
    """What of each manifest is asked for again and again; ``undone``: what it was to undo."""

    objects: frozenset[str]
    written: str
    was_declared: bool
    undone: int | None


class Records:
    """The manifests, the link to the installed one, and ``state.toml``.

    Everything here raises ``HostError`` with the file's name where it cannot be read or written.
    What has not changed since it was read or written here is not read again (``host.parsed``).
    """

    def __init__(self, paths: Paths) -> None:
        self._generations = paths.generations
        self._current = paths.current
        self._state = paths.state_file
        self._manifests = Parsed(_manifest, most=_IN_USE)
        self._outlines = Parsed(self._outline)
        self._states = Parsed(_state, most=1)
        self._written: dict[str, tuple[UnitRecord, str]] = {}

    def numbers(self) -> list[int]:
        """Return the numbers of all generations, ascending, whether or not they can be read."""
        files.refuse_link(self._generations)
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
        return self._manifests.read(self.path(number))

    def manifests(self) -> list[Manifest]:
        """Return all manifests, ascending."""
        found = map(self.manifest, self.numbers())
        return [manifest for manifest in found if manifest is not None]

    def write_manifest(self, manifest: Manifest) -> None:
        """Record a generation, durably. One that is there stays as it is, and must be equal."""
        path = self.path(manifest.number)
        present = self.manifest(manifest.number)
        if present is None:
            self._manifests.write(path, toml_text.dumps(MANIFEST.encode(manifest)), manifest)
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
            raise MANIFEST.unusable(self.path(number), "it is installed, but the file is gone")
        return manifest

    def set_current(self, number: int) -> None:
        """Make a recorded generation the installed one, durably and in one step."""
        files.make_folder(self._current.parent)
        files.replace_link(self._current, f"{self._generations.name}/{number}.toml")
        files.sync_folder(self._current.parent)

    def state(self) -> SavedState:
        """Return what each unit's action has reached; empty before the first apply."""
        return self._states.read(self._state) or SavedState()

    def write_state(self, state: SavedState) -> None:
        """Record what each unit's action has reached, durably."""
        self._states.write(self._state, self._text(state), state)

    def expendable(self, keep: int, besides: int | None = None) -> list[int]:
        """Return all numbers but those of the newest ``keep``, what is installed, and another.

        Of as many texts of a declaration, the last that somebody may want back stay, too: what a
        service writes again and again into a ``source`` of its own pushes no edit out.
        """
        numbers = self.numbers()
        kept = {*numbers[max(0, len(numbers) - keep) :], self.current_number(), besides}
        kept |= self._last_of_texts(numbers, keep) if len(numbers) > keep else set()
        return [number for number in numbers if number not in kept]

    def _last_of_texts(self, numbers: list[int], most: int) -> set[int]:
        failed = self.failed()
        last: dict[str, int] = {}
        for number in reversed(numbers):
            found = self._outlined(number)
            if found and found.was_declared and number not in failed and len(last) < most:
                last.setdefault(found.written, number)
        return set(last.values())

    def failed(self) -> frozenset[int]:
        """Return the generations that were rolled back as they had failed."""
        found = map(self._outlined, self.numbers())
        return frozenset(one.undone for one in found if one and one.undone)

    def _outlined(self, number: int) -> "_Outline | None":
        with suppress(HostError):  # nobody can go back to what cannot be read
            return self._outlines.read(self.path(number))
        return None

    def prune(self, keep: int, besides: int | None = None) -> list[int]:
        """Remove what is ``expendable``, durably; return the numbers."""
        removed = self.expendable(keep, besides)
        for number in removed:
            files.remove(self.path(number))
        return removed

    def drop_unfinished(self) -> None:
        """Remove what was recorded after the installed generation and then never installed."""
        current = self.current_number() or 0
        for number in self.numbers():
            if number > current:
                files.remove(self.path(number))

    def clean(self) -> None:
        """Remove what a kill has left half-written."""
        for folder in (self._current.parent, self._generations):
            files.remove_temporary(folder)

    def objects(self, without: Collection[int] = ()) -> frozenset[str]:
        """Return every store object that the state or a generation names, but for these."""
        paths = [self.path(number) for number in self.numbers() if number not in without]
        found = [self._outlines.read(path) for path in paths]
        self._outlines.retain(paths)
        return self.objects_of_state().union(*(one.objects for one in found if one))

    def objects_of_state(self) -> frozenset[str]:
        """Return the units' definitions that the state names: those that run, and their likes."""
        records = self.state().units.values()
        return frozenset(name for one in records for name in (one.applied, one.started) if name)

    def path(self, number: int) -> Path:
        """Return where the manifest of a generation lies, or would lie."""
        return self._generations / f"{number}.toml"

    def _outline(self, path: Path, _text: str) -> "_Outline | None":
        manifest = self._manifests.read(path)
        if manifest is None:
            return None
        objects = frozenset(map(intern, manifest.generation.objects))  # most are in many manifests
        undone = manifest.undone.of if manifest.undone else None
        return _Outline(objects, manifest.written, manifest.was_declared, undone)

    def _text(self, state: SavedState) -> str:
        """Return the text of a state, in which most records are as they were the last time."""
        if not state.units:
            return toml_text.dumps(STATE.encode(state))
        before = self._written
        self._written = {
            unit: had
            if (had := before.get(unit)) is not None and had[0] == record
            else (record, _unit_text(unit, record))
            for unit, record in state.units.items()
        }
        rest = STATE.encode(replace(state, units={}))
        del rest["units"]
        return "\n".join([toml_text.dumps(rest), *(text for _, text in self._written.values())])


def _manifest(path: Path, text: str) -> Manifest:
    manifest = MANIFEST.decode(Manifest, _table(MANIFEST, path, text), path)
    if f"{manifest.number}.toml" != path.name:
        raise MANIFEST.unusable(path, f"it is generation {manifest.number}")
    demand_inside(MANIFEST, manifest.generation, path)
    return manifest


def _state(path: Path, text: str) -> SavedState:
    return STATE.decode(SavedState, _table(STATE, path, text), path)


def _unit_text(unit: str, record: UnitRecord) -> str:
    units = STATE.encode(SavedState(units={unit: record}))["units"]
    return toml_text.dumps({"units": units})


def _table(kind: DiskFormat, path: Path, text: str) -> object:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise kind.unusable(path, str(error)) from error
