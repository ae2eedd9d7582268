"""The door to ``systemd-analyze verify``, which reads units as systemd will."""

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from hmsvcd.host.private_folder import PrivateFolder, make_private_folder
from hmsvcd.model.verification import Verification

TIMEOUT = 30.0
"""Seconds for a call; 1,000 units take well below one."""

_COMMAND = ("systemd-analyze", "--user", "verify", "--man=no")
_LIST_FOLDERS = ("systemd-analyze", "--user", "unit-paths")
_MANAGERS = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_PLAIN = {
    "LC_ALL": "C.UTF-8",
    "SYSTEMD_COLORS": "0",
    "SYSTEMD_LOG_LEVEL": "info",
    "SYSTEMD_LOG_TARGET": "console",
    "SYSTEMD_LOG_COLOR": "0",
    "SYSTEMD_LOG_LOCATION": "0",
    "SYSTEMD_LOG_TIME": "0",
    "SYSTEMD_LOG_TID": "0",
}
"""What makes systemd print one plain English line for each thing that it finds."""


async def verify(
    units: Mapping[str, str], environ: Mapping[str, str], within: float = TIMEOUT
) -> Verification:
    """Return what systemd says of rendered units (name → text), all seen together.

    ``environ`` is the manager's: with it, units that are installed elsewhere are found, too. No
    manager need run. Nothing is raised for a host that cannot verify: ``problem`` says why.
    """
    if not units:
        return Verification()
    try:
        held = await asyncio.to_thread(_write, units, environ)
    except OSError as problem:
        return Verification(problem=f"the units cannot be written for it: {problem.strerror}")
    folder = held.path
    try:
        surroundings = {**environ, **_PLAIN, "XDG_RUNTIME_DIR": _runtime_folder(environ, folder)}
        return await _verify(folder / "units", units, surroundings, within)
    except TimeoutError:
        return Verification(problem=f"systemd-analyze took longer than {within:g} s")
    except FileNotFoundError:
        return Verification(problem="systemd-analyze is not installed")
    except OSError as problem:
        return Verification(problem=f"systemd-analyze cannot be run: {problem.strerror}")
    finally:
        await asyncio.to_thread(held.remove)


async def _verify(
    folder: Path, names: Iterable[str], environ: Mapping[str, str], seconds: float
) -> Verification:
    paths = [f"./{name}" for name in sorted(names)]
    status, output = await _run([*_COMMAND, *paths], folder, environ, seconds)
    lines = output.splitlines()
    if status < 0 or (status and lines and all(line.startswith("Failed to ") for line in lines)):
        return Verification(problem=lines[-1] if lines else f"it ended by signal {-status}")
    installed = await _installed(folder, environ, seconds)
    known: Mapping[str, tuple[str, ...]] = {}
    if "Unknown " in output:
        known = await _known_directives(folder, environ, seconds)
    return Verification(output, known, installed)


async def _installed(folder: Path, environ: Mapping[str, str], seconds: float) -> frozenset[str]:
    """Return the names of all files in the folders that the manager looks for units in."""
    status, listing = await _run(list(_LIST_FOLDERS), folder, environ, seconds)
    folders = listing.splitlines() if status == 0 else ()
    return await asyncio.to_thread(_names_in, folders)


def _names_in(folders: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for folder in folders:
        with suppress(OSError):
            found.update(file.name for file in Path(folder).iterdir())
    return frozenset(found)


async def _known_directives(
    folder: Path, environ: Mapping[str, str], seconds: float
) -> Mapping[str, tuple[str, ...]]:
    """Return section → directives as this systemd lists them; empty where it does not."""
    manager = _manager(environ)
    if manager is None:
        return {}
    command = [manager, "--user", "--dump-configuration-items"]
    _, listing = await _run(command, folder, environ, seconds)
    return _sections(listing.splitlines())


def _manager(environ: Mapping[str, str]) -> str | None:
    """Return systemd itself: the one that the program on PATH belongs to, or a usual place."""
    program = shutil.which(_COMMAND[0], path=environ.get("PATH"))
    beside = [str(Path(program).resolve().parents[1] / "lib/systemd/systemd")] if program else []
    return next((path for path in (*beside, *_MANAGERS) if os.access(path, os.X_OK)), None)


def _sections(listing: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    known: dict[str, list[str]] = {}
    names: list[str] = []
    for line in listing:
        if line.startswith("[") and line.endswith("]"):
            names = known.setdefault(line[1:-1], [])
        elif "=" in line:
            names.append(line.partition("=")[0])
    return {section: tuple(found) for section, found in known.items()}


async def _run(
    command: list[str], folder: Path, environ: Mapping[str, str], seconds: float
) -> tuple[int, str]:
    """Return a program's exit status and all that it prints; it does not outlive this call."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode(errors="replace")


def _write(units: Mapping[str, str], environ: Mapping[str, str]) -> PrivateFolder:
    folder = make_private_folder(environ, "verify")
    try:
        for name in ("units", "run/systemd"):
            (folder.path / name).mkdir(parents=True)
        for name, text in units.items():
            (folder.path / "units" / name).write_bytes(text.encode())
    except OSError:
        folder.remove()
        raise
    return folder


def _runtime_folder(environ: Mapping[str, str], folder: Path) -> str:
    """Return the runtime folder of a manager that runs; else one that vanishes with ours."""
    own = environ.get("XDG_RUNTIME_DIR", "")
    return own if own and Path(own, "systemd").is_dir() else str(folder / "run")
