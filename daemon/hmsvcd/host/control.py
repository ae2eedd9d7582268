"""The daemon on the bus: org.hmsvcd.Manager1 (docs/dbus.md)."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from operator import attrgetter
from types import TracebackType
from typing import Protocol, Self

from hmsvcd.errors import (
    BrokenOffError,
    CallError,
    CallTimeoutError,
    HmsvcdError,
    HostError,
    NoManagerError,
    RefusedError,
)
from hmsvcd.host.bus import BUS, Connection
from hmsvcd.host.bus_interface import Emitted, Interface, Method, Property
from hmsvcd.host.bus_messages import Variant
from hmsvcd.host.bus_object import ServedObject
from hmsvcd.host.bus_server import owned, served
from hmsvcd.model.daemon import BUS_NAME

NAME = BUS_NAME
PATH = "/org/hmsvcd"

INTERNAL = f"{NAME}.Error.Internal"
INVALID_ARGUMENTS = "org.freedesktop.DBus.Error.InvalidArgs"

ERRORS: Mapping[type[HmsvcdError], str] = {
    RefusedError: f"{NAME}.Error.Refused",
    HostError: f"{NAME}.Error.Host",
    BrokenOffError: f"{NAME}.Error.BrokenOff",
    NoManagerError: f"{NAME}.Error.NoManager",
    CallTimeoutError: f"{NAME}.Error.CallTimeout",
    HmsvcdError: f"{NAME}.Error.Failed",
}
"""What each error is called on the bus; the last stands for any other."""

OPTIONS: Mapping[str, str] = {"backup": "s", "replace": "b", "adopt": "as"}
"""The options of Apply, and their types."""


class Handlers(Protocol):
    """What the daemon does when it is called; a pass is named by its number."""

    async def apply(
        self,
        backup: str | None,
        replace: bool,  # noqa: FBT001 - as it comes
        adopt: Collection[str],
    ) -> int:
        """Begin a pass that was asked for."""

    async def reconcile(self) -> int:
        """Begin a pass as an event would."""

    async def plan(self) -> str:
        """Return the document of ``hmsvcd plan --json``."""

    async def status(self) -> str:
        """Return the document of ``hmsvcd status --json``."""

    async def rollback(self, generation: int | None) -> int:
        """Begin a pass to an earlier generation; None is one further back than the current."""

    async def pause(self) -> None:
        """Make no more passes by itself."""

    async def resume(self) -> None:
        """Make passes by itself again."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What the daemon shows of itself; ``state`` is a value of ``DaemonState``."""

    generation: int
    state: str
    paused: bool
    version: str
    declaration: str


def _apply(control: "Control", options: Mapping[str, Variant]) -> Awaitable[int]:
    for name, option in options.items():
        if OPTIONS.get(name) != option.signature:
            known = ", ".join(f"{known} ({kind})" for known, kind in OPTIONS.items())
            raise CallError(
                INVALID_ARGUMENTS,
                f"Apply has no option {name} of type {option.signature}",
                f"its options are {known}",
            )
    values = {name: option.value for name, option in options.items()}
    return control.handlers.apply(
        values.get("backup"), values.get("replace", False), values.get("adopt", ())
    )


def _rollback(control: "Control", generation: int) -> Awaitable[int]:
    return control.handlers.rollback(generation or None)


PASS, DOCUMENT = {"pass": "t"}, {"document": "s"}

