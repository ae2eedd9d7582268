"""Notifications, told to a real bus with a desktop of the test's own on it."""

import asyncio

import pytest

from desktops import NAME, desktop_on
from hmsvcd.host.bus import BUS, Connection
from hmsvcd.host.desktop import BODY_LIMIT, SUMMARY_LIMIT, Desktop

pytestmark = pytest.mark.bus


@pytest.fixture
async def connection(bus):
    """A connection to a private bus."""
    opened = await Connection.open(bus.address)
    yield opened
    await opened.close()


@pytest.fixture
async def shell(bus):
    """A desktop on that bus."""
    async with desktop_on(bus.address) as opened:
        yield opened


@pytest.fixture
def desktop(connection):
    """What tells it."""
    return Desktop(connection)


async def test_told(shell, desktop):
    """A notification has summary, body, our name, no actions, and hints of plain types."""
    await desktop.tell("mpd failed", "It exited with 1.")
    [(name, replaced, icon, summary, body, actions, hints, expiry)] = shell.shown.values()
    assert (name, summary, body) == ("hmsvcd", "mpd failed", "It exited with 1.")
    assert (replaced, icon, actions, expiry) == (0, "", [], -1)
    plain = {key: (hint.signature, hint.value) for key, hint in hints.items()}
    assert plain == {"urgency": ("y", 1), "category": ("s", "x-hmsvcd")}


async def test_urgent(shell, desktop):
    """What is urgent is marked so, and stays until the user has seen it."""
    await desktop.tell("the declaration is wrong", "", urgent=True)
    [arguments] = shell.shown.values()
    assert arguments[6]["urgency"].value == 2


async def test_replaced(shell, desktop):
    """A later notification takes the place of the one before."""
    await desktop.tell("one", "")
    await desktop.tell("two", "")
    assert (list(shell.shown), shell.text) == ([7], ("two", ""))


async def test_cleared(shell, desktop):
    """The notification can be taken back, once; the next one is a new one."""
    await desktop.tell("one", "")
    await desktop.clear()
    await desktop.clear()
    assert (shell.shown, shell.asked.count("CloseNotification")) == ({}, 1)
    await desktop.tell("two", "")
    assert list(shell.shown) == [8]


async def test_cleared_by_the_user(shell, desktop):
    """A notification that the user has closed is no reason to fail or to fall silent."""
    await desktop.tell("one", "")
    shell.shown.clear()
    await desktop.clear()
    await desktop.tell("two", "")
    assert shell.text == ("two", "")


@pytest.mark.parametrize(
    ("capability", "shown"), [("body", "a <b> & c"), ("body-markup", "a &lt;b&gt; &amp; c")]
)
async def test_plain_text(shell, desktop, capability, shown):
    """The body is shown as it is written, also where the desktop understands markup."""
    shell.capabilities = [capability]
    await desktop.tell("<i>", "a <b> & c")
    assert shell.text == ("<i>", shown)


async def test_bounded(shell, desktop):
    """Long texts are cut, before they are escaped."""
    shell.capabilities = ["body-markup"]
    await desktop.tell("s" * 1000, "&" * 1000)
    summary, body = shell.text
    assert (len(summary), summary[-1]) == (SUMMARY_LIMIT, "…")
    assert body == "&amp;" * (BODY_LIMIT - 1) + "…"


async def test_odd_characters(shell, desktop):
    """What D-Bus cannot carry, or a desktop could obey, is replaced; lines stay."""
    await desktop.tell("a\nb", "\0 \udcff \x1b\nline")
    assert shell.text == ("a b", "\ufffd \ufffd \ufffd\nline")


async def test_no_desktop(bus, desktop):
    """Where nothing shows notifications nothing happens, and it is not asked again at once."""
    await desktop.tell("one", "")
    await desktop.clear()
    async with desktop_on(bus.address) as late:
        await desktop.tell("two", "")
        assert late.asked == []


async def test_asked_again(bus, connection):
    """A desktop that came later is told once the time to leave it alone is over."""
    desktop = Desktop(connection, again=0.0)
    await desktop.tell("one", "")
    async with desktop_on(bus.address) as late:
        await desktop.tell("two", "")
        assert late.text == ("two", "")


async def test_broken_desktop(shell, desktop):
    """A desktop that answers with errors is left alone, too."""
    shell.answers = False
    await desktop.tell("one", "")
    await desktop.tell("two", "")
    assert shell.asked == ["GetCapabilities"]


async def test_silent_desktop(shell, connection):
    """A desktop that never answers is not waited for, and left alone."""
    shell.hangs = True
    desktop = Desktop(connection, within=0.1)
    await desktop.tell("one", "")
    await desktop.tell("two", "")
    assert shell.asked == ["GetCapabilities"]


async def test_desktop_that_does_not_start(connection, desktop, folder):
    """A desktop that the bus cannot start is as none."""
    started = folder / "started"
    (folder / "desktop.service").write_text(
        f"[D-BUS Service]\nName={NAME}\nExec=/bin/sh -c 'echo >> {started}; false'\n"
    )
    await connection.call(BUS, "ReloadConfig")
    await desktop.tell("one", "")
    await desktop.tell("two", "")
    assert started.read_text() == "\n"


async def test_bus_gone(bus, shell, desktop, connection):
    """When the bus goes away, nobody is told and nothing fails."""
    await desktop.tell("one", "")
    bus.kill()
    await asyncio.wait_for(connection.gone.wait(), 5)
    await desktop.tell("two", "")
    await desktop.clear()
    assert shell.text == ("one", "")
