"""What a switch does to several units together, and in which order."""

from dataclasses import replace

from hmsvcd.model.decision import Installing, UnitState
from hmsvcd.model.observed import Observed, ObservedUnit
from hmsvcd.model.plan import Action, ActionKind, Plan, Reloading
from hmsvcd.model.settings import Settings
from hmsvcd.model.unit import UnitFile
from hmsvcd.pipeline.decide.dependencies import Dependencies
from hmsvcd.pipeline.decide.induce import owed_by
from hmsvcd.pipeline.decide.order import topological
from hmsvcd.pipeline.decide.plan import decide
from hmsvcd.pipeline.syntax.unit_file import parse


def service(name: str, unit: str = "", program: str = "/bin/x", more: str = "") -> UnitFile:
    """Return a service with more lines for [Unit] and [Service]."""
    text = f"[Unit]\n{unit}\n[Service]\nExecStart={program}\n{more}\n"
    return parse(f"{name}.service", text)


def up(name: str, **properties: object) -> ObservedUnit:
    """Return a loaded unit that is active."""
    defaults = {"load_state": "loaded", "active_state": "active", "inactive_enter": 1}
    return ObservedUnit(name, **{**defaults, **properties})  # type: ignore[arg-type]  # any field


def down(name: str, **properties: object) -> ObservedUnit:
    """Return a loaded unit that has not run yet."""
    return up(name, **{"active_state": "inactive", "inactive_enter": 0, **properties})


def finished(name: str) -> ObservedUnit:
    """Return a service that ended by itself."""
    return down(name, inactive_exit=10, main_exit=29, active_exit=30, inactive_enter=40)


def held(name: str) -> ObservedUnit:
    """Return a service that somebody stopped."""
    return replace(finished(name), main_exit=31, result="success")


def world(
    old: tuple[UnitFile, ...], new: tuple[UnitFile, ...], *observed: ObservedUnit
) -> Installing:
    """Return a switch between two sets of units, both linked into default.target, which is up."""
    definitions = {unit.name: (unit,) for unit in old}
    declared = {unit.name: unit for unit in new}
    changed = {
        name
        for name in definitions.keys() | declared.keys()
        if definitions.get(name) != (declared.get(name),)
    }
    return Installing(
        Observed({unit.name: unit for unit in (up("default.target"), *observed)}),
        definitions,
        declared,
        {"default.target.wants": tuple(definitions)},
        {"default.target.wants": tuple(declared)},
        relinked=frozenset(changed),
    )


def brief(plan: Plan) -> list[tuple[str, str]]:
    """Return what a plan does to which unit."""
    return [(action.unit, action.kind.value) for action in plan.actions]


A, B = service("a"), service("b")
A2, B2 = service("a", program="/bin/y"), service("b", program="/bin/y")


def test_new_units_start_and_need_no_daemon_reload_first() -> None:
    """What systemd does not know yet is loaded when it starts."""
    plan = decide(world((), (A, B)))
    assert brief(plan) == [("a.service", "start"), ("b.service", "start")]
    assert plan.reloading is Reloading.AFTER
    assert {action.reason for action in plan.actions} == {"new"}


def test_a_removed_unit_stops_before_anything_else() -> None:
    """Stops come first, and the daemon-reload before what is started."""
    plan = decide(world((A, B), (B2,), up("a.service"), up("b.service")))
    assert brief(plan) == [("a.service", "stop"), ("b.service", "restart")]
    assert plan.reloading is Reloading.BEFORE
    assert plan.actions[1].reason == "ExecStart changed"


def test_nothing_to_do_is_an_empty_plan() -> None:
    """What is installed, up and unchanged is left alone."""
    assert decide(world((A,), (A,), up("a.service"))).is_empty


def test_a_description_needs_only_a_daemon_reload() -> None:
    """No job is sent for what a daemon-reload takes up."""
    plan = decide(world((A,), (service("a", "Description=x"),), up("a.service")))
    assert plan.actions == ()
    assert plan.reloading is Reloading.AFTER


def test_triggers_alone_are_reloaded_before_systemd_reads_the_unit_again() -> None:
    """The reload does the same before a daemon-reload, so nobody waits for it."""
    flags = "X-SwitchMethod=reload\nX-Reload-Triggers=/store/"
    old, new = (service("a", f"{flags}{n}", more="ExecReload=/bin/r") for n in (1, 2))
    plan = decide(world((old,), (new,), up("a.service")))
    assert brief(plan) == [("a.service", "reload")]
    assert plan.reloading is Reloading.AFTER
    assert plan.actions[0].pending is None
    both = decide(world((old, A), (new, A2), up("a.service")))
    assert both.reloading is Reloading.BEFORE


