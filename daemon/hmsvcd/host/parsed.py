"""What files say is parsed once, for as long as they say the same."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hmsvcd.host import files
from hmsvcd.host.seen import Stamps

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """A value; its text as long as no stamp can stand for that yet (``host.seen``)."""

    value: T
    text: str | None
    stamps: Stamps | None = None


class Parsed(Generic[T]):
    """The values of files; ``parse`` makes one of a path and a text, and may raise.

    It remembers the ``most`` files that it has met last, without that all that are not let go of.
    """

    def __init__(self, parse: Callable[[Path, str], T], most: int | None = None) -> None:
        self._parse = parse
        self._most = most
        self._kept: dict[Path, _Kept[T]] = {}

    def read(self, path: Path) -> T | None:
        """Return what a file says now, None where there is none."""
        kept = self._kept.get(path)
        if kept is not None and kept.stamps is not None and kept.stamps.are_same():
            return kept.value
        stamps = Stamps()
        stamps.take(str(path), follow=True)
        text = files.read(path)
        if text is None:
            self._kept.pop(path, None)
            return None
        same = kept is not None and kept.text == text
        value = kept.value if kept is not None and same else self._parse(path, text)
        if stamps.are_past:
            self._meet(path, _Kept(value, None, stamps))
        else:
            self._meet(path, _Kept(value, text))
        return value

    def write(self, path: Path, text: str, value: T) -> None:
        """Put a text that says this in place of a file, durably."""
        files.replace(path, text)
        self._meet(path, _Kept(value, text))

    def retain(self, paths: Collection[Path]) -> None:
        """Forget all other files."""
        self._kept = {path: kept for path, kept in self._kept.items() if path in paths}

    def _meet(self, path: Path, kept: _Kept[T]) -> None:
        self._kept.pop(path, None)
        self._kept[path] = kept
        if self._most is not None and len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
