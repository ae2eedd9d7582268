"""``hmsvcd gc``: remove old generations, and what only they need."""

from typing import TYPE_CHECKING

import click

from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_reported
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import GC

if TYPE_CHECKING:
    from hmsvcd.app.gc import Collected
    from hmsvcd.app.session import Session

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


@click.command("gc")
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many generations stay.  [default: keep_generations]",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
def command(
    keep: int | None,
    dry_run: bool,  # noqa: FBT001 - click passes flags
    as_json: bool,  # noqa: FBT001 - click passes flags
) -> ExitCode:
    """Remove old generations, and what is in the store for them only.

    What is installed stays, and so does whatever a running unit uses.
    """
    from hmsvcd.app.gc import collect_alone  # noqa: PLC0415 - not for --help

    async def body(session: "Session", report: Report) -> ExitCode:
        found = await collect_alone(session.disk, keep, _tell_of_wait, dry_run=dry_run)
        if not as_json:
            click.echo(_told(found, dry_run=dry_run))
        garbage = found.garbage
        return report.finish(
            {
                "generations": list(garbage.generations),
                "objects": list(garbage.objects),
                "bytes": found.size,
                "dry_run": dry_run,
            }
        )

    return run_reported(body, Report(GC, as_json=as_json))


def _tell_of_wait(holder: int | None) -> None:
    who = f"process {holder}" if holder else "another hmsvcd"
    click.echo(f"waiting for {who}, which is at work", err=True)


def _told(found: "Collected", *, dry_run: bool) -> str:
    from hmsvcd.cli.diagnostics import counted, harmless  # noqa: PLC0415 - not for --help

    garbage = found.garbage
    if not garbage.generations and not garbage.objects:
        return "there is nothing to remove"
    lines = [f"generation {number}" for number in garbage.generations]
    lines += [harmless(name) for name in garbage.objects]
    did = "would be removed" if dry_run else "removed"
    generations = counted(len(garbage.generations), "generation")
    objects = counted(len(garbage.objects), "object")
    sums = f"{did}: {generations} and {objects} of the store, {_in_words(found.size)}"
    return "\n".join([*lines, sums])


def _in_words(size: float) -> str:
    """Return a number of bytes as people read it: ``17 bytes``, ``3.4 MiB``."""
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:g} bytes"
