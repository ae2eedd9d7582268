"""What holds of every switch, whatever was declared and whatever runs."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hmsvcd.model.decision import Difference, Installing, Method, UnitState
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import STARTS, STOPS, Action, ActionKind, Plan
from hmsvcd.model.unit import UnitFile, suffix
from hmsvcd.pipeline.decide.dependencies import Dependencies
from hmsvcd.pipeline.decide.induce import owed_by
from hmsvcd.pipeline.decide.order import topological
from hmsvcd.pipeline.decide.plan import decide
from hmsvcd.pipeline.decide.rules import RULES, Situation, matching
from hmsvcd.pipeline.syntax.effective import assigned_by

UNITS = (
    "a.service", "b.service", "c.service", "d.service", "a.socket", "t.timer", "t.target",
    "m.mount", "s.slice",
)  # fmt: skip
KINDS = sorted({suffix(unit) for unit in UNITS} | {"scope"})
FLAGS = (
    "failed", "gone", "fallback", "displaced", "known", "stays", "plain_oneshot", "elapses",
    "can_reload", "trigger_reloads", "active_socket", "refuses_start", "wanted", "newly_wanted",
    "asked", "requirements_met", "requirement_starts",
)  # fmt: skip

SITUATIONS = st.builds(
    Situation,
    unit=st.just("a.service"),
    kind=st.sampled_from(KINDS),
    state=st.sampled_from(UnitState),
    difference=st.sampled_from(Difference),
    method=st.sampled_from(Method) | st.none(),
    **{flag: st.booleans() for flag in FLAGS},
)

OPTIONAL_LINES = st.lists(
    st.sampled_from([
        ("Unit", "Description", "x"),
        ("Unit", "X-Reload-Triggers", "/store/1"),
        ("Unit", "X-SwitchMethod", "reload"),
        ("Unit", "X-SwitchMethod", "stop-start"),
        ("Unit", "X-SwitchMethod", "keep-old"),
        ("Unit", "X-StopOnRemoval", "false"),
        ("Unit", "RefuseManualStart", "true"),
        ("Service", "ExecReload", "/bin/r"),
        ("Service", "Type", "oneshot"),
        ("Service", "User", "x"),
        ("Mount", "Options", "ro"),
        ("Timer", "OnStartupSec", "1"),
    ]),
    max_size=3,
    unique_by=lambda line: line[:2],
)  # fmt: skip
REFERENCES = st.dictionaries(
    st.sampled_from(["Wants", "Requires", "BindsTo", "PartOf", "After", "Before"]),
    st.lists(st.sampled_from(UNITS), min_size=1, max_size=2, unique=True).map(" ".join),
    max_size=2,
)


@st.composite
def definitions(draw: st.DrawFn, name: str) -> UnitFile:
    """Return a unit with some directives that matter."""
    sections: dict[str, dict[str, tuple[str, ...]]] = {"Unit": {"Documentation": ("x",)}}
    for section, key, value in draw(OPTIONAL_LINES):
        sections.setdefault(section, {})[key] = (value,)
    for key, names in draw(REFERENCES).items():
        others = " ".join(other for other in names.split() if other != name)
        sections["Unit"][key] = (others,)
    return UnitFile(name, sections)


STATES: st.SearchStrategy[dict[str, Any]] = st.sampled_from([
    {"active_state": "active", "inactive_enter": 1},
    {"active_state": "activating", "sub_state": "start", "inactive_enter": 1},
    {"active_state": "activating", "sub_state": "auto-restart", "inactive_enter": 1},
    {"active_state": "deactivating", "job": "stop", "inactive_enter": 1},
    {"active_state": "inactive"},
    {"active_state": "inactive", "inactive_enter": 40, "inactive_exit": 50},
    {"active_state": "inactive", "inactive_enter": 40, "active_exit": 30, "main_start": 1},
    {"active_state": "failed", "inactive_enter": 40, "result": "exit-code"},
])  # fmt: skip


@st.composite
def observations(draw: st.DrawFn, old: Mapping[str, tuple[UnitFile, ...]]) -> Observed:
    """Return what systemd says of units, with the dependencies of their old definitions."""
    units = {"default.target": ObservedUnit("default.target", "loaded", "active")}
    for name, [definition] in old.items():
        named_by: dict[str, Any] = {
            attribute: tuple(
                other for other, [unit] in old.items() if name in unit.words("Unit", directive)
            )
            for attribute, directive in (
                ("required_by", "Requires"), ("bound_by", "BindsTo"), ("consists_of", "PartOf"),
            )
        }  # fmt: skip
        units[name] = ObservedUnit(
            name,
            "loaded",
            requires=definition.words("Unit", "Requires"),
            triggers=("a.service",) if name == "a.socket" else (),
            triggered_by=("a.socket",) if name == "a.service" and "a.socket" in old else (),
            **{**draw(STATES), **named_by},
        )
    return Observed(units, now=10_000_000, own_unit=draw(st.sampled_from([None, "d.service"])))


@st.composite
def switches(draw: st.DrawFn) -> Installing:
    """Return a switch between two declarations, at a random moment."""
    names = st.lists(st.sampled_from(UNITS), unique=True)
    old = {name: (draw(definitions(name)),) for name in draw(names)}
    new = {name: draw(definitions(name)) for name in draw(names)}
    for name in draw(names):
        if name in old and name in new:
            new[name] = old[name][0]
    links = st.lists(st.sampled_from(UNITS), unique=True)
    return Installing(
        draw(observations(old)),
        old,
        new,
        {"default.target.wants": tuple(unit for unit in draw(links) if unit in old)},
        {"default.target.wants": tuple(unit for unit in draw(links) if unit in new)},
        asked=draw(st.booleans()),
        overridden=dict.fromkeys(draw(st.sets(st.sampled_from(UNITS), max_size=1)), "/etc/x"),
        relinked=frozenset(unit for unit in UNITS if old.get(unit, (None,))[0] != new.get(unit)),
    )


@st.composite
def any_switches(draw: st.DrawFn) -> Installing:
    """Return a switch around which something foreign lies, or which comes after another one."""
    world = draw(switches())
    some = st.sets(st.sampled_from(UNITS), max_size=3)
    return replace(
        world,
        others={unit: draw(definitions(unit)) for unit in sorted(draw(some))},
        owed=frozenset(draw(some)),
        drop_ins={
            unit: tuple(assigned_by(draw(definitions(unit)))) for unit in sorted(draw(some))
        },
        reload_owed=draw(st.booleans()),
    )


@given(any_switches())
@settings(max_examples=60, deadline=None)
def test_every_switch_is_decided(world: Installing) -> None:
    """Whatever lies around, each unit gets one decision, and all that is done has its reason."""
    plan = decide(world)
    found = [decision.unit for decision in plan.decisions]
    assert len(found) == len(set(found))
    assert Dependencies(world).subjects <= set(found)
    assert all(decision.reason for decision in plan.decisions)
    assert all(action.reason and action.rule for action in plan.actions)


@given(SITUATIONS)
@settings(deadline=None)
def test_some_rule_matches_every_situation(situation: Situation) -> None:
    """The table leaves no unit without an answer, and every answer has its reason."""
    rules = matching(situation)
    assert rules[-1] in RULES
    assert rules[-1].reason.format(changed="x")


def test_every_rule_is_reached() -> None:
    """No row of the table is dead behind those above it."""
    dice = random.Random(0)  # hypothesis would look for one row at a time
    reached = {rule for _ in range(60_000) for rule in matching(any_situation(dice))}
    assert reached == set(RULES)


def any_situation(dice: random.Random) -> Situation:
    """Return a situation in which everything is as likely as anything else."""
    return Situation(
        "a.service",
        dice.choice(KINDS),
        dice.choice(list(UnitState)),
        dice.choice(list(Difference)),
        dice.choice([*Method, None]),
        **{flag: dice.random() < 0.5 for flag in FLAGS},
    )


@given(switches())
@settings(max_examples=100, deadline=None)
def test_a_unit_has_at_most_one_job(world: Installing) -> None:
    """Two jobs of one unit would undo or merge with each other."""
    units = [
        action.unit
        for action in decide(world).actions
        if action.kind not in {ActionKind.RESET_FAILED, ActionKind.KEEP}
    ]
    assert len(units) == len(set(units))


@given(switches())
@settings(max_examples=100, deadline=None)
def test_removed_units_stop_before_anything_else(world: Installing) -> None:
    """What goes must be down before a daemon-reload forgets how to stop it."""
    world = replace(world, observed=replace(world.observed, own_unit=None))
    kinds = [action.kind is ActionKind.STOP for action in decide(world).actions]
    assert kinds == sorted(kinds, reverse=True)


@given(switches())
@settings(max_examples=100, deadline=None)
def test_a_switch_to_the_same_changes_nothing_that_runs(world: Installing) -> None:
    """Without a difference nothing is stopped, restarted, reloaded or kept."""
    same = replace(
        world,
        new={unit: olds[0] for unit, olds in world.old.items()},
        new_links=world.old_links,
        relinked=frozenset(),
    )
    kinds = {action.kind for action in decide(same).actions}
    assert kinds <= {ActionKind.START, ActionKind.RESET_FAILED}


@given(switches())
@settings(max_examples=200, deadline=None)
def test_a_second_pass_after_a_good_one_plans_nothing(world: Installing) -> None:
    """A switch that went well is over."""
    plan = decide(world)
    assert not decide(after(world, plan)).actions


@given(switches())
@settings(max_examples=100, deadline=None)
def test_starts_respect_the_order_that_units_declare(world: Installing) -> None:
    """A unit is sent after those it is ordered after, wherever these are no ring."""
    world = replace(world, observed=replace(world.observed, own_unit=None))
    order = [action.unit for action in decide(world).actions if action.kind in STARTS]
    dependencies = Dependencies(world)
    earlier = {unit: set(dependencies.after(unit, ("After",))) for unit in order}
    for unit in order:
        for later in dependencies.after(unit, ("Before",)):
            earlier.setdefault(later, set()).add(unit)
    for index, unit in enumerate(order):
        late = earlier[unit] & set(order[index + 1 :])
        assert all(unit in reachable(other, earlier) for other in late)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sets(st.sampled_from("abcdefgh"))))
def test_every_unit_has_its_place_even_in_a_ring(earlier: dict[str, set[str]]) -> None:
    """No unit is lost or doubled, whatever the orderings say."""
    known = {unit: others & earlier.keys() for unit, others in earlier.items()}
    assert sorted(topological(known)) == sorted(earlier)


def reachable(unit: str, earlier: Mapping[str, set[str]]) -> set[str]:
    """Return all that a unit is ordered after, directly or not."""
    found: set[str] = set()
    waiting = [unit]
    while waiting:
        new = earlier.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def after(world: Installing, plan: Plan) -> Installing:
    """Return the world after a plan of which every job went well."""
    units = dict(world.observed.units)
    for one in plan.induced:
        goes_up = one.because.startswith(("started", "restarts"))
        units[one.unit] = started(one.unit, units) if goes_up else stopped(one.unit, units)
    for action in plan.actions:
        if action.kind in STOPS or action.kind is ActionKind.RESET_FAILED:
            units[action.unit] = stopped(action.unit, units)
    for action in plan.actions:
        if brings_up(action):
            units[action.unit] = started(action.unit, units)
    owed = owed_by(plan.actions, world)
    leaving = {decision.unit for decision in plan.decisions if decision.rule == 4}
    return replace(
        world,
        observed=replace(world.observed, units=units),
        old={unit: (definition,) for unit, definition in world.new.items()}
        | {unit: world.old[unit] for unit in leaving},
        old_links=world.new_links,
        owed=frozenset(unit for unit in owed if units[unit].active_state != "active"),
        relinked=frozenset(),
    )


def brings_up(action: Action) -> bool:
    """Tell whether a unit is up after this."""
    return action.kind in STARTS or action.kind is ActionKind.RELOAD


def started(unit: str, units: Mapping[str, ObservedUnit]) -> ObservedUnit:
    """Return the unit as it is once it is up."""
    return replace(
        units.get(unit, ObservedUnit(unit)),
        load_state="loaded", active_state="active", sub_state="running", job=None,
        inactive_enter=1,
    )  # fmt: skip


def stopped(unit: str, units: Mapping[str, ObservedUnit]) -> ObservedUnit:
    """Return the unit as it is once somebody stopped it."""
    return replace(
        units.get(unit, ObservedUnit(unit)),
        active_state="inactive", sub_state="dead", job=None, inactive_enter=40, inactive_exit=50,
    )  # fmt: skip
