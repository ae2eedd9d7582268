"""What would change for the one reason that a declaration stands for another order of lines.

Rendering sorts sections and directives, and keeps the order of the assignments of one directive.
The drop-ins that stay are read after it, also those that have been read before the user's own.
"""

from collections.abc import Iterator
from itertools import combinations
from operator import itemgetter

from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.model.unit import Assignment, UnitFile
from hmsvcd.pipeline.syntax.assignment_rules import (
    ORDERED_GROUPS,
    UNORDERED,
    OrderedGroup,
    matches,
)
from hmsvcd.pipeline.syntax.effective import assigned_by, assigned_in, effective, surviving
from hmsvcd.pipeline.syntax.unit_file import assignments

Assigned = list[Assignment]


def reordered(existing: ExistingUnit, unit: UnitFile) -> Iterator[Diagnostic]:
    """Yield why ``unit``, once it is rendered, is not what systemd reads of the existing one."""
    before = surviving(assigned_in(existing.texts.values()))
    rendered = sorted(assigned_by(unit), key=itemgetter(0, 1))  # by code point is in byte order
    after = surviving([*rendered, *assigned_in(existing.staying.values())])
    changed = list(_changed(existing.name, before, after))
    for section, directive in changed:
        yield _overtaken(existing, section, directive)
    if changed:
        return
    for group in ORDERED_GROUPS:
        for earlier, later in _turned(group, before, after)[:1]:
            yield error(
                f"{existing.name} cannot be declared: {earlier[1]}= stands before {later[1]}=, "
                f"and {group.because}",
                None,
                hint=f"a declaration has {later[1]}= first: if that makes no difference here, put "
                "the lines into that order, and import again",
            )


def _changed(name: str, before: Assigned, after: Assigned) -> Iterator[tuple[str, str]]:
    """Yield the directives that do not say the same."""
    old, new = effective(name, before), effective(name, after)
    named = dict.fromkeys((section, key) for section, key, _ in (*before, *after))
    for section, key in named:
        values = (old.values(section, key), new.values(section, key))
        if matches(f"{section}.{key}", UNORDERED):
            values = (tuple(sorted(values[0])), tuple(sorted(values[1])))
        if section != "Install" and values[0] != values[1]:
            yield section, key


def _overtaken(existing: ExistingUnit, section: str, directive: str) -> Diagnostic:
    """Say of a directive which of the drop-ins that stay changes it."""
    place = next(
        (
            path
            for path, text in existing.staying.items()
            if any(each[:2] == (section, directive) for each in assignments(text))
        ),
        next(iter(existing.staying), ""),
    )
    begun = f"{existing.name} cannot be declared: {directive}= would change, since {place}"
    if place in existing.texts:
        hint = "take it out of one of them, or rename yours so that it is read first"
        return error(f"{begun} is read before your own drop-in, and stays", None, hint=hint)
    hint = "rename your drop-in, or take over in it what the other one says"
    return error(f"{begun} counts once your own of that name is moved aside", None, hint=hint)


def _turned(
    group: OrderedGroup, before: Assigned, after: Assigned
) -> list[tuple[Assignment, Assignment]]:
    """Return the pairs of a group that stand the other way round afterwards."""
    old, new = (
        [each for each in assigned if matches(f"{each[0]}.{each[1]}", group.names)]
        for assigned in (before, after)
    )
    if old == new:
        return []
    return [
        (earlier, later)
        for earlier, later in combinations(old, 2)
        if earlier[:2] != later[:2]
        and group.subjects(earlier[2]) & group.subjects(later[2])
        and _last(new, earlier) > new.index(later)
    ]


def _last(assigned: Assigned, wanted: Assignment) -> int:
    return max(at for at, each in enumerate(assigned) if each == wanted)
