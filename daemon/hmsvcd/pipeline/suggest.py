"""Say what would be right: the nearest known name, or all of them."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """Return a hint with the nearest known name, if one is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def all_of(known: Iterable[str]) -> str:
    """Return a hint that lists what is known."""
    return f"known here: {', '.join(known)}"
