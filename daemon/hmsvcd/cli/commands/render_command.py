"""``hmsvcd render``: show the units and files of the declaration."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import RENDER, rendering_values

if TYPE_CHECKING:
    from hmsvcd.app.session import Session
    from hmsvcd.cli.console import Console
    from hmsvcd.model.context import Context
    from hmsvcd.model.rendering import Rendering


@click.command("render")
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Show the units, links and files that the declaration stands for; nothing is touched.

    Files that service modules make are shown with their path in the store.

    What systemd will say of them is for check and plan to ask.
    """

    async def body(session: "Session", report: Report) -> ExitCode:
        from hmsvcd.cli.finding import declaration_as_applied  # noqa: PLC0415 - not for --help

        path = await declaration_as_applied(session, config, report)
        loaded = await report.load(session, path, with_systemd=False)
        rendering = loaded.rendering
        if rendering is None:
            return report.finish({})
        values = rendering_values(rendering, session.context)
        return report.finish(values, lambda console: _show(rendering, session.context, console))

    return run_reported(body, Report(RENDER, as_json=as_json))


def _show(rendering: "Rendering", context: "Context", console: "Console") -> None:
    for name, unit in rendering.units.items():
        _show_text(name, unit.text, console)
    for folder, units in rendering.links.items():
        console.print(f"# {folder}/: {' '.join(units)}", style="bold cyan")
    if rendering.links:
        console.print()
    for target, file in rendering.files.items():
        copied = f"(a copy of {file.source})\n"
        _show_text(target, copied if file.text is None else file.text, console)
    for name, text in rendering.generated.items():
        _show_text(context.store_path(name), text, console)


def _show_text(name: str, text: str, console: "Console") -> None:
    """Show a text as it is, or as a terminal does not obey it."""
    from hmsvcd.cli.console import one_line  # noqa: PLC0415 - rich is slow to import

    lines = text.split("\n")
    shown = "\n".join(map(one_line, lines)) if console.is_terminal else text
    console.print(f"# {one_line(name)}", style="bold cyan")
    console.print(shown)
