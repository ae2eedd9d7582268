"""Where things are shown: colour on a terminal, and text that anything can read elsewhere."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import os

import rich.console

from hmsvcd.cli.diagnostics import TAB, harmless


class Console(rich.console.Console):
    """A console that leaves the end to its caller when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Raise what happened; rich would end the process, in the middle of a switch too."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Return a console that colours on a terminal only, and never breaks a line.

    ``$NO_COLOR`` means no escape sequence at all, not even for bold.
    """
    return Console(
        stderr=stderr,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        soft_wrap=True,
        highlight=False,
        markup=False,
        emoji=False,
    )


def one_line(text: str) -> str:
    """Return a line that others wrote, such as a log line, as no terminal obeys it."""
    return harmless(text.expandtabs(TAB))
