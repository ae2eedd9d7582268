"""Judge what was read by what was read before: since when it is the same, and what it lost."""

from dataclasses import replace

from hmsvcd.app.load import Loaded
from hmsvcd.model.diagnostic import Place, error

_HOW_TO_MEAN_IT = (
    "if that is meant, remove a file in conf.d, or write `services = {}` for no service at all"
)


class Resting:
    """How a declaration was read so far; all times are seconds of one clock."""

    def __init__(self) -> None:
        self._inputs: str | None = None
        self._since = 0.0
        self._filled: frozenset[str] = frozenset()
        self._missing: tuple[str, ...] = ()
        self._missing_since = 0.0

    def note(self, loaded: Loaded, now: float) -> None:
        """Take note of what was read; the files of a good declaration have something to lose."""
        if loaded.inputs != self._inputs:
            self._inputs, self._since = loaded.inputs, now
        if loaded.rendering is not None:
            self._filled = frozenset(file for file, text in loaded.texts.items() if text)

    def rested(self, now: float) -> float:
        """Return for how long the declaration has read as it did last."""
        return now - self._since

    def missed(self, missing: tuple[str, ...], now: float) -> float:
        """Return for how long just these links have been missing."""
        if missing != self._missing:
            self._missing, self._missing_since = missing, now
        return now - self._missing_since

    def judged(self, loaded: Loaded) -> Loaded:
        """Return what was read; a file that has lost all that it had is an error.

        An editor that saves, or a full disk, may have cut it off.
        """
        emptied = sorted(file for file in self._filled if loaded.texts.get(file) == "")
        if not emptied:
            return loaded
        message = "this file had content and is empty now, which may be an accident"
        found = [error(message, Place(file), hint=_HOW_TO_MEAN_IT) for file in emptied]
        return replace(loaded, diagnostics=(*loaded.diagnostics, *found), rendering=None)
