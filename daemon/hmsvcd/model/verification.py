"""What systemd itself said of rendered units."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verification:
    """The standard error of ``systemd-analyze verify``, not yet understood.

    ``known`` maps a section to the directives that this systemd knows; it is filled only where the
    output complains of an unknown one. ``installed`` names the unit files that the manager finds
    by itself; empty where that is not known. ``problem`` says why the units could not be verified.
    """

    output: str = ""
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    installed: frozenset[str] = frozenset()
    problem: str | None = None
