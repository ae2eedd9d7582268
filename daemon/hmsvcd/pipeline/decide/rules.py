"""What a change does to a unit: one table, first match wins (docs/switching.md).

A situation is all that a rule may ask about one unit. The table of ``docs/switching.md`` is made
from this one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hmsvcd.model.decision import Difference, Method, UnitState

LEAVING_RULE = 4
TARGET_RULE = 9
SOCKET_RULE = 15
HELD_RULE = 24
_GO_ON_AT = 8
"""Where rule 2 goes on."""


class Verb(StrEnum):
    """What a rule does."""

    NOTHING = "none"
    GO_ON = "go on at 8 with that file as its definition"
    STOP = "stop"
    RESET_FAILED = "reset-failed"
    KEEP = "keep"
    RELOAD = "reload"
    STOP_START = "stop-start"
    RESTART = "restart"
    START = "start"
    START_WANTED = "start what it newly wants and nobody holds"


@dataclass(frozen=True, slots=True)
class Situation:
    """One unit before a switch.

    ``failed``: systemd calls it failed. ``gone``: not declared any more, or masked;
    ``fallback``: another file of its name counts then. ``displaced``: overridden or shadowed.
    ``known``: it had a definition. ``stays``: it is not to be stopped on removal.
    ``plain_oneshot``: it is over when it has run, before and after. ``elapses``: see
    ``method.elapses_at_once``. ``trigger_reloads``: the setting ``trigger_action``.
    ``active_socket``: a socket that is up starts it. ``owed``: it is owed a start.
    ``requirements_met``: all it requires is up or started by this pass; ``requirement_starts``:
    some of that is started or restarted by this pass.
    """

    unit: str
    kind: str
    state: UnitState
    difference: Difference
    method: Method | None = None
    failed: bool = False
    gone: bool = False
    fallback: bool = False
    displaced: bool = False
    known: bool = True
    stays: bool = False
    plain_oneshot: bool = False
    elapses: bool = False
    can_reload: bool = False
    trigger_reloads: bool = False
    active_socket: bool = False
    owed: bool = False
    refuses_start: bool = False
    wanted: bool = False
    newly_wanted: bool = False
    asked: bool = False
    requirements_met: bool = False
    requirement_starts: bool = False


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that holds of a situation or does not, and how the documentation says it."""

    words: str
    holds: Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: if all criteria hold, do this.

    ``reason`` is a template of ``{changed}``, which names the directives that changed. ``note`` is
    what the documentation adds to the verb.
    """

    number: int
    criteria: tuple[Criterion, ...]
    verb: Verb
    reason: str
    note: str = ""

    @property
    def takes_service(self) -> bool:
        """Whether a socket takes its running service down and up with it."""
        return self.number == SOCKET_RULE

    def holds(self, situation: Situation) -> bool:
        """Say whether this row is for that situation."""
        return all(criterion.holds(situation) for criterion in self.criteria)


def _state(*states: UnitState) -> Criterion:
    return Criterion(" ".join(state.name for state in states), lambda it: it.state in states)


def _kind(*kinds: str) -> Criterion:
    return Criterion(" or ".join(kinds), lambda it: it.kind in kinds)


def _method(method: Method) -> Criterion:
    return Criterion(f"method {method}", lambda it: it.method is method)


_DISPLACED = Criterion(
    "declared, but overridden or shadowed", lambda it: it.displaced and not it.gone
)
_FALLS_BACK = Criterion(
    "gone or masked, and another file of that name counts then",
    lambda it: it.gone and it.fallback,
)
_GONE = Criterion("gone", lambda it: it.gone and not it.fallback)
_STAYS = Criterion("X-StopOnRemoval=false or RefuseManualStop before", lambda it: it.stays)
_FAILED = Criterion("failed", lambda it: it.failed)
_RUNS = _state(UnitState.UP, UnitState.STARTING, UnitState.LOOPING)
_RUNS_OR_STOPS = _state(UnitState.UP, UnitState.STARTING, UnitState.LOOPING, UnitState.STOPPING)
_AT_MOST_EQ = Criterion("at most EQ", lambda it: it.difference in {Difference.SAME, Difference.EQ})
_PLAIN_ONESHOT = Criterion(
    "Type=oneshot without RemainAfterExit, before and after", lambda it: it.plain_oneshot
)
_METHOD_UNSET = Criterion("method unset", lambda it: it.method is None)
_ELAPSES = Criterion(
    "timer that would elapse at once", lambda it: it.kind == "timer" and it.elapses
)
_CAN_RELOAD = Criterion("can reload", lambda it: it.can_reload)
_RELOADS = Criterion(
    'method reload; or TRIG, method unset and `trigger_action = "reload"`; '
    "or a mount of which only Options changed",
    lambda it: (
        it.method is Method.RELOAD
        or (it.difference is Difference.TRIG and it.method is None and it.trigger_reloads)
        or (it.difference is Difference.OPTIONS and it.kind == "mount")
    ),
)
_ACTIVE_SOCKET = Criterion("with an active socket", lambda it: it.active_socket)
_NOT_WANTED = Criterion("not wanted", lambda it: not it.wanted)
_OWED = _state(UnitState.OWED, UnitState.STOPPING)  # as rule 19 has taken the others
_REFUSES_START = Criterion("RefuseManualStart or X-OnlyManualStart", lambda it: it.refuses_start)
_NOT_OWED = Criterion("no start is owed", lambda it: not it.owed)
_REQUIREMENTS_MET = Criterion(
    "all it requires is up or started by this pass", lambda it: it.requirements_met
)
_UNKNOWN_BEFORE = Criterion("it had no definition before", lambda it: not it.known)
_NEWLY_WANTED = Criterion("newly wanted", lambda it: it.newly_wanted)
_OVER = Criterion(
    "plain oneshot before and after, or at most EQ",
    lambda it: it.plain_oneshot or _AT_MOST_EQ.holds(it),
)
_TRY_AGAIN = Criterion(
    "the parsed unit differs at all, or the pass is asked for",
    lambda it: it.difference is not Difference.SAME or it.asked,
)
_TRY_NOW = Criterion(
    "more than EQ, or something it requires is started or restarted by this pass",
    lambda it: not _AT_MOST_EQ.holds(it) or it.requirement_starts,
)

RULES: tuple[Rule, ...] = (
    Rule(1, (_DISPLACED,), Verb.NOTHING, "something else lies in its place", "warn"),
    Rule(2, (_FALLS_BACK,), Verb.GO_ON, "another file of its name counts now"),
    Rule(3, (_GONE, _kind("slice", "scope")), Verb.NOTHING, "no longer declared"),
    Rule(4, (_GONE, _RUNS_OR_STOPS, _STAYS), Verb.NOTHING,
         "no longer declared, but not to be stopped", "it is *leaving*; warn"),
    Rule(5, (_GONE, _RUNS_OR_STOPS), Verb.STOP,
         "no longer declared", "with its old definition; STOPPING: only wait"),
    Rule(6, (_GONE, _FAILED), Verb.RESET_FAILED, "no longer declared"),
    Rule(7, (_GONE,), Verb.NOTHING, "no longer declared"),

    Rule(8, (_RUNS, _AT_MOST_EQ), Verb.NOTHING, "{changed}", "daemon-reload only"),
    Rule(9, (_RUNS, _kind("target")), Verb.START_WANTED, "{changed}"),
    Rule(10, (_RUNS, _kind("slice", "scope")), Verb.NOTHING, "{changed}"),
    Rule(11, (_RUNS, _method(Method.KEEP_OLD)), Verb.KEEP,
         "{changed}; what runs is to be kept", "pending"),
    Rule(12, (_RUNS, _PLAIN_ONESHOT, _METHOD_UNSET), Verb.KEEP,
         "{changed}; a job is not cut short", "its next start takes it up"),
    Rule(13, (_RUNS, _ELAPSES), Verb.KEEP,
         "{changed}; started now it would elapse at once", "pending"),
    Rule(14, (_state(UnitState.UP), _CAN_RELOAD, _RELOADS), Verb.RELOAD,
         "{changed}", "with CHG, what only a restart takes up is pending"),
    Rule(15, (_RUNS, _kind("socket")), Verb.STOP_START,
         "{changed}", "and its service likewise, if that was up"),
    Rule(16, (_RUNS, _kind("service"), _ACTIVE_SOCKET, _method(Method.STOP_START), _NOT_WANTED),
         Verb.STOP, "{changed}; its socket starts it again"),
    Rule(17, (_RUNS, _method(Method.STOP_START)), Verb.STOP_START,
         "{changed}", "stopped with its old definition"),
    Rule(18, (_RUNS,), Verb.RESTART,
         "{changed}", "LOOPING: reset-failed first; method reload, but it cannot: warn"),

    Rule(19, (_state(UnitState.STOPPING), _NOT_OWED), Verb.NOTHING, "it is stopping"),
    Rule(20, (_REFUSES_START,), Verb.NOTHING, "it is not to be started by us"),
    Rule(21, (_OWED, _REQUIREMENTS_MET), Verb.START,
         "it was up before a switch took it down", "STOPPING: once it is down"),
    Rule(21, (_OWED,), Verb.NOTHING, "what it requires is down"),
    Rule(22, (_NOT_WANTED,), Verb.NOTHING, "nothing that is up wants it"),
    Rule(23, (_UNKNOWN_BEFORE,), Verb.START, "new", "reset-failed first if failed"),
    Rule(24, (_state(UnitState.HELD),), Verb.NOTHING,
         "it stays stopped, as somebody stopped it", "status `held`"),
    Rule(25, (_NEWLY_WANTED,), Verb.START, "newly wanted"),
    Rule(26, (_state(UnitState.FINISHED), _OVER), Verb.NOTHING, "it has finished"),
    Rule(26, (_state(UnitState.FINISHED),), Verb.START, "{changed}"),
    Rule(27, (_state(UnitState.FAILED), _TRY_AGAIN), Verb.START,
         "it had failed", "reset-failed first"),
    Rule(28, (_state(UnitState.IDLE), _TRY_NOW), Verb.START, "wanted, and has not run yet"),
    Rule(29, (), Verb.NOTHING, "nothing to do"),
)  # fmt: skip


def matching(situation: Situation) -> tuple[Rule, ...]:
    """Return the rule for a situation, after rule 2 if another file is what it judges."""
    rule = next(rule for rule in RULES if rule.holds(situation))
    if rule.verb is not Verb.GO_ON:
        return (rule,)
    return rule, next(then for then in RULES if then.number >= _GO_ON_AT and then.holds(situation))


def table_markdown(tests: Mapping[int, Iterable[str]]) -> str:
    """Return the table as the documentation shows it; ``tests``: rule → names of its tests."""
    rows = (_row(rule, tests.get(rule.number, ())) for rule in RULES)
    return "| # | if | then | test |\n|---|---|---|---|\n" + "".join(rows)


def _row(rule: Rule, tests: Iterable[str]) -> str:
    criteria = " **and** ".join(criterion.words for criterion in rule.criteria) or "else"
    then = f"{rule.verb}; {rule.note}" if rule.note else rule.verb
    names = ", ".join(f"`{name}`" for name in tests)
    return f"| {rule.number} | {criteria} | {then} | {names} |\n"
