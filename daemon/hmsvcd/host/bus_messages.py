"""What crosses the bus, as values: where calls go, the signals and the calls that come."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Remote:
    """An interface of an object of a peer.

    ``auto_start``: whether a call may start that peer. ``comes_back``: whether a call that it has
    left unread when it went off the bus is made once more, as it is about to return.
    """

    destination: str
    path: str
    interface: str
    auto_start: bool = True
    comes_back: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal as it came; variants in the body are replaced by their values."""

    sender: str
    path: str
    interface: str
    member: str
    body: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant in a call that came; the values in it may be variants again."""

    signature: str
    value: Any


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A call of a method of ours, as it came; variants in the arguments are ``Variant`` values.

    ``interface`` is None where the caller left it out, as it may.
    """

    sender: str
    path: str
    interface: str | None
    member: str
    signature: str
    arguments: tuple[Any, ...]
    serial: int
    wants_reply: bool


@dataclass(frozen=True, slots=True)
class Match:
    """The signals of one kind; without ``path`` those of every object.

    With ``argument`` only those whose first argument is that string.
    """

    interface: str
    member: str
    sender: str
    path: str | None = None
    argument: str | None = None

    @property
    def rule(self) -> str:
        """The match rule for the bus (D-Bus specification, "Match Rules")."""
        rule = (
            f"type='signal',sender='{self.sender}',"
            f"interface='{self.interface}',member='{self.member}'"
        )
        if self.path is not None:
            rule += f",path='{self.path}'"
        return rule if self.argument is None else f"{rule},arg0='{self.argument}'"

    def admits(self, signal: Signal) -> bool:
        """Say whether a signal is of this kind; who sent it is checked by the bus."""
        return (
            signal.interface == self.interface
            and signal.member == self.member
            and self.path in {None, signal.path}
            and (self.argument is None or signal.body[:1] == (self.argument,))
        )


BUS = Remote("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
"""The message bus itself."""


def owner_changed(name: str) -> Match:
    """Return the signals of the bus that tell who owns a name now; "" is nobody."""
    return Match(BUS.interface, "NameOwnerChanged", BUS.destination, BUS.path, name)


def sendable(text: str) -> str:
    r"""Return text as D-Bus can carry it: Unicode without NUL (D-Bus specification, "Strings").

    A file name may hold other bytes, and the bus ends the connection of whoever sends them.

    >>> sendable("a\0b\udce9c")
    'a\\x00b\\udce9c'
    """
    return text.encode(errors="backslashreplace").decode().replace("\0", r"\x00")
