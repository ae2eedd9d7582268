"""The JSON documents of ``--json`` and of the daemon: stable keys, described in docs/json.md."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hmsvcd.errors import HmsvcdError
from hmsvcd.model.diagnostic import Diagnostic, Note, Severity

if TYPE_CHECKING:  # each command has its own of these, and they take their time
    from hmsvcd.model.context import Context
    from hmsvcd.model.daemon import DaemonStatus, Pass
    from hmsvcd.model.generation import Manifest
    from hmsvcd.model.plan import Fallback, Outcome, Plan, UnitResult
    from hmsvcd.model.rendering import Rendering
    from hmsvcd.model.status import Status, StatusReport, UnitStatus
    from hmsvcd.model.undone import Undone

Document = dict[str, Any]

VERSION = 1

RENDER = ("units", "links", "config_files", "generated")
PLAN = ("actions", "induced", "daemon_reload", "files", "moves", "held")
APPLY = (*PLAN, "results", "generation", "rolled_back", "back_to")
PASS = (*APPLY, "pass")
STATUS = ("daemon", "generation", "declaration", "services", "units")
_DAEMON = (
    "pid", "version", "state", "started", "declaration", "watches", "next_try", "paused",
    "waiting", "last_pass",
)  # fmt: skip
GENERATIONS = ("generations",)
LOGS = ("lines",)
IMPORT = ("toml",)
GC = ("generations", "objects", "bytes", "dry_run")
DOCTOR = ("checks",)
OPTIONS = ("options",)
NEW = ("modules", "toml")


def document(keys: Iterable[str], diagnostics: Iterable[Diagnostic], values: Document) -> Document:
    """Return a document: all of its keys, null where there is no value."""
    found = list(diagnostics)
    return {
        "version": VERSION,
        "errors": to_json(each for each in found if each.is_error),
        "warnings": to_json(each for each in found if not each.is_error),
        **{key: values.get(key) for key in keys},
    }


def problem_diagnostic(problem: HmsvcdError, severity: Severity = Severity.ERROR) -> Diagnostic:
    """Return a problem that stands at no place of the declaration."""
    return Diagnostic(severity, problem.message, hint=problem.hint)


_WITHHELD = "`hmsvcd check` shows the whole message"


def to_json(diagnostics: Iterable[Diagnostic]) -> list[Document]:
    """Return diagnostics as every document lists them.

    Notes have no fields of their own: each follows in the message, with its place. The hint says
    so where the message is not whole, as what is declared must not be quoted.
    """
    return [
        {
            "severity": each.severity.value,
            "file": each.place.file if each.place else None,
            "line": each.position.line if each.position else None,
            "column": each.position.column if each.position else None,
            "key": each.key,
            "message": "; ".join([each.message, *map(_noted, each.notes)]),
            "hint": _hint(each),
        }
        for each in diagnostics
    ]


def _hint(each: Diagnostic) -> str | None:
    if each.quoting is None:
        return each.hint
    return f"{each.hint}; {_WITHHELD}" if each.hint else _WITHHELD


def _noted(note: Note) -> str:
    at = f"{note.position.line}:{note.position.column}:" if note.position else ""
    return f"{note.place.file}:{at} {note.message}"


def rendering_values(rendering: "Rendering", context: "Context") -> Document:
    """Return what ``render`` says besides errors and warnings."""
    from hmsvcd.model.store import content_digest  # noqa: PLC0415 - as above

    return {
        "units": {
            name: {
                "text": unit.text,
                "store_path": f"{context.store_path(unit.object_name)}/{name}",
            }
            for name, unit in rendering.units.items()
        },
        "links": {folder: list(units) for folder, units in rendering.links.items()},
        "config_files": {
            target: {
                "path": context.config_path(target),
                "store_path": context.store_path(file.object_name),
                "sha256": file.sha256,
            }
            for target, file in rendering.files.items()
        },
        "generated": {
            context.store_path(name): {"sha256": content_digest(text.encode())}
            for name, text in rendering.generated.items()
        },
    }


def plan_values(plan: "Plan", *, with_manager: bool = True) -> Document:
    """Return what ``plan`` says; without a manager nothing is known but the files."""
    from hmsvcd.model.plan import Reloading  # noqa: PLC0415 - as above
    from hmsvcd.pipeline.decide.rules import HELD_RULE  # noqa: PLC0415 - as above

    files = [
        {"path": change.path, "change": change.change.value, "kind": change.kind.value}
        for change in plan.files
    ]
    moves = [{"path": move.path, "to": move.to} for move in plan.moves]
    if not with_manager:
        return {"files": files, "moves": moves}
    return {
        "actions": [
            {
                "unit": action.unit,
                "action": action.kind.value,
                "reason": action.reason,
                "pending": action.pending,
            }
            for action in plan.actions
        ],
        "induced": [{"unit": each.unit, "because": each.because} for each in plan.induced],
        "daemon_reload": plan.reloading is not Reloading.NOT,
        "files": files,
        "moves": moves,
        "held": [each.unit for each in plan.decisions if each.rule == HELD_RULE],
    }


def outcome_values(outcome: "Outcome") -> Document:
    """Return what ``apply`` and ``rollback`` say."""
    return {
        **plan_values(outcome.plan),
        "results": _results(outcome.results),
        "generation": outcome.generation,
        "rolled_back": _fallback_values(outcome.fallback) if outcome.fallback else None,
        "back_to": outcome.back_to,
    }


def _results(results: "Iterable[UnitResult]") -> list[Document]:
    return [
        {
            "unit": result.unit,
            "action": result.action.value,
            "result": result.result,
            "message": result.message,
            "process": result.process,
            "log": list(result.log),
        }
        for result in results
    ]


def _fallback_values(fallback: "Fallback") -> Document:
    """Return how a generation was brought back after failures."""
    return {
        "of": fallback.of,
        "to": fallback.to,
        "at": fallback.at,
        "failures": dict(fallback.undone.failures) if fallback.undone else {},
        "failure": fallback.failure,
        **plan_values(fallback.plan),
        "results": _results(fallback.results),
    }


def status_document(report: "StatusReport") -> Document:
    """Return the document of ``status``."""
    values = {
        **(status_values(report.status) if report.status else {}),
        "daemon": daemon_values(report.daemon, paused=report.paused, silent=report.silent),
        "declaration": {
            "paths": list(report.paths),
            "held": report.held,
            "rolled_back": _undone_values(report.undone) if report.undone else None,
        },
    }
    return document(STATUS, report.diagnostics, values)


def _undone_values(undone: "Undone") -> Document:
    """Return what has failed and was rolled back."""
    return {"of": undone.of, "to": undone.to, "failures": dict(undone.failures)}


def status_values(status: "Status") -> Document:
    """Return what ``status`` says of services and native units."""
    return {
        "generation": status.generation,
        "services": {
            name: {"state": service.standing.value, "units": _units(service.units)}
            for name, service in status.services.items()
        },
        "units": _units(status.units),
    }


def _units(units: "Mapping[str, UnitStatus]") -> Document:
    return {
        name: {
            "state": unit.standing.value,
            "active": unit.active,
            "sub": unit.sub,
            "result": unit.result,
            "pid": unit.pid,
            "since": unit.since,
            "restarts": unit.restarts,
            "pending": unit.pending,
            "last_action": asdict(unit.last_action) if unit.last_action else None,
            "overridden": unit.overridden,
            "drop_ins": list(unit.drop_ins),
            "why": unit.why,
            "log": None if unit.log is None else list(unit.log),
        }
        for name, unit in units.items()
    }


def pass_values(ended: "Pass") -> Document:
    """Return what a pass of the daemon came to; all times are microseconds."""
    return {
        "number": ended.number,
        "cause": ended.cause,
        "at": ended.at,
        "took": ended.took,
        "end": ended.end.value,
        "sentence": ended.sentence,
        "generation": ended.generation,
    }


def daemon_values(
    daemon: "DaemonStatus | None", *, paused: bool = False, silent: int | None = None
) -> Document:
    """Return what the daemon says of itself.

    ``paused``: whether saves wait for ``resume``, as the daemon need not run to know; ``silent``
    is the process of one that does not answer.
    """
    if daemon is None:
        unknown = dict.fromkeys(_DAEMON)
        return {"running": silent is not None, **unknown, "pid": silent, "paused": paused}
    last = daemon.last_pass
    return {
        "running": True,
        "pid": daemon.pid,
        "version": daemon.version,
        "state": daemon.state.value,
        "started": daemon.started,
        "declaration": daemon.declaration,
        "watches": daemon.watches,
        "next_try": daemon.next_try,
        "paused": paused or daemon.state.value == "paused",
        "waiting": daemon.waiting,
        "last_pass": pass_values(last) if last else None,
    }


def generation_values(manifests: "Iterable[Manifest]", current: int | None) -> Document:
    """Return what ``generations`` says."""
    return {
        "generations": [
            {
                "number": manifest.number,
                "current": manifest.number == current,
                "created": manifest.created,
                "declaration": manifest.declaration,
                "cause": manifest.cause,
                "units": sorted(manifest.generation.units),
            }
            for manifest in manifests
        ]
    }
