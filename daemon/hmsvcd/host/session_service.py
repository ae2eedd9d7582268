"""The files that make hmsvcd a service of the session, and nothing but those.

What is written says so in its first line, with the hash of all that follows: a file without that
line, or changed since, is somebody else's, and is neither replaced nor removed. A unit that was
changed since is still the service that was made here: it is stopped and disabled.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hmsvcd.errors import HostError, RefusedError
from hmsvcd.host import files
from hmsvcd.host.installation import Installation, Installed, Owner
from hmsvcd.host.links import MASK
from hmsvcd.host.paths import Paths
from hmsvcd.model.daemon import BUS_NAME

UNIT = "hmsvcd.service"
ACTIVATION = f"{BUS_NAME}.service"

_WANTS = "default.target.wants"
_WAY_OUT = f"move it away; changes belong in a drop-in: systemctl --user edit {UNIT}"
_PACKAGE = Path(__file__).parents[1]
_SIGNED = re.compile(r"# Written by `hmsvcd install` \(([0-9a-f]{64})\); .*\n")


def packaged(name: str) -> str:
    """Return the text of a file of ``contrib/systemd``, as a packager would install it.

    It lies in the installed package, or beside it in a checkout.
    """
    for root in (_PACKAGE, _PACKAGE.parents[1]):
        text = files.read(root / "contrib/systemd" / name)
        if text is not None:
            return text
    raise HostError(f"{name} is missing in this installation of hmsvcd", "install hmsvcd again")


def running_program() -> list[str]:
    """Return the command that starts this very hmsvcd: the script that was typed, or its module.

    Links are not followed, so that they may be pointed to a newer version.
    """
    script = Path(sys.argv[0])
    if script.name == "hmsvcd" and os.access(script, os.X_OK) and not script.is_dir():
        return [str(script.absolute())]
    # -P: what lies in the home directory is no module of ours
    return [sys.executable, "-P", "-m", "hmsvcd"]


def code_digest() -> str:
    """Return the hash of this hmsvcd's own code, which an upgrade changes."""
    digest = sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(_PACKAGE)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """What ``SessionService.write`` had to change; all false where everything was there."""

    unit: bool
    activation: bool
    link: bool


class SessionService:
    """hmsvcd's own service in one user's folders.

    The unit lies where units of programs in the home directory do (``$XDG_DATA_HOME``), so that
    one of that name in ``$XDG_CONFIG_HOME``, where hmsvcd installs what is declared, comes first.
    """

    def __init__(self, paths: Paths) -> None:
        self.unit = paths.data_home / "systemd/user" / UNIT
        self.activation = paths.data_home / "dbus-1/services" / ACTIVATION
        self.link = paths.unit_folder / _WANTS / UNIT
        self._tops = frozenset({paths.data_home, paths.config_home})
        self._occupant = Installation(paths).look(paths.unit_folder / UNIT)

    @property
    def is_declared(self) -> bool:
        """Whether the declaration has a unit of this name, which counts instead of ours."""
        return self._occupant.owner is Owner.OURS

    @property
    def counts(self) -> bool:
        """Whether the unit that systemd knows by this name was written here, edited or not."""
        return self._occupant.owner is Owner.NOBODY and bool(_signed(self.unit))

    def refusals(self) -> Iterator[RefusedError]:
        """Yield why the files cannot be written: what is in the way was not written by us."""
        occupant = self._occupant
        if occupant.owner is Owner.FOREIGN:
            is_mask = occupant.description == MASK
            yield RefusedError(
                f"{occupant.path} is in the way: it is {occupant.description}, and not hmsvcd's",
                f"systemctl --user unmask {UNIT} takes the mask off" if is_mask else _WAY_OUT,
            )
        for path in self.left():
            message = f"{path} is in the way: hmsvcd install did not write it, or not like that"
            yield RefusedError(message, _WAY_OUT)

    def write(self, unit: str, activation: str) -> Written:
        """Put the texts in place and enable the unit; say what was not so already.

        Whoever calls this has looked at ``refusals``.
        """
        wrote_activation = _put(self.activation, activation)
        wrote_unit = _put(self.unit, unit)
        is_new = not os.path.lexists(self.link)
        if is_new:
            files.make_folder(self.link.parent)
            files.replace_link(self.link, str(self.unit))
            files.sync_folder(self.link.parent)
        return Written(wrote_unit, wrote_activation, is_new)

    def remove_activation(self) -> list[Path]:
        """Remove the file by which a call starts the service; return it if it was there."""
        return self._remove(self.activation) if _is_ours(self.activation) else []

    def remove_unit(self) -> list[Path]:
        """Disable and remove the unit, but keep one that was edited; return what was removed."""
        if not _signed(self.unit):
            return []
        is_enabled = self.link.is_symlink() and self.link.readlink() == self.unit
        disabled = self._remove(self.link) if is_enabled else []
        return [*disabled, *(self._remove(self.unit) if _is_ours(self.unit) else [])]

    def left(self) -> list[Path]:
        """Return what is there under the names of our files, and is not ours to remove."""
        return [
            path
            for path in (self.activation, self.unit)
            if os.path.lexists(path) and not _is_ours(path)
        ]

    def edited(self) -> list[Path]:
        """Return those that are ``left`` because somebody has edited what was written here."""
        return [path for path in self.left() if _signed(path)]

    def _remove(self, path: Path) -> list[Path]:
        files.remove(path)
        folder = path.parent
        with suppress(OSError):  # most often it is not empty
            while folder not in self._tops:
                folder.rmdir()
                folder = folder.parent
        return [path]


def remove_state(paths: Paths) -> None:
    """Remove all that hmsvcd keeps for itself, at once; nothing is installed any more.

    Raises HostError where something still is, or where the folder cannot be removed.
    """
    if Installation(paths).scan() != Installed():
        raise HostError(
            f"{paths.state} is kept, as units that still run need it",
            "when they have ended: hmsvcd uninstall --purge",
        )
    with files.translated("remove", paths.state):
        paths.state.rename(files.temporary(paths.state_home))
        for folder in paths.state_home.iterdir():
            if files.is_temporary(folder.name):
                shutil.rmtree(folder)
    shutil.rmtree(paths.runtime_dir / "hmsvcd", ignore_errors=True)


def _put(path: Path, text: str) -> bool:
    digest = sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    way = "`hmsvcd uninstall` takes it away"
    signed = f"# Written by `hmsvcd install` ({digest}); {way}.\n{text}"
    if not path.is_symlink() and files.read(path) == signed:
        return False
    files.replace(path, signed)
    return True


def _is_ours(path: Path) -> bool:
    """Say whether this is a file that ``_put`` has written, and as it has written it."""
    signed = _signed(path)
    if signed is None:
        return False
    rest = signed.string[signed.end() :].encode("utf-8", "surrogateescape")
    return sha256(rest).hexdigest() == signed[1]


def _signed(path: Path) -> "re.Match[str] | None":
    """Return the first line of a file that ``_put`` has written, whoever has edited the rest."""
    if path.is_symlink() or not path.is_file():
        return None
    return _SIGNED.match(files.read(path) or "")
