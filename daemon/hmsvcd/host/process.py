"""What this process is told by whoever started it."""

import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path


def environment() -> dict[str, str]:
    """Return the environment variables of this process."""
    return dict(os.environ)


def working_directory() -> str:
    """Return the working directory, ``/`` where it has been removed."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "/"


def username(environ: Mapping[str, str]) -> str:
    """Return the user's name: ``$USER``, else what the user database says."""
    if environ.get("USER"):
        return environ["USER"]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def find_program(name: str, path: str | None) -> str | None:
    """Return where a program lies on a ``$PATH`` (None: this process's); None if nowhere."""
    return shutil.which(name, path=path)
