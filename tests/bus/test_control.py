"""What the daemon answers on the bus, and to whom."""

import asyncio
import gc
import os
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hmsvcd.errors import (
    BrokenOffError,
    BusGoneError,
    CallError,
    CallTimeoutError,
    HmsvcdError,
    HostError,
    NoManagerError,
    RefusedError,
)
from hmsvcd.host.bus import BUS, Connection, Match, Remote, side_by_side
from hmsvcd.host.bus_interface import DOC, EMITS_CHANGED, Arguments, Emitted, Method, Property
from hmsvcd.host.bus_object import INTROSPECTABLE, PEER, PROPERTIES, STANDARD
from hmsvcd.host.bus_server import CALLS_AT_ONCE, CALLS_IN_LINE
from hmsvcd.host.control import (
    ERRORS,
    INTERNAL,
    MANAGER,
    NAME,
    OPTION_KEYS,
    OPTIONS,
    PATH,
    Control,
    Properties,
)
from hmsvcd.host.properties import KEYS
from hmsvcd.model.daemon import DaemonState
from stand_in import SHOWN, StandIn

pytestmark = pytest.mark.bus

PAGE = Path(__file__).parents[2] / "docs/dbus.md"
INTERFACE = Remote(NAME, PATH, MANAGER.name)
VALUES = Remote(NAME, PATH, PROPERTIES.name)
DBUS_ERROR = "org.freedesktop.DBus.Error"
NOBODY = 65534
MEMBERS: tuple[Method | Emitted | Property, ...] = (
    *MANAGER.methods,
    *MANAGER.signals,
    *MANAGER.properties,
)


@pytest.fixture
async def connection(bus):
    """The daemon's connection, opened as that to the service manager is."""
    opened = await Connection.open(bus.address, keys={*KEYS, *OPTION_KEYS})
    yield opened
    await opened.close()


@pytest.fixture
async def caller(bus):
    """Somebody else's connection."""
    opened = await Connection.open(bus.address)
    yield opened
    await opened.close()


@pytest.fixture
def handlers():
    """What is behind the interface."""
    return StandIn()


@pytest.fixture
def defects():
    """What the daemon's log would get."""
    return []


@pytest.fixture
async def control(connection, handlers, defects):
    """A daemon that is served."""
    async with Control(connection, handlers, SHOWN, defects.append) as serving:
        yield serving


def busctl(bus, *words: str, user: int | None = None) -> asyncio.Task[tuple[int, str, str]]:
    """Start busctl(1) on a private bus; its exit code, output and errors."""

    async def run() -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            "busctl",
            f"--address={bus.address}",
            *words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            user=user,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    return asyncio.create_task(run())


async def refusal(connection, member: str, *arguments, at: Remote = INTERFACE) -> CallError:
    """Return the error that a call is answered with."""
    with pytest.raises(CallError) as caught:
        await connection.call(at, member, *arguments)
    return caught.value


def arguments_of(element: ET.Element, direction: str | None) -> dict[str, str]:
    return {
        each.attrib["name"]: each.attrib["type"]
        for each in element.findall("arg")
        if each.get("direction") == direction
    }


def annotation(element: ET.Element, name: str) -> str | None:
    found = element.find(f"annotation[@name='{name}']")
    return None if found is None else found.get("value")


async def described(connection, path: str) -> ET.Element:
    at = Remote(NAME, path, INTROSPECTABLE.name)
    [text] = await connection.call(at, "Introspect", expect="s")
    return ET.fromstring(text)


# What it offers


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
async def test_both_options_at_once(caller, handlers):
    """The options of Apply can be given together, over a connection that reads few keys."""
    options = {"backup": caller.variant("s", "old"), "replace": caller.variant("b", value=True)}
    assert await caller.call(INTERFACE, "Apply", "a{sv}", options, expect="t") == [1]
    assert handlers.asked == [("apply", "old", True)]
    assert options.keys() == OPTIONS.keys() == OPTION_KEYS


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


# Who may call


@pytest.fixture
def open_bus(folder, bus):
    """A bus that lets every user in."""
    config = folder / "bus.conf"
    text = config.read_text()
    config.write_text(text.replace("<allow own", '<allow user="*"/><allow own'))
    folder.chmod(0o755)
    return bus


