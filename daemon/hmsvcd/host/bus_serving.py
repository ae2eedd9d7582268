"""The serving half of a connection: calls that come, answers and signals that go."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hmsvcd.errors import CallError
from hmsvcd.host.bus_messages import MethodCall, Variant, sendable


class Serving:
    """What a connection does for its callers; after the connection's end nothing is sent."""

    def __init__(self, bus: Any, library: Any, gone: asyncio.Event) -> None:
        self._bus = bus
        self._library = library
        self._gone = gone
        self._server: Callable[[MethodCall], object] | None = None

    @contextmanager
    def calls(self, server: Callable[[MethodCall], object]) -> Iterator[None]:
        """Have a server called with each call of a method of ours, until the block is left.

        It must return at once and never raise: the libraries would answer with the traceback.
        Outside of the block they say by themselves that there is no such method.
        """
        self._server = server
        try:
            yield
        finally:
            self._server = None

    def takes(self, message: Any) -> bool:
        """Hand a message of the library on if it is a call that is served; say whether it was."""
        kind = self._library.MessageType.METHOD_CALL
        if message.message_type is not kind or self._server is None:
            return False
        unwanted = message.flags & self._library.MessageFlag.NO_REPLY_EXPECTED
        call = MethodCall(
            sender=message.sender,
            path=message.path,
            interface=message.interface,
            member=message.member,
            signature=message.signature,
            arguments=tuple(self._typed(value) for value in message.body),
            serial=message.serial,
            wants_reply=not unwanted,
        )
        self._server(call)
        return True

    def answer(self, call: MethodCall, signature: str = "", *body: Any) -> None:
        """Reply to a call, if its caller wants that; one who has left does no harm."""
        if call.wants_reply:
            kind = self._library.MessageType.METHOD_RETURN
            self._send(kind, signature, body, **_back(call))

    def refuse(self, call: MethodCall, error: CallError) -> None:
        """Reply to a call with an error: its text and, if there is one, its hint.

        The hint comes twice: programs show the first string only, hmsvcd takes it from the second.
        """
        if call.wants_reply:
            text, hint = error.text, error.hint
            body = (text,) if hint is None else (f"{text}; {hint}", hint)
            kind = self._library.MessageType.ERROR
            self._send(kind, "s" * len(body), body, error_name=error.name, **_back(call))

    def emit(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        """Send a signal of an object of ours to whoever asked for it."""
        names = {"path": path, "interface": interface, "member": member}
        self._send(self._library.MessageType.SIGNAL, signature, body, **names)

    def _send(self, kind: Any, signature: str, body: tuple[Any, ...], **header: Any) -> None:
        if not self._gone.is_set():
            values = [_sendable(value) for value in body]
            message = self._library.Message(
                message_type=kind, signature=signature, body=values, **header
            )
            with suppress(OSError):  # dbus-fast may learn of the end only here
                self._bus.send(message)

    def _typed(self, value: Any) -> Any:
        if isinstance(value, self._library.Variant):
            return Variant(value.signature, self._typed(value.value))
        if isinstance(value, dict):
            return {key: self._typed(inner) for key, inner in value.items()}
        return [self._typed(inner) for inner in value] if isinstance(value, list) else value


def _back(call: MethodCall) -> dict[str, Any]:
    return {"destination": call.sender, "reply_serial": call.serial}


def _sendable(value: Any) -> Any:
    return sendable(value) if isinstance(value, str) else value
