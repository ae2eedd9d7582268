"""Tell what systemd finds in what a pass has installed, after its jobs: nobody waits for that."""

import asyncio
from collections.abc import Mapping

from hmsvcd.app.attempt import Attempts
from hmsvcd.app.session import Session
from hmsvcd.app.tell.telling import Telling
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.pipeline.read.places import locate


class Verifying:
    """Has units verified that were not before the pass, and tells what is found of any."""

    def __init__(self, attempts: Attempts, telling: Telling) -> None:
        self._attempts = attempts
        self._telling = telling
        self._hinted = asyncio.Event()
        self._told: tuple[tuple[Diagnostic, ...], Mapping[str, str]] = (), {}

    def hint(self) -> None:
        """Note that there may be units to verify."""
        self._hinted.set()

    async def run(self, session: Session) -> None:
        """Verify until cancelled."""
        while True:
            await self._hinted.wait()
            self._hinted.clear()
            loaded = self._attempts.loaded
            if loaded is not None and loaded.rendering is not None:
                units = loaded.rendering.units
                found = await self._attempts.verdicts.found(units, session.environment)
                self._tell(found, loaded.texts)

    def _tell(self, found: tuple[Diagnostic, ...], texts: Mapping[str, str]) -> None:
        """Tell all that is found, if there is anything new: other findings, or other lines."""
        if (found, texts) != self._told:
            self._told = found, texts
            self._telling.verified(locate(found, texts) if found else ())
