"""The bounds that the code of service modules runs within."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import signal
import sys
import threading
from contextlib import AbstractContextManager, redirect_stdout
from types import FrameType, TracebackType
from typing import TextIO

LIMIT = 5.0
"""Seconds after which the code of a module is ended; what it is for takes far less than one."""

_AGAIN = 1.0
"""Seconds after which it is ended once more, where it has gone on all the same."""


class _OverError(BaseException):
    """Ends the code of a module, past what catches Exception there."""


class Guard(AbstractContextManager[None]):
    """Lets the code of modules run for some seconds, and print to standard error only.

    What takes longer ends with TimeoutError, whose traceback leads to where it was. Of guards
    within each other the outermost counts. Outside the main thread, where no signals come, a
    guard does nothing; nor can it end a function in C that looks for no signals.
    """

    __slots__ = ("_handler", "_output", "_seconds", "_timer")

    def __init__(self, seconds: float = LIMIT) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        """Begin to count."""
        is_main = threading.current_thread() is threading.main_thread()
        self._output: redirect_stdout[TextIO] | None = None
        if is_main and signal.getsignal(signal.SIGALRM) is not _end:
            self._output = redirect_stdout(sys.stderr)
            self._output.__enter__()
            self._handler = signal.signal(signal.SIGALRM, _end)
            self._timer = signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the signal, its timer and standard output as they were."""
        if self._output:
            signal.setitimer(signal.ITIMER_REAL, 0)  # first: from here on nothing is ended
            try:
                signal.signal(signal.SIGALRM, self._handler or signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_REAL, *self._timer)
            finally:  # the calls above need some stack, of which a module may have left none
                self._output.__exit__(kind, problem, trace)
        if isinstance(problem, _OverError):
            too_long = f"it takes longer than {self._seconds:g} s"
            raise TimeoutError(too_long).with_traceback(trace) from None


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal calls it
    """End what runs, unless it is a guard that has just begun or is about to end."""
    if frame is None or frame.f_globals is not globals():
        raise _OverError