MANAGER = Interface(
    f"{NAME}.Manager1",
    methods=(
        Method(
            "Apply",
            "Apply the declaration now, as `hmsvcd apply` does",
            _apply,
            takes={"options": "a{sv}"},
            gives=PASS,
        ),
        Method(
            "Reconcile",
            "Look at everything again, as after an edit",
            lambda control: control.handlers.reconcile(),
            gives=PASS,
        ),
        Method(
            "Plan",
            "Tell what an Apply would do",
            lambda control: control.handlers.plan(),
            gives=DOCUMENT,
        ),
        Method(
            "Status",
            "Tell how the daemon and all services are",
            lambda control: control.handlers.status(),
            gives=DOCUMENT,
        ),
        Method(
            "Rollback",
            "Go back to a generation; 0 is one further back than the current",
            _rollback,
            takes={"generation": "t"},
            gives=PASS,
        ),
        Method(
            "Pause",
            "Make no more passes unless asked",
            lambda control: control.handlers.pause(),
        ),
        Method(
            "Resume",
            "Make passes by itself again",
            lambda control: control.handlers.resume(),
        ),
    ),
    signals=(
        Emitted("PassFinished", "A pass has ended, with this outcome", {**PASS, **DOCUMENT}),
        Emitted("ProblemsChanged", "Something else is known to be wrong; Status tells what", {}),
    ),
    properties=(
        Property(
            "Generation",
            "The generation that is installed; 0 is none",
            "t",
            attrgetter("properties.generation"),
        ),
        Property("State", "What the daemon is doing", "s", attrgetter("properties.state")),
        Property("Paused", "Whether it is paused", "b", attrgetter("properties.paused")),
        Property(
            "Version",
            "The version of hmsvcd",
            "s",
            attrgetter("properties.version"),
            constant=True,
        ),
        Property(
            "Declaration",
            "The path of the declaration that it follows",
            "s",
            attrgetter("properties.declaration"),
            constant=True,
        ),
    ),
)


class Control:
    """Owns the daemon's name and serves its interface, while the block lasts.

    ``on_defect`` gets what no caller is told: an exception that is a mistake of ours. Entering
    raises RefusedError where another daemon owns the name.
    """

    def __init__(
        self,
        connection: Connection,
        handlers: Handlers,
        properties: Properties,
        on_defect: Callable[[Exception], None],
    ) -> None:
        self.handlers = handlers
        self.properties = properties
        self._connection = connection
        self._on_defect = on_defect
        self._object = ServedObject(connection, PATH, MANAGER, self)
        self._left: AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(
                served(self._connection, self._object.answer, self._refusal)
            )
            if not await stack.enter_async_context(owned(self._connection, NAME)):
                raise await self._taken()
            self._left = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if (stack := self._left) is not None:
            self._left = None
            await stack.__aexit__(kind, error, traceback)

    def update(self, properties: Properties) -> None:
        """Show new properties, and tell others which of them have changed."""
        before = [each.read(self) for each in MANAGER.properties]
        self.properties = properties
        changed = [
            each
            for each, old in zip(MANAGER.properties, before, strict=True)
            if each.read(self) != old and not each.constant
        ]
        if self._left is not None:
            self._object.emit_changes(changed)

    def pass_finished(self, number: int, document: str) -> None:
        """Tell others the outcome of a pass: the document of ``hmsvcd apply``, with the pass."""
        if self._left is not None:
            self._object.emit("PassFinished", number, document)

    def problems_changed(self) -> None:
        """Tell others that the errors and warnings of ``Status`` are other ones."""
        if self._left is not None:
            self._object.emit("ProblemsChanged")

    def _refusal(self, error: Exception) -> CallError:
        """Return what a caller is told of an error: never more than its message and hint."""
        if isinstance(error, CallError):
            return error
        if not isinstance(error, HmsvcdError):
            self._on_defect(error)
            return CallError(INTERNAL, "a defect of hmsvcd; its log says more")
        name = next(name for kind, name in ERRORS.items() if isinstance(error, kind))
        return CallError(name, error.message, error.hint)

    async def _taken(self) -> RefusedError:
        hint = "`systemctl --user stop hmsvcd` stops the one of the session"
        try:
            [process] = await self._connection.call(
                BUS, "GetConnectionUnixProcessID", "s", NAME, expect="u"
            )
        except CallError:  # it has ended meanwhile
            return RefusedError("another hmsvcd daemon runs", hint)
        return RefusedError(f"another hmsvcd daemon runs (process {process})", hint)
