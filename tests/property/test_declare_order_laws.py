"""What is imported means the same as before, in the order in which systemd reads it."""

import tomllib
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations import CONTEXT
from hmsvcd.model.document import Document
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.declare.declare import Declared, declare
from hmsvcd.pipeline.render import render
from hmsvcd.pipeline.syntax.unit_file import assignments

State = dict[str, Any]
Step = Callable[[State, str], None]


def together(slot: str, key: str, *, in_order: bool) -> Step:
    """Return a directive that is one list with others; an empty assignment empties the list."""

    def assign(state: State, value: str) -> None:
        held = state.setdefault(slot, [])
        if not value:
            held.clear()
            return
        held.append((key, value))
        if not in_order:
            held.sort()

    return assign


def last(*slots: str) -> Step:
    """Return a directive that gives values to slots; an empty assignment is an error."""
    return lambda state, value: state.update(dict.fromkeys(slots, value)) if value else None


def first(slot: str) -> Step:
    """Return a directive of which later assignments are errors."""
    return lambda state, value: state.setdefault(slot, value) and None if value else None


def keyed(slot: str, key: str) -> Step:
    """Return a directive that gives values by name, which another one may give, too."""

    def assign(state: State, value: str) -> None:
        if value:
            name, _, rest = value.partition(":")
            state.setdefault(slot, {})[name] = (key, rest)
        else:
            state[slot] = {}

    return assign


def mounts(key: str) -> Step:
    """Return a directive that mounts something, unless something has been mounted there."""

    def assign(state: State, value: str) -> None:
        if value:
            source, _, place = value.partition(":")
            state.setdefault("mounts", {}).setdefault(place or source, []).append((key, source))
        else:
            state["mounts"] = {}

    return assign


def policy(state: State, value: str) -> None:
    """Set a scheduling policy: it bounds the priority that is there."""
    low, high = (1, 99) if value in {"fifo", "rr"} else (0, 0)
    held = state.get("priority", 0) if value else 0
    state |= {"policy": value, "priority": min(max(held, low), high)}


def priority(state: State, value: str) -> None:
    """Set a scheduling priority; an empty assignment is an error."""
    if value:
        state["priority"] = int(value)


def io_class(state: State, value: str) -> None:
    """Set an I/O class; none is what there is by default."""
    known = value and value != "none"
    state |= {"class": value, "level": state.get("level", 4)} if known else IO_DEFAULT


def io_level(state: State, value: str) -> None:
    """Set an I/O priority."""
    state |= {"class": state.get("class", ""), "level": int(value)} if value else IO_DEFAULT


def directory(state: State, value: str) -> None:
    """Add a directory; an empty assignment resets its mode, too."""
    if value:
        state.setdefault("directories", []).append(value)
    else:
        state |= {"directories": [], "mode": "0755"}


IO_DEFAULT = {"class": "", "level": 4}
START: State = IO_DEFAULT | {"policy": "", "priority": 0, "mode": "0755"}

WORDS = ("a", "b", "c")
PATHS = ("/a", "/b", "/a:/b", "/b:/a")
SECONDS = ("1", "2", "3")

Group = dict[tuple[str, str], tuple[Step, tuple[str, ...]]]


def group(section: str, directives: dict[str, tuple[Step, tuple[str, ...]]]) -> Group:
    """Return directives of a section that have to do with each other."""
    return {(section, key): known for key, known in directives.items()}


SERVICE = (
    group("Service", {
        "TimeoutSec": (last("start", "stop"), SECONDS),
        "TimeoutStartSec": (last("start"), SECONDS),
        "TimeoutStopSec": (last("stop"), SECONDS),
        "TimeoutAbortSec": (last("abort"), SECONDS),
    }),
    {
        ("Service", "StartLimitInterval"): (last("interval"), SECONDS),
        ("Unit", "StartLimitInterval"): (last("interval"), SECONDS),
        ("Unit", "StartLimitIntervalSec"): (last("interval"), SECONDS),
    },
    group("Unit", {
        "ConditionHost": (together("conditions", "host", in_order=False), WORDS),
        "ConditionUser": (together("conditions", "user", in_order=False), WORDS),
        "AssertHost": (together("asserts", "host", in_order=False), WORDS),
    }),
    group("Service", {
        "Type": (last("type"), ("simple", "exec")),
        "ExecStartPre": (together("pre", "", in_order=True), PATHS),
    }),
    group("Service", {
        "StandardInputText": (together("input", "text", in_order=True), WORDS),
        "StandardInputData": (together("input", "data", in_order=True), ("YQo=",)),
    }),
    group("Service", {
        "CPUSchedulingPolicy": (policy, ("fifo", "other", "rr")),
        "CPUSchedulingPriority": (priority, ("0", "5")),
    }),
    group("Service", {
        "IOSchedulingClass": (io_class, ("idle", "none", "realtime")),
        "IOSchedulingPriority": (io_level, ("1", "7")),
    }),
    group("Service", {
        "RuntimeDirectory": (directory, WORDS),
        "RuntimeDirectoryMode": (last("mode"), ("0700", "0750")),
    }),
    group("Service", {
        "SetCredential": (keyed("set", "plain"), ("a:1", "a:2", "b:1")),
        "SetCredentialEncrypted": (keyed("set", "encrypted"), ("a:YQo=", "b:YQo=")),
    }),
    group("Service", {
        "LoadCredential": (keyed("load", "plain"), ("a:/1", "a:/2", "b:/1")),
        "LoadCredentialEncrypted": (keyed("load", "encrypted"), ("a:/1", "b:/1")),
    }),
    group("Service", {
        "BindPaths": (mounts("writable"), PATHS),
        "BindReadOnlyPaths": (mounts("read-only"), PATHS),
    }),
)  # fmt: skip
SOCKET = group("Socket", {
    f"Listen{kind}": (together("sockets", kind, in_order=True), ("/1", "/2"))
    for kind in ("Datagram", "FIFO", "SequentialPacket", "Stream")
})  # fmt: skip
TIMER = group("Timer", {
    "OnBootSec": (together("timers", "boot", in_order=False), SECONDS),
    "OnCalendar": (together("timers", "calendar", in_order=False), ("daily", "weekly")),
    "Unit": (first("unit"), ("a.service", "b.service")),
})  # fmt: skip
TABLE = {name: known for each in (*SERVICE, SOCKET, TIMER) for name, known in each.items()}


