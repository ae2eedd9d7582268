"""``hmsvcd plan``: show what apply would do, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.model.diagnostic import Diagnostic, Severity
from hmsvcd.pipeline.documents import PLAN, plan_values, problem_diagnostic

if TYPE_CHECKING:
    from hmsvcd.app.session import Session
    from hmsvcd.cli.console import Console


@click.command("plan")
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Show what apply would do to each unit, why, and what changes in its text.

    Nothing is touched. Without a reachable systemd --user only the files are known.
    """
    from hmsvcd.app.planning import plan_switch  # noqa: PLC0415 - not for --help
    from hmsvcd.app.refusals import refusals  # noqa: PLC0415
    from hmsvcd.app.target import from_declaration  # noqa: PLC0415
    from hmsvcd.app.texts import both_sides  # noqa: PLC0415
    from hmsvcd.cli.finding import declaration_as_applied  # noqa: PLC0415

    async def body(session: "Session", report: Report) -> ExitCode:
        path = await declaration_as_applied(session, config, report)
        loaded = await report.load(session, path)
        if loaded.rendering is None:
            return report.finish({})
        planned = await plan_switch(session, from_declaration(loaded))
        report.add(planned.plan.warnings)
        report.add(
            Diagnostic(Severity.ERROR, f"apply would refuse: {refusal.message}", hint=refusal.hint)
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
