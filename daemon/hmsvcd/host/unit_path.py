"""systemd's search path for unit files (systemd.unit(5)), and what else is called like ours."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hmsvcd.errors import HostError
from hmsvcd.host import files
from hmsvcd.model.unit import UnitKind, suffix

_KINDS = frozenset({*UnitKind, "scope", "swap"})


class UnitPath:
    """The folders of a manager's ``UnitPath`` around the one that hmsvcd installs in."""

    def __init__(self, folders: Sequence[str], own: Path) -> None:
        self.folders = folders
        self.own = own

    @property
    def holds_own(self) -> bool:
        """Whether systemd looks into our folder at all."""
        return str(self.own) in self.folders

    def shadowing(self) -> Mapping[str, Path]:
        """Return the unit files that count before those in our folder, by unit name."""
        before = self.folders[: self.folders.index(str(self.own))] if self.holds_own else ()
        return dict(_listing(reversed(before)))

    def shadowed(self) -> Mapping[str, Path]:
        """Return the unit files that would count if ours were not there, by unit name."""
        after = self.folders[self.folders.index(str(self.own)) + 1 :] if self.holds_own else ()
        return dict(_listing(reversed(after)))


def _listing(folders: Iterator[str] | Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield unit files, those of earlier folders later, so that they count."""
    for folder in folders:
        try:
            entries = sorted(Path(folder).iterdir())
        except OSError:
            continue  # most folders of the search path do not exist
        for path in entries:
            if suffix(path.name) in _KINDS and not path.is_dir():
                yield path.name, path


def read_unit(place: str) -> str | None:
    """Return the text of a unit file; None where it is masked, gone or unreadable."""
    path = Path(place)
    try:
        if path.resolve() == Path("/dev/null"):
            return None
        return files.read(path)
    except (HostError, OSError):
        return None
