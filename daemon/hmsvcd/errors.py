"""What can go wrong, for callers that act on it.

A wrong declaration is no exception: it is a list of ``Diagnostic`` values.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command tells its caller."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    INTERNAL = 3
    UNIT_FAILED = 4
    INTERRUPTED = 130


class HmsvcdError(Exception):
    """A condition for the user: what could not be done, to what, and what would help."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RefusedError(HmsvcdError):
    """A request that cannot be carried out as things stand; nothing was changed."""

    exit_code = ExitCode.REFUSED


class NotNowError(RefusedError):
    """A request that cannot be carried out at this moment, and may be soon."""


class HostError(HmsvcdError):
    """The file system or a helper program would not do its part (no room, no permission, …)."""

    exit_code = ExitCode.REFUSED


class BrokenOffError(HmsvcdError):
    """A signal has ended a switch that was under way; the next one finishes it."""

    exit_code = ExitCode.INTERRUPTED


class NoManagerError(HmsvcdError):
    """No ``systemd --user`` can be reached; the message says what was looked for."""


class BusGoneError(HmsvcdError):
    """The bus connection ended, before or during a call."""


class CallTimeoutError(HmsvcdError):
    """A D-Bus call had no answer in its time."""


class CallError(HmsvcdError):
    """A D-Bus call was answered with an error.

    ``name`` is the D-Bus error name, such as ``org.freedesktop.systemd1.NoSuchUnit``.
    """

    def __init__(self, name: str, text: str, hint: str | None = None) -> None:
        super().__init__(f"{name}: {text}", hint)
        self.name = name
        self.text = text
