"""The modules that a service imports, in order and each once, and the options they declare."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from posixpath import dirname, join, normpath
from typing import Any

from hmsvcd.model.diagnostic import Diagnostic, Note, Place, error
from hmsvcd.model.module import INTERFACE, Lookups, Module, Options
from hmsvcd.model.option import UNSET, ByName, Option, Record, Scalar, Type, accepts
from hmsvcd.pipeline.merge.properties import PROPERTIES, Report


@dataclass(frozen=True, slots=True)
class Imported:
    """A module, its file, and the import in the declaration that it has come with."""

    module: Module
    place: Place | None
    file: str


@dataclass(slots=True)
class Finding:
    """Finds modules, and what those import: that first, as nixpkgs' ``lib/modules.nix`` does.

    ``service`` is refused where a module is there but cannot be used. ``has_failed`` says that
    some could not be found, or not be used, which has been reported.
    """

    lookups: Lookups
    report: Report
    service: str | None = None
    found: list[Imported] = field(default_factory=list)
    has_failed: bool = False
    _seen: set[Module] = field(default_factory=set)

    def add(self, named: Module | str, place: Place | None, file: str) -> None:
        """Take in a module that is named in a file, unless it is there already."""
        module = named if isinstance(named, Module) else self.lookups.module(named, file)
        if isinstance(module, Diagnostic):
            self._refuse(module, place)
            return
        if module in self._seen:
            return
        self._seen.add(module)
        within = _file(named, module, file)
        if flaws := list(_flaws(module)):
            for flaw in flaws:
                self._refuse(error(flaw, Place(within)), place)
            return
        for further in module.imports:
            self.add(further, place, within)
        self.found.append(Imported(module, place, within))

    def _refuse(self, problem: Diagnostic, place: Place | None) -> None:
        self.has_failed = True
        if problem.place is None:  # the import itself is wrong
            self.report(replace(problem, place=place))
            return
        notes = (Note("imported here", place),) if place else ()
        stays = f"until then `{self.service}` stays as it is, and all else is applied"
        hint = problem.hint or (stays if self.service else None)
        self.report(replace(problem, refuses=self.service, notes=notes, hint=hint))


def _file(named: Module | str, module: Module, file: str) -> str:
    """Return the file that a module is in, which one that is named in it is beside."""
    if isinstance(named, str) and "/" in named:
        return normpath(join(dirname(file), named))
    return module.file or file


def _flaws(module: Module) -> Iterator[str]:
    """Yield what makes a module one that cannot be used: Python does not check it."""
    whose = f"the module `{module.name}`"
    define: Any = module.define
    imports: Any = module.imports
    interface: Any = module.interface
    if not isinstance(interface, int):
        yield f"`interface` of {whose} is no number"
    elif interface > INTERFACE:
        yield f"{whose} needs version {interface} of the interface; a newer hmsvcd has it"
    if not (define is None or callable(define)):
        yield f"`define` of {whose} is no function"
    if not isinstance(imports, tuple | list):
        yield f'`imports` of {whose} is no tuple: write ("…",), with the comma'
    elif not all(isinstance(each, Module | str) for each in imports):
        yield f"`imports` of {whose} are modules, or their names"
    for flaw in _flaws_in(module.options):
        yield f"{whose}: {flaw}"


def _flaws_in(options: Any, path: str = "") -> Iterator[str]:
    if not isinstance(options, Mapping):
        yield f"`{path}` has to be an Option, or a table of options" if path else "no `options`"
        return
    for name, option in options.items():
        inside = f"{path}.{name}" if path else str(name)
        if not isinstance(name, str) or name in PROPERTIES:
            yield f"no option can be called `{name}`"
        elif isinstance(option, Option):
            yield from _flaws_of(option, inside)
        else:
            yield from _flaws_in(option, inside)


def _flaws_of(option: Option, path: str) -> Iterator[str]:
    kind: Any = option.type
    if not isinstance(kind, Type):
        yield f"the type of `{path}` is no type of hmsvcd.module, such as STRING"
    elif isinstance(kind, Scalar) and not _may_be_default(kind, option.default):
        yield f"the default of `{path}` is not {kind.name}"
    elif isinstance(kind, Record):
        yield from _flaws_in(kind.options, path)


def _may_be_default(kind: Scalar, value: Any) -> bool:
    value = str(value) if isinstance(value, PurePath) else value
    is_none = value is UNSET or value is None
    return is_none or callable(value) or isinstance(value, ByName) or accepts(kind, value)


def extended(record: Record, imported: Sequence[Imported], report: Report) -> Record:
    """Return the options of a service with those that its modules declare."""
    options: Mapping[str, Any] = record.options
    for each in imported:
        options = _joined(options, each.module.options, each, report)
    return replace(record, options=options) if imported else record


def _joined(
    known: Mapping[str, Option], further: Options, imported: Imported, report: Report
) -> Mapping[str, Option]:
    joined = dict(known)
    for name, option in further.items():
        before = joined.get(name)
        if isinstance(option, Option):
            table = None
        else:
            inside = before.type if before else Record({}, name, is_namespace=True)
            table = inside if isinstance(inside, Record) and inside.is_namespace else None
        if table is not None and not isinstance(option, Option):
            options = _joined(table.options, option, imported, report)
            joined[name] = Option(replace(table, options=options), f"Options of `{name}`.")
        elif isinstance(option, Option) and before is None:
            joined[name] = option
        elif before is not option:
            whose = f"the module `{imported.module.name}`"
            report(error(f"{whose} declares `{name}`, which exists already", imported.place))
    return joined
