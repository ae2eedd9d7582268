"""What ``systemd-analyze verify`` printed becomes diagnostics at places of the declaration."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hmsvcd.model.diagnostic import Diagnostic, Place, error, warning
from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.model.service import directive_place
from hmsvcd.model.unit import UnitKind, suffix, template_of
from hmsvcd.model.verification import Verification
from hmsvcd.pipeline.check.missing_units import REQUIREMENTS, missing_units
from hmsvcd.pipeline.check.verify_words import (
    COMMAND,
    NOT_FOUND,
    NOT_LOADED,
    REFUSING,
    UNIT_NAME,
    Line,
    is_ignored,
    worded,
)

_LOCATED = re.compile(rf".*/(?P<unit>{UNIT_NAME}):(?P<line>\d+): (?P<text>.*)")
_NAMED = re.compile(rf"(?P<unit>{UNIT_NAME}): (?P<text>.*)")
_REFUSED = re.compile(rf"Unit (?P<unit>{UNIT_NAME}) has a bad unit file setting\.")
_CYCLE = re.compile("Found (?:ordering cycle|dependency)")
_END_OF_CYCLE = re.compile("Unable to break cycle|.*order is cyclic|Job .* deleted to break")
_ELSEWHERE = re.compile(rf"Failed to create .*: Unit (?P<unit>{UNIT_NAME}) has a bad unit file")
_LACK = re.compile(r".*\b(?:lacks|has no|have no)\b.* Refusing\.")
_UNKNOWN_SECTION = "Unknown section "
_DIRECTIVE = re.compile(r"\b([A-Z][A-Za-z]+)=")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    UnitKind.SERVICE: ("Exec",),
    UnitKind.SOCKET: ("Listen",),
    UnitKind.TIMER: ("On",),
    UnitKind.PATH: ("Path", "Directory"),
}
"""How the directives begin of which a unit needs one at least."""

_FATAL = "Unit configuration has fatal error"


@dataclass(frozen=True, slots=True)
class _Entry:
    """An assignment in a unit's text: its line, and its number among those of its directive."""

    line: int
    section: str
    directive: str
    number: int
    value: str


_Subject = tuple[str | None, str | None, int]
"""Section, directive and number of the assignment; None and None for the unit as a whole."""


def findings(
    verification: Verification,
    units: Mapping[str, RenderedUnit],
    broken: frozenset[str] = frozenset(),
) -> tuple[Diagnostic, ...]:
    """Return what systemd finds wrong with rendered units, each once.

    What makes systemd refuse a unit is an error, all else a warning. Units that are not of this
    declaration are left out, and so is the lack of a ``broken`` one, which was not rendered.
    """
    if verification.problem is not None:
        message = "systemd could not verify the units"
        quoting = f"{message}: {verification.problem}"
        return (warning(message, None, quoting=quoting),)
    refused = _refused(verification.output, units)
    lines = [
        line for line in _lines(verification.output, units) if not _follows(line.text, broken)
    ]
    lines = list(_with_causes(lines))
    found = [_judge(line, units, refused, verification.known) for line in lines]
    diagnostics = [each for each in found if each is not None]
    diagnostics += _cycles(lines, units)
    told = {
        line.unit.name
        for line in lines
        if line.unit.name in refused
        and not line.text.startswith(_FATAL)
        and (line.is_cause or not is_ignored(line.text))
    }
    diagnostics += [
        error(f"systemd refuses {name}", units[name].place) for name in refused if name not in told
    ]
    diagnostics += missing_units(verification.installed, units, broken)
    return tuple(dict.fromkeys(diagnostics))


def _follows(text: str, broken: frozenset[str]) -> bool:
    """Say whether a line only tells that a unit is not there whose own mistake is known."""
    match = NOT_FOUND.match(text) or NOT_LOADED.match(text)
    return match is not None and match["unit"] in broken


