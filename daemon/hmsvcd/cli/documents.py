"""The JSON documents of ``--json``: stable keys, described in docs/json.md."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hmsvcd.cli.diagnostics import to_json
from hmsvcd.errors import HmsvcdError
from hmsvcd.model.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:  # each command has its own of these, and they take their time
    from hmsvcd.model.context import Context
    from hmsvcd.model.generation import Manifest
    from hmsvcd.model.plan import Outcome, Plan
    from hmsvcd.model.rendering import Rendering
    from hmsvcd.model.status import Status, UnitStatus

Document = dict[str, Any]

VERSION = 1

RENDER = ("units", "links", "config_files")
PLAN = ("actions", "induced", "daemon_reload", "files")
APPLY = (*PLAN, "results", "generation")
STATUS = ("daemon", "generation", "declaration", "services", "units")
GENERATIONS = ("generations",)
LOGS = ("lines",)


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


def print_document(content: Document) -> None:
    """Write a document to standard output, in ASCII: whatever the locale, it stays JSON."""
    click.echo(json.dumps(content, indent=2))


def rendering_values(rendering: "Rendering", context: "Context") -> Document:
    """Return what ``render`` says besides errors and warnings."""
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
    }


def plan_values(plan: "Plan", *, with_manager: bool = True) -> Document:
    """Return what ``plan`` says; without a manager nothing is known but the files."""
    from hmsvcd.model.plan import Reloading  # noqa: PLC0415 - as above

    files = [{"path": change.path, "change": change.change.value} for change in plan.files]
    if not with_manager:
        return {"files": files}
    return {
        "actions": [
            {"unit": action.unit, "action": action.kind.value, "reason": action.reason}
            for action in plan.actions
        ],
        "induced": [{"unit": each.unit, "because": each.because} for each in plan.induced],
        "daemon_reload": plan.reloading is not Reloading.NOT,
        "files": files,
    }


def outcome_values(outcome: "Outcome") -> Document:
    """Return what ``apply`` and ``rollback`` say."""
    return {
        **plan_values(outcome.plan),
        "results": [
            {
                "unit": result.unit,
                "action": result.action.value,
                "result": result.result,
                "message": result.message,
                "log": list(result.log),
            }
            for result in outcome.results
        ],
        "generation": outcome.generation,
    }


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
        }
        for name, unit in units.items()
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
