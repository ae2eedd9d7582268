"""Laws of the documents: what is put into one comes out of it again, through JSON."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hmsvcd.model.daemon import DaemonState, DaemonStatus, Pass
from hmsvcd.model.decision import Decision, Difference, UnitState
from hmsvcd.model.diagnostic import Diagnostic, Place, Position, Severity
from hmsvcd.model.plan import (
    Action,
    ActionKind,
    Change,
    FileChange,
    Induced,
    LinkKind,
    Outcome,
    Plan,
    Reloading,
    UnitResult,
)
from hmsvcd.model.status import (
    LastAction,
    ServiceStatus,
    Standing,
    Status,
    StatusReport,
    UnitStatus,
)
from hmsvcd.pipeline.decide.rules import HELD_RULE
from hmsvcd.pipeline.documents import APPLY, document, outcome_values, status_document
from hmsvcd.pipeline.from_documents.fields import read_document
from hmsvcd.pipeline.from_documents.outcome import outcome_of
from hmsvcd.pipeline.from_documents.status import status_report

words = st.text(st.characters(codec="utf-8"), max_size=8)
names = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=8)
numbers = st.integers(0, 2**53)
maybe_words = st.none() | words


def maybe(kind: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What may be absent."""
    return st.none() | kind


last_actions = st.builds(LastAction, words, words, words, numbers)
passes = st.builds(
    Pass,
    number=numbers,
    cause=words,
    at=numbers,
    took=numbers,
    end=st.sampled_from(DaemonState),
    sentence=words,
    generation=maybe(numbers),
    problems=st.just(()),
    outcome=st.none(),
)
daemons = st.builds(
    DaemonStatus,
    pid=numbers,
    version=words,
    state=st.sampled_from(DaemonState),
    started=numbers,
    declaration=words,
    watches=st.sampled_from(["inotify", "polling"]),
    next_try=maybe(numbers),
    last_pass=maybe(passes),
)


@st.composite
def units(draw: st.DrawFn) -> dict[str, UnitStatus]:
    """Some units by name."""
    found = draw(st.lists(names, max_size=3, unique=True))
    return {
        name: draw(
            st.builds(
                UnitStatus,
                name=st.just(name),
                standing=st.sampled_from(Standing),
                active=words,
                sub=words,
                result=maybe_words,
                pid=maybe(numbers),
                since=maybe(numbers),
                restarts=numbers,
                pending=maybe_words,
                last_action=maybe(last_actions),
                overridden=maybe_words,
                drop_ins=st.lists(words, max_size=2).map(tuple),
            )
        )
        for name in found
    }


@st.composite
def statuses(draw: st.DrawFn) -> Status:
    """Some services and native units."""
    services = {
        name: ServiceStatus(name, draw(st.sampled_from(Standing)), draw(units()))
        for name in draw(st.lists(names, max_size=3, unique=True))
    }
    return Status(services, draw(units()), draw(maybe(numbers)))


places = st.builds(Place, words, st.just(()))
positions = st.builds(Position, numbers, numbers)


def diagnostics(severity: Severity) -> st.SearchStrategy[tuple[Diagnostic, ...]]:
    """Some errors, or some warnings, without notes: those become part of the message."""
    one = st.builds(
        Diagnostic,
        severity=st.just(severity),
        message=words,
        key=maybe_words,
        hint=maybe_words,
        place=maybe(places),
        position=maybe(positions),
        notes=st.just(()),
    )
    return st.lists(one, max_size=2).map(tuple)


found = st.builds(
    lambda *both: both[0] + both[1], diagnostics(Severity.ERROR), diagnostics(Severity.WARNING)
)


@st.composite
def reports(draw: st.DrawFn) -> StatusReport:
    """A report, with a daemon that says it is paused where it is."""
    daemon = draw(maybe(daemons))
    paused = daemon is not None and daemon.state is DaemonState.PAUSED
    return StatusReport(
        status=draw(maybe(statuses())),
        paths=tuple(draw(st.lists(words, max_size=2))),
        held=draw(maybe_words),
        daemon=daemon,
        silent=draw(maybe(numbers)) if daemon is None else None,
        paused=paused or draw(st.booleans()),
        diagnostics=draw(found),
    )


actions = st.builds(
    Action, words, st.sampled_from(ActionKind), words, st.just(0), pending=maybe_words
)
changes = st.builds(
    lambda folder, change, kind, name: FileChange(f"/{folder}/{name}", change, kind, name),
    words,
    st.sampled_from(Change),
    st.sampled_from(LinkKind),
    names,
)
held = names.map(lambda unit: Decision(unit, HELD_RULE, UnitState.HELD, Difference.SAME, ""))
plans = st.builds(
    Plan,
    actions=st.lists(actions, max_size=3).map(tuple),
    induced=st.lists(st.builds(Induced, words, words), max_size=2).map(tuple),
    reloading=st.sampled_from([Reloading.NOT, Reloading.BEFORE]),
    files=st.lists(changes, max_size=2).map(tuple),
    warnings=diagnostics(Severity.WARNING),
    decisions=st.lists(held, max_size=2).map(tuple),
    ending=st.just(frozenset()),
)
results = st.builds(
    UnitResult,
    words,
    st.sampled_from(ActionKind),
    words,
    st.lists(words, max_size=2).map(tuple),
    maybe_words,
)
outcomes = st.builds(
    Outcome,
    plan=plans,
    results=st.lists(results, max_size=3).map(tuple),
    generation=maybe(numbers),
    problems=diagnostics(Severity.ERROR),
    interrupted=st.just(False),
)


@given(report=reports())
def test_a_status_comes_back(report: StatusReport) -> None:
    """What the daemon says of everything is what a command reads."""
    text = json.dumps(status_document(report))
    assert status_report(read_document(text)) == report


@given(outcome=outcomes)
def test_an_outcome_comes_back(outcome: Outcome) -> None:
    """What came of a switch of the daemon is shown as what came of one's own."""
    told = (*outcome.plan.warnings, *outcome.problems)
    text = json.dumps(document(APPLY, told, outcome_values(outcome)))
    assert outcome_of(read_document(text)) == outcome


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "errors", "warnings", "daemon", "services", "units", "declaration", "actions", "results",
    "last_pass", "last_action", "state", "running", "pid", "paths", "held", "files", "induced",
]  # fmt: skip


@given(report=reports(), key=st.sampled_from(KEYS), value=json_values, other=json_values)
def test_another_version_is_read_all_the_same(
    report: StatusReport, key: str, value: Any, other: Any
) -> None:
    """Unknown keys, and values of another kind at any known key, make no error."""
    told = json.loads(json.dumps(status_document(report)))
    strange = _with(told, key, value) | {"of another time": other}
    status_report(strange)
    outcome_of(strange)


@given(report=reports(), missing=st.sampled_from(["daemon", "declaration", "errors", "version"]))
def test_what_is_missing_is_absent(report: StatusReport, missing: str) -> None:
    """A document that lacks a key still says all else."""
    told = json.loads(json.dumps(status_document(report)))
    del told[missing]
    assert status_report(told).status == report.status


def _with(found: Any, key: str, value: Any) -> Any:
    """Return a document in which a key has another value wherever it stands."""
    if isinstance(found, dict):
        inner = {each: _with(one, key, value) for each, one in found.items()}
        return inner | ({key: value} if key in found else {})
    return [_with(one, key, value) for one in found] if isinstance(found, list) else found
