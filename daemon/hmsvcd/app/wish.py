"""What the daemon's worker is to do: a pass, and on whose order."""

from dataclasses import dataclass
from typing import ClassVar

from hmsvcd.app.request import Request


@dataclass(frozen=True, slots=True)
class Event:
    """Nobody orders anything: something may have changed, and ``cause`` says what."""

    cause: str


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Somebody orders a pass like one of an event, which trusts nothing that is remembered."""

    cause: ClassVar[str] = "reconcile"


@dataclass(frozen=True, slots=True)
class Apply:
    """Somebody orders that the declaration be applied."""

    request: Request
    cause: ClassVar[str] = "apply"


@dataclass(frozen=True, slots=True)
class Rollback:
    """Somebody orders an earlier generation: without a number one further back."""

    generation: int | None = None
    cause: ClassVar[str] = "rollback"


Order = Reconcile | Apply | Rollback


@dataclass(frozen=True, slots=True)
class Wish:
    """A pass to be made, by its number, and why."""

    number: int
    order: Event | Order

    @property
    def cause(self) -> str:
        """What the log and the status call the reason."""
        return self.order.cause
