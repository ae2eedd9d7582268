"""A document of JSON, and its fields by kind: absent where they are of another one."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeVar

from hmsvcd.errors import HmsvcdError
from hmsvcd.pipeline.documents import Document

Word = TypeVar("Word", bound=StrEnum)


def read_document(written: str) -> Document:
    """Return the document in a text; raises HmsvcdError where there is none."""
    try:
        found = json.loads(written)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise HmsvcdError("the daemon's answer is no document", "is it of a much newer version?")
    return found


def word(kind: type[Word], found: Document, key: str, unknown: Word) -> Word:
    """Return one of the words of a kind, ``unknown`` where there is none of them."""
    value = text(found, key)
    return kind(value) if value in {each.value for each in kind} else unknown


def text(found: Document, key: str) -> str | None:
    """Return a text."""
    value = found.get(key)
    return value if isinstance(value, str) else None


def number(found: Document, key: str) -> int | None:
    """Return a whole number."""
    value = found.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def texts(found: Document, key: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(each for each in _list(found, key) if isinstance(each, str))


def rows(found: Document, key: str) -> list[Document]:
    """Return the tables of a list."""
    return [each for each in _list(found, key) if isinstance(each, dict)]


def _list(found: Document, key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def table(found: Document, key: str) -> Document:
    """Return a table, an empty one where there is none."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def tables(found: Document, key: str) -> Iterator[tuple[str, Document]]:
    """Yield the tables of a table, by their keys."""
    for name, each in table(found, key).items():
        if isinstance(each, dict):
            yield name, each
