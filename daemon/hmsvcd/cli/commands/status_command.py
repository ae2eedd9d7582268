"""``hmsvcd status``: show how the services are."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.documents import print_document
from hmsvcd.cli.names import complete_services
from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_guarded
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import STATUS, status_document

if TYPE_CHECKING:
    from hmsvcd.cli.status_source import Answer
    from hmsvcd.model.status import StatusReport


@click.command("status")
@click.argument("service", required=False, shell_complete=complete_services)
@config_option
@click.option(
    "-w", "--watch", is_flag=True, help="Show it anew whenever it changes, until Ctrl-C."
)
@json_option
def command(
    service: str | None,
    config: Path | None,
    watch: bool,  # noqa: FBT001 - click passes flags
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Show how the services are, or SERVICE alone: state, since when, and what was done last.

    The exit code is 0 when all is well, 4 when a service has failed, 1 when the declaration is
    wrong. Of SERVICE it also shows what it wrote last where it has failed. With --watch --json
    each line is a document.
    """
    from hmsvcd.cli.status_choice import chosen, exit_code  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.status_source import status_answer  # noqa: PLC0415

    report = Report(STATUS, as_json=as_json)
    if watch:
        from hmsvcd.cli.status_watch import watch_status  # noqa: PLC0415 - seldom

        try:
            return run_guarded(lambda: watch_status(service, config, as_json=as_json), report)
        except KeyboardInterrupt:
            return ExitCode.DONE

    async def main() -> ExitCode:
        answer = await status_answer(config)
        seen = chosen(answer, service)
        if service is not None:
            from hmsvcd.cli.status_log import with_log  # noqa: PLC0415 - for one service only

            seen = await with_log(seen)
        if as_json:
            print_document(status_document(seen))
        else:
            _show(answer, seen, service, report)
        return exit_code(answer, seen)

    return run_guarded(main, report)


def _show(answer: "Answer", seen: "StatusReport", service: str | None, report: Report) -> None:
    from hmsvcd.cli.diagnostics import counted  # noqa: PLC0415 - as above
    from hmsvcd.cli.painting import plain, write_lines  # noqa: PLC0415
    from hmsvcd.cli.status_choice import worth_showing  # noqa: PLC0415
    from hmsvcd.cli.status_source import is_beginning, sources_of  # noqa: PLC0415
    from hmsvcd.cli.status_view import report_lines, way_to_begin  # noqa: PLC0415
    from hmsvcd.host import clock  # noqa: PLC0415

    if seen.status is not None and is_beginning(seen):
        click.echo(way_to_begin(answer.declaration), nl=False)
    elif seen.status is not None:
        write_lines(report_lines(seen, clock.now()))
    shown = list(worth_showing(seen, service))
    others = len(seen.diagnostics) - len(shown)
    if others and service is None:
        write_lines([plain(f"{counted(others, 'warning')}: hmsvcd check shows them", "yellow")])
    if shown:
        report.take(sources_of(shown))
        report.add(shown)