def _with_causes(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines; where a unit lacks what it has, but wrong, that is why it is refused."""
    lines = list(lines)
    lacking = {line.unit.name for line in lines if _LACK.fullmatch(line.text)}
    causes = {line.unit.name for line in lines if line.unit.name in lacking and _is_own(line)}
    for line in lines:
        if line.unit.name not in causes:
            yield line
        elif _is_own(line):
            yield replace(line, is_cause=True)
        elif not _LACK.fullmatch(line.text):
            yield line


def _is_own(line: Line) -> bool:
    """Say whether systemd ignores a directive of which a unit of this kind needs one."""
    if line.number is None or not is_ignored(line.text):
        return False
    _, directive, _ = _subject(line)
    return (directive or "").startswith(_NEEDED.get(suffix(line.unit.name), ()))


def _refused(output: str, units: Mapping[str, RenderedUnit]) -> list[str]:
    matches = (_REFUSED.fullmatch(line) for line in output.splitlines())
    owners = (_ours(match["unit"], units) for match in matches if match)
    return [unit.name for unit in owners if unit is not None]


def _lines(output: str, units: Mapping[str, RenderedUnit]) -> Iterator[Line]:
    for line in output.splitlines():
        located = _LOCATED.fullmatch(line)
        match = located or _NAMED.fullmatch(line)
        unit = _ours(match["unit"], units) if match else None
        if match and unit:
            yield Line(unit, match["text"], int(match["line"]) if located else None)


def _ours(name: str, units: Mapping[str, RenderedUnit]) -> RenderedUnit | None:
    """Return a unit by name; systemd verifies a template by an instance that it makes up."""
    return units.get(name) or units.get(template_of(name) or "")


def _judge(
    line: Line,
    units: Mapping[str, RenderedUnit],
    refused: Iterable[str],
    known: Mapping[str, tuple[str, ...]],
) -> Diagnostic | None:
    if (
        line.text.startswith((_FATAL, _UNKNOWN_SECTION))
        or _CYCLE.match(line.text)
        or _END_OF_CYCLE.match(line.text)
    ):
        return None
    elsewhere = _ELSEWHERE.match(line.text)
    if elsewhere and _ours(elsewhere["unit"], units):
        return None  # that unit has its own error
    subject = _subject(line)
    place = _place(line.unit, subject)
    words = worded(line, subject[1], known)
    fatal = line.is_cause or (
        line.number is not None and line.unit.name in refused and not is_ignored(line.text)
    )
    judge = error if fatal or line.text.endswith(REFUSING) else warning
    return judge(words.message, place, hint=words.hint, quoting=words.quoting)


def _subject(line: Line) -> _Subject:
    """Return the assignment that a line is about, as far as it tells."""
    entries = list(_entries(line.unit.text))
    if line.number is not None:
        chosen = [entry for entry in entries if entry.line >= line.number]
    elif match := COMMAND.match(line.text):
        program = match["program"]
        commands = [entry for entry in entries if entry.directive.startswith("Exec")]
        chosen = [entry for entry in commands if _mentions(entry.value, program)]
    elif match := NOT_FOUND.match(line.text):
        needing = [entry for entry in entries if match["unit"] in entry.value.split()]
        chosen = [entry for entry in needing if entry.directive in REQUIREMENTS] or needing
    else:
        named = _DIRECTIVE.findall(line.text)
        chosen = [entry for entry in entries if entry.directive in named]
    if not chosen:
        return None, None, 0
    return chosen[0].section, chosen[0].directive, chosen[0].number


def _mentions(command: str, program: str) -> bool:
    """Say whether a command line may run a program, whose specifiers systemd has expanded."""
    return program in command or program.rpartition("/")[2] in command


def _entries(text: str) -> Iterator[_Entry]:
    """Yield each assignment in a rendered unit."""
    section = ""
    counted: Counter[tuple[str, str]] = Counter()
    for line, content in enumerate(text.split("\n"), start=1):
        if content.startswith("["):
            section = content[1:-1]
        elif content:
            directive, _, value = content.partition("=")
            yield _Entry(line, section, directive, counted[section, directive], value)
            counted[section, directive] += 1


def _place(unit: RenderedUnit, subject: _Subject) -> Place | None:
    section, directive, number = subject
    if section is None or directive is None:
        return unit.place
    return directive_place(unit.places, section, directive, number) or unit.place


def _cycles(lines: Iterable[Line], units: Mapping[str, RenderedUnit]) -> list[Diagnostic]:
    """Return a warning for each ordering cycle; systemd tells the same one from every start."""
    found: dict[frozenset[str], Diagnostic] = {}
    members: list[str] = []
    for line in [*lines, None]:
        told = line is not None and _CYCLE.match(line.text)
        if members and (not told or (line and "cycle" in line.text)):
            found.setdefault(frozenset(members), _cycle(members, units))
            members = []
        if line is not None and told:
            members += re.findall(UNIT_NAME, line.text)
    return list(found.values())


def _cycle(members: list[str], units: Mapping[str, RenderedUnit]) -> Diagnostic:
    names = list(dict.fromkeys(members))
    start = names.index(min(names))
    names = names[start:] + names[:start]  # where systemd begins is chance
    first = next(unit for unit in map(units.get, [*names, *units]) if unit)
    places = [
        _place(first, (entry.section, entry.directive, entry.number))
        for entry in _entries(first.text)
        if entry.directive in {"After", "Before"} and set(entry.value.split()) & set(names)
    ]
    circle = " → ".join([*names, names[0]])
    place = places[0] if places else first.place
    return warning(
        f"units are ordered in a circle: {circle}",
        place,
        hint="systemd leaves one of them out or starts none; see After= and Before=",
    )
