"""What plan and ``adopt --dry-run`` have in common: they only say what a switch would do."""

from pathlib import Path
from typing import TYPE_CHECKING

from hmsvcd.app.planning import plan_switch
from hmsvcd.app.refusals import refusals
from hmsvcd.app.target import from_declaration
from hmsvcd.app.texts import both_sides
from hmsvcd.cli.finding import declaration_as_applied
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.model.diagnostic import Diagnostic, Severity
from hmsvcd.pipeline.documents import PLAN, plan_values, problem_diagnostic

if TYPE_CHECKING:
    from hmsvcd.app.request import Request
    from hmsvcd.app.session import Session
    from hmsvcd.cli.console import Console


def run_plan(config: Path | None, request: "Request", *, as_json: bool) -> ExitCode:
    """Plan a switch to a declaration, by default to what the daemon follows, and show it."""

    async def body(session: "Session", report: Report) -> ExitCode:
        path = await declaration_as_applied(session, config, report)
        loaded = await report.load(session, path)
        if loaded.rendering is None:
            return report.finish({})
        planned = await plan_switch(session, from_declaration(loaded, session.disk), request)
        report.add(planned.plan.warnings)
        command = "adopt" if request.adopt else "apply"
        report.add(
            Diagnostic(
                Severity.ERROR, f"{command} would refuse: {refusal.message}", hint=refusal.hint
            )
            for refusal in refusals(planned, session.paths)
        )
        if session.absent:
            report.add([problem_diagnostic(session.absent, Severity.WARNING)])

        def show(console: "Console") -> None:
            from hmsvcd.cli.plan_view import show_plan  # noqa: PLC0415 - rich is slow to import

            show_plan(
                planned.plan, lambda change: both_sides(session.paths, planned, change), console
            )

        values = plan_values(planned.plan, with_manager=session.connected is not None)
        return report.finish(values, show)

    return run_reported(body, Report(PLAN, as_json=as_json))
