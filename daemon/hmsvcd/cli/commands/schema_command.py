"""``hmsvcd schema``: print the JSON Schema by which editors complete and check."""

from pathlib import Path

import click

from hmsvcd.cli.documents import print_document
from hmsvcd.cli.options import config_option
from hmsvcd.cli.running import Report, run_at_once
from hmsvcd.errors import ExitCode


@click.command("schema")
@config_option
def command(config: Path | None) -> ExitCode:
    """Print the JSON Schema of a declaration's files, by which editors complete and check.

    It has the options of all modules that are installed, and of those in files that the
    declaration imports.

    \b
    hmsvcd schema > ~/.config/hmsvcd/hmsvcd.schema.json

    The line `#:schema ./hmsvcd.schema.json` at the head of config.toml names it to the editor.
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    report = Report()

    def body() -> ExitCode:
        from hmsvcd.app.manual import known_modules  # noqa: PLC0415 - not for --help
        from hmsvcd.pipeline.manual.json_schema import json_schema  # noqa: PLC0415 - as above

        explained = known_modules(config)
        report.add(explained.problems)
        print_document(json_schema(explained.modules))
        return ExitCode.DONE

    return run_at_once(body, report)
