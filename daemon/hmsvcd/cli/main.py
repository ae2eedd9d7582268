"""The command line: finds the command, and is the one place where errors become exit codes."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from hmsvcd import __version__
from hmsvcd.cli.names import COMPLETE
from hmsvcd.cli.problem import problem_of
from hmsvcd.errors import ExitCode

COMMANDS = {
    "adopt": "take over units that are there already",
    "apply": "bring the session to what the declaration says",
    "check": "say what is wrong with the declaration",
    "completion": "print the completion script of a shell",
    "doctor": "look for what is wrong around hmsvcd, and say what to do",
    "gc": "remove old generations, and what only they need",
    "generations": "list what has been installed, and when",
    "import": "print the TOML that declares units which are there already",
    "install": "run hmsvcd as a service of your session",
    "logs": "show what a service has written",
    "new": "print a first declaration with a service module",
    "options": "explain the options of declarations and modules",
    "pause": "have the daemon leave saves alone",
    "plan": "show what apply would do, and why",
    "reconcile": "have the daemon look at everything again",
    "render": "show the units and files of the declaration",
    "resume": "end a pause",
    "rollback": "bring back an earlier generation",
    "run": "follow the declaration: what is saved is applied",
    "schema": "print the JSON Schema by which editors complete and check",
    "status": "show how the services are",
    "try": "run a declaration in a throw-away session",
    "uninstall": "take hmsvcd's own service away",
}
"""Command → what it does, for the overview; a command's code is imported when it is named."""


class Commands(click.Group):
    """The commands, each in a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the overview."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hmsvcd.cli.commands.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the overview without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what stands before the command, or say that its options follow its name."""
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as wrong:
            command = next((each for each in typed if each in COMMANDS), None)
            if command or not wrong.possibilities:
                shown = f"hmsvcd {command or 'COMMAND'} {wrong.option_name}"
                message = f"{wrong.message}\nA command's options follow its name: {shown} …"
                raise click.UsageError(message, ctx) from None
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - for a mistake only

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _print_version(
    context: click.Context,
    _: click.Parameter,
    wanted: bool,  # noqa: FBT001 - click passes flags
) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"hmsvcd {__version__}")
        context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Show the version and exit.",
)  # fmt: skip
def hmsvcd() -> None:
    """Keep the services of your session in a file.

    hmsvcd renders the modular services that config.toml declares into units of systemd --user,
    and brings the running session to them with as little disturbance as possible.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: that of the process) and return its exit code; never raises."""
    try:
        result = _invoke(sys.argv[1:] if arguments is None else list(arguments))
    except click.exceptions.Exit as ended:
        result = ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        result = ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        result = ExitCode.INTERRUPTED
    except BrokenPipeError:
        result = ExitCode.DONE  # whoever read our output has seen enough
    except Exception as error:  # noqa: BLE001 - the boundary: no traceback reaches a user
        result = _report(error)
    return _flushed(int(result or ExitCode.DONE))


def _invoke(arguments: list[str]) -> int | None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name need not be UTF-8, and a terminal need not know all characters.
        sys.stdout.reconfigure(errors="backslashreplace")
    if COMPLETE in os.environ:
        from click.shell_completion import shell_complete  # noqa: PLC0415 - for shells only

        return shell_complete(hmsvcd, {}, "hmsvcd", COMPLETE, os.environ[COMPLETE])
    with hmsvcd.make_context("hmsvcd", arguments) as context:
        result: int | None = hmsvcd.invoke(context)
    return result


def _report(error: Exception) -> ExitCode:
    problem = problem_of(error)
    click.echo(f"error: {problem.message}", err=True)
    if problem.hint:
        click.echo(f"  help: {problem.hint}", err=True)
    return problem.exit_code


def _flushed(code: int) -> int:
    """Write what is still in the buffer; a pipe that nobody reads any more ends quietly."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        return code if isinstance(error, BrokenPipeError) else _report(error)
    return code
