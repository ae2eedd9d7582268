"""An object on the bus: which method a call means, and the interfaces that every object has.

These are Introspectable, Peer and Properties (D-Bus specification, "Standard Interfaces").
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hmsvcd.errors import CallError
from hmsvcd.host.bus import BUS, Connection, Remote
from hmsvcd.host.bus_interface import (
    Emitted,
    Interface,
    Method,
    Property,
    introspection,
    signature,
)
from hmsvcd.host.bus_messages import MethodCall, Variant, sendable

ERROR = "org.freedesktop.DBus.Error"
MACHINE = Remote(BUS.destination, BUS.path, "org.freedesktop.DBus.Peer")


@dataclass(frozen=True, slots=True)
class ServedObject:
    """An object with one interface of its own, as its methods see it in ``served``."""

    connection: Connection
    path: str
    interface: Interface
    served: Any

    async def answer(self, call: MethodCall) -> tuple[str, list[Any]]:
        """Carry a call out and return the signature and body of the reply.

        Raises CallError where there is nothing to call, and whatever the method raises.
        """
        node = self._node(call.path)
        interface, method = _wanted(node, call)
        takes = signature(method.takes)
        if call.signature != takes:
            raise CallError(
                f"{ERROR}.InvalidArgs",
                f"{call.member} takes arguments of type {takes!r}, not {call.signature!r}",
            )
        target = self.served if interface is self.interface else node
        result = await method.answer(target, *call.arguments)
        return signature(method.gives), [result] if method.gives else []

    def emit(self, member: str, *values: Any) -> None:
        """Send a signal of the object's own interface."""
        signals = {each.name: each for each in self.interface.signals}
        types = signature(signals[member].gives)
        self.connection.serving.emit(self.path, self.interface.name, member, types, *values)

    def emit_changes(self, changed: Sequence[Property]) -> None:
        """Tell others the new values of properties; without any, say nothing."""
        if changed:
            values = {each.name: self.value(each) for each in changed}
            body = (self.interface.name, values, list[str]())
            changes = PROPERTIES.signals[0]
            self.connection.serving.emit(
                self.path, PROPERTIES.name, changes.name, signature(changes.gives), *body
            )

    def value(self, wanted: Property) -> Any:
        """Return what a property is now, as a variant."""
        value = wanted.read(self.served)
        return self.connection.variant(
            wanted.type, sendable(value) if isinstance(value, str) else value
        )

    def _node(self, path: str) -> "_Node":
        """Return what is at a path: the object, or one of the folders that lead to it."""
        if path == self.path:
            return _Node(self, (*STANDARD, self.interface), ())
        above = PurePosixPath(path)
        below = PurePosixPath(self.path)
        if above not in below.parents:
            raise CallError(f"{ERROR}.UnknownObject", f"there is no object {path}")
        return _Node(self, (INTROSPECTABLE, PEER), below.relative_to(above).parts[:1])


@dataclass(frozen=True, slots=True)
class _Node:
    """What is at one path, for the standard interfaces."""

    object: ServedObject
    interfaces: tuple[Interface, ...]
    children: tuple[str, ...]

    async def introspect(self) -> str:
        return introspection(self.interfaces, self.children)

    async def ping(self) -> None:
        """Answer; that is all."""

    async def machine(self) -> str:
        [identifier] = await self.object.connection.call(MACHINE, "GetMachineId", expect="s")
        return str(identifier)

    async def get(self, interface: str, name: str) -> Any:
        return self.object.value(self._property(interface, name))

    async def get_all(self, interface: str) -> Mapping[str, Any]:
        every = (each for one in self._named(interface) for each in one.properties)
        return {each.name: self.object.value(each) for each in every}

    async def set(self, interface: str, name: str, _: Variant) -> None:
        self._property(interface, name)
        raise CallError(f"{ERROR}.PropertyReadOnly", f"{name} cannot be set")

    def _property(self, interface: str, name: str) -> Property:
        for one in self._named(interface):
            if found := one.property(name):
                return found
        raise CallError(f"{ERROR}.UnknownProperty", f"there is no property {name} of {interface}")

    def _named(self, name: str) -> list[Interface]:
        """Return the interface of a name; for the empty one, which callers may send, all."""
        found = [each for each in self.interfaces if name in {"", each.name}]
        if not found:
            raise CallError(f"{ERROR}.UnknownInterface", f"there is no interface {name}")
        return found


INTROSPECTABLE = Interface(
    "org.freedesktop.DBus.Introspectable",
    (Method("Introspect", "Describe this object", _Node.introspect, gives={"xml_data": "s"}),),
)
PEER = Interface(
    "org.freedesktop.DBus.Peer",
    (
        Method("Ping", "Answer", _Node.ping),
        Method("GetMachineId", "Name this machine", _Node.machine, gives={"machine_uuid": "s"}),
    ),
)
_IN, _NAMED = {"interface_name": "s"}, {"interface_name": "s", "property_name": "s"}
PROPERTIES = Interface(
    "org.freedesktop.DBus.Properties",
    (
        Method("Get", "Read a property", _Node.get, _NAMED, {"value": "v"}),
        Method("GetAll", "Read all properties", _Node.get_all, _IN, {"properties": "a{sv}"}),
        Method("Set", "Change a property", _Node.set, {**_NAMED, "value": "v"}),
    ),
    (
        Emitted(
            "PropertiesChanged",
            "Properties have changed",
            {**_IN, "changed_properties": "a{sv}", "invalidated_properties": "as"},
        ),
    ),
)
STANDARD = (INTROSPECTABLE, PEER, PROPERTIES)


def _wanted(node: _Node, call: MethodCall) -> tuple[Interface, Method]:
    """Return what a call means; without an interface, the first method of that name."""
    interfaces = [each for each in node.interfaces if call.interface in {None, each.name}]
    if not interfaces:
        raise CallError(
            f"{ERROR}.UnknownInterface", f"{call.path} has no interface {call.interface}"
        )
    found = next(_methods(interfaces, call.member), None)
    if found is None:
        raise CallError(f"{ERROR}.UnknownMethod", f"{call.path} has no method {call.member}")
    return found


def _methods(interfaces: Iterable[Interface], name: str) -> Iterator[tuple[Interface, Method]]:
    for interface in interfaces:
        if method := interface.method(name):
            yield interface, method
