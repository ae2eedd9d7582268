"""``hmsvcd doctor``: look for what is wrong around hmsvcd, and say what to do."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.model.diagnostic import Diagnostic, Severity
from hmsvcd.model.finding import Finding, Level
from hmsvcd.pipeline.documents import DOCTOR

if TYPE_CHECKING:
    from hmsvcd.app.session import Session
    from hmsvcd.cli.painting import Line

_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.ERROR: "✗"}
_PLAIN_MARKS = {Level.OK: "ok", Level.WARNING: "! ", Level.ERROR: "x "}
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}
_SEVERITIES = {Level.WARNING: Severity.WARNING, Level.ERROR: Severity.ERROR}


@click.command("doctor")
@json_option
def command(as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Look at all that hmsvcd rests on, and say what is wrong and what would help.

    Nothing is changed. The exit code is 1 where something is to be mended.
    """
    from hmsvcd.app.doctor.examine import examine  # noqa: PLC0415 - not for --help
    from hmsvcd.app.doctor.patient import admit  # noqa: PLC0415
    from hmsvcd.cli.problem import problem_of  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        findings = list(examine(await admit(session), problem_of))
        if as_json:
            report.add(map(_diagnostic, (each for each in findings if each.level in _SEVERITIES)))
        else:
            _show(findings)
        is_wrong = any(each.level is Level.ERROR for each in findings)
        code = ExitCode.REFUSED if is_wrong else ExitCode.DONE
        return report.finish({"checks": [*map(_values, findings)]}, code=code)

    return run_reported(body, Report(DOCTOR, as_json=as_json))


def _show(findings: Iterable[Finding]) -> None:
    from hmsvcd.cli.painting import write_lines  # noqa: PLC0415 - not for --help

    marks = _MARKS if _can_show(_MARKS.values()) else _PLAIN_MARKS
    write_lines(line for each in findings for line in _lines(each, marks[each.level]))


def _lines(finding: Finding, mark: str) -> "Iterator[Line]":
    yield (mark, _STYLES[finding.level]), (f" {finding.check}: {finding.message}", "")
    if finding.hint:
        yield (" " * len(mark), ""), (" help: ", "bold green"), (finding.hint, "")


def _can_show(marks: Iterable[str]) -> bool:
    """Say whether standard output knows these characters."""
    try:
        "".join(marks).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _diagnostic(finding: Finding) -> Diagnostic:
    return Diagnostic(_SEVERITIES[finding.level], finding.message, hint=finding.hint)


def _values(finding: Finding) -> dict[str, str | None]:
    return {
        "check": finding.check,
        "level": finding.level.value,
        "message": finding.message,
        "hint": finding.hint,
    }