def test_the_setting_reloads_what_changed_in_its_triggers_alone() -> None:
    """``trigger_action`` speaks for units without a method of their own."""
    old, new = (service("a", f"X-Reload-Triggers={n}", more="ExecReload=/bin/r") for n in (1, 2))
    switch = world((old,), (new,), up("a.service"))
    assert brief(decide(switch)) == [("a.service", "restart")]
    reloading = replace(switch, settings=Settings(trigger_action="reload"))
    assert brief(decide(reloading)) == [("a.service", "reload")]


def test_a_reload_says_what_only_a_restart_takes_up() -> None:
    """A new program with X-SwitchMethod=reload waits for the next start."""
    old, new = (
        service("a", "X-SwitchMethod=reload", program, "ExecReload=/bin/r")
        for program in ("/bin/x", "/bin/y")
    )
    [action] = decide(world((old,), (new,), up("a.service"))).actions
    assert action.kind is ActionKind.RELOAD
    assert action.pending == "ExecStart"


def test_what_cannot_be_reloaded_is_restarted_with_a_warning() -> None:
    """A declaration that asks for the impossible is told so."""
    old, new = service("a"), service("a", "X-SwitchMethod=reload", "/bin/y")
    plan = decide(world((old,), (new,), up("a.service")))
    assert brief(plan) == [("a.service", "restart")]
    assert "a.service cannot be reloaded" in plan.warnings[0].message


def test_starts_follow_after_and_before() -> None:
    """A dependency chain is sent from its root, whatever the names are."""
    units = (service("a", "After=b.service"), service("b", "After=c.service"), service("c"),
             service("d", "Before=c.service"))  # fmt: skip
    assert [unit for unit, _ in brief(decide(world((), units)))] == [
        "d.service", "c.service", "b.service", "a.service",
    ]  # fmt: skip


def test_a_ring_of_orderings_still_has_an_order() -> None:
    """systemd breaks such rings as well; hmsvcd must not hang on one."""
    assert topological({"a": ["b"], "b": ["a"], "c": ["a"], "s.socket": []}) == [
        "s.socket", "a", "b", "c",
    ]  # fmt: skip


def test_a_changed_socket_takes_its_running_service_with_it() -> None:
    """systemd cannot start a socket while its service runs; the socket comes first both times."""
    old = parse("a.socket", "[Socket]\nListenStream=1\n")
    new = parse("a.socket", "[Socket]\nListenStream=2\n")
    socket = up("a.socket", triggers=("a.service",))
    running = up("a.service", triggered_by=("a.socket",))
    plan = decide(world((A, old), (A, new), socket, running))
    assert brief(plan) == [("a.socket", "stop-start"), ("a.service", "stop-start")]
    assert plan.actions[1].reason == "its socket a.socket is stopped and started"
    idle = decide(world((A, old), (A, new), socket, finished("a.service")))
    assert brief(idle) == [("a.socket", "stop-start")]


def test_a_socket_starts_its_service_again() -> None:
    """A stop-start service that nothing wants waits for the next connection."""
    flag = "X-SwitchMethod=stop-start"
    old, new = service("a", flag), service("a", flag, "/bin/y")
    switch = world((old,), (new,), up("a.service", triggered_by=("a.socket",)), up("a.socket"))
    plan = decide(replace(switch, old_links={}, new_links={}))
    assert brief(plan) == [("a.service", "stop")]
    assert owed_by(plan.actions, switch) == frozenset()


def test_what_a_stop_takes_down_comes_back() -> None:
    """A stop-start takes its dependents down for good, so the same pass starts them again."""
    flag = "X-SwitchMethod=stop-start"
    old, new = service("a", flag), service("a", flag, "/bin/y")
    dependent = service("b", "Requires=a.service\nAfter=a.service")
    running = up("a.service", required_by=("b.service", "foreign.service"))
    foreign = up("foreign.service", requires=("a.service",))
    switch = world((old, dependent), (new, dependent), running, up("b.service"), foreign)
    plan = decide(switch)
    assert brief(plan) == [
        ("a.service", "stop-start"), ("b.service", "start"), ("foreign.service", "start"),
    ]  # fmt: skip
    assert owed_by(plan.actions, switch) == {"a.service", "b.service", "foreign.service"}


