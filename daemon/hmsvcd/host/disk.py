"""hmsvcd's places on disk, as one value: what they remember lasts as long as it does."""

from collections.abc import Sequence
from dataclasses import dataclass

from hmsvcd.host.installation import Installation
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.records import Records
from hmsvcd.host.store import Store
from hmsvcd.host.unit_path import UnitFolders, UnitPath


@dataclass(frozen=True, slots=True)
class Disk:
    """The doors to what hmsvcd has installed and written down."""

    paths: Paths
    records: Records
    pending: PendingFile
    store: Store
    installation: Installation
    unit_folders: UnitFolders

    @classmethod
    def at(cls, paths: Paths) -> "Disk":
        """Return the doors to the places that these paths name."""
        return cls(
            paths, Records(paths), PendingFile(paths.pending), Store(paths.store),
            Installation(paths), UnitFolders(),
        )  # fmt: skip

    def unit_path(self, folders: Sequence[str]) -> UnitPath:
        """Return the manager's search path (``Observed.unit_path``) around our unit folder."""
        return UnitPath(folders, self.paths.unit_folder, self.unit_folders)
