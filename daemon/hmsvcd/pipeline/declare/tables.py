"""The tables of a declaration that stand for a unit: as a modular service, or natively."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hmsvcd.model.diagnostic import Key
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.model.schema_units import DEPENDENCIES
from hmsvcd.model.unit import Directives, UnitFile, UnitKind, suffix
from hmsvcd.pipeline.syntax.escape import environment_assignment, escape_argv, program_problem

Table = dict[str, Any]

_OPTIONS: Mapping[str, str] = {
    "Description": "description",
    "Documentation": "documentation",
    **{directive: option for option, directive in DEPENDENCIES.items()},
}
"""Directive of ``[Unit]`` → the option of a unit that says it."""

_DEFAULTS = ("Type", "Restart", "RestartSec")
"""What a primary unit has by default: an empty list instead leaves it to systemd."""

_ARGUMENTS = re.compile(r'"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*')
_ARGUMENT = re.compile(r'"(?:[^"\\]|\\.)*"')
_ASSIGNMENT = re.compile(r'(?s)"?([A-Za-z_][A-Za-z0-9_]*)=(.*?)"?')
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_BOOLEANS = {"true": True, "false": False}


def as_service(unit: UnitFile, existing: ExistingUnit) -> tuple[Key, Table] | None:
    """Return the key and the table of a modular service; None where no service can be that."""
    sections = unit.sections.keys() - {"Install"}
    if suffix(unit.name) != UnitKind.SERVICE or not sections <= {"Unit", "Service"}:
        return None
    table = _described(unit.sections.get("Unit", {}))
    if existing.wanted_by != ("default.target",):
        table["wantedBy"] = _one_or_all(existing.wanted_by)
    if existing.required_by:
        table["requiredBy"] = _one_or_all(existing.required_by)
    service = dict(unit.sections.get("Service", {}))
    whole: Table = {}
    systemd: Table = {}
    commands = service.get("ExecStart", ())
    if len(commands) == 1:
        del service["ExecStart"]
        argv = arguments(commands[0])
        if argv is None:
            systemd["mainExecStart"] = literal(commands[0])
        else:
            whole["process"] = {"argv": [literal(argument) for argument in argv]}
    variables = environment(service.get("Environment", ()))
    if variables:
        del service["Environment"]
        table["environment"] = variables
    table["serviceConfig"] = _without_defaults(_directives(service))
    name = unit.name.removesuffix(f".{UnitKind.SERVICE}")
    return ("services", name), whole | {"systemd": systemd | {"service": table}}


def as_native(unit: UnitFile, existing: ExistingUnit) -> tuple[Key, Table]:
    """Return the key and the table of a native unit."""
    kind = suffix(unit.name)
    table: Table = {
        section: _directives(directives)
        for section, directives in unit.sections.items()
        if section != "Install"
    }
    install = {"WantedBy": existing.wanted_by, "RequiredBy": existing.required_by}
    table["Install"] = {key: _one_or_all(units) for key, units in install.items() if units}
    return ("systemd", "user", f"{kind}s", unit.name.removesuffix(f".{kind}")), table


def arguments(command: str) -> list[str] | None:
    """Return the argv that ``escape_argv`` makes exactly this command line of, if there is one."""
    if not _ARGUMENTS.fullmatch(command):
        return None
    try:
        words = [json.loads(word) for word in _ARGUMENT.findall(command)]
    except ValueError:
        return None
    words = [word.replace("%%", "%") for word in words]
    argv = [*words[:1], *(word.replace("$$", "$") for word in words[1:])]
    is_exact = escape_argv(argv) == command and program_problem(argv[0]) is None
    return argv if is_exact else None


def environment(assignments: Iterable[str]) -> Table | None:
    """Return the variables whose declaration gives exactly these assignments, if it can."""
    given = list(assignments)
    variables: Table = {}
    for assignment in given:
        found = _ASSIGNMENT.fullmatch(assignment)
        if found is None:
            return None
        variables[found[1]] = _unescaped(found[2])
    again = [environment_assignment(name, variables[name]) for name in sorted(variables)]
    if again != given:
        return None
    return {name: literal(value) for name, value in variables.items()}


def _unescaped(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text).replace("%%", "%")


def literal(text: str) -> str:
    """Return a text of which no part is taken for a reference."""
    return text.replace("@{", "@@{")


def _described(directives: Directives) -> Table:
    table: Table = {}
    others: dict[str, tuple[str, ...]] = {}
    for directive, values in directives.items():
        if directive in _OPTIONS and all(values):
            table[_OPTIONS[directive]] = _one_or_all(map(literal, values))
        else:
            others[directive] = values
    return table | ({"unitConfig": _directives(others)} if others else {})


def _without_defaults(directives: Table) -> Table:
    """Return directives with those defaults taken away that the unit does not have."""
    is_oneshot = directives.get("Type") == "oneshot"  # then there is no Restart by default
    defaults = [name for name in _DEFAULTS if not (is_oneshot and name == "Restart")]
    return directives | {name: [] for name in defaults if name not in directives}


def _directives(directives: Directives) -> Table:
    return {
        key: _one_or_all(_value(key, value) for value in values)
        for key, values in directives.items()
    }


def _one_or_all(values: Iterable[Any]) -> Any:
    every = list(values)
    return every[0] if len(every) == 1 else every


def _value(key: str, text: str) -> str | int | bool:
    """Return a value as people write it in TOML; commands are strings only."""
    if key.startswith("Exec"):
        return literal(text)
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return int(text) if _INTEGER.fullmatch(text) else literal(text)
