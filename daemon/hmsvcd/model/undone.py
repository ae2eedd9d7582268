"""What was rolled back by itself."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undone:
    """A generation that failed, and so was rolled back; ``failures``: unit → how it has failed.

    ``of`` is its number, 0 as long as it is not recorded; ``to`` that of the one that came back.
    """

    of: int
    to: int
    failures: Mapping[str, str]
