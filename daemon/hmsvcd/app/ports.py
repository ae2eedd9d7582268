"""What the glue needs of whoever called it."""

from typing import Protocol

from hmsvcd.model.plan import Plan, UnitResult


class Progress(Protocol):
    """Somebody who watches a switch; nothing that it does may raise."""

    def planned(self, plan: Plan) -> None:
        """Learn what is about to be done; called before anything is touched."""

    def finished(self, result: UnitResult) -> None:
        """Learn how one action ended, or that it is still under way."""

    def waiting(self, message: str) -> None:
        """Learn what is being waited for, such as another hmsvcd."""


class Silence:
    """A watcher that does not look."""

    def planned(self, plan: Plan) -> None:
        """Do nothing."""

    def finished(self, result: UnitResult) -> None:
        """Do nothing."""

    def waiting(self, message: str) -> None:
        """Do nothing."""