@pytest.mark.usefixtures("control")
@pytest.mark.may_skip("only root can become another user")
async def test_only_the_owner_may_call(open_bus, caller, handlers):
    """A caller of another user is refused everything, though the bus lets it in."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    await caller.call(BUS, "ReloadConfig")
    anything = ["call", BUS.destination, BUS.path, BUS.interface, "GetId"]
    assert (await busctl(open_bus, *anything, user=NOBODY))[0] == 0
    for words in (
        ["call", NAME, PATH, MANAGER.name, "Pause"],
        ["call", NAME, PATH, PROPERTIES.name, "GetAll", "s", MANAGER.name],
        ["call", NAME, PATH, MANAGER.name, "Status"],
    ):
        refused = await busctl(open_bus, *words, user=NOBODY)
        assert refused == (1, "", "Call failed: Access denied\n")
    assert handlers.asked == []
    assert (await busctl(open_bus, "call", NAME, PATH, MANAGER.name, "Pause"))[0] == 0
    assert handlers.asked == [("pause",)]


@pytest.mark.usefixtures("control")
async def test_callers_are_forgotten(bus, connection):
    """A caller is asked for once, and leaves nothing behind when it has left the bus."""
    before = len(connection._subscriptions), len(asyncio.all_tasks())
    for _ in range(20):
        other = await Connection.open(bus.address)
        await side_by_side(other.call(INTERFACE, "Status") for _ in range(5))
        assert len(connection._subscriptions) <= before[0] + 2
        await other.close()
    while (len(connection._subscriptions), len(asyncio.all_tasks())) != before:
        await connection.call(BUS, "GetId")


# One daemon, many callers, and the end


@pytest.mark.usefixtures("control")
async def test_two_daemons(bus, caller, defects):
    """A second daemon is refused, with the first one's process, and the first goes on."""
    second = Control(caller, StandIn(), SHOWN, defects.append)
    with pytest.raises(
        RefusedError, match=rf"another hmsvcd daemon runs \(process {os.getpid()}\)"
    ):
        async with second:
            pytest.fail("two daemons serve one bus")
    assert caller._subscriptions == []
    other = await Connection.open(bus.address)
    assert await other.call(INTERFACE, "Status", expect="s")
    await other.close()


async def test_the_name_is_given_back(connection, handlers, defects, caller):
    """After a daemon another one can serve, on the same connection or on another."""
    for _ in range(2):
        for one in (connection, caller):
            async with Control(one, handlers, SHOWN, defects.append):
                assert await caller.call(BUS, "NameHasOwner", "s", NAME) == [True]
            assert await caller.call(BUS, "NameHasOwner", "s", NAME) == [False]


async def test_what_the_block_raises_is_raised(connection, handlers, defects):
    """An error inside of the block comes out as it is, with its cause."""
    cause = ValueError("why")
    with pytest.raises(HostError) as caught:
        async with Control(connection, handlers, SHOWN, defects.append):
            raise HostError("no room") from cause
    assert caught.value.__cause__ is cause


@pytest.mark.usefixtures("control")
async def test_a_thousand_calls_at_once(bus, handlers):
    """A thousand calls at once are all answered, and no more worked on together than may be."""
    handlers.may_answer.clear()
    others = [await Connection.open(bus.address) for _ in range(25)]
    calls = [
        asyncio.create_task(other.call(INTERFACE, "Status", expect="s"))
        for other in others
        for _ in range(40)
    ]
    for _ in range(CALLS_AT_ONCE):
        await handlers.begun.acquire()
    handlers.may_answer.set()
    assert await asyncio.gather(*calls) == [[handlers.document]] * 1000
    assert handlers.most_at_once == CALLS_AT_ONCE
    for other in others:
        await other.close()


@pytest.mark.usefixtures("control")
async def test_too_many_calls(bus, handlers):
    """Beyond what can be kept in line a call is refused, and those in line are answered."""
    handlers.may_answer.clear()
    others = [await Connection.open(bus.address) for _ in range(12)]
    message = others[0]._library.Message
    calls = [
        asyncio.create_task(
            other._bus.call(
                message(destination=NAME, path=PATH, interface=MANAGER.name, member="Status")
            )
        )
        for other in others
        for _ in range(100)  # the bus lets each have 128 under way
    ]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert {each.result().error_name for each in done} == {f"{DBUS_ERROR}.LimitsExceeded"}
    handlers.may_answer.set()
    replies = await asyncio.gather(*calls)
    assert sum(reply.body == [handlers.document] for reply in replies) == CALLS_IN_LINE
    for other in others:
        await other.close()


@pytest.mark.usefixtures("control")
async def test_a_caller_that_leaves(bus, handlers, caller, defects):
    """A caller that leaves before the reply does no harm to others."""
    handlers.may_answer.clear()
    impatient = await Connection.open(bus.address)
    call = asyncio.create_task(impatient.call(INTERFACE, "Status"))
    await handlers.begun.acquire()
    await impatient.close()
    with pytest.raises(BusGoneError):
        await call
    handlers.may_answer.set()
    assert await caller.call(INTERFACE, "Status", expect="s") == [handlers.document]
    assert defects == []


