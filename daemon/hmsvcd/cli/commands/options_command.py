"""``hmsvcd options``: explain the options of declarations and of service modules."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmsvcd.cli.names import complete_options
from hmsvcd.cli.options import config_option, json_option
from hmsvcd.cli.running import Report, run_at_once
from hmsvcd.errors import ExitCode, RefusedError
from hmsvcd.pipeline.documents import OPTIONS

if TYPE_CHECKING:
    from hmsvcd.cli.painting import Line
    from hmsvcd.model.manual import Entry
    from hmsvcd.model.module import Module


@click.command("options")
@click.argument("prefix", default="", shell_complete=complete_options)
@config_option
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown instead.")
@json_option
def command(
    prefix: str,
    config: Path | None,
    as_markdown: bool,  # noqa: FBT001 - click passes flags
    as_json: bool,  # noqa: FBT001 - as above
) -> ExitCode:
    """Explain the options of declarations, and those of service modules.

    PREFIX is a path such as systemd.services, daemon or services.web.process, or the name of a
    module: only the options there and below are shown. Without PREFIX, a terminal gets a table of
    contents, and a pipe all options. Modules are those that are installed, and those that the
    declaration imports.
    """
    report = Report(OPTIONS, as_json=as_json)

    def body() -> ExitCode:
        from hmsvcd.app.manual import known_modules  # noqa: PLC0415 - not for --help
        from hmsvcd.cli.painting import is_screen, write_lines  # noqa: PLC0415 - as above
        from hmsvcd.pipeline.manual.markdown import markdown  # noqa: PLC0415 - as above
        from hmsvcd.pipeline.manual.values import manual_values  # noqa: PLC0415 - as above

        explained = known_modules(config)
        report.add(explained.problems)
        entries = _chosen(explained.modules, prefix)
        if as_markdown and not as_json:
            click.echo(markdown(entries), nl=False)
        elif not as_json:
            is_all = bool(prefix) or not is_screen()
            write_lines(_lines(entries) if is_all else _contents(entries))
        return report.finish(manual_values(entries))

    return run_at_once(body, report)


def _chosen(modules: "Sequence[Module]", prefix: str) -> "Sequence[Entry]":
    from hmsvcd.pipeline.manual.entries import manual  # noqa: PLC0415 - not for --help
    from hmsvcd.pipeline.manual.select import nearest, selected  # noqa: PLC0415 - as above

    entries = manual(modules)
    if found := selected(entries, prefix):
        return found
    raise RefusedError(f"there is no option {prefix!r}", nearest(entries, prefix))


def _contents(entries: "Sequence[Entry]") -> "Iterator[Line]":
    from hmsvcd.cli.columns import aligned  # noqa: PLC0415 - not for --help
    from hmsvcd.pipeline.manual.overview import overview  # noqa: PLC0415 - as above

    for path, text in aligned(overview(entries)):
        yield ((path, "bold cyan"), (f"  {text}", ""))
    yield ()
    yield (("hmsvcd options PREFIX shows more, and hmsvcd options | less shows all.", "dim"),)


def _lines(entries: "Sequence[Entry]") -> "Iterator[Line]":
    from hmsvcd.pipeline.manual.markdown import facts_of  # noqa: PLC0415 - not for --help

    for number, entry in enumerate(entries):
        if number:
            yield ()
        yield ((entry.label, "bold cyan"),)
        for line in entry.description.splitlines():
            yield ((f"    {line}", ""),)
        for name, text in facts_of(entry):
            yield ((f"    {name}: ", "dim"), (text, ""))
