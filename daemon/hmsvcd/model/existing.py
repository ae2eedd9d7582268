"""A unit that exists already: what systemd reads of it, and what pulls it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExistingUnit:
    """A unit by its name.

    ``texts``: path → text of its file and of all drop-ins, in the order in which systemd reads
    them. ``wanted_by`` and ``required_by`` name the units whose ``.wants`` and ``.requires``
    folders link to it. ``staying``: path → text of the drop-ins that are not the user's own, and
    so count on top of what is declared once ``hmsvcd adopt`` has moved those aside, in order; also
    such as one of the user's own hides now.
    """

    name: str
    texts: Mapping[str, str]
    wanted_by: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    staying: Mapping[str, str] = field(default_factory=dict)

    @property
    def links(self) -> tuple[str, ...]:
        """The units that pull it in."""
        return (*self.wanted_by, *self.required_by)
