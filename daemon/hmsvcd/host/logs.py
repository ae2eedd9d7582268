"""The log: one line per event, on standard error (docs/logs.md says what is logged).

An event is a constant phrase and key=value; no value of a declaration goes in. To log never fails:
a line that cannot be written is lost.
"""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import json
import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from traceback import walk_tb
from typing import Any, Protocol, TextIO, cast

from hmsvcd.host.lean import without

Event = MutableMapping[str, Any]
Levels = Mapping[str, int]

LEVELS: Levels = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
"""The levels of ``log_level`` in ``[daemon]``."""

_PRIORITIES: Levels = {"debug": 7, "info": 6, "warning": 4, "error": 3}
"""Level → what journald takes it for, written before the line (sd-daemon(3))."""

_PLAIN = re.compile(r'[^\s"=\\]+')
_PACKAGE = __name__.partition(".")[0] + "."

# structlog takes what it finds for its own tracebacks, which are not ours: 5 MiB and 50 ms.
with without("rich", "better_exceptions"):
    import structlog


class Logger(Protocol):
    """What logs: a constant phrase and what belongs to it; None is left out."""

    def debug(self, event: str, **values: object) -> object:
        """Log what only helps to find a defect."""

    def info(self, event: str, **values: object) -> object:
        """Log what was done."""

    def warning(self, event: str, **values: object) -> object:
        """Log what the user should see to."""

    def error(self, event: str, **values: object) -> object:
        """Log what could not be done."""

    def exception(self, event: str, **values: object) -> object:
        """Log the exception that is being handled: its type and place, never its words."""


def get() -> Logger:
    """Return what logs as ``configure`` and ``set_level`` have said last."""
    return cast("Logger", structlog.get_logger())


def configure(level: str, stream: TextIO | None = None) -> None:
    """Log events of at least this level, one of LEVELS, to a stream: standard error by default.

    The journal gets a priority with each line, a terminal colours and the time, and anything else
    the time. What libraries log with ``logging`` comes along from warnings on.
    """
    stream = sys.stderr if stream is None else stream
    structlog.configure(
        processors=_processors(stream),
        logger_factory=lambda *_: _Stream(stream),
        cache_logger_on_first_use=False,  # `set_level` is for loggers that are in use, too
    )
    set_level(level)
    root = logging.getLogger()
    if not any(isinstance(handler, _Library) for handler in root.handlers):
        root.addHandler(_Library(logging.WARNING))


def set_level(level: str) -> None:
    """Log events of at least this level from now on."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]))


class _Stream:
    """Where lines go: a write each, past Python's buffer, which would keep a line that failed."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Write a line if that can be done."""
        if self._stream is None:  # there was no descriptor 2 when Python started
            return
        with suppress(OSError, ValueError):  # gone, full, closed
            os.write(self._stream.fileno(), f"{line}\n".encode(errors="backslashreplace"))

    debug = info = warning = error = write


class _Library(logging.Handler):
    """What libraries log, as events: the phrase as they wrote it, without what they put in."""

    def emit(self, record: logging.LogRecord) -> None:
        log = cast("Any", structlog.get_logger())
        level = "error" if record.levelno >= logging.ERROR else "warning"
        said = str(record.msg).partition("\n")[0]
        values = {"exc_info": record.exc_info} if record.exc_info else {}
        getattr(log, level)("message of a library", library=record.name, said=said, **values)


def _processors(stream: TextIO | None) -> list[Any]:
    if _is_journal(stream):
        return [_explain_exception, _line_with_priority]
    if _shows_colours(stream):
        time = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        return [structlog.processors.add_log_level, time, _explain_exception, _colourful()]
    time = structlog.processors.TimeStamper(fmt="iso")
    return [time, _explain_exception, _line_with_time]


def _is_journal(stream: TextIO | None) -> bool:
    """Say whether journald reads a stream (systemd.exec(5), ``JOURNAL_STREAM``)."""
    with suppress(OSError, ValueError, AttributeError):
        status = os.fstat(cast("TextIO", stream).fileno())
        if os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}":
            return True
        ours = os.environ.get("SYSTEMD_EXEC_PID") == str(os.getpid())
        return ours and not cast("TextIO", stream).isatty()
    return False


def _shows_colours(stream: TextIO | None) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    with suppress(OSError, ValueError):
        return stream is not None and stream.isatty()
    return False


def _explain_exception(_logger: object, _method: str, event: Event) -> Event:
    """Put the type and place of an exception into an event, and the way there at level debug.

    Its message is left out: it may quote what was declared.
    """
    wanted = event.pop("exc_info", None)
    error = _exception(wanted)
    if error is None:
        return event
    way = [
        f"{frame.f_globals.get('__name__', '?')}:{line}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    ours = [step for step in way if step.startswith(_PACKAGE)] or way
    event["type"] = type(error).__name__
    event["at"] = ours[-1] if ours else None
    if structlog.get_logger().is_enabled_for(logging.DEBUG):
        event["traceback"] = " ".join(way)
    return event


def _exception(wanted: object) -> BaseException | None:
    """Return the exception that is meant; of a group its first one, which says more."""
    error = wanted
    if isinstance(wanted, tuple):
        error = wanted[1]
    elif wanted is True:
        error = sys.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, BaseException) else None


def _line_with_priority(_logger: object, method: str, event: Event) -> str:
    return f"<{_PRIORITIES[method]}>{_line(event)}"


def _line_with_time(_logger: object, method: str, event: Event) -> str:
    return f"{event.pop('timestamp')} {method} {_line(event)}"


def _line(event: Event) -> str:
    phrase = _printable(event.pop("event"))
    values = [f"{key}={_value(value)}" for key, value in event.items() if value is not None]
    return " ".join([phrase, *values])


def _value(value: object) -> str:
    """Return a value as logfmt has it: quoted where it must be, and always in one line.

    structlog's LogfmtRenderer leaves carriage returns and escape sequences as they are.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if text.isprintable() and _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _printable(phrase: object) -> str:
    text = str(phrase)
    return text if text.isprintable() else _quoted(text)


def _colourful() -> Any:
    """Return what writes an event for a terminal; values look as they do elsewhere."""
    dev = structlog.dev
    styles = dev.ConsoleRenderer.get_default_level_styles(colors=True)

    def column(key_style: str | None, value_style: str, shown: Any, width: int = 0) -> Any:
        return dev.KeyValueColumnFormatter(key_style, value_style, dev.RESET_ALL, shown, width)

    render = dev.ConsoleRenderer(
        columns=[
            dev.Column("timestamp", column(None, dev.DIM, str)),
            dev.Column("level", dev.LogLevelColumnFormatter(styles, dev.RESET_ALL)),
            dev.Column("event", column(None, dev.BRIGHT, _printable, 24)),
            dev.Column("", column(dev.CYAN, dev.MAGENTA, _value)),
        ],
        sort_keys=False,
    )

    def line(logger: object, method: str, event: Event) -> str:
        given = {key: value for key, value in event.items() if value is not None}
        return str(render(logger, method, given)).rstrip()

    return line