def test_what_needs_a_removed_unit_is_not_started() -> None:
    """A start that must fail is not tried; the unit stays owed a start."""
    running = up("a.service", required_by=("foreign.service",))
    foreign = up("foreign.service", requires=("a.service",))
    switch = world((A,), (), running, foreign)
    plan = decide(switch)
    assert brief(plan) == [("a.service", "stop")]
    assert plan.induced[0].unit == "foreign.service"
    assert owed_by(plan.actions, switch) == {"foreign.service"}


def test_an_owed_start_is_made_once_what_it_requires_is_up() -> None:
    """A unit that an earlier pass took down starts again, also if a user would call it stopped."""
    dependent = service("b", "Requires=a.service")
    states = {True: up("a.service"), False: held("a.service")}
    for met, required in states.items():
        switch = world((A, dependent), (A, dependent), required, held("b.service"))
        plan = decide(replace(switch, owed=frozenset({"b.service", "vanished.service"})))
        assert brief(plan) == ([("b.service", "start")] if met else [])


def test_what_a_user_stopped_stays_stopped() -> None:
    """A change of its definition is for its next start; status calls it held."""
    plan = decide(world((A,), (A2,), held("a.service")))
    assert plan.actions == ()
    [decision] = plan.decisions
    assert (decision.rule, decision.state) == (24, UnitState.HELD)


def test_what_a_start_pulls_in_is_told() -> None:
    """systemd starts what a unit wants, also what a user stopped."""
    plan = decide(world((A,), (A, service("b", "Wants=a.service")), held("a.service")))
    assert brief(plan) == [("b.service", "start")]
    assert [(one.unit, one.because) for one in plan.induced] == [
        ("a.service", "started by b.service")
    ]


def test_a_changed_definition_that_is_pulled_in_is_loaded_first() -> None:
    """Else systemd would start it with the definition it has loaded."""
    plan = decide(world((A,), (A2, service("b", "Wants=a.service")), held("a.service")))
    assert plan.reloading is Reloading.BEFORE


def test_a_restart_names_what_restarts_and_stops_with_it() -> None:
    """What requires, is part of, or conflicts with a unit feels its restart."""
    changed = service("a", "Conflicts=enemy.service", "/bin/y")
    running = up("a.service", required_by=("b.service",))
    units = (running, up("b.service"), up("enemy.service"))
    dependent = service("b", "Requires=a.service")
    plan = decide(world((A, dependent), (changed, dependent), *units))
    assert {one.unit: one.because for one in plan.induced} == {
        "b.service": "restarts with a.service",
        "enemy.service": "conflicts with a.service",
    }


def test_wants_spread_along_what_is_started() -> None:
    """A unit that only a started unit wants is started, and so is what that one wants."""
    units = (service("a", "Wants=b.service"), service("b", "BindsTo=c.service"), service("c"))
    switch = world((), units)
    plan = decide(replace(switch, new_links={"default.target.wants": ("a.service",)}))
    assert {unit for unit, _ in brief(plan)} == {"a.service", "b.service", "c.service"}
    nobody = decide(replace(switch, new_links={}))
    assert nobody.actions == ()


def test_a_target_starts_what_it_newly_wants() -> None:
    """A running target is never started again, which would start what a user stopped."""
    old = parse("my.target", "[Unit]\nWants=old.service\n")
    new = parse("my.target", "[Unit]\nWants=old.service new.service held.service\n")
    others = (down("old.service"), down("new.service"), held("held.service"))
    plan = decide(world((old,), (new,), up("my.target"), *others))
    assert brief(plan) == [("new.service", "start")]


def test_failed_units_are_reset_first() -> None:
    """A reset clears the start limit, so that the new definition gets its chance."""
    failed = replace(finished("a.service"), active_state="failed", result="exit-code")
    plan = decide(world((A,), (A2,), failed))
    assert brief(plan) == [("a.service", "reset-failed"), ("a.service", "start")]
    event = replace(world((A,), (A,), failed), asked=False)
    assert decide(event).actions == ()
    assert brief(decide(replace(event, asked=True))) == brief(plan)


def test_an_overridden_unit_is_left_alone() -> None:
    """What the user put in the place of our link is respected."""
    switch = world((A,), (A2,), up("a.service"))
    plan = decide(replace(switch, overridden={"a.service": "/home/u/a.service"}))
    assert plan.actions == ()


