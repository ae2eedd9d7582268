"""The sentence that ``systemctl --user status hmsvcd`` shows."""

from hmsvcd.host.notify import Notifier

_PAUSED = "paused: saves wait for hmsvcd resume"


class Sentence:
    """Says what was done last, and while it is paused that too."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._said = ""
        self._is_paused = False

    def say(self, sentence: str) -> None:
        """Say what was done."""
        self._said = sentence
        paused = _PAUSED if self._is_paused else ""
        self._notifier.status("; ".join(filter(None, (paused, sentence))))

    def pause(self, *, is_so: bool) -> bool:
        """Say that saves wait, or no more; return whether that is news."""
        is_news = is_so is not self._is_paused
        if is_news:
            self._is_paused = is_so
            self.say(self._said)
        return is_news