async def test_leaving_answers_callers(connection, handlers, defects, caller):
    """A daemon that ends in the middle of a call says so, and leaves no task."""
    handlers.may_answer.clear()
    before = asyncio.all_tasks()
    async with Control(connection, handlers, SHOWN, defects.append):
        call = asyncio.create_task(caller.call(INTERFACE, "Status"))
        await handlers.begun.acquire()
    with pytest.raises(CallError, match="the daemon is ending"):
        await call
    assert asyncio.all_tasks() == before
    assert handlers.at_once == 0


async def test_the_end_of_the_bus_cancels_calls(bus, connection, handlers, defects, caller):
    """When the bus goes, calls under way end, and the daemon can be left as ever."""
    handlers.may_answer.clear()
    async with Control(connection, handlers, SHOWN, defects.append) as control:
        call = asyncio.create_task(caller.call(INTERFACE, "Status"))
        await handlers.begun.acquire()
        bus.kill()
        await handlers.ended.acquire()
        control.update(replace(SHOWN, state="stuck"))
        control.pass_finished(1, "{}")
        with pytest.raises(BusGoneError):
            await call
    assert defects == []


async def test_the_end_is_noticed_in_sending(bus, handlers, defects):
    """A signal that meets a dead bus is lost without a complaint, then or later."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    connection = await Connection.open(bus.address)
    async with Control(connection, handlers, SHOWN, defects.append) as control:
        bus.kill()
        control.pass_finished(1, "{}")
        if not connection.gone.is_set():
            connection._bus._writer.write_callback()  # before the loop reads that it has gone
        assert connection.gone.is_set()
    del connection, control
    await asyncio.sleep(0.01)
    gc.collect()
    assert complaints == defects == []


async def test_nothing_stays_open(bus, descriptors, handlers, defects):
    """Serving, calling and leaving again and again opens no descriptor for good."""
    before = descriptors()
    for _ in range(20):
        one, other = await Connection.open(bus.address), await Connection.open(bus.address)
        async with Control(one, handlers, SHOWN, defects.append) as control:
            await other.call(INTERFACE, "Status")
            control.pass_finished(1, handlers.document)
        await one.close()
        await other.close()
    assert descriptors() == before


# The documentation


@pytest.mark.usefixtures("control")
async def test_the_lines_shown_work(bus):
    """What the page types works as it stands; only the bus is another."""
    shown = re.findall(r"^busctl --user (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    lines = [line.partition(" | ")[0] for line in shown if not line.startswith("monitor")]
    assert len(lines) > 5
    for line in lines:
        code, out, err = await busctl(bus, *shlex.split(line))
        assert (code, bool(out), err) == (0, True, ""), line


def row(name: str, takes: Arguments, gives: Arguments) -> str:
    """Write a member as the page does."""
    given = ", ".join(f"{kind} {name}" for name, kind in takes.items())
    result = ", ".join(f"{kind} {name}" for name, kind in gives.items())
    return f"{name}({given})" + (f" → {result}" if result else "")


def listed(heading: str) -> list[tuple[str, str, str]]:
    """Return the rows of the tables below a heading: the name, what follows it, the words."""
    section = (
        PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    )
    return re.findall(r"^\| `([^`]+)`([^|]*) \| ([^|]+) \|$", section, re.MULTILINE)


def test_the_page_has_the_table():
    """The tables of the documentation are those of the code."""
    assert listed("Methods") == [
        (row(each.name, each.takes, each.gives), "", each.says) for each in MANAGER.methods
    ]
    assert listed("Signals") == [
        (row(each.name, each.gives, {}), "", each.says) for each in MANAGER.signals
    ]
    properties = [
        (f"{each.type} {each.name}", " (constant)" if each.constant else "", each.says)
        for each in MANAGER.properties
    ]
    assert listed("Properties")[: len(properties)] == properties


def test_the_page_names_what_there_is():
    """States, options and errors of the daemon are all documented."""
    states = [name for name, _, _ in listed("Properties")[len(MANAGER.properties) :]]
    assert states == [state.value for state in DaemonState]
    errors = [name for name, _, _ in listed("Errors") if name.startswith(NAME)]
    assert errors == [*ERRORS.values(), INTERNAL]
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}` (`{kind}`)" in text for name, kind in OPTIONS.items())
