"""What a switch does: the rules' verdicts as actions in the order in which they are sent."""

from collections.abc import Iterable, Iterator

from hmsvcd.model.decision import Decision, Difference, Installing, Method, UnitState
from hmsvcd.model.diagnostic import Diagnostic, warning
from hmsvcd.model.plan import STARTS, STOPS, Action, ActionKind, Induced, Plan, Reloading
from hmsvcd.model.unit import suffix
from hmsvcd.pipeline.decide.agree import Agreed, agree
from hmsvcd.pipeline.decide.dependencies import GOES_DOWN_WITH, Dependencies, closure
from hmsvcd.pipeline.decide.diff import only_triggers
from hmsvcd.pipeline.decide.induce import induced_by
from hmsvcd.pipeline.decide.method import is_plain_oneshot
from hmsvcd.pipeline.decide.order import sending_order
from hmsvcd.pipeline.decide.rules import LEAVING_RULE, SOCKET_RULE, TARGET_RULE, Verb
from hmsvcd.pipeline.decide.survey import changed, in_words

_KINDS = {
    Verb.STOP: ActionKind.STOP,
    Verb.RESET_FAILED: ActionKind.RESET_FAILED,
    Verb.KEEP: ActionKind.KEEP,
    Verb.RELOAD: ActionKind.RELOAD,
    Verb.STOP_START: ActionKind.STOP_START,
    Verb.RESTART: ActionKind.RESTART,
    Verb.START: ActionKind.START,
}
_NO_JOBS = frozenset({ActionKind.KEEP, ActionKind.RESET_FAILED})


def decide(world: Installing) -> Plan:
    """Return what a switch does, in sending order, with a decision for every unit."""
    dependencies = Dependencies(world)
    verdicts = _Verdicts(world, dependencies)
    last = _ending(world, dependencies)
    actions = sending_order(verdicts.actions(), dependencies, last)
    induced = induced_by(actions, dependencies, world)
    return Plan(
        actions=actions,
        induced=induced,
        reloading=_reloading(world, dependencies, actions, induced),
        warnings=tuple(verdicts.warnings()),
        decisions=tuple(verdicts.decisions()),
        ending=last,
    )


class _Verdicts:
    """What the rules say, as actions, warnings and decisions with their reasons in words."""

    def __init__(self, world: Installing, dependencies: Dependencies) -> None:
        self._world = world
        self._dependencies = dependencies
        self._agreed: Agreed = agree(world, dependencies)

    def actions(self) -> Iterator[Action]:
        """Yield the actions of all units, in no particular order."""
        for unit in self._agreed.situations:
            yield from self._actions_of(unit)
        for unit, target in self._agreed.wanted.items():
            yield Action(unit, ActionKind.START, f"newly wanted by {target}", TARGET_RULE)

    def _actions_of(self, unit: str) -> Iterator[Action]:
        kind = _KINDS.get(self._agreed.verb(unit))
        if kind is None:
            return
        if unit == self._world.observed.own_unit and kind is ActionKind.STOP_START:
            kind = ActionKind.RESTART  # stopped, nobody would be left to start it
        situation = self._agreed.situations[unit]
        stuck = situation.failed or situation.state is UnitState.LOOPING
        rule, reason = self._grounds(unit)
        if kind in STARTS and stuck and unit in self._dependencies.subjects:
            yield Action(unit, ActionKind.RESET_FAILED, reason, rule)
        yield Action(unit, kind, reason, rule, self._pending(unit, kind))

    def _grounds(self, unit: str) -> tuple[int, str]:
        """Return the number of the rule that counts, and its reason in words."""
        rules = self._agreed.rules[unit]
        socket = self._agreed.bounced.get(unit)
        if socket and rules[-1].verb is not self._agreed.verb(unit):
            return SOCKET_RULE, f"its socket {socket} is stopped and started"
        changes = self._in_words(unit)
        return rules[-1].number, "; ".join(rule.reason.format(changed=changes) for rule in rules)

    def _in_words(self, unit: str) -> str:
        names = self._changed(unit)
        if names or self._dependencies.old(unit):
            return f"{in_words(names) or 'nothing'} changed"
        return "nobody knows what definition it runs"

    def _changed(self, unit: str) -> tuple[str, ...]:
        new = self._dependencies.new(unit) or self._dependencies.other(unit)
        return changed(self._dependencies.old(unit), new) if new else ()

    def _pending(self, unit: str, kind: ActionKind) -> str | None:
        partly = self._agreed.situations[unit].difference is Difference.CHG
        if kind is ActionKind.KEEP or (kind is ActionKind.RELOAD and partly):
            return in_words(self._changed(unit)) or None
        return None

    def decisions(self) -> Iterator[Decision]:
        """Yield the rule, the grounds and the reason for every unit."""
        for unit, situation in self._agreed.situations.items():
            rule, reason = self._grounds(unit)
            names = in_words(self._changed(unit))
            yield Decision(unit, rule, situation.state, situation.difference, reason, names)

    def warnings(self) -> Iterator[Diagnostic]:
        """Yield what the user ought to know: what runs on or cannot be as declared."""
        for unit, rules in self._agreed.rules.items():
            situation = self._agreed.situations[unit]
            if rules[-1].number == LEAVING_RULE:
                yield warning(f"{unit} is no longer declared, but left running", None)
            unable = situation.method is Method.RELOAD and not situation.can_reload
            if rules[-1].verb is Verb.RESTART and unable:
                yield warning(
                    f"{unit} cannot be reloaded, so it is restarted", None, hint=_NO_RELOAD
                )


_NO_RELOAD = "give it ExecReload, or another X-SwitchMethod"


def _ending(world: Installing, dependencies: Dependencies) -> frozenset[str]:
    """Return the unit that holds this process, and all that would take it down."""
    own = world.observed.own_unit
    if own is None:
        return frozenset()

    def leans_on(unit: str) -> frozenset[str]:
        before = dependencies.before(unit, GOES_DOWN_WITH)
        return before | dependencies.after(unit, GOES_DOWN_WITH)

    return frozenset(closure((own,), leans_on))


def _reloading(
    world: Installing,
    dependencies: Dependencies,
    actions: Iterable[Action],
    induced: Iterable[Induced],
) -> Reloading:
    """Return when a daemon-reload is due: after the jobs if none of them could tell."""
    relinked = {folder: set(units) for folder, units in world.new_links.items()} != {
        folder: set(units) for folder, units in world.old_links.items()
    }
    if not (world.relinked or relinked or world.reload_owed):
        return Reloading.NOT
    jobs = [action for action in actions if action.kind not in _NO_JOBS]
    stale = any(
        one.unit in world.relinked and world.observed.unit(one.unit).load_state != "not-found"
        for one in induced
    )
    if (
        stale
        or world.reload_owed
        or not all(_may_precede(job, world, dependencies) for job in jobs)
    ):
        return Reloading.BEFORE
    return Reloading.AFTER


def _may_precede(job: Action, world: Installing, dependencies: Dependencies) -> bool:
    """Say whether a job does the same before a daemon-reload as after it."""
    if job.kind in STOPS:
        return False
    new, olds = dependencies.new(job.unit), dependencies.old(job.unit)
    if world.observed.unit(job.unit).load_state == "not-found":
        # a job that has run is forgotten at once, unless the target that wants it is known to
        forgotten = new is not None and is_plain_oneshot(new)
        return suffix(job.unit) != "slice" and not forgotten
    return (
        new is not None and bool(olds) and only_triggers(olds, new) and job.unit in world.relinked
    )
