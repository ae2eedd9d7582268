"""A unit that exists already: what systemd reads of it, and what pulls it in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExistingUnit:
    """A unit by its name.

    ``texts``: path → text of its file and of the user's drop-ins, in the order in which systemd
    reads them. ``wanted_by`` and ``required_by`` name the units whose ``.wants``
    and ``.requires`` folders link to it. ``further`` are the paths of drop-ins that are not the
    user's own: they stay where they are, and so do not count here.
    """

    name: str
    texts: Mapping[str, str]
    wanted_by: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    further: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[str, ...]:
        """The units that pull it in."""
        return (*self.wanted_by, *self.required_by)
