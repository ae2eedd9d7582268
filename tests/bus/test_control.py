"""What the daemon offers on the bus, and how it answers."""

import asyncio
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from control_calls import DBUS_ERROR, INTERFACE, VALUES, busctl, described, refusal
from hmsvcd.errors import (
    BrokenOffError,
    CallTimeoutError,
    HmsvcdError,
    HostError,
    NoManagerError,
    RefusedError,
)
from hmsvcd.host.bus import Match, Remote
from hmsvcd.host.bus_interface import DOC, EMITS_CHANGED, Emitted, Method, Property
from hmsvcd.host.bus_object import INTROSPECTABLE, PEER, PROPERTIES, STANDARD
from hmsvcd.host.control import (
    MANAGER,
    NAME,
    OPTIONS,
    PATH,
    Properties,
)
from stand_in import SHOWN

pytestmark = pytest.mark.bus

MEMBERS: tuple[Method | Emitted | Property, ...] = (
    *MANAGER.methods,
    *MANAGER.signals,
    *MANAGER.properties,
)


def arguments_of(element: ET.Element, direction: str | None) -> dict[str, str]:
    return {
        each.attrib["name"]: each.attrib["type"]
        for each in element.findall("arg")
        if each.get("direction") == direction
    }


def annotation(element: ET.Element, name: str) -> str | None:
    found = element.find(f"annotation[@name='{name}']")
    return None if found is None else found.get("value")


@pytest.mark.usefixtures("control")
async def test_introspection_is_the_table(caller):
    """The object describes exactly the members that the table has, each with a line of words."""
    root = await described(caller, PATH)
    [element] = [each for each in root if each.get("name") == MANAGER.name]
    assert [
        (each.get("name"), arguments_of(each, "in"), arguments_of(each, "out"))
        for each in element.findall("method")
    ] == [(each.name, each.takes, each.gives) for each in MANAGER.methods]
    assert [
        (each.get("name"), arguments_of(each, None)) for each in element.findall("signal")
    ] == [(each.name, each.gives) for each in MANAGER.signals]
    assert [
        (each.get("name"), each.get("type"), each.get("access"), annotation(each, EMITS_CHANGED))
        for each in element.findall("property")
    ] == [
        (each.name, each.type, "read", "const" if each.constant else "true")
        for each in MANAGER.properties
    ]
    assert [annotation(each, DOC) for each in element] == [each.says for each in MEMBERS]


@pytest.mark.usefixtures("control")
async def test_the_tree_leads_to_the_object(caller):
    """From the root on, each object names the next one on the way."""
    seen = {}
    for path in ("/", "/org", PATH):
        root = await described(caller, path)
        children = [each.get("name") for each in root.findall("node")]
        seen[path] = children, len(root.findall("interface"))
    assert seen == {"/": (["org"], 2), "/org": (["hmsvcd"], 2), PATH: ([], len(STANDARD) + 1)}


@pytest.mark.usefixtures("control")
async def test_busctl_shows_it(bus):
    """What busctl introspects and lists is complete."""
    code, tree, _ = await busctl(bus, "tree", NAME)
    assert (code, re.findall(r"/[/a-z]*", tree)) == (0, ["/org", PATH])
    code, shown, _ = await busctl(bus, "introspect", NAME, PATH)
    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines()[1:]}
    assert rows[".Apply"] == ["method", "a{sv}", "t", "-"]
    assert rows[".PassFinished"] == ["signal", "ts", "-", "-"]
    assert rows[".Generation"] == ["property", "t", "7", "emits-change"]
    assert rows[".Declaration"] == ["property", "s", f'"{SHOWN.declaration}"', "const"]
    ours = {f".{each.name}" for each in MEMBERS}
    assert ours <= rows.keys()


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize(
    ("words", "asked", "printed"),
    [
        (["Apply", "a{sv}", "0"], ("apply", None, False), "t 1"),
        (["Apply", "a{sv}", "1", "backup", "s", "old"], ("apply", "old", False), "t 1"),
        (["Apply", "a{sv}", "1", "replace", "b", "true"], ("apply", None, True), "t 1"),
        (["Reconcile"], ("reconcile",), "t 1"),
        (["Plan"], ("plan",), r's "{\"version\": 1}"'),
        (["Status"], ("status",), r's "{\"version\": 1}"'),
        (["Rollback", "t", "3"], ("rollback", 3), "t 1"),
        (["Rollback", "t", "0"], ("rollback", None), "t 1"),
        (["Pause"], ("pause",), ""),
        (["Resume"], ("resume",), ""),
    ],
)
async def test_busctl_calls_each_method(bus, handlers, words, asked, printed):
    """Each method can be called from a shell, and hands its arguments on."""
    assert await busctl(bus, "call", NAME, PATH, MANAGER.name, *words) == (
        0,
        f"{printed}\n" if printed else "",
        "",
    )
    assert handlers.asked == [asked]


