"""The service modules that there are: registered by installed packages, or in files."""

import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

from hmsvcd.host.declaration import writable_by_others
from hmsvcd.host.files import reason
from hmsvcd.host.guard import Guard
from hmsvcd.host.seen import Seen, Stamps
from hmsvcd.model.diagnostic import Diagnostic, Place, Severity, error
from hmsvcd.model.module import Module
from hmsvcd.model.raised import raised_at, said

GROUP = "hmsvcd.modules"
"""The group of entry points that packages register their modules in, by name."""

VARIABLE = "module"
"""What a file calls its module."""

Found = Module | Diagnostic


class Modules:
    """Loads modules again and again, and runs only those files again that may have changed.

    What packages register is looked at once: it changes when something is installed.
    """

    def __init__(self) -> None:
        self._files: Seen[Found] = Seen()
        self._loaded: dict[str, Found] = {}
        self._registered: Mapping[str, EntryPoint] | None = None

    @property
    def registered(self) -> Mapping[str, EntryPoint]:
        """What installed packages register, in order of names."""
        if self._registered is None:
            found = sorted(entry_points(group=GROUP), key=lambda each: each.name)
            self._registered = {each.name: each for each in found}
        return self._registered

    def named(self, name: str) -> Found | None:
        """Return the module that is registered by a name, or what is wrong with it."""
        if name not in self._loaded and name in self.registered:
            self._loaded[name] = _loaded(self.registered[name])
        return self._loaded.get(name)

    def in_file(self, path: str) -> Found:
        """Return the module in a file, or what is wrong with it.

        It is not run if anybody else may write it.
        """
        known = self._files.get(path)
        if known is not None:
            return known
        stamps = Stamps()
        stamps.take(path, follow=True)
        return self._files.keep(path, _in_file(path), stamps)


def _loaded(entry: EntryPoint) -> Found:
    try:
        with Guard():
            found = entry.load()
    except BaseException as problem:  # noqa: BLE001 - whatever a package raises is its own
        return _failed(problem, entry.name, _file_of(entry, problem))
    return found if isinstance(found, Module) else _is_none(entry.name, None)


def _file_of(entry: EntryPoint, problem: BaseException) -> str | None:
    """Return the innermost file of a package, as far as an exception has come through it."""
    frames = (frame for frame, _ in walk_tb(problem.__traceback__))
    found = None
    for frame in frames:
        name = frame.f_globals.get("__name__", "")
        if f"{entry.module}.".startswith(f"{name}."):
            found = frame.f_code.co_filename
    return found


def _in_file(path: str) -> Found:
    if not Path(path).exists():
        return error(f"there is no file {path}", None)
    if others := writable_by_others(Path(path)):
        hint = "whoever can write it decides what runs in your session: chmod go-w, or chown it"
        return error(f"the module is not used: {others}", None, hint=hint)
    made = ModuleType(f"{__name__}.{path.replace('.', '_')}")
    made.__file__ = path
    sys.modules[made.__name__] = made  # where dataclasses look for their names
    try:
        text = Path(path).read_bytes()
    except OSError as problem:
        return error(f"the module {path} cannot be read: {reason(problem)}", None)
    try:
        code = compile(text, path, "exec", dont_inherit=True)
        with Guard():
            exec(code, made.__dict__)  # noqa: S102 - that is what a module is for
    except BaseException as problem:  # noqa: BLE001 - whatever a module raises is its own
        return _failed(problem, Path(path).stem, path)
    found = getattr(made, VARIABLE, None)
    return found if isinstance(found, Module) else _is_none(Path(path).stem, path)


def _is_none(name: str, path: str | None) -> Diagnostic:
    hint = f"write `from hmsvcd.module import Module` and `{VARIABLE} = Module(…)`"
    return error(f"`{name}` is no service module", Place(path) if path else None, hint=hint)


def _failed(problem: BaseException, name: str, path: str | None) -> Diagnostic:
    """Return what a module has raised, with its line; ``path`` is its file, if that has begun."""
    kind = type(problem).__name__
    if isinstance(problem, SyntaxError) and (problem.filename or "").startswith("/"):
        path = problem.filename  # it may be of a file that the module imports
    return Diagnostic(
        Severity.ERROR,
        f"the module `{name}` cannot be loaded: {kind}",
        place=Place(path) if path else None,
        position=raised_at(problem, {path}) if path else None,
        quoting=f"the module `{name}` cannot be loaded: {kind}: {said(problem)}",
    )
