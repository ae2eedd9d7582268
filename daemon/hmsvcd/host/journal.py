"""What services have written: the journal, through journalctl(1)."""

import asyncio
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hmsvcd.errors import HostError

READ_SECONDS = 5.0
"""How long journalctl may take; a journal on a slow disk is not worth holding up a report."""

Entry = Mapping[str, Any]
"""An entry of the journal by systemd.journal-fields(7)."""

INVOCATIONS = ("USER_INVOCATION_ID", "_SYSTEMD_INVOCATION_ID")
"""Where the run that a line belongs to is noted: in lines of the manager, and of the service."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a unit: its InvocationID, its main process and when that began.

    ``since`` is in microseconds of CLOCK_MONOTONIC; ``process`` is 0 where there was none. What
    was written before ``asked`` (likewise) belongs to an earlier run whatever its InvocationID,
    and what was written from ``until`` on (microseconds of the epoch, 0 for now) to a later one:
    then it is the last run until that, where ``invocation`` is empty.
    """

    invocation: str
    process: int = 0
    since: int = 0
    asked: int = 0
    until: int = 0


async def last_lines(
    unit: str, environ: Mapping[str, str], *, run: Run | None = None, lines: int = 10
) -> tuple[str, ...]:
    """Return the last log lines of a user unit, oldest first; none where there is no journal.

    With ``run`` those of earlier runs are left out, and those of its main process are found also
    where journald could not tell their unit, because the process had ended by then.
    """
    program = shutil.which("journalctl", path=environ.get("PATH"))
    if program is None:
        return ()
    how = [program, "--output=json", "--all", f"--lines={lines}"]
    if run is not None:
        how.append("--boot")  # that of the run; another boot has another CLOCK_MONOTONIC
    if run is not None and run.until:
        how.append(f"--until=@{run.until / 1e6:.6f}")
    entries = await _entries([*how, *_selection([unit])], environ)
    if run is not None:
        is_last = run.until and not run.invocation
        entries = list(_of_run(entries, _latest(entries) if is_last else run.invocation))
    if run is not None and run.process:
        found = await _entries([*how, "--quiet", f"_PID={run.process}"], environ)
        entries = _together(entries, (one for one in found if _is_since(one, run.since)))
    asked = run.asked if run else 0
    texts = [text for entry in entries if _is_since(entry, asked) for text in _texts(entry)]
    return tuple(texts[-lines:])


def follow_argv(
    units: Iterable[str],
    environ: Mapping[str, str],
    *,
    lines: int | None = None,
    follow: bool = False,
    since: str | None = None,
) -> list[str]:
    """Return the command that shows the log of user units, which the caller then becomes.

    ``lines``: how many of the newest, all if None; ``since``: a time as systemd.time(7) has it.
    """
    program = shutil.which("journalctl", path=environ.get("PATH"))
    if program is None:
        raise HostError("Cannot read the journal: there is no journalctl on PATH")
    argv = [program, *_selection(units), f"--lines={'all' if lines is None else lines}"]
    if follow:
        argv.append("--follow")
    if since is not None:
        argv.append(f"--since={since}")
    return argv


def _selection(units: Iterable[str]) -> list[str]:
    # Not --user: as uid 0 there are no journal files of a user, and it finds nothing.
    return ["--quiet", *(f"--user-unit={unit}" for unit in units)]


async def _entries(argv: Sequence[str], environ: Mapping[str, str]) -> list[Entry]:
    return [json.loads(line) for line in (await _output(argv, environ)).splitlines()]


def _together(entries: Iterable[Entry], others: Iterable[Entry]) -> list[Entry]:
    """Return the entries of both, each once, in the order of time."""
    by_cursor = {entry["__CURSOR"]: entry for entry in (*entries, *others)}
    return sorted(by_cursor.values(), key=lambda entry: int(entry["__REALTIME_TIMESTAMP"]))


def _is_since(entry: Entry, since: int) -> bool:
    return int(entry["__MONOTONIC_TIMESTAMP"]) >= since


async def _output(argv: Sequence[str], environ: Mapping[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(environ),
    )
    try:
        async with asyncio.timeout(READ_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return output if process.returncode == 0 else b""


def _latest(entries: Sequence[Entry]) -> str:
    """Return the run of the last entry that says whose it is; some do not."""
    found = (entry[name] for entry in reversed(entries) for name in INVOCATIONS if name in entry)
    return next(found, "")


def _of_run(entries: list[Entry], invocation: str) -> Iterator[Entry]:
    """Yield what follows the last entry of another run; some entries do not say whose they are."""
    first = 0
    if invocation:
        for number, entry in enumerate(entries, start=1):
            if not {entry[name] for name in INVOCATIONS if name in entry} <= {invocation}:
                first = number
    yield from entries[first:]


def _texts(entry: Entry) -> list[str]:
    """Return the lines of a message, which is a list of bytes where it is no clean UTF-8."""
    message = entry.get("MESSAGE")
    if isinstance(message, list):
        message = bytes(message).decode(errors="replace")
    return message.splitlines() if isinstance(message, str) else []
