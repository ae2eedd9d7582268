"""What ``systemd-analyze verify`` printed becomes diagnostics at places of the declaration."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from hmsvcd.model.diagnostic import Diagnostic, Place, error, warning
from hmsvcd.model.rendering import RenderedUnit
from hmsvcd.model.unit import UnitKind, suffix, template_of
from hmsvcd.model.verification import Verification

_NAME = r"[A-Za-z0-9:_.\\@-]+\.(?:" + "|".join(UnitKind) + ")"
_LOCATED = re.compile(rf".*/(?P<unit>{_NAME}):(?P<line>\d+): (?P<text>.*)")
_NAMED = re.compile(rf"(?P<unit>{_NAME}): (?P<text>.*)")
_REFUSED = re.compile(rf"Unit (?P<unit>{_NAME}) has a bad unit file setting\.")
_CYCLE = re.compile("Found (?:ordering cycle|dependency)")
_END_OF_CYCLE = re.compile("Unable to break cycle|.*order is cyclic|Job .* deleted to break")
_ELSEWHERE = re.compile(rf"Failed to create .*: Unit (?P<unit>{_NAME}) has a bad unit file")
_NOT_FOUND = re.compile(rf"Failed to create .*: Unit (?P<unit>{_NAME}) not found")
_UNKNOWN_KEY = re.compile(
    r"Unknown (?:key name|key|lvalue) '(?P<name>[^']+)' in section "
    r"\W*(?P<section>[\w-]+)"
)
_UNKNOWN_SECTION = re.compile("Unknown section '(?P<name>[^']+)'")
_COMMAND = re.compile(r"Command (?P<program>.+) is not executable: (?P<why>.*)")
_DIRECTIVE = re.compile(r"\b([A-Z][A-Za-z]+)=")
_REFUSING = " Refusing."
_FATAL = "Unit configuration has fatal error"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the output about a unit of ours; ``number`` is a line of the unit's text."""

    unit: RenderedUnit
    text: str
    number: int | None = None


def findings(
    verification: Verification, units: Mapping[str, RenderedUnit]
) -> tuple[Diagnostic, ...]:
    """Return what systemd finds wrong with rendered units, each once.

    What makes systemd refuse a unit is an error, all else a warning. Units that are not of this
    declaration are left out.
    """
    if verification.problem is not None:
        message = f"systemd could not verify the units: {verification.problem}"
        return (warning(message, None),)
    refused = _refused(verification.output, units)
    lines = list(_lines(verification.output, units))
    found = [_judge(line, units, refused, verification.known) for line in lines]
    diagnostics = [each for each in found if each is not None]
    diagnostics += _cycles(lines, units)
    told = {
        line.unit.name
        for line in lines
        if line.unit.name in refused
        and not line.text.startswith(_FATAL)
        and not _is_ignored(line.text)
    }
    diagnostics += [
        error(f"systemd refuses {name}", units[name].place) for name in refused if name not in told
    ]
    return tuple(dict.fromkeys(diagnostics))


def _refused(output: str, units: Mapping[str, RenderedUnit]) -> list[str]:
    matches = (_REFUSED.fullmatch(line) for line in output.splitlines())
    owners = (_ours(match["unit"], units) for match in matches if match)
    return [unit.name for unit in owners if unit is not None]


def _lines(output: str, units: Mapping[str, RenderedUnit]) -> Iterator[_Line]:
    for line in output.splitlines():
        located = _LOCATED.fullmatch(line)
        match = located or _NAMED.fullmatch(line)
        unit = _ours(match["unit"], units) if match else None
        if match and unit:
            yield _Line(unit, match["text"], int(match["line"]) if located else None)


def _ours(name: str, units: Mapping[str, RenderedUnit]) -> RenderedUnit | None:
    """Return a unit by name; systemd verifies a template by an instance that it makes up."""
    return units.get(name) or units.get(template_of(name) or "")


def _judge(
    line: _Line,
    units: Mapping[str, RenderedUnit],
    refused: Iterable[str],
    known: Mapping[str, tuple[str, ...]],
) -> Diagnostic | None:
    if line.text.startswith(_FATAL) or _CYCLE.match(line.text) or _END_OF_CYCLE.match(line.text):
        return None
    elsewhere = _ELSEWHERE.match(line.text)
    if elsewhere and _ours(elsewhere["unit"], units):
        return None  # that unit has its own error
    section, directive = _subject(line)
    place = _place(line.unit, section, directive)
    message, hint = _worded(line, directive, known)
    fatal = line.number is not None and line.unit.name in refused and not _is_ignored(line.text)
    if fatal or line.text.endswith(_REFUSING):
        return error(message, place, hint=hint)
    return warning(message, place, hint=hint)


