"""A declaration in a throw-away session: applied, shown, and followed while it is edited."""

from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

from rich.text import Text

from hmsvcd.app.apply import Request, apply
from hmsvcd.app.follow import edits
from hmsvcd.app.load import Loaded
from hmsvcd.app.session import Session
from hmsvcd.app.status import look
from hmsvcd.cli.console import one_line
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.cli.status_view import show_status
from hmsvcd.cli.switching import report_switch
from hmsvcd.errors import ExitCode
from hmsvcd.host.journal import last_lines

_LINES = 5
_MOST_UNITS = 20
"""So many units, and lines of each, are quoted below the status."""


class Trial:
    """One declaration in the session that this process was given.

    ``follows``: stay and take up edits. ``aside``: leave standard output to a program.
    """

    def __init__(self, path: Path, *, follows: bool, aside: bool) -> None:
        self._path = path
        self._follows = follows
        self._is_following = False
        self._aside = aside
        self._console = Report(aside=aside).console()

    def run(self) -> ExitCode:
        """Apply the declaration, show how things stand, and follow its edits until Ctrl-C."""
        try:
            return run_reported(self._body, Report(aside=self._aside))
        except KeyboardInterrupt:
            if not self._is_following:
                raise
            return ExitCode.DONE

    async def _body(self, session: Session, _: Report) -> ExitCode:
        loaded, code = await self._bring(session)
        if self._follows and loaded.texts and code is not ExitCode.INTERRUPTED:
            self._is_following = True
            await self._follow(session, loaded)
        return code

    async def _bring(self, session: Session) -> tuple[Loaded, ExitCode]:
        """Go to the declaration as it is now."""
        report = Report(aside=self._aside)
        loaded = await report.load(session, self._path)
        if loaded.rendering is None:
            return loaded, ExitCode.REFUSED

        async def read() -> Loaded:
            return loaded

        request = Request(replace=True)
        code = await report_switch(
            lambda progress: apply(session, read, request, progress), report
        )
        status = (await look(session, loaded)).status
        self._console.print()
        show_status(status, self._console)
        units = [unit for service in status.services.values() for unit in service.units]
        await self._quote([*units, *status.units], session)
        return loaded, code

    async def _quote(self, units: Iterable[str], session: Session) -> None:
        """Show the last words of each unit."""
        quoted = list(units)[:_MOST_UNITS]
        width = max(map(len, quoted), default=0)
        self._console.print()
        for unit in quoted:
            for line in await last_lines(unit, session.environment, lines=_LINES):
                self._console.print(Text.assemble((f"{unit:<{width}} | ", "cyan"), one_line(line)))

    async def _follow(self, session: Session, loaded: Loaded) -> None:
        shown = one_line(str(self._path))
        self._console.print(Text(f"\nfollowing the edits of {shown}; Ctrl-C ends", "dim"))
        async with aclosing(edits(loaded, session.context)) as edited:
            async for _ in edited:
                self._console.rule(style="dim")
                await self._bring(session)