def test_a_removed_unit_falls_back_to_another_file_of_its_name() -> None:
    """The distribution's unit takes over, and a unit that runs takes it up."""
    switch = world((A,), (), up("a.service"))
    fallback = service("a", "RefuseManualStart=no", "/usr/bin/a")
    plan = decide(replace(switch, others={"a.service": fallback}))
    assert brief(plan) == [("a.service", "restart")]
    assert plan.actions[0].reason.startswith("another file of its name counts now; ")


def test_a_masked_unit_is_gone() -> None:
    """An empty unit file is a mask to systemd."""
    plan = decide(world((A,), (UnitFile("a.service", {}),), up("a.service")))
    assert brief(plan) == [("a.service", "stop")]


def test_a_unit_that_must_not_be_stopped_is_left_running() -> None:
    """X-StopOnRemoval=false leaves the unit, and says so."""
    staying = service("a", "X-StopOnRemoval=false")
    plan = decide(world((staying,), (), up("a.service")))
    assert plan.actions == ()
    assert plan.decisions[0].rule == 4
    assert "left running" in plan.warnings[0].message


def test_a_running_unit_of_unknown_origin_is_kept() -> None:
    """Whoever started it did so with a definition that nobody can compare."""
    [action] = decide(world((), (A,), up("a.service"))).actions
    assert action.kind is ActionKind.KEEP


def test_our_own_unit_comes_last_and_is_never_only_stopped() -> None:
    """A process that stopped its own unit could not start it again."""
    flag = "X-SwitchMethod=stop-start"
    own, own2 = service("a", flag), service("a", flag, "/bin/y")
    switch = world((own, B), (own2, B2), up("a.service"), up("b.service"))
    switch = replace(switch, observed=replace(switch.observed, own_unit="a.service"))
    assert brief(decide(switch)) == [("b.service", "restart"), ("a.service", "restart")]
    bound = service("a", "BindsTo=b.service")
    binding = world((bound, B), (bound, B2), up("a.service"), up("b.service"))
    binding = replace(binding, observed=replace(binding.observed, own_unit="a.service"))
    assert brief(decide(binding)) == [("b.service", "restart")]


def test_instances_follow_their_template() -> None:
    """Every loaded instance goes through the rules with the template's definition."""
    old, new = service("a@"), service("a@", program="/bin/y")
    switch = world((old,), (new,), up("a@1.service"), finished("a@2.service"))
    plan = decide(replace(switch, old_links={}, new_links={}))
    assert brief(plan) == [("a@1.service", "restart")]
    assert {decision.unit for decision in plan.decisions} == {"a@1.service", "a@2.service"}


def test_a_timer_that_would_elapse_at_once_is_kept() -> None:
    """A timer for the start of the session must not run its job in the middle of it."""
    old = parse("a.timer", "[Timer]\nOnStartupSec=1min\n")
    new = parse("a.timer", "[Timer]\nOnStartupSec=2min 30s\n")
    switch = world((old,), (new,), up("a.timer"))
    for minutes, kind in ((3, ActionKind.KEEP), (2, ActionKind.RESTART)):
        observed = replace(switch.observed, started=5, now=5 + minutes * 60_000_000)
        [action] = decide(replace(switch, observed=observed)).actions
        assert action.kind is kind


def test_a_daemon_reload_that_is_owed_comes_first() -> None:
    """After a kill nobody knows what systemd has read."""
    switch = replace(world((A,), (A,), up("a.service")), reload_owed=True)
    assert decide(switch).reloading is Reloading.BEFORE


def test_a_job_is_not_cut_short_unless_it_changes_its_nature() -> None:
    """A running oneshot goes on to its end; a daemon that becomes a oneshot does not."""
    job, job2 = service("a", more="Type=oneshot"), service("a", "", "/bin/y", "Type=oneshot")
    running = replace(up("a.service"), active_state="activating", sub_state="start")
    assert brief(decide(world((job,), (job2,), running))) == [("a.service", "keep")]
    assert brief(decide(world((A,), (job2,), up("a.service")))) == [("a.service", "restart")]


def test_links_of_foreign_units_count_as_they_will_be() -> None:
    """What default.target has loaded of our removed links wants nothing any more."""
    switch = world((A,), (A,))
    target = up("default.target", wants=("a.service", "theirs.service"))
    switch = replace(switch, observed=Observed({"default.target": target}), new_links={})
    assert Dependencies(switch).after("default.target", ("Wants",)) == {"theirs.service"}


def test_actions_keep_their_rule() -> None:
    """The number leads to the documentation."""
    assert decide(world((A,), (A2,), up("a.service"))).actions == (
        Action("a.service", ActionKind.RESTART, "ExecStart changed", 18),
    )
