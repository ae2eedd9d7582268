"""``hmsvcd new``: print a first declaration of a service that imports a module."""

from pathlib import PurePath

import click

from hmsvcd.cli.names import complete_modules
from hmsvcd.cli.options import json_option
from hmsvcd.cli.running import Report, run_at_once
from hmsvcd.errors import ExitCode
from hmsvcd.pipeline.documents import NEW


@click.command("new")
@click.argument("module", required=False, shell_complete=complete_modules)
@json_option
def command(module: str | None, as_json: bool) -> ExitCode:  # noqa: FBT001 - click passes flags
    """Print a first declaration of a service that imports MODULE, with a comment on each option.

    MODULE is the name of an installed module, or a file such as ./web.py. What has to be set has
    an example for a value; take the # away from what else you want to set. Without MODULE, the
    installed modules are listed.

    \b
    hmsvcd new ghostunnel > ~/.config/hmsvcd/conf.d/tunnel.toml
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    report = Report(NEW, as_json=as_json)
    return run_at_once(lambda: _listed(report) if module is None else _new(module, report), report)


def _listed(report: Report) -> ExitCode:
    from hmsvcd.app.manual import registered_modules  # noqa: PLC0415 - not for --help
    from hmsvcd.cli.columns import aligned  # noqa: PLC0415 - as above
    from hmsvcd.cli.painting import write_lines  # noqa: PLC0415 - as above

    named = {}
    for name, found in registered_modules().items():
        report.add(found.problems)
        if not found.problems:
            named[name] = found.modules[-1].description
    if not report.as_json:
        rows = aligned(named.items())
        write_lines(((name, "bold cyan"), (f"  {text}", "")) for name, text in rows)
    return report.finish(
        {"modules": [{"name": name, "description": text} for name, text in named.items()]},
        code=ExitCode.DONE,
    )


def _new(name: str, report: Report) -> ExitCode:
    from hmsvcd.app.manual import named_module  # noqa: PLC0415 - not for --help
    from hmsvcd.pipeline.manual.draft import draft  # noqa: PLC0415 - as above

    found = named_module(name)
    report.add(found.problems)
    if found.problems:
        return report.finish({})
    text = draft(PurePath(name).stem if "/" in name else name, name, found.modules)
    if not report.as_json:
        click.echo(text, nl=False)
    return report.finish({"toml": text})
