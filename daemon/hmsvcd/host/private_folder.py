"""Folders for what another program is to read once: nobody else's, and not left behind."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hmsvcd.host import files


@dataclass(frozen=True, slots=True)
class PrivateFolder:
    """A folder that this process holds, by a flock(2): until then no other one removes it."""

    path: Path
    _held: int

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._held)


def make_private_folder(environ: Mapping[str, str], purpose: str) -> PrivateFolder:
    """Make and return an empty folder of mode 0700; raises ``OSError``.

    It lies in ``$XDG_RUNTIME_DIR/hmsvcd`` where there is a runtime folder (in memory, gone with
    the session), else where temporary files do. Folders for the same purpose that nobody holds
    are removed: their process was killed.
    """
    around, prefix = _surroundings(environ, purpose)
    for leftover in _leftovers(around, prefix):
        leftover.remove()
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=around))
        with suppress(FileNotFoundError):
            path.chmod(files.PRIVATE_FOLDER)  # the umask has counted so far
        if folder := _hold(path):
            return folder


def _surroundings(environ: Mapping[str, str], purpose: str) -> tuple[Path, str]:
    """Return the folder to make it in, and how its name begins there."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and os.access(runtime, os.W_OK):
        around = Path(runtime, "hmsvcd")
        with suppress(FileExistsError):
            files.make_private(around)
        return around, f"{purpose}-"
    return Path(tempfile.gettempdir()), f"hmsvcd-{purpose}-"


def _leftovers(around: Path, prefix: str) -> Iterator[PrivateFolder]:
    for path in around.glob(f"{prefix}*-*"):
        owner = path.name.removeprefix(prefix).partition("-")[0]
        # whether that process lives says nothing: ids differ between PID namespaces
        with suppress(OSError):
            if owner.isdecimal() and path.lstat().st_uid == os.geteuid() and (left := _hold(path)):
                yield left


def _hold(path: Path) -> PrivateFolder | None:
    """Hold a folder; None where another process does, or has removed it."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with suppress(FileNotFoundError, BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.lstat()):
                return PrivateFolder(path, descriptor)
        os.close(descriptor)
    return None
