"""A declaration in a throw-away session: applied, shown, and followed while it is edited."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from hmsvcd.app.apply import apply
from hmsvcd.app.carry_out.settled import read_logs
from hmsvcd.app.daemon import Audience, run
from hmsvcd.app.load import Loaded, load
from hmsvcd.app.ports import Unlogged
from hmsvcd.app.request import Request
from hmsvcd.app.session import Session
from hmsvcd.app.status import look
from hmsvcd.cli.console import one_line
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.cli.status_view import status_lines
from hmsvcd.cli.switching import report_switch, show_switch
from hmsvcd.errors import ExitCode
from hmsvcd.host import clock
from hmsvcd.host.journal import Run, last_lines
from hmsvcd.host.notify import Notifier
from hmsvcd.model.daemon import Pass
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.status import Status

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
        self._aside = aside
        self._console = Report(aside=aside).console()
        self._status = Status({}, {})
        self._warnings: frozenset[tuple[str | None, str]] = frozenset()

    def run(self) -> ExitCode:
        """Apply the declaration, show how things stand, and follow its edits until Ctrl-C."""
        return run_reported(self._body, Report(aside=self._aside))

    async def _body(self, session: Session, _: Report) -> ExitCode:
        code = await self._apply(session)
        if self._follows and code is not ExitCode.INTERRUPTED:
            await self._follow(session)
            return ExitCode.DONE
        return code

    async def _apply(self, session: Session) -> ExitCode:
        report = Report(aside=self._aside)
        loaded = await report.load(session, self._path)
        if loaded.rendering is None:
            return ExitCode.REFUSED

        async def read() -> Loaded:
            return loaded

        request = Request(replace=True)
        code = await report_switch(
            lambda progress: apply(session, read, request, progress), report
        )
        self._warnings = _warnings(loaded.diagnostics)
        await self._show_status(session, loaded)
        return code

    async def _follow(self, session: Session) -> None:
        """Let the daemon follow the edits, and show what each of its passes came to."""
        passes: asyncio.Queue[Pass] = asyncio.Queue()
        audience = Audience(Unlogged(), Notifier({}), in_terminal=True, shown=passes.put_nowait)
        async with asyncio.TaskGroup() as group:
            showing = group.create_task(self._show_passes(session, passes))
            await run(self._path, audience)
            showing.cancel()

    async def _show_passes(self, session: Session, passes: "asyncio.Queue[Pass]") -> None:
        shown = one_line(str(self._path))
        first = await passes.get()
        if first.outcome is None or first.outcome.results:  # else it finds what was just applied
            await self._show_pass(session, first)
        self._console.print(Text(f"\nfollowing the edits of {shown}; Ctrl-C ends", "dim"))
        while True:
            made = await passes.get()
            self._console.rule(style="dim")
            await self._show_pass(session, made)

    async def _show_pass(self, session: Session, made: Pass) -> None:
        report = Report(aside=self._aside)
        loaded = await load(self._path, session.context, with_systemd=False)
        report.take(loaded.texts)
        known, self._warnings = self._warnings, _warnings(made.problems)
        report.add(
            found for found in made.problems if found.is_error or _warnings([found]) - known
        )
        if made.outcome is not None:
            begun = clock.monotonic() - made.took
            until = made.outcome.fallback.at if made.outcome.fallback else 0
            results = await read_logs(session, made.outcome.results, begun, until)
            show_switch(replace(made.outcome, results=results), self._console)
            await self._show_status(session, loaded, begun)

    async def _show_status(self, session: Session, loaded: Loaded, begun: int = 0) -> None:
        """Show the units that are not as they were shown last, and their last words since."""
        status = (await look(session, loaded)).status
        changed, self._status = _changed(self._status, status), status
        units = [unit.name for unit in changed.all_units]
        if not units and begun:
            return
        self._console.print()
        for line in status_lines(changed, clock.now()):
            self._console.print(Text.assemble(*line))
        await self._quote(session, units[:_MOST_UNITS], Run("", asked=begun))

    async def _quote(self, session: Session, units: list[str], since: Run) -> None:
        width = max(map(len, units), default=0)
        self._console.print()
        for unit in units:
            for said in await last_lines(unit, session.environment, run=since, lines=_LINES):
                self._console.print(Text.assemble((f"{unit:<{width}} | ", "cyan"), one_line(said)))


def _warnings(found: Iterable[Diagnostic]) -> frozenset[tuple[str | None, str]]:
    """Return what tells warnings apart: one that has only moved with its lines is the same."""
    return frozenset((each.key, each.message) for each in found if not each.is_error)


def _changed(before: Status, now: Status) -> Status:
    """Return the services and native units that are not as they were."""
    services = {
        name: service
        for name, service in now.services.items()
        if before.services.get(name) != service
    }
    units = {name: unit for name, unit in now.units.items() if before.units.get(name) != unit}
    return Status(services, units, now.generation)
