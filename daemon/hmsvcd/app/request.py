"""How a switch is wanted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hmsvcd.host.signals import Interruption, deferred

BACKUP = "bak"
"""The extension for what is moved aside, where nobody has named one."""


@dataclass(frozen=True, slots=True)
class Request:
    """How a switch is wanted.

    ``backup`` is the extension for foreign files in the way; where there are units to ``adopt``,
    for those of these units alone, and for the user's own drop-ins of them. With ``replace``,
    another declaration's services may go. ``asked``: somebody asked for it now, no event did.
    ``narrowly``: look only at what differs, as the pass before has seen everything else to be
    right. ``logs``: read what units have written that fail. ``uninterrupted`` keeps signals from
    ending the switch half-way.
    """

    backup: str | None = None
    replace: bool = False
    adopt: frozenset[str] = frozenset()
    asked: bool = True
    narrowly: bool = False
    logs: bool = True
    uninterrupted: Callable[[], AbstractContextManager[Interruption]] = deferred
