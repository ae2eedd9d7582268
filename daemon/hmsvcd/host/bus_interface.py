"""An interface of D-Bus as data: what it offers, and how it describes itself."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)
DOC = "org.gtk.GDBus.DocString"
EMITS_CHANGED = "org.freedesktop.DBus.Property.EmitsChangedSignal"

Arguments = Mapping[str, str]
"""Name → type, in order (D-Bus specification, "Type System")."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method; ``answer`` takes what is served and the arguments, and returns the one result."""

    name: str
    says: str
    answer: Callable[..., Awaitable[Any]]
    takes: Arguments = field(default_factory=dict)
    gives: Arguments = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Emitted:
    """A signal of an interface."""

    name: str
    says: str
    gives: Arguments


@dataclass(frozen=True, slots=True)
class Property:
    """A property that can be read; ``read`` takes what is served.

    Others are told of each change, unless it is ``constant``: then there is none.
    """

    name: str
    says: str
    type: str
    read: Callable[[Any], Any]
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface, each of its members by name."""

    name: str
    methods: tuple[Method, ...] = ()
    signals: tuple[Emitted, ...] = ()
    properties: tuple[Property, ...] = ()

    def method(self, name: str) -> Method | None:
        """Return a method by its name, None if there is none."""
        return next((each for each in self.methods if each.name == name), None)

    def property(self, name: str) -> Property | None:
        """Return a property by its name, None if there is none."""
        return next((each for each in self.properties if each.name == name), None)


def signature(arguments: Arguments) -> str:
    """Return the types of arguments in one string, as a message carries them."""
    return "".join(arguments.values())


def introspection(interfaces: Iterable[Interface], children: Iterable[str]) -> str:
    """Describe an object (D-Bus specification, "Introspection Data Format")."""
    root = Element("node")
    for interface in interfaces:
        _describe(interface, SubElement(root, "interface", name=interface.name))
    for child in children:
        SubElement(root, "node", name=child)
    indent(root)
    return DOCTYPE + tostring(root, encoding="unicode") + "\n"


def _describe(interface: Interface, element: Element) -> None:
    for method in interface.methods:
        described = _member(element, "method", method)
        _arguments(described, method.takes, direction="in")
        _arguments(described, method.gives, direction="out")
    for signal in interface.signals:
        _arguments(_member(element, "signal", signal), signal.gives)
    for each in interface.properties:
        described = _member(element, "property", each, type=each.type, access="read")
        _annotate(described, EMITS_CHANGED, "const" if each.constant else "true")


def _member(
    element: Element, kind: str, member: Method | Emitted | Property, **more: str
) -> Element:
    described = SubElement(element, kind, {"name": member.name, **more})
    _annotate(described, DOC, member.says)
    return described


def _arguments(element: Element, arguments: Arguments, **direction: str) -> None:
    for name, kind in arguments.items():
        SubElement(element, "arg", {"name": name, "type": kind, **direction})


def _annotate(element: Element, name: str, value: str) -> None:
    SubElement(element, "annotation", name=name, value=value)
