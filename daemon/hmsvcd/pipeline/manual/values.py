"""The manual as values of JSON (docs/json.md)."""

from collections.abc import Iterable
from typing import Any

from hmsvcd.model.manual import Entry, label
from hmsvcd.pipeline.manual.plain import is_given


def manual_values(entries: Iterable[Entry]) -> dict[str, Any]:
    """Return the values of the document of ``hmsvcd options``."""
    return {"options": [_values(entry) for entry in entries]}


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "path": entry.label,
        "type": entry.type,
        "description": entry.description,
        "default": entry.default if is_given(entry.default) else None,
        "default_text": entry.default_text,
        "example": entry.example if is_given(entry.example) else None,
        "module": entry.module,
        "required": entry.is_required,
        "read_only": entry.is_read_only,
        "stands_for": label(entry.stands_for) if entry.stands_for else None,
    }
