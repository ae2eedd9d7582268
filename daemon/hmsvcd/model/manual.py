"""What the manual says of an option."""

from dataclasses import dataclass
from typing import Any

from hmsvcd.model.diagnostic import dotted
from hmsvcd.model.option import UNSET

Names = tuple[str, ...]
"""The names that lead to an option; for one that is free stands what it is in ``<…>``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An option in the manual.

    ``type`` is in words. ``default`` and ``example`` are plain data, UNSET where there is none;
    ``default_text`` is in words what they cannot say. ``module`` is the name of the module that
    declares the option; ``is_required`` says that a service that imports it has to set it.
    ``stands_for`` is the option that this one is short for.
    """

    path: Names
    type: str
    description: str
    default: Any = UNSET
    default_text: str | None = None
    example: Any = UNSET
    module: str | None = None
    is_required: bool = False
    is_read_only: bool = False
    stands_for: Names | None = None

    @property
    def label(self) -> str:
        """The path as it is typed."""
        return label(self.path)


def label(path: Names) -> str:
    """Return names as one types them, placeholders as they are.

    >>> label(("services", "<name>", "configData", "app.toml"))
    'services.<name>.configData."app.toml"'
    """
    return ".".join(part if is_placeholder(part) else dotted((part,)) or '""' for part in path)


def is_placeholder(part: str) -> bool:
    """Say whether a name stands for any."""
    return part.startswith("<") and part.endswith(">")
