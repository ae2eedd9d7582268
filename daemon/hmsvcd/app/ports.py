"""What the glue needs of whoever called it."""

from collections.abc import Sequence
from typing import Protocol

from hmsvcd.model.daemon import Pass
from hmsvcd.model.plan import Plan, UnitResult


class Progress(Protocol):
    """Somebody who watches a switch; nothing that it does may raise."""

    def planned(self, plan: Plan) -> None:
        """Learn what is about to be done; called before anything is touched."""

    def finished(self, result: UnitResult) -> None:
        """Learn how one action ended, or that it is still under way."""

    def waiting(self, message: str) -> None:
        """Learn what is being waited for, such as another hmsvcd."""

    def going_back(self, results: Sequence[UnitResult], generation: int) -> None:
        """Learn how a switch ended that has failed, and which generation comes back now."""


class Silence:
    """A watcher that does not look."""

    def planned(self, plan: Plan) -> None:
        """Do nothing."""

    def finished(self, result: UnitResult) -> None:
        """Do nothing."""

    def waiting(self, message: str) -> None:
        """Do nothing."""

    def going_back(self, results: Sequence[UnitResult], generation: int) -> None:
        """Do nothing."""


class Listener(Protocol):
    """Somebody who is told of the daemon's passes; nothing that it does may raise or wait."""

    def begun(self, cause: str) -> None:
        """Learn that a pass begins, and why."""

    def ended(self, made: Pass) -> None:
        """Learn what a pass came to."""

    def refused(self, made: Pass) -> None:
        """Learn that what somebody asked for cannot be done, and nothing has changed."""

    def waits(self, cause: str) -> None:
        """Learn that what an event asks for waits until ``resume``; it may be told again."""


class Unlogged:
    """A log that nobody reads: what would go in is shown in another way."""

    def debug(self, event: str, **values: object) -> None:
        """Drop an event."""

    def info(self, event: str, **values: object) -> None:
        """Drop an event."""

    def warning(self, event: str, **values: object) -> None:
        """Drop an event."""

    def error(self, event: str, **values: object) -> None:
        """Drop an event."""

    def exception(self, event: str, **values: object) -> None:
        """Drop an event."""