def meaning(texts: Iterable[str]) -> State:
    """Return what systemd makes of texts that it reads one after the other."""
    state = dict(START)
    for text in texts:
        for section, key, value in assignments(text):
            step, _ = TABLE.get((section, key), (lambda _, __: None, ()))
            step(state, value)
    return {slot: value for slot, value in state.items() if value}


Line = tuple[str, str, str]


def lines(table: Group) -> st.SearchStrategy[Line]:
    """Return lines with the directives of a table, some of them empty."""
    return st.sampled_from(sorted(table)).flatmap(
        lambda name: st.tuples(
            st.just(name[0]), st.just(name[1]), st.sampled_from(("", *table[name][1]))
        )
    )


def text_of(found: list[Line]) -> str:
    """Return the text of lines."""
    return "".join(f"[{section}]\n{key}={value}\n" for section, key, value in found)


def texts(table: Group) -> st.SearchStrategy[str]:
    """Return texts of a few lines."""
    return st.lists(lines(table), max_size=5).map(text_of)


KINDS = (
    *(("a.service", "[Service]\nExecStart=/bin/a\n", each) for each in SERVICE),
    ("a.socket", "[Socket]\nListenStream=/0\n", SOCKET),
    ("a.timer", "[Timer]\nOnBootSec=9\n", TIMER),
)
for_each_group = pytest.mark.parametrize(
    ("name", "begun", "some"), KINDS, ids=[min(kind[2])[1] for kind in KINDS]
)


@st.composite
def existing_units(draw: st.DrawFn, name: str, begun: str, some: Group) -> ExistingUnit:
    """Return a unit with drop-ins, of which some are not the user's own and may be hidden."""
    every = {"/unit": begun + draw(texts(some))}
    staying: dict[str, str] = {}
    for number in range(draw(st.integers(0, 3))):
        text = draw(texts(some))
        whose = draw(st.sampled_from(("own", "other", "hidden")))
        if whose != "hidden":
            every[f"/{number}"] = text
        if whose != "own":
            staying[f"/{number}"] = text
    return ExistingUnit(name, every, staying=staying)


def rendered(existing: ExistingUnit, declared: Declared) -> str:
    """Return the text of the unit that a declaration stands for."""
    assert declared.toml is not None
    declaration, found = check([Document("a.toml", tomllib.loads(declared.toml))], CONTEXT)
    assert not any(each.is_error for each in found)
    return render(declaration, {}, CONTEXT).units[existing.name].text


@for_each_group
def test_what_is_imported_means_the_same(name: str, begun: str, some: Group) -> None:
    """The declaration with the drop-ins that stay is to systemd what was there, or is refused."""

    @settings(max_examples=70)
    @given(existing_units(name, begun, some))
    def holds(existing: ExistingUnit) -> None:
        declared = declare(existing, CONTEXT)
        if declared.toml is None:
            assert any(each.is_error for each in declared.diagnostics)
            return
        after = [rendered(existing, declared), *existing.staying.values()]
        assert meaning(after) == meaning(existing.texts.values())

    holds()


@for_each_group
def test_only_what_would_change_is_refused(name: str, begun: str, some: Group) -> None:
    """A unit whose lines already stand in the order of their names is not refused for that."""

    @settings(max_examples=20)
    @given(st.lists(lines(some), max_size=7))
    def holds(found: list[Line]) -> None:
        in_order = sorted([*assignments(begun), *found], key=itemgetter(0, 1))
        existing = ExistingUnit(name, {"/unit": text_of(in_order)})
        refusals = {each.message for each in declare(existing, CONTEXT).diagnostics}
        assert not any("before" in each or "would change" in each for each in refusals)

    holds()
