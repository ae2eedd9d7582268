"""Say in words what was rolled back, and why."""

from collections.abc import Sequence

from hmsvcd.model.undone import Undone

_SHOWN = 3
"""How many units are named; of more, the others are counted."""


def cause_of(undone: Undone) -> str:
    """Return how the generation that came back came to be.

    >>> cause_of(Undone(4, 3, {"demo.service": "exit-code, status 1"}))
    'rollback to 3 after demo.service failed in 4'
    """
    return f"rollback to {undone.to} after {_listed(list(undone.failures))} failed in {undone.of}"


def in_words(undone: Undone) -> str:
    """Return what has failed, and how, and what came back.

    >>> in_words(Undone(4, 3, {"demo.service": "exit-code, status 1"}))
    'generation 4 failed: demo.service (exit-code, status 1); rolled back to 3'
    """
    failures = [f"{unit} ({why})" for unit, why in undone.failures.items()]
    return f"generation {undone.of} failed: {_listed(failures)}; rolled back to {undone.to}"


def held_in_words(cause: str, undone: Undone | None) -> str:
    """Return why a declaration is held after a rollback, of which ``cause`` is the short form."""
    if undone is None:
        return f"the declaration is held after the {cause}"
    return f"{in_words(undone)}; the declaration is held until it changes"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _SHOWN + 1:
        names = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return " and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else "".join(names)
