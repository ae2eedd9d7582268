"""Units that the declaration names, and that are neither declared nor installed anywhere."""

from collections.abc import Iterator, Mapping

from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.model.service import directive_place
from hmsvcd.model.unit import UnitFile, UnitKind, is_template, suffix, template_of
from hmsvcd.pipeline.suggest import suggestion
from hmsvcd.pipeline.syntax.unit_file import parse

_STARTERS = {UnitKind.TIMER: "Timer", UnitKind.PATH: "Path"}
"""Kinds of units that start another when their time has come → the section that names it."""

REQUIREMENTS = frozenset({"Requires", "Requisite", "BindsTo"})
"""Directives of ``[Unit]`` that let a unit start only where another exists."""

_WITH_FILES = frozenset(UnitKind) - {UnitKind.SLICE, UnitKind.MOUNT, UnitKind.AUTOMOUNT}
"""Kinds of units that do not exist without a file."""


def needed_but_missing(unit: str, missing: str) -> str:
    """Return the message for a unit that requires one that is not there."""
    return f"{unit}: cannot start: there is no unit {missing}, which it needs"


def missing_units(
    installed: frozenset[str], units: Mapping[str, RenderedUnit], broken: frozenset[str]
) -> Iterator[Diagnostic]:
    """Yield a warning for each unit to be started, and each target to start one, that is missing.

    ``installed`` names the unit files that the manager finds by itself; where that is not known,
    nothing is told. A ``broken`` unit will be there once it is mended.
    """
    if not installed:
        return
    known = installed | broken | units.keys()
    for unit in units.values():
        file = parse(unit.name, unit.text)
        yield from _nothing_to_start(unit, file, known)
        yield from _nothing_to_need(unit, file, known)
        yield from _no_such_target(unit, file, known)


def _nothing_to_start(
    unit: RenderedUnit, file: UnitFile, known: frozenset[str]
) -> Iterator[Diagnostic]:
    kind = suffix(unit.name)
    section = next((section for each, section in _STARTERS.items() if each == kind), None)
    if section is None or is_template(unit.name):
        return
    started = file.last(section, "Unit") or f"{unit.name.removesuffix(kind)}service"
    is_name = "%" not in started and suffix(started) in set(UnitKind)
    if is_name and not known & {started, template_of(started)}:
        place = directive_place(unit.places, section, "Unit", -1) or unit.place
        hint = f"declare it, or name another in {section}.Unit"
        yield warning(f"nothing to start: there is no {started}", place, hint=hint)


def _nothing_to_need(
    unit: RenderedUnit, file: UnitFile, known: frozenset[str]
) -> Iterator[Diagnostic]:
    """Yield each requirement of a kind that has files; systemd itself tells of one at most."""
    for directive in sorted(REQUIREMENTS):
        for number, value in enumerate(file.values("Unit", directive)):
            for name in value.split():
                has_file = suffix(name) in _WITH_FILES and "%" not in name
                if has_file and not known & {name, template_of(name)}:
                    place = directive_place(unit.places, "Unit", directive, number) or unit.place
                    yield warning(needed_but_missing(unit.name, name), place)


def _no_such_target(
    unit: RenderedUnit, file: UnitFile, known: frozenset[str]
) -> Iterator[Diagnostic]:
    targets = [name for name in known if name.endswith(".target")]
    for directive in ("WantedBy", "RequiredBy"):
        for number, value in enumerate(file.values("Install", directive)):
            for name in value.split():
                if name.endswith(".target") and not known & {name, template_of(name)}:
                    place = directive_place(unit.places, "Install", directive, number)
                    hint = suggestion(name, sorted(targets))
                    message = f"{directive}= names {name}, which is not there: it starts nothing"
                    yield warning(message, place or unit.place, hint=hint)
