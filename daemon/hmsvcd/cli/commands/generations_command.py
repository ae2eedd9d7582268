"""``hmsvcd generations``: list what has been installed, and when."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.columns import aligned
from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import GENERATIONS, generation_values

if TYPE_CHECKING:
    from hmsvcd.app.session import Session
    from hmsvcd.model.generation import Manifest

_HEAD = ("", "NUMBER", "CREATED", "CAUSE", "UNITS", "DECLARATION")


@click.command("generations")
@json_option
def command(as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """List the generations: what has been installed, when, and from where."""
    from hmsvcd.host.records import Records  # noqa: PLC0415 - not for --help

    async def body(session: "Session", report: Report) -> ExitCode:
        records = Records(session.paths)
        manifests, current = records.manifests(), records.current_number()
        if not as_json:
            click.echo(_listed(manifests, current))
        return report.finish(generation_values(manifests, current))

    return run_reported(body, Report(GENERATIONS, as_json=as_json))


def _listed(manifests: "Sequence[Manifest]", current: int | None) -> str:
    from hmsvcd.cli.times import local_time  # noqa: PLC0415 - not for --help

    if not manifests:
        return "nothing has been installed yet"
    rows = [
        (
            "*" if manifest.number == current else "",
            str(manifest.number),
            local_time(manifest.created),
            manifest.cause,
            str(len(manifest.generation.units)),
            manifest.declaration,
        )
        for manifest in manifests
    ]
    return "\n".join("  ".join(row) for row in aligned([_HEAD, *rows]))
