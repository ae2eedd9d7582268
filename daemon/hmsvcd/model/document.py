"""The files of a declaration: as text, and as what TOML says that they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file of the declaration as it was read; ``file`` is the name that the user is shown."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the declaration, parsed: ``tree`` is its root table."""

    file: str
    tree: Mapping[str, Any]
