"""Tell how units have ended that no pass has waited for, and which have failed by themselves."""

from hmsvcd.app.tell.notices import Notices
from hmsvcd.app.tell.sentence import Sentence
from hmsvcd.host.logs import Logger
from hmsvcd.model.plan import STARTS, Outcome


class Units:
    """Knows of which units there is something to tell, and tells it.

    ``failed`` are the units that have been told of as failed since they ran last, ``starting`` and
    ``reloading`` those whose start or reload had not come to an end with its pass.
    """

    def __init__(self, log: Logger, sentence: Sentence, notices: Notices) -> None:
        self.failed: set[str] = set()
        self.starting: set[str] = set()
        self.reloading: set[str] = set()
        self._log = log
        self._sentence = sentence
        self._notices = notices

    def follow(self, outcome: Outcome) -> None:
        """Note whose end is still to be told, and who is told of with this pass."""
        for result in outcome.all_results:
            for word, units in (("starting", self.starting), ("reloading", self.reloading)):
                (units.add if result.result == word else units.discard)(result.unit)
            if result.action in STARTS:
                (self.failed.add if result.failed else self.failed.discard)(result.unit)

    def has_failed(self, unit: str, why: str) -> None:
        """Say that a unit has failed by itself."""
        self.forget(unit)
        self.failed.add(unit)
        self._log.warning("unit failed", unit=unit, why=why)
        self._sentence.say(f"{unit} has failed: {why}")
        self._notices.show(f"{unit} has failed", (f"{why}; see: hmsvcd logs {unit}",))

    def has_recovered(self, unit: str) -> None:
        """Say that a unit that had failed runs again."""
        self._is_well(unit, "unit recovered", f"{unit} runs again")

    def has_started(self, unit: str) -> None:
        """Say that a start that took longer than its pass has come to its end."""
        self._is_well(unit, "unit started", f"started {unit}")

    def has_reloaded(self, unit: str, result: str) -> None:
        """Say how a reload that took longer than its pass has ended: ``success``, or else."""
        if result in {"", "success"}:
            self._is_well(unit, "unit reloaded", f"reloaded {unit}")
            return
        self.reloading.discard(unit)
        self._log.warning("reload failed", unit=unit, why=result)
        self._sentence.say(f"the reload of {unit} has failed: {result}")
        self._notices.show(f"The reload of {unit} has failed", (f"see: hmsvcd logs {unit}",))

    def _is_well(self, unit: str, event: str, sentence: str) -> None:
        self.forget(unit)
        self._log.info(event, unit=unit)
        self._sentence.say(sentence)

    def forget(self, unit: str) -> None:
        """Tell no more of a unit: it has ended in a way that is no news, or somebody ended it."""
        for units in (self.failed, self.starting, self.reloading):
            units.discard(unit)