@pytest.mark.usefixtures("control")
async def test_all_options_at_once(caller, handlers):
    """The options of Apply can be given together, over a connection that reads few keys."""
    options = {
        "backup": caller.variant("s", "old"),
        "replace": caller.variant("b", value=True),
        "adopt": caller.variant("as", ["a.service"]),
    }
    assert await caller.call(INTERFACE, "Apply", "a{sv}", options, expect="t") == [1]
    assert handlers.asked == [("apply", "old", True, "a.service")]
    assert options.keys() == OPTIONS.keys()


@pytest.mark.usefixtures("control")
async def test_an_interface_may_be_left_out(caller, handlers):
    """A call without an interface is one of the first method of that name."""
    message = caller._library.Message(destination=NAME, path=PATH, member="Status")
    reply = await caller._bus.call(message)
    assert reply.body == [handlers.document]


@pytest.mark.usefixtures("control")
async def test_peer(caller):
    """Ping and GetMachineId are answered at every object."""
    for path in ("/", PATH):
        peer = Remote(NAME, path, PEER.name)
        assert await caller.call(peer, "Ping", expect="") == []
        [machine] = await caller.call(peer, "GetMachineId", expect="s")
        assert re.fullmatch("[0-9a-f]{32}", machine)


# Properties


async def test_properties(caller, control):
    """All properties are read, one by one and together, always as they are now."""
    control.update(Properties(8, "working", paused=True, version="1.2.3", declaration="/d"))
    every = {
        "Generation": 8,
        "State": "working",
        "Paused": True,
        "Version": "1.2.3",
        "Declaration": "/d",
    }
    for interface in (MANAGER.name, ""):
        assert await caller.call(VALUES, "GetAll", "s", interface, expect="a{sv}") == [every]
    for name, value in every.items():
        assert await caller.call(VALUES, "Get", "ss", MANAGER.name, name, expect="v") == [value]
    assert await caller.call(VALUES, "GetAll", "s", PROPERTIES.name, expect="a{sv}") == [{}]


async def test_changes_are_told(caller, control):
    """Only what differs is told, and nothing where nothing does."""
    changes: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()
    match = Match(PROPERTIES.name, "PropertiesChanged", NAME, PATH)
    async with caller.subscribe(match, lambda signal: changes.put_nowait(signal.body)):
        control.update(SHOWN)
        control.update(replace(SHOWN, version="2", declaration="/other"))  # said to be constant
        control.update(replace(SHOWN, state="working"))
        control.update(replace(SHOWN, generation=9, state="working", paused=True))
        assert await changes.get() == (MANAGER.name, {"State": "working"}, [])
        assert await changes.get() == (MANAGER.name, {"Generation": 9, "Paused": True}, [])
    assert changes.empty()


async def test_text_that_the_bus_would_not_carry(caller, control, connection, handlers):
    """A path with bytes that are no text is shown escaped everywhere, and the connection lives."""
    control.update(replace(SHOWN, declaration="/home/\udce9t\udce9\0"))
    [shown] = await caller.call(VALUES, "Get", "ss", MANAGER.name, "Declaration")
    assert shown == r"/home/\udce9t\udce9\x00"
    handlers.error = RefusedError("cannot read /home/\udce9\0")
    assert (await refusal(caller, "Status")).text == r"cannot read /home/\udce9\x00"
    assert not connection.gone.is_set()


