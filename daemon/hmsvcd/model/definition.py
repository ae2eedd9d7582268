"""A definition: one value that a file gives to an option, with how it is to be merged.

Priorities and orders are those of nixpkgs' ``lib/modules.nix``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hmsvcd.model.diagnostic import Place

FORCE = 50
PLAIN = 100
DEFAULT = 1000
OPTION_DEFAULT = 1500

BEFORE = 500
IN_ORDER = 1000
AFTER = 1500


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that follows from other options; ``name`` is its rule in ``check.computed``.

    ``origins`` are the options of the service that it may come from: what is wrong with the value
    is wrong at the first of them that is written.
    """

    name: str
    origins: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """A value that a service module computes when it is asked for."""

    compute: Callable[[], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """The condition of an ``mkIf`` that has to be evaluated.

    It is a string with references, a rule, or computed by a service module. ``scope`` is the
    service node that ``config`` means there.
    """

    value: str | Computed | Deferred
    place: Place | None
    scope: Any


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A value without its outer properties.

    The strongest definitions (lowest ``priority``) of an option count; lists are put together by
    ``order``. ``ordered`` says that an mkBefore, mkAfter or mkOrder was written. ``place`` is None
    for hmsvcd's own definitions. ``names`` maps a key of the value to the one that the file has
    there, where an alias was rewritten.
    """

    value: Any
    place: Place | None = None
    priority: int = PLAIN
    order: int = IN_ORDER
    ordered: bool = False
    conditions: tuple[Condition, ...] = ()
    names: Mapping[str, str] | None = None

    def place_of(self, key: str | int) -> Place | None:
        """Return where a key of this table, or an element of this list, stands."""
        if self.place is None:
            return None
        written = self.names.get(key, key) if self.names and isinstance(key, str) else key
        return self.place.child(written)
