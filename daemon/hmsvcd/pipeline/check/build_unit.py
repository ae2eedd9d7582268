"""Turn the evaluated options of one unit into its sections."""

from collections.abc import Mapping
from functools import partial

from hmsvcd.model.diagnostic import Place, warning
from hmsvcd.model.schema_units import DEPENDENCIES
from hmsvcd.model.service import Unit
from hmsvcd.model.unit import sections_of, suffix
from hmsvcd.pipeline.check.draft import Assignments, Draft, texts
from hmsvcd.pipeline.check.unit_rules import RENAMED, check_unit, link_targets
from hmsvcd.pipeline.merge.leaf import LeafNode
from hmsvcd.pipeline.merge.merging import FailedError
from hmsvcd.pipeline.merge.table import TableNode
from hmsvcd.pipeline.suggest import suggestion
from hmsvcd.pipeline.syntax.escape import argument_problem, environment_assignment

_UNIT_LISTS: Mapping[str, tuple[str, str]] = {
    **{option: ("Unit", directive) for option, directive in DEPENDENCIES.items()},
    "wantedBy": ("Install", "WantedBy"),
    "requiredBy": ("Install", "RequiredBy"),
}
_BEATEN_BY_SECTIONS: Mapping[str, tuple[str, str]] = {
    "description": ("Unit", "Description"),
    "documentation": ("Unit", "Documentation"),
    **_UNIT_LISTS,
}
_SECTIONS = {"unitConfig": "Unit", "serviceConfig": "Service", "socketConfig": "Socket"}
_BEATING_SECTIONS: Mapping[str, tuple[str, str]] = {
    "environment": ("Service", "Environment"),
    "listenStreams": ("Socket", "ListenStream"),
    "listenDatagrams": ("Socket", "ListenDatagram"),
}


def unit_from_options(node: TableNode, name: str) -> Unit:
    """Build a service or socket unit of a service (nixpkgs ``lib/services``; Home Manager).

    Raises FailedError, after reporting everything, where something is wrong with it.
    """
    draft = Draft(node, name)
    defined = frozenset(node.names())
    for option in _BEATEN_BY_SECTIONS.keys() & defined:
        draft.attempt(partial(_option, draft, node.leaf(option)))
    for option in _SECTIONS.keys() & defined:
        draft.take(_SECTIONS[option], node.table(option))
    for option in _BEATING_SECTIONS.keys() & defined:
        draft.attempt(partial(_beating_option, draft, option))
    return _finish(draft)


def unit_from_sections(node: TableNode, name: str) -> Unit:
    """Build a native unit: its sections are written as they are (Home Manager's ``systemd.user``).

    Raises FailedError, after reporting everything, where something is wrong with it.
    """
    draft = Draft(node, name)
    for section in node.names():
        draft.take(section, node.table(section))
        _check_section(draft, section)
    for directive in ("Alias", "Also", "DefaultInstance"):
        if draft.last("Install", directive):
            message = f"{directive}= takes effect with `systemctl enable` only"
            draft.report(warning(message, draft.place("Install", directive)))
    return _finish(draft)


def _check_section(draft: Draft, section: str) -> None:
    known = sections_of(suffix(draft.name))
    if section in known or section.startswith("X-"):
        return
    hint = suggestion(f"[{section}]", [f"[{name}]" for name in known])
    message = f"systemd ignores the unknown section [{section}]"
    draft.report(warning(message, draft.node.table(section).place, hint=hint))


def _option(draft: Draft, leaf: LeafNode) -> None:
    assignments = texts(leaf)
    if leaf.key in _UNIT_LISTS:
        assignments = tuple((RENAMED.get(name, name), place) for name, place in assignments)
    draft.put(*_BEATEN_BY_SECTIONS[leaf.key], assignments)


def _beating_option(draft: Draft, option: str) -> None:
    if option == "environment":
        assignments = _environment(draft)
    else:
        assignments = texts(draft.node.leaf(option))
    if assignments:
        draft.beat(*_BEATING_SECTIONS[option], assignments, assignments[0][1])


def _environment(draft: Draft) -> Assignments:
    table = draft.node.table("environment")
    assignments: list[tuple[str, Place | None]] = []
    for name in sorted(table.names()):
        for value, place in table.leaf(name).placed():
            if problem := argument_problem(str(value)):
                draft.fail(problem, place)
            else:
                assignments.append((environment_assignment(name, str(value)), place))
    return tuple(assignments)


def _finish(draft: Draft) -> Unit:
    check_unit(draft)
    wanted_by, required_by = (link_targets(draft, name) for name in ("WantedBy", "RequiredBy"))
    if draft.has_failed:
        raise FailedError
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    places: dict[tuple[str, str], tuple[Place | None, ...]] = {}
    for section, directives in draft.sections.items():
        for directive, assignments in directives.items():
            if assignments:
                values = tuple(text for text, _ in assignments)
                sections.setdefault(section, {})[directive] = values
                places[section, directive] = tuple(place for _, place in assignments)
    return Unit(draft.name, sections, wanted_by, required_by, draft.node.nearest_place, places)
