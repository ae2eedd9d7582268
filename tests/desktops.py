"""A desktop of the tests' own, on a real bus."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import dbus_fast.aio
from dbus_fast import Message, MessageType

NAME = "org.freedesktop.Notifications"


@dataclass
class Shell:
    """A desktop that shows notifications: their arguments by id, those still there."""

    capabilities: list[str] = field(default_factory=lambda: ["body"])
    answers: bool = True
    hangs: bool = False
    asked: list[str | None] = field(default_factory=list)
    shown: dict[int, list[Any]] = field(default_factory=dict)
    last: int = 6

    def handle(self, message: Message) -> Message | None:
        """Answer a call as the specification says, or not at all."""
        if message.message_type is not MessageType.METHOD_CALL or message.interface != NAME:
            return None
        self.asked.append(message.member)
        if self.hangs:
            return None
        if not self.answers:
            return Message.new_error(message, "org.example.Broken", "no display")
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [self.capabilities])
        if message.member == "Notify":
            return Message.new_method_return(message, "u", [self.show(message.body)])
        return self.close(message)

    def close(self, message: Message) -> Message:
        """Take a notification back."""
        (number,) = message.body
        if self.shown.pop(number, None) is None:
            return Message.new_error(message, "org.example.NoSuchNotification", "")
        return Message.new_method_return(message)

    def show(self, arguments: list[Any]) -> int:
        """Show a notification in place of the one that it names; return its id."""
        number = arguments[1] or self.last + 1
        self.last = max(self.last, number)
        self.shown[number] = arguments
        return number

    @property
    def text(self) -> tuple[str, str]:
        """Summary and body of the only notification."""
        ((_, _, _, summary, body, *_),) = self.shown.values()
        return summary, body


@asynccontextmanager
async def desktop_on(address: str) -> AsyncIterator[Shell]:
    """Have a desktop on a bus while the block runs."""
    shell = Shell()
    bus = await dbus_fast.aio.MessageBus(bus_address=address).connect()
    bus.add_message_handler(shell.handle)
    await bus.request_name(NAME)
    yield shell
    bus.disconnect()
    with suppress(EOFError):  # the bus went away first
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # as dbus-fast has it


@contextmanager
def desktop_beside(address: str) -> Iterator[Shell]:
    """Have a desktop in a thread of its own, for tests that wait without asyncio."""
    loop = asyncio.new_event_loop()
    ready, end = threading.Event(), asyncio.Event()
    shells: list[Shell] = []

    async def serve() -> None:
        async with desktop_on(address) as shell:
            shells.append(shell)
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield shells[0]
    loop.call_soon_threadsafe(end.set)
    thread.join()
    loop.close()
