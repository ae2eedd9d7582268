"""Why a switch may not be carried out, although it can be planned."""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path  # noqa: TID251 - a plan names paths as text; only host touches them

from hmsvcd.app.planning import Planned
from hmsvcd.errors import NotNowError, RefusedError
from hmsvcd.host.links import Links, all_in_the_way
from hmsvcd.host.paths import Paths, is_same_place
from hmsvcd.host.unit_path import UnitPath
from hmsvcd.model.observed import Observed


def refusals(
    planned: Planned, paths: Paths, *, replace_declaration: bool = False
) -> Iterator[RefusedError]:
    """Yield every refusal of a switch: it would touch what is not ours, or systemd is not ready.

    Another declaration's services are refused without ``replace_declaration``.
    """
    yield from all_in_the_way(planned.surroundings.obstacles)
    yield from _cannot_be_adopted(planned)
    yield from _cannot_be_moved(planned, paths)
    current = planned.ground.current
    others = current and not is_same_place(current.declaration, planned.target.declaration)
    has_any = current and bool(current.generation.units or current.generation.files)
    if current and others and has_any and not replace_declaration:
        yield RefusedError(
            f"what is installed comes from {current.declaration},"
            f" and {planned.target.declaration} would replace all of it",
            f"hmsvcd apply --config {current.declaration} applies what is installed again;"
            f" hmsvcd apply --config {planned.target.declaration} --replace replaces it",
        )
    if planned.world:
        yield from _not_ready(planned.world.observed, paths)


def demand_none(found: Iterable[RefusedError]) -> None:
    """Raise all refusals as one, if there are any."""
    every = list(found)
    if every:
        hints = dict.fromkeys(one.hint for one in every if one.hint)
        for_now = all(isinstance(one, NotNowError) for one in every)
        kind = NotNowError if for_now else RefusedError
        raise kind("; ".join(one.message for one in every), "; ".join(hints) or None)


def _cannot_be_adopted(planned: Planned) -> Iterator[RefusedError]:
    surroundings, declared = planned.surroundings, planned.target.generation.units
    for unit in sorted(surroundings.adopted.units):
        if unit not in declared:
            hint = f"`hmsvcd import {unit}` writes its declaration"
            yield RefusedError(f"{unit} is not declared, so it cannot be adopted", hint)
        elif path := surroundings.overridden.get(unit):
            message = f"{unit} cannot be adopted: systemd prefers {path} to what is installed"
            yield RefusedError(message, "move that away; then systemctl --user daemon-reload")


def _cannot_be_moved(planned: Planned, paths: Paths) -> Iterator[RefusedError]:
    """Yield why what is in the way cannot be moved aside, for all that is really to go there."""
    for move in sorted(planned.plan.moves, key=attrgetter("path")):
        if move.path not in planned.surroundings.displaced.moved:  # that is moved back
            continue
        try:
            Links(paths).aside(Path(move.path), move.to.removeprefix(f"{move.path}."))
        except RefusedError as refusal:
            yield refusal


def _not_ready(observed: Observed, paths: Paths) -> Iterator[RefusedError]:
    if not UnitPath(observed.unit_path, paths.unit_folder).holds_own:
        yield RefusedError(
            f"systemd does not look for units in {paths.unit_folder}",
            "its search path is: " + ":".join(observed.unit_path),
        )
    if observed.system_state in {"stopping", "maintenance"}:
        yield NotNowError(f"systemd --user is {observed.system_state}; nothing is changed now")