# Refusals


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize(
    ("at", "member", "arguments", "error"),
    [
        (INTERFACE, "Explode", (), "UnknownMethod"),
        (Remote(NAME, PATH, "org.example.Other"), "Status", (), "UnknownInterface"),
        (Remote(NAME, "/org", MANAGER.name), "Status", (), "UnknownInterface"),
        (Remote(NAME, "/org/other", MANAGER.name), "Status", (), "UnknownObject"),
        (Remote(NAME, f"{PATH}/x", INTROSPECTABLE.name), "Introspect", (), "UnknownObject"),
        (INTERFACE, "Status", ("s", "x"), "InvalidArgs"),
        (INTERFACE, "Rollback", (), "InvalidArgs"),
        (INTERFACE, "Rollback", ("i", -1), "InvalidArgs"),
        (VALUES, "Get", ("ss", MANAGER.name, "Colour"), "UnknownProperty"),
        (VALUES, "Get", ("ss", "org.example.Other", "State"), "UnknownInterface"),
        (VALUES, "GetAll", ("s", "org.example.Other"), "UnknownInterface"),
        (VALUES, "Get", ("s", "State"), "InvalidArgs"),
    ],
)
async def test_what_there_is_not(caller, handlers, at, member, arguments, error):
    """A call of what there is not is refused with the error that D-Bus has for it."""
    found = await refusal(caller, member, *arguments, at=at)
    assert found.name == f"{DBUS_ERROR}.{error}"
    assert handlers.asked == []


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize(
    ("name", "error"), [("Paused", "PropertyReadOnly"), ("Colour", "UnknownProperty")]
)
async def test_nothing_can_be_set(caller, name, error):
    """Properties are for reading."""
    value = caller.variant("b", value=True)
    found = await refusal(caller, "Set", "ssv", MANAGER.name, name, value, at=VALUES)
    assert found.name == f"{DBUS_ERROR}.{error}"


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize(
    ("name", "kind", "value"), [("force", "b", True), ("backup", "b", True), ("replace", "s", "")]
)
async def test_wrong_options(caller, handlers, name, kind, value):
    """An option that Apply does not have, or of another type, is refused and named."""
    options = {name: caller.variant(kind, value)}
    found = await refusal(caller, "Apply", "a{sv}", options)
    assert found.name == f"{DBUS_ERROR}.InvalidArgs"
    assert name in found.text
    assert handlers.asked == []


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RefusedError("cannot do it; really", "try; then ask"), "Refused"),
        (HostError("no room on the disk"), "Host"),
        (BrokenOffError("a signal came"), "BrokenOff"),
        (NoManagerError("no manager", "log in"), "NoManager"),
        (CallTimeoutError("no answer"), "CallTimeout"),
        (HmsvcdError("anything else"), "Failed"),
    ],
)
async def test_errors_have_names(caller, handlers, defects, error, name):
    """An error for the user crosses the bus with its message and hint."""
    handlers.error = error
    found = await refusal(caller, "Status")
    assert found.name == f"{NAME}.Error.{name}"
    assert found.text == "; ".join(filter(None, [error.message, error.hint]))
    assert defects == []


@pytest.mark.usefixtures("control")
async def test_a_defect_stays_here(caller, handlers, defects):
    """An exception that is a mistake goes to the log; the caller learns nothing of it."""
    handlers.error = ValueError("password = hunter2")
    found = await refusal(caller, "Status")
    assert found.name == f"{NAME}.Error.Internal"
    assert "hunter2" not in str(found)
    assert "Traceback" not in str(found)
    assert defects == [handlers.error]


@pytest.mark.usefixtures("control")
async def test_no_reply_where_none_is_wanted(caller, handlers):
    """A call that wants no reply is carried out, and gets none, not even an error."""
    replies: list[object] = []
    serials: list[int] = []
    caller._bus.add_message_handler(
        lambda message: replies.append(message) if message.reply_serial in serials else None
    )
    flags = caller._library.MessageFlag
    for member in ("Pause", "Explode"):
        message = caller._library.Message(
            destination=NAME,
            path=PATH,
            interface=MANAGER.name,
            member=member,
            flags=flags.NO_REPLY_EXPECTED,
        )
        caller._bus.send(message)
        serials.append(message.serial)
    await caller.call(INTERFACE, "Status")
    assert handlers.asked == [("pause",), ("status",)]
    assert replies == []


@pytest.mark.usefixtures("control")
async def test_one_reply_each(caller):
    """Each call has exactly one reply: the library does not answer besides."""
    replies: list[int] = []
    caller._bus.add_message_handler(
        lambda message: replies.append(message.reply_serial) if message.reply_serial else None
    )
    await caller.call(INTERFACE, "Status")
    await caller.call(VALUES, "GetAll", "s", MANAGER.name)
    await described(caller, PATH)
    await refusal(caller, "Explode")
    await caller.call(Remote(NAME, "/", PEER.name), "Ping")
    await caller.call(Remote(NAME, "/", PEER.name), "Ping")
    assert len(replies) == len(set(replies)) == 6
