"""What came of a switch of the daemon, from its document."""

from dataclasses import replace

from hmsvcd.model.decision import Decision, Difference, UnitState
from hmsvcd.model.plan import (
    Action,
    ActionKind,
    Change,
    Fallback,
    FileChange,
    Induced,
    LinkKind,
    Move,
    Outcome,
    Plan,
    Reloading,
    UnitResult,
)
from hmsvcd.pipeline.decide.rules import HELD_RULE
from hmsvcd.pipeline.documents import Document
from hmsvcd.pipeline.from_documents.diagnostics import diagnostics_of
from hmsvcd.pipeline.from_documents.fields import number, rows, text, texts, word
from hmsvcd.pipeline.from_documents.undoing import undone_of


def outcome_of(found: Document) -> Outcome | None:
    """Return what a document of ``apply`` says; None where nothing was planned.

    Of decisions there are only those for units that are held. When a daemon-reload was is not
    known, and neither are rules nor store objects.
    """
    if not isinstance(found.get("actions"), list):
        return None
    diagnostics = diagnostics_of(found)
    warnings = tuple(each for each in diagnostics if not each.is_error)
    return Outcome(
        replace(_plan(found), warnings=warnings),
        tuple(map(_result, rows(found, "results"))),
        number(found, "generation"),
        tuple(each for each in diagnostics if each.is_error),
        fallback=_fallback(found.get("rolled_back")),
        back_to=number(found, "back_to"),
    )


def _fallback(found: object) -> Fallback | None:
    if not isinstance(found, dict):
        return None
    undone = undone_of(found)
    return Fallback(
        of=undone.of,
        to=undone.to,
        plan=_plan(found),
        results=tuple(map(_result, rows(found, "results"))),
        failure=text(found, "failure"),
        at=number(found, "at") or 0,
        undone=undone if undone.failures else None,
    )


def _plan(found: Document) -> Plan:
    actions = tuple(
        Action(
            unit=text(each, "unit") or "",
            kind=word(ActionKind, each, "action", ActionKind.KEEP),
            reason=text(each, "reason") or "",
            pending=text(each, "pending"),
        )
        for each in rows(found, "actions")
    )
    induced = tuple(
        Induced(text(each, "unit") or "", text(each, "because") or "")
        for each in rows(found, "induced")
    )
    reloading = Reloading.BEFORE if found.get("daemon_reload") is True else Reloading.NOT
    return Plan(
        actions,
        induced,
        reloading,
        tuple(map(_file, rows(found, "files"))),
        decisions=tuple(map(_held, texts(found, "held"))),
        moves=tuple(
            Move(text(each, "path") or "", text(each, "to") or "") for each in rows(found, "moves")
        ),
    )


def _file(found: Document) -> FileChange:
    path = text(found, "path") or ""
    return FileChange(
        path=path,
        change=word(Change, found, "change", Change.REPLACE),
        kind=word(LinkKind, found, "kind", LinkKind.FILE),
        name=path.rpartition("/")[2],
    )


def _held(unit: str) -> Decision:
    return Decision(unit, HELD_RULE, UnitState.HELD, Difference.SAME, "")


def _result(found: Document) -> UnitResult:
    return UnitResult(
        unit=text(found, "unit") or "",
        action=word(ActionKind, found, "action", ActionKind.KEEP),
        result=text(found, "result") or "",
        log=texts(found, "log"),
        message=text(found, "message"),
        process=number(found, "process"),
    )
