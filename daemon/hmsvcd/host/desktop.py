"""Notifications on the desktop, where there is one (Desktop Notifications Specification 1.2)."""

import asyncio
from typing import Any

from hmsvcd.errors import BusGoneError, CallError, CallTimeoutError
from hmsvcd.host.bus import Connection, Remote

NOTIFICATIONS = Remote(
    "org.freedesktop.Notifications",
    "/org/freedesktop/Notifications",
    "org.freedesktop.Notifications",
)
"""What shows notifications; a call may start it."""

SUMMARY_LIMIT = 120
BODY_LIMIT = 800
"""How many characters are shown; the rest is for ``hmsvcd status``."""

_NAME = "hmsvcd"
_CATEGORY = f"x-{_NAME}"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What markup would be; the module ``html`` knows 2,231 more, in half a MiB."""

_NORMAL, _CRITICAL = 1, 2
_AS_THE_DESKTOP_LIKES = -1
_NONE = 0


class Desktop:
    """Shows one notification at a time; where nothing shows any, nothing happens.

    ``within`` are the seconds that a desktop may take to answer, ``again`` those that one which
    does not answer, or is not there, is left alone.
    """

    def __init__(
        self, connection: Connection, *, within: float = 5.0, again: float = 60.0
    ) -> None:
        self._connection = connection
        self._within = within
        self._again = again
        self._shown = _NONE
        self._silent_until = 0.0

    async def tell(self, summary: str, body: str, *, urgent: bool = False) -> None:
        """Show a notification of plain text in place of the last one, if that is still there."""
        try:
            await self._show(_line(summary), _text(body), urgent=urgent)
        except (CallError, CallTimeoutError, BusGoneError):
            self._silent_until = asyncio.get_running_loop().time() + self._again

    async def clear(self) -> None:
        """Take the notification back, if one is shown."""
        shown, self._shown = self._shown, _NONE
        if shown == _NONE:
            return
        try:
            await self._call("CloseNotification", "u", shown)
        except (CallError, CallTimeoutError, BusGoneError):
            return  # the user was faster, or the desktop is gone

    async def _show(self, summary: str, body: str, *, urgent: bool) -> None:
        if asyncio.get_running_loop().time() < self._silent_until:
            return
        [capabilities] = await self._call("GetCapabilities", expect="as")
        body = body.translate(_ENTITIES) if "body-markup" in capabilities else body
        variant = self._connection.variant
        hints = {
            "urgency": variant("y", _CRITICAL if urgent else _NORMAL),
            "category": variant("s", _CATEGORY),
        }
        no_icon, no_actions = "", list[str]()
        [self._shown] = await self._call(
            "Notify",
            "susssasa{sv}i",
            *(_NAME, self._shown, no_icon, summary, body),
            *(no_actions, hints, _AS_THE_DESKTOP_LIKES),
            expect="u",
        )

    async def _call(
        self, member: str, signature: str = "", *arguments: Any, expect: str | None = None
    ) -> list[Any]:
        return await self._connection.call(
            NOTIFICATIONS, member, signature, *arguments, expect=expect, within=self._within
        )


def _line(summary: str) -> str:
    return _text(" ".join(summary.split()), SUMMARY_LIMIT)


def _text(body: str, limit: int = BODY_LIMIT) -> str:
    """Return text that D-Bus can carry and a desktop can show: bounded, with lines but no more."""
    shown = body if len(body) <= limit else f"{body[: limit - 1]}…"
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in shown)
