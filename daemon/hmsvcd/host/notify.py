"""What the service manager that runs this process is told: sd_notify(3), sd_watchdog_enabled(3).

Nothing here raises or waits: whether a manager listens changes nothing of what is done.
"""

import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress

from hmsvcd.host import clock

MOST_CHARACTERS = 200
"""How long a status sentence may be; ``systemctl status`` shows it in one line."""

_MICROSECONDS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


class Notifier:
    """Tells the manager that ``$NOTIFY_SOCKET`` names; without one it does nothing.

    ``watchdog_interval`` is how many seconds may pass from one ``watchdog`` to the next: half of
    what the manager waits for, and None where it waits for none from this process.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.watchdog_interval = _interval(environ)
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._socket: socket.socket | None = None
        self._unsaid = ""

    def ready(self) -> None:
        """Say that what was to be started, or to be read again, stands."""
        self._enter("READY=1")

    def reloading(self) -> None:
        """Say that the settings are being read again; ``ready`` says that they have been."""
        self._enter(f"RELOADING=1\nMONOTONIC_USEC={clock.monotonic()}")

    def stopping(self) -> None:
        """Say that this process is on its way to its end."""
        self._enter("STOPPING=1")

    def status(self, sentence: str) -> None:
        """Say what was done last, in one line of text; what is too long is cut."""
        self._send(f"STATUS={_one_line(sentence)}")

    def watchdog(self) -> None:
        """Say that this process is alive."""
        self._send("WATCHDOG=1")

    def close(self) -> None:
        """Give the socket back; a later word opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _enter(self, state: str) -> None:
        """Say what this process is doing now: with the next word, if it cannot be said at once."""
        self._unsaid = state
        self._send()

    def _send(self, *words: str) -> None:
        if self._address is None:
            return
        message = "\n".join([self._unsaid, *words] if self._unsaid else words)
        # a manager that is gone, or too busy to listen: nobody can be told that
        with suppress(OSError):
            if self._socket is None:
                kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
                self._socket = socket.socket(socket.AF_UNIX, kind)
            # to the address each time: a manager that has started anew has another socket there
            self._socket.sendto(message.encode("utf-8", "replace"), self._address)
            self._unsaid = ""


def _address(name: str) -> str | None:
    """Return the address of a socket: a path, or with ``@`` a name in the abstract namespace."""
    if name.startswith("/") and len(name) > 1:
        return name
    return f"\0{name[1:]}" if name.startswith("@") and len(name) > 1 else None


def _interval(environ: Mapping[str, str]) -> float | None:
    """Return half of the watchdog's time in seconds, if it is for this process."""
    process, time = environ.get("WATCHDOG_PID"), environ.get("WATCHDOG_USEC", "")
    if process not in {None, str(os.getpid())} or not _MICROSECONDS.fullmatch(time):
        return None
    return int(time) / 1_000_000 / 2


def _one_line(sentence: str) -> str:
    words = "".join(each if each.isprintable() else " " for each in sentence).split()
    text = " ".join(words)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
