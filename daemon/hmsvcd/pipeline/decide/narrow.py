"""Which units a small change may concern, so that a pass of the daemon looks at these alone.

To every other unit that has not changed the rules do nothing (docs/switching.md): it may only be
taken down, started or wanted through units that name each other, one step after the other.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import chain
from types import MappingProxyType

from hmsvcd.model.unit import UnitKind, template_of
from hmsvcd.pipeline.decide.dependencies import GOES_DOWN_WITH, PULLS_IN, closure
from hmsvcd.pipeline.syntax.specifiers import resolved
from hmsvcd.pipeline.syntax.unit_file import parse

Objects = Mapping[str, str]
Links = Mapping[str, Iterable[str]]

_NAMING = (
    *(("Unit", directive) for directive in {*PULLS_IN, *GOES_DOWN_WITH, "Conflicts"}),
    ("Service", "Sockets"), ("Socket", "Service"), ("Timer", "Unit"), ("Path", "Unit"),
)  # fmt: skip
"""The directives by which what happens to one unit can reach another."""


def changed_units(
    possible: Mapping[str, tuple[str, ...]], wanted: Objects, installed: Objects
) -> frozenset[str]:
    """Return the units that may run, or are installed as, anything but what is wanted."""
    return frozenset(
        unit
        for unit in possible.keys() | wanted.keys() | installed.keys()
        if possible.get(unit) != (wanted.get(unit),) or installed.get(unit) != wanted.get(unit)
    )


def relinked_units(old: Links, new: Links) -> Iterator[str]:
    """Yield the units whose ``.wants`` and ``.requires`` links differ, and whose those are."""
    for folder in old.keys() | new.keys():
        had, have = set(old.get(folder, ())), set(new.get(folder, ()))
        if had != have:
            yield from had ^ have
            yield folder.rpartition(".")[0]


def concerned(
    seeds: Iterable[str],
    texts: Mapping[str, str],
    *links: Links,
    former: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> frozenset[str]:
    """Return these units and all that can be reached from them by name.

    ``texts``: unit → its text afterwards; ``links``: ``default.target.wants`` → units. ``former``:
    unit → other texts that it may run, which a seed needs: what its old text triggers, systemd
    still says it triggers.
    """
    adjacent = _adjacent(texts, links, former)
    return frozenset(
        closure(seeds, lambda unit: {*adjacent.get(unit, ()), *_namesakes(unit) & texts.keys()})
    )


def _adjacent(
    texts: Mapping[str, str], links: Iterable[Links], former: Mapping[str, Iterable[str]]
) -> Mapping[str, Collection[str]]:
    """Return for each unit those that name it, or that it names."""
    found: defaultdict[str, set[str]] = defaultdict(set)

    def join(one: str, other: str) -> None:
        found[one].add(other)
        found[other].add(one)

    pairs = ((unit, text) for unit, others in former.items() for text in others)
    for unit, text in chain(texts.items(), pairs):
        for other in _naming_of(unit)(text):
            template = template_of(other)
            join(unit, template if template and template in texts else other)
    for each in links:
        for folder, units in each.items():
            target = folder.rpartition(".")[0]
            for unit in units if target in texts else ():
                join(target, unit)
    return found


def _namesakes(unit: str) -> set[str]:
    """Return the names that differ in the kind of unit alone, as those of a socket's service."""
    stem = unit.rpartition(".")[0]
    return {f"{stem}.{kind}" for kind in UnitKind}


@lru_cache(maxsize=4096)
def _naming_of(unit: str) -> Callable[[str], frozenset[str]]:
    """Return what tells whom a text of a unit names; it remembers the last two, as ``parse``."""
    return lru_cache(maxsize=2)(partial(_named, unit))


def _named(unit: str, text: str) -> frozenset[str]:
    definition = parse(unit, text)
    words = (word for where in _NAMING for word in definition.words(*where))
    return frozenset(resolved(word, unit) for word in words)
