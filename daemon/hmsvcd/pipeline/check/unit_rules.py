"""What has to be true of a unit, so that systemd loads it and does what was meant."""

from hmsvcd.model.decision import Method
from hmsvcd.model.diagnostic import Place, warning
from hmsvcd.model.unit import UnitKind, suffix
from hmsvcd.pipeline.check.draft import Draft
from hmsvcd.pipeline.check.unit_names import stem_for_path, unit_name_problem
from hmsvcd.pipeline.suggest import all_of, suggestion
from hmsvcd.pipeline.syntax.escape import value_problem

RENAMED = {"multi-user.target": "default.target"}
"""Targets of the system manager → what a user manager has in their place (Home Manager)."""

_METHODS = tuple(Method)
_RESTARTS_ALWAYS = frozenset({"always", "on-success"})
"""What systemd refuses beside ``Type=oneshot``."""


def check_unit(draft: Draft) -> None:
    """Report everything that is wrong with the directives of a unit."""
    _check_values(draft)
    _check_method(draft)
    kind = suffix(draft.name)
    if kind == UnitKind.SERVICE:
        _check_service(draft)
    elif kind == UnitKind.SOCKET:
        _check_socket(draft)
    elif kind in {UnitKind.MOUNT, UnitKind.AUTOMOUNT}:
        _check_mount(draft, kind)
    if not any(any(directives.values()) for directives in draft.sections.values()):
        hint = "set Unit.Description"
        _fail_for_lack(draft, "systemd takes an empty unit file for a masked unit", hint)


def _check_values(draft: Draft) -> None:
    for directives in draft.sections.values():
        for assignments in directives.values():
            for value, place in assignments:
                if problem := value_problem(value):
                    draft.fail(problem, place)


def _check_method(draft: Draft) -> None:
    methods = draft.assignments("Unit", "X-SwitchMethod")
    for method, place in methods:
        if method not in _METHODS:
            hint = suggestion(method, _METHODS) or all_of(_METHODS)
            message = f"X-SwitchMethod must be one of {', '.join(_METHODS)}"
            draft.fail(message, place, hint)
    if len(methods) > 1:
        draft.fail("X-SwitchMethod takes one value", methods[1][1], "keep one of them")


def _check_service(draft: Draft) -> None:
    kind = draft.last("Service", "Type")
    starts = bool(draft.last("Service", "ExecStart"))
    oneshot = kind == "oneshot" or (kind is None and not starts)  # systemd.service(5), Type=
    if not starts and not (oneshot and draft.last("Service", "ExecStop")):
        _report_no_command(draft)
    restart = draft.last("Service", "Restart")
    if oneshot and restart in _RESTARTS_ALWAYS:
        message = f"systemd refuses Type=oneshot with Restart={restart}"
        place = draft.place("Service", "Restart") or draft.place("Service", "Type")
        draft.fail(message, place, "leave Restart= out, or use on-failure")


def _report_no_command(draft: Draft) -> None:
    hint = "set Service.ExecStart"
    if draft.node.scope:
        hint = "set process.argv of the service, or serviceConfig.ExecStart of this unit"
    _fail_for_lack(draft, "a service unit without any command", hint)


def _check_socket(draft: Draft) -> None:
    directives = draft.sections.get("Socket", {})
    listens = (values for name, values in directives.items() if name.startswith("Listen"))
    if not any(text for values in listens for text, _ in values):
        hint = "set listenStreams, listenDatagrams or a Listen… directive"
        _fail_for_lack(draft, "a socket that listens on nothing", hint)


def _fail_for_lack(draft: Draft, message: str, hint: str) -> None:
    """Report that something is missing, unless that follows from what is reported already."""
    around = draft.node.scope or draft.node
    if draft.has_failed or around.is_flawed_inside:
        draft.has_failed = True
    else:
        draft.fail(message, None, hint)


def _check_mount(draft: Draft, kind: str) -> None:
    """Report a mount that is not named after its place (systemd.mount(5)), where that is known."""
    section = UnitKind(kind).section
    where = draft.last(section, "Where")
    if not where or "%" in where:
        return
    name = f"{stem_for_path(where)}.{kind}"
    if name != draft.name:
        message = f"systemd refuses a {kind} whose name does not follow from Where="
        hint = f"its name has to be {name}" if where.startswith("/") else "Where= is a path"
        draft.fail(message, draft.place(section, "Where"), hint)


def link_targets(draft: Draft, directive: str) -> tuple[str, ...]:
    """Return the units whose ``.wants`` or ``.requires`` folder links to this one, each once."""
    targets: list[str] = []
    for text, place in draft.assignments("Install", directive):
        for target in text.split() if draft.node.scope is None else [text]:
            _check_target(draft, directive, target, place)
            targets.append(target)
    return tuple(dict.fromkeys(targets))


def _check_target(draft: Draft, directive: str, target: str, place: Place | None) -> None:
    if problem := unit_name_problem(target):
        draft.fail(f"{directive}= names no unit: {problem}", place)
    elif target in RENAMED:
        hint = f"write {RENAMED[target]}"
        draft.report(warning(f"a user manager has no {target}", place, hint=hint))
