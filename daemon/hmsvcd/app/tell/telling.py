"""Tell of the daemon's passes: in the log, to systemd, on D-Bus and on the desktop, each once."""

import json
from collections.abc import Callable

from hmsvcd.app.attempt import Attempts
from hmsvcd.app.tell.notices import Notices
from hmsvcd.app.tell.passes import log_pass, log_problems, notify
from hmsvcd.app.tell.problems import errors, in_a_line, problems_of, unlike
from hmsvcd.app.tell.sentence import Sentence
from hmsvcd.app.tell.units import Units
from hmsvcd.host.logs import Logger, set_level
from hmsvcd.host.notify import Notifier
from hmsvcd.model.daemon import Pass
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.pipeline.conclude import AS_DECLARED
from hmsvcd.pipeline.documents import PASS, document, outcome_values, pass_values

RELOAD = "reload"
"""The cause of a pass that SIGHUP asks for: systemd waits for its end."""

QUIETLY = frozenset({"change", "retry", "rest", "look"})
"""The causes of passes that are no news where they find all as it was."""


class Telling:
    """A listener to the passes that tells everybody else.

    ``publish`` is called with each pass (its number and its document), and ``changed`` whenever
    the daemon's state may be another. ``units`` tells of single units, ``notices`` has what the
    desktop is to show.
    """

    def __init__(
        self,
        log: Logger,
        notifier: Notifier,
        attempts: Attempts,
        shown: Callable[[Pass], None],
    ) -> None:
        self.publish: Callable[[int, str], None] = lambda *_: None
        self.changed: Callable[[], None] = lambda: None
        self.last: Pass | None = None
        self.notices = Notices(lambda: attempts.settings.notify)
        self._sentence = Sentence(notifier)
        self.units = Units(log, self._sentence, self.notices)
        self._log = log
        self._notifier = notifier
        self._attempts = attempts
        self._shown = shown
        self._generation: int | None = None
        self._problems: tuple[Diagnostic, ...] = ()
        self._verified: tuple[Diagnostic, ...] = ()

    def begun(self, cause: str) -> None:
        """Say that a pass is under way."""
        self._log.debug("pass begun", cause=cause)
        self.changed()

    def ended(self, made: Pass) -> None:
        """Say what a pass came to; one that found all as it was is no news."""
        set_level(self._attempts.settings.log_level)
        if made.cause == RELOAD:
            self._log.info("settings reloaded")
            self._notifier.ready()
        if made.outcome is not None:
            self.units.follow(made.outcome)
        if self._is_news(made):
            log_pass(self._log, made, self.last, self._problems)
            notify(self.notices, made, self.last)
            self._sentence.say(made.sentence)
            self.last = made
            self._shown(made)
        if made.outcome is not None and made.generation is not None:
            self._generation = made.generation
        self._problems = made.problems
        self._publish(made)

    def refused(self, made: Pass) -> None:
        """Tell whoever asked, and nobody else."""
        self._log.info("refused", number=made.number, cause=made.cause, why=made.sentence)
        self._publish(made)

    def waits(self, cause: str) -> None:
        """Have systemd not wait for a pass that is not made while saves wait for ``resume``."""
        if cause == RELOAD:
            self._notifier.ready()
        self.paused(is_so=True)

    def paused(self, *, is_so: bool) -> None:
        """Say that saves wait for ``resume``, or no more; to say it again is no news."""
        if self._sentence.pause(is_so=is_so):
            self.changed()

    def verified(self, found: tuple[Diagnostic, ...]) -> None:
        """Say what systemd finds wrong with what is installed, all of it."""
        log_problems(self._log, found, self._verified)
        before, now = errors(self._verified), errors(found)
        self._verified = found
        if any(unlike(now, before)):
            self.notices.show("systemd refuses units", map(in_a_line, now))
        elif before and not now and not (self.last and errors(problems_of(self.last))):
            self.notices.clear()
        self.changed()

    def forget(self) -> None:
        """Let go of whoever was there to be told: the bus is gone, or the daemon ends."""
        self.publish = lambda *_: None
        self.changed = lambda: None

    @property
    def generation(self) -> int:
        """The generation that was installed last, as far as is known; 0 before the first pass."""
        return self._generation or 0

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """All that is known to be wrong: with the declaration, and with the last pass."""
        return (*self._problems, *self._verified)

    def _is_news(self, made: Pass) -> bool:
        last = self.last
        if last is None or made.cause not in QUIETLY:
            return True
        outcome = made.outcome
        did = outcome and (outcome.results or outcome.plan.files or outcome.plan.drift)
        is_same = (
            made.end is last.end
            and made.problems == self._problems
            and made.sentence in {AS_DECLARED, last.sentence}
            and made.generation in {None, self._generation}
        )
        return bool(did) or not is_same

    def _publish(self, made: Pass) -> None:
        outcome = outcome_values(made.outcome) if made.outcome else {}
        values = {**outcome, "pass": pass_values(made)}
        self.publish(made.number, json.dumps(document(PASS, made.problems, values)))
        self.changed()
