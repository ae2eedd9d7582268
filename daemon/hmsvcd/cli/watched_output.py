"""Where a status that is watched goes: a screen that is drawn anew, or line after line."""

import asyncio
import json
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from hmsvcd.cli.painting import Line, is_coloured, is_screen, painted
from hmsvcd.cli.status_choice import worth_showing
from hmsvcd.cli.status_view import problem_lines, report_lines
from hmsvcd.host import clock
from hmsvcd.model.status import StatusReport
from hmsvcd.pipeline.documents import status_document

_WHOLE_SCREEN, _LINES_UP, _REST_OF_LINE, _BELOW = "\x1b[H\x1b[2J", "\x1b[{}F", "\x1b[K", "\x1b[J"
"""What clears the screen, goes up, clears to the right and clears below: console_codes(4)."""


class Output(Protocol):
    """Where a status is shown."""

    has_shown: bool

    def show(self, report: StatusReport) -> None:
        """Show a status that is not the last one. Raises BrokenPipeError where nobody reads."""


@contextmanager
def output(wake: Callable[[], None], *, as_json: bool) -> Iterator[Output]:
    """Return where to show a status; ``wake`` is called when it is time to show one again."""
    if is_screen() and not as_json:
        screen = _Screen()
        with _resizing(screen.forget, wake):
            yield screen
    else:
        stream = _Stream(_compact if as_json else _text)
        with _closing(stream.close, wake):
            yield stream


class _Screen:
    """The lower part of a terminal, as many lines as fit, each cut to its width."""

    def __init__(self) -> None:
        self.has_shown = False
        self._lines: list[str] = []
        self._is_strange = False

    def show(self, report: StatusReport) -> None:
        """Draw over what was drawn last."""
        width, height = shutil.get_terminal_size()
        coloured = is_coloured()
        lines = [painted(line, coloured=coloured, width=width) for line in _lines(report)]
        lines = lines[: height - 1]
        if lines == self._lines and not self._is_strange:
            return
        begin = _LINES_UP.format(len(self._lines)) if self._lines else ""
        begin = _WHOLE_SCREEN if self._is_strange else begin
        drawn = "".join(f"{line}{_REST_OF_LINE}\n" for line in lines)
        _write(f"{begin}{drawn}{_BELOW}")
        self._lines, self._is_strange, self.has_shown = lines, False, True

    def forget(self) -> None:
        """Learn that the terminal has another size, and what was drawn may be anywhere."""
        self._is_strange = True


class _Stream:
    """A pipe, a file or a terminal that is a typewriter: what is shown follows the last."""

    def __init__(self, written: Callable[[StatusReport], str]) -> None:
        self.has_shown = False
        self._written = written
        self._last = ""
        self._is_closed = False

    def show(self, report: StatusReport) -> None:
        """Write a status below the last one."""
        if self._is_closed:
            raise BrokenPipeError
        text = self._written(report)
        if text != self._last:
            _write(text)
            self._last, self.has_shown = text, True

    def close(self) -> None:
        """Learn that nobody reads any more."""
        self._is_closed = True


def _write(text: str) -> None:
    click.echo(text, nl=False, color=True)  # it flushes


def _lines(report: StatusReport) -> Iterator[Line]:
    yield from report_lines(report, clock.now())
    yield from problem_lines(worth_showing(report, None))


def _text(report: StatusReport) -> str:
    coloured = is_coloured()
    return "".join(f"{painted(line, coloured=coloured)}\n" for line in _lines(report)) + "\n"


def _compact(report: StatusReport) -> str:
    return json.dumps(status_document(report), separators=(",", ":")) + "\n"


@contextmanager
def _resizing(*handlers: Callable[[], None]) -> Iterator[None]:
    def resized() -> None:
        for handler in handlers:
            handler()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, resized)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)


@contextmanager
def _closing(*handlers: Callable[[], None]) -> Iterator[None]:
    """Call handlers when a pipe's other end is closed, though nothing is written then."""
    if sys.stdout is None or not stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode):
        yield
        return
    loop, pipe = asyncio.get_running_loop(), sys.stdout.fileno()

    def closed() -> None:
        loop.remove_reader(pipe)
        for handler in handlers:
            handler()

    loop.add_reader(pipe, closed)  # a writing end is never readable, but an error counts as that
    try:
        yield
    finally:
        loop.remove_reader(pipe)
