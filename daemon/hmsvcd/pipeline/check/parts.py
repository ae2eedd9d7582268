"""A declaration part by part, so that after an edit only what changed is evaluated again.

A part is a service with its sub-services, or a native unit. What it comes to follows from what is
written for it and from the context; what it comes to together with others, where one looks into
another by ``home.services``: those that are connected so are evaluated again all or none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, is_
from typing import Any

from hmsvcd.model.diagnostic import Diagnostic, Place
from hmsvcd.model.module import Lookups
from hmsvcd.model.service import Generated, Service, Unit
from hmsvcd.pipeline.merge.asked import Answer

Name = tuple[str, ...]
"""The keys that lead to a part: ``("services", "demo")``."""

Written = tuple[tuple[Place | None, ...], tuple[Any, ...]]
"""All that is written for a part: the places of the tables that it stands in, and its values."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part came to: what was built, and what was wrong.

    ``written`` is None where more counts than what is written there: a condition around it.
    ``looked_up`` are the services that were asked for while it was evaluated, ``answers`` what it
    learned of modules and programs, ``generated`` what modules have made for it.
    """

    written: Written | None
    services: tuple[Service, ...] = ()
    native: tuple[Unit, ...] = ()
    broken: frozenset[str] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()
    looked_up: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    generated: tuple[Generated, ...] = ()


Parts = Mapping[Name, Part]
Outline = Mapping[Name, Written | None]


def unchanged(outlined: Outline, known: Parts, lookups: Lookups) -> set[Name]:
    """Return the parts that must come to the same as those that are known.

    The context must be the same.
    """
    same = {
        name
        for name, written in outlined.items()
        if (part := known.get(name)) is not None
        and written is not None
        and (written is part.written or _is_same(written, part.written))
        and (not part.answers or all(answer.stands(lookups) for answer in part.answers))
    }
    together = connected(known)
    if [name for name in outlined if name in same and name in together] != [*together]:
        same -= together.keys()
    return same


def _is_same(written: Written, before: Written | None) -> bool:
    """Say whether the same is written, in the same order and at the same places."""
    if before is None or written[0] != before[0]:
        return False
    values, old = written[1], before[1]
    # 1 == True, and yet they differ
    return all(map(is_, values, old)) or repr(values) == repr(old)


def services_in(looked_up: Iterable[str]) -> set[Name]:
    """Return the services of these names, as parts."""
    return {("services", name) for name in looked_up}


def looked_into(parts: Parts) -> set[Name]:
    """Return the services that parts asked for, whether they are there or not."""
    return services_in(chain.from_iterable(map(attrgetter("looked_up"), parts.values())))


def connected(parts: Parts) -> dict[Name, None]:
    """Return the parts that look into others or are looked into, in order.

    A service that was asked for and is not there is one of them: it may come to be.
    """
    looked_up = looked_into(parts)
    if not looked_up:
        return {}
    together = [name for name, part in parts.items() if part.looked_up or name in looked_up]
    return dict.fromkeys([*together, *looked_up])
