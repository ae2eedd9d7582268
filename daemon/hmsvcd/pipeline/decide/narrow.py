"""Which units a small change may concern, so that a pass of the daemon looks at these alone.

To every other unit that has not changed the rules do nothing (docs/switching.md): it may only be
taken down, started or wanted through units that name each other, one step after the other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    certain = {unit: (name,) for unit, name in wanted.items()}
    differing = chain(possible.items() ^ certain.items(), installed.items() ^ wanted.items())
    return frozenset(unit for unit, _ in differing)


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

    by_former = ((unit, _named(unit, text)) for unit, held in former.items() for text in held)
    for unit, others in chain(_naming(texts).items(), by_former):
        for other in others:
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


class _Naming:
    """Tells whom units name in their texts; of those that say the same again, it remembers it."""

    def __init__(self) -> None:
        self._texts: Mapping[str, str] = {}
        self._named: Mapping[str, frozenset[str]] = {}

    def __call__(self, texts: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        """Return for each unit those that it names."""
        changed = {unit for unit, _ in texts.items() ^ self._texts.items()}
        if changed:
            named = {unit: self._named[unit] for unit in self._named.keys() - changed}
            named |= {unit: _named(unit, texts[unit]) for unit in changed & texts.keys()}
            self._texts, self._named = dict(texts), named
        return self._named


_naming = _Naming()


def _named(unit: str, text: str) -> frozenset[str]:
    definition = parse(unit, text)
    words = (word for where in _NAMING for word in definition.words(*where))
    return frozenset(resolved(word, unit) for word in words)
