"""systemd's search path for unit files (systemd.unit(5)), and what else is called like ours."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.host.seen import Seen, Stamps
from hmsvcd.model.unit import UnitKind, suffix

_KINDS = frozenset({*UnitKind, "scope", "swap"})


@dataclass(frozen=True, slots=True)
class _Listing:
    """The unit files in a folder; of links, only a look tells whether they lead to a folder."""

    files: Mapping[str, Path]
    links: tuple[Path, ...] = ()


class UnitFolders:
    """What folders with unit files hold; one is only read again where it has changed."""

    def __init__(self) -> None:
        self._seen = Seen[_Listing]()

    def list(self, folders: Iterable[str]) -> dict[str, Path]:
        """Return all unit files by name; where several have a name, that of the first folder."""
        found: dict[str, Path] = {}
        for folder in reversed([*folders]):
            listing = self._look(folder)
            found |= listing.files
            found |= {path.name: path for path in listing.links if not path.is_dir()}
        return found

    def _look(self, folder: str) -> _Listing:
        kept = self._seen.get(folder)
        if kept is not None:
            return kept
        stamps = Stamps()
        stamps.take(folder, follow=True)
        try:
            return self._seen.keep(folder, _read(folder), stamps)
        except OSError:
            return _Listing({})  # most folders of the search path do not exist


class UnitPath:
    """The folders of a manager's ``UnitPath`` around the one that hmsvcd installs in."""

    def __init__(
        self, folders: Sequence[str], own: Path, listings: UnitFolders | None = None
    ) -> None:
        self.folders = folders
        self.own = own
        self._listings = listings or UnitFolders()

    @property
    def holds_own(self) -> bool:
        """Whether systemd looks into our folder at all."""
        return str(self.own) in self.folders

    def shadowing(self) -> Mapping[str, Path]:
        """Return the unit files that count before those in our folder, by unit name."""
        before = self.folders[: self.folders.index(str(self.own))] if self.holds_own else ()
        return self._listings.list(before)

    def shadowed(self) -> Mapping[str, Path]:
        """Return the unit files that would count if ours were not there, by unit name."""
        after = self.folders[self.folders.index(str(self.own)) + 1 :] if self.holds_own else ()
        return self._listings.list(after)


def _read(folder: str) -> _Listing:
    with os.scandir(folder) as found:
        entries = [one for one in found if suffix(one.name) in _KINDS]
    plain = [one for one in entries if not one.is_symlink() and not one.is_dir()]
    return _Listing(
        {one.name: Path(one.path) for one in plain},
        tuple(Path(one.path) for one in entries if one.is_symlink()),
    )


def is_masked(place: str) -> bool:
    """Say whether a unit file is empty or leads to /dev/null (systemd.unit(5))."""
    try:
        return Path(place).stat().st_size == 0
    except OSError:
        return False


def read_unit(place: str) -> str | None:
    """Return the text of a unit file; None where it is masked, gone or unreadable."""
    path = Path(place)
    try:
        if path.resolve() == Path("/dev/null"):
            return None
        return files.read(path)
    except (HostError, OSError):
        return None
