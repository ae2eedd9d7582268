"""``hmsvcd try``: run a declaration in a throw-away session."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hmsvcd.cli.options import config_option
from hmsvcd.errors import ExitCode, RefusedError

_NOT_FOUND = 127
"""What a shell exits with for a program that it cannot find."""

_OF_THE_TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "HMSVCD_DEBUG")
"""What the throw-away session has of the environment that it was started from."""


class _WithProgram(click.Command):
    """A command that leaves everything after ``--`` to a program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the program's words aside."""
        at = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show where the program goes."""
        return [*super().collect_usage_pieces(ctx), "[-- CMD...]"]


@click.command("try", cls=_WithProgram)
@click.argument("declaration", required=False, type=click.Path(path_type=Path))
@config_option
@click.pass_obj
def command(program: tuple[str, ...], declaration: Path | None, config: Path | None) -> int:
    """Run DECLARATION in a throw-away systemd --user with its own home, bus and cgroup.

    It is applied, its status is shown, and in a terminal its edits are followed until Ctrl-C.
    With CMD, all that is shown goes to standard error, then CMD is run in the session, and its
    exit code is returned. Nothing of it is left afterwards.

    It needs a session of your own under systemd, or root.
    """
    from hmsvcd.host.sandbox import (  # noqa: PLC0415 - not for --help
        WAYS,
        is_inside,
        run_inside,
        why_not,
    )

    path = declaration or config or _own_declaration()
    if not path.exists():
        raise RefusedError(f"there is no declaration to try: {path}")
    why = why_not()
    if why is not None:
        raise RefusedError(f"cannot make a throw-away session: {why}", WAYS)
    if is_inside():
        return _in_sandbox(path, program)
    again = [sys.executable, "-P", "-m", "hmsvcd", "try", f"--config={path}"]
    return run_inside([*again, "--", *program])


def _own_declaration() -> Path:
    from hmsvcd.host.paths import Paths  # noqa: PLC0415 - as above

    return Paths.from_environ(os.environ).declaration


def _in_sandbox(path: Path, program: Sequence[str]) -> int:
    from hmsvcd.cli.trial import Trial  # noqa: PLC0415 - as above
    from hmsvcd.host.sandbox import Sandbox, start_journal  # noqa: PLC0415

    if not Path("/run/systemd/journal/socket").exists():
        start_journal()
    with Sandbox() as sandbox:
        kept = {name: os.environ[name] for name in _OF_THE_TERMINAL if name in os.environ}
        os.environ.clear()
        os.environ.update({**sandbox.env, **kept, "HMSVCD_CONFIG": str(path.absolute())})
        follows = not program and sys.stdout.isatty()
        code = Trial(path, follows=follows, aside=bool(program)).run()
        is_applied = code in {ExitCode.DONE, ExitCode.UNIT_FAILED}
        return _run(program) if program and is_applied else code


def _run(program: Sequence[str]) -> int:
    """Run a program to its end; Ctrl-C is the program's own business."""
    sys.stdout.flush()
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(program, check=False).returncode  # noqa: S603 - the user's own words
    except OSError as problem:
        click.echo(f"error: cannot run {program[0]}: {problem.strerror}", err=True)
        return _NOT_FOUND
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code
