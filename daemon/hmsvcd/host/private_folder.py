"""Folders for what another program is to read once: nobody else's, and not left behind."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from hmsvcd.host import files


def make_private_folder(environ: Mapping[str, str], purpose: str) -> Path:
    """Make and return an empty folder of mode 0700; raises ``OSError``.

    It lies in ``$XDG_RUNTIME_DIR/hmsvcd`` where there is a runtime folder (in memory, gone with
    the session), else where temporary files do. Its name holds this process's id: folders for the
    same purpose whose process was killed are removed.
    """
    around, prefix = _surroundings(environ, purpose)
    for leftover in _leftovers(around, prefix):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=around))
    folder.chmod(files.PRIVATE_FOLDER)  # the umask has counted so far
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


def _leftovers(around: Path, prefix: str) -> Iterator[Path]:
    for folder in around.glob(f"{prefix}*-*"):
        owner = folder.name.removeprefix(prefix).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists() and _is_ours(folder):
            yield folder


def _is_ours(folder: Path) -> bool:
    try:
        return folder.lstat().st_uid == os.geteuid()
    except FileNotFoundError:  # another process was faster
        return False