def _is_ignored(text: str) -> bool:
    return "ignoring" in text.lower()


def _worded(
    line: _Line, directive: str | None, known: Mapping[str, tuple[str, ...]]
) -> tuple[str, str | None]:
    """Return the message and the hint: in our words where users meet it often."""
    name = line.unit.name
    if match := _UNKNOWN_KEY.match(line.text):
        hint = _nearest(match["name"], known.get(match["section"], ()), "{}=")
        return f"{name}: systemd ignores the unknown directive {match['name']}=", hint
    if match := _UNKNOWN_SECTION.match(line.text):
        sections = ("Unit", "Install", UnitKind(suffix(name)).section)
        hint = _nearest(match["name"], sections, "[{}]")
        return f"{name}: systemd ignores the unknown section [{match['name']}]", hint
    if match := _COMMAND.match(line.text):
        return f"{name}: cannot run {match['program']}: {match['why'].lower()}", None
    if match := _NOT_FOUND.match(line.text):
        return f"{name}: cannot start: there is no unit {match['unit']}, which it needs", None
    if line.text.endswith(_REFUSING):
        return f"{name}: systemd refuses it: {line.text.removesuffix(_REFUSING)}", None
    about = f"{directive}=: " if directive and line.number is not None else ""
    return f"{name}: {about}{line.text}", None


def _nearest(name: str, candidates: Iterable[str], form: str) -> str | None:
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"did you mean {form.format(by_lower[close[0]])}?" if close else None


def _subject(line: _Line) -> tuple[str | None, str | None]:
    """Return the section and directive that a line is about, as far as it tells."""
    entries = list(_entries(line.unit.text))
    if line.number is not None:
        at = [(section, name) for number, section, name, _ in entries if number >= line.number]
        return at[0] if at else (None, None)
    if match := _COMMAND.match(line.text):
        chosen = [
            entry
            for entry in entries
            if entry[2].startswith("Exec") and _mentions(entry[3], match["program"])
        ]
    elif match := _NOT_FOUND.match(line.text):
        chosen = [entry for entry in entries if match["unit"] in entry[3].split()]
    else:
        named = _DIRECTIVE.findall(line.text)
        chosen = [entry for entry in entries if entry[2] in named]
    return (chosen[0][1], chosen[0][2]) if chosen else (None, None)


def _mentions(command: str, program: str) -> bool:
    """Say whether a command line may run a program, whose specifiers systemd has expanded."""
    return program in command or program.rpartition("/")[2] in command


def _entries(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield line number, section, directive and value of each assignment in a rendered unit."""
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("["):
            section = line[1:-1]
        elif line:
            directive, _, value = line.partition("=")
            yield number, section, directive, value


def _place(unit: RenderedUnit, section: str | None, directive: str | None) -> Place | None:
    if section is None or directive is None:
        return unit.place
    return (unit.places or {}).get((section, directive), unit.place)


def _cycles(lines: Iterable[_Line], units: Mapping[str, RenderedUnit]) -> list[Diagnostic]:
    """Return a warning for each ordering cycle; systemd tells the same one from every start."""
    found: dict[frozenset[str], Diagnostic] = {}
    members: list[str] = []
    for line in [*lines, None]:
        told = line is not None and _CYCLE.match(line.text)
        if members and (not told or (line and "cycle" in line.text)):
            found.setdefault(frozenset(members), _cycle(members, units))
            members = []
        if line is not None and told:
            members += re.findall(_NAME, line.text)
    return list(found.values())


def _cycle(members: list[str], units: Mapping[str, RenderedUnit]) -> Diagnostic:
    names = list(dict.fromkeys(members))
    start = names.index(min(names))
    names = names[start:] + names[:start]  # where systemd begins is chance
    first = next(unit for unit in map(units.get, [*names, *units]) if unit)
    places = [
        _place(first, section, directive)
        for _, section, directive, value in _entries(first.text)
        if directive in {"After", "Before"} and set(value.split()) & set(names)
    ]
    circle = " → ".join([*names, names[0]])
    place = places[0] if places else first.place
    return warning(
        f"units are ordered in a circle: {circle}",
        place,
        hint="systemd leaves one of them out or starts none; see After= and Before=",
    )
