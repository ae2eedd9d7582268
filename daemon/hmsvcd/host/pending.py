"""The switch under way: what is intended, durable before anything is touched, and a journal.

One JSON document per line: first the switch, then one line for each action that has ended.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hmsvcd.host import files
from hmsvcd.host.disk_format import DiskFormat, build
from hmsvcd.host.inside import demand_inside
from hmsvcd.model.generation import JobRecord, Pending

PENDING = DiskFormat("pending switch")

LINKED_AT = "linked_at"
"""The key of the line that is no result."""


class PendingFile:
    """The file ``pending``; it exists exactly while a switch is unfinished."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Pending | None:
        """Return the unfinished switch, None where there is none.

        The journal is not synced: it counts up to the first line that is torn.
        """
        text = files.read(self.path)
        if text is None:
            return None
        head, *lines = text.split("\n")
        try:
            table = json.loads(head)
        except (ValueError, RecursionError) as error:
            raise PENDING.unusable(self.path, f"line 1: {error}") from error
        pending = PENDING.decode(Pending, table, self.path)
        demand_inside(PENDING, pending.target.generation, self.path)
        return _with_journal(pending, lines[:-1])

    def begin(self, pending: Pending) -> None:
        """Write down a switch, durably, in place of an unfinished one."""
        head = PENDING.encode(replace(pending, results=(), linked_at=0))
        tables = [head, *map(_line, pending.results)]
        files.replace(self.path, "".join(f"{json.dumps(table)}\n" for table in tables))

    def append(self, record: JobRecord) -> None:
        """Add a result to the journal; all of its line or none."""
        self._append(_line(record))

    def append_linked(self, at: int) -> None:
        """Add to the journal that all links have been made (``Pending.linked_at``)."""
        self._append({LINKED_AT: at})

    def _append(self, table: Mapping[str, str | int]) -> None:
        line = f"{json.dumps(table)}\n".encode()
        with files.translated("write", self.path):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)

    def finish(self) -> None:
        """Forget the switch, durably: it is done."""
        files.remove(self.path)


def objects(pending: Pending) -> frozenset[str]:
    """Return every store object that an unfinished switch names."""
    old = (name for names in pending.definitions.values() for name in names)
    return pending.target.generation.objects.union(old)


def _line(record: JobRecord) -> dict[str, str]:
    return {"unit": record.unit, "action": record.action, "result": record.result}


def _with_journal(pending: Pending, lines: Iterable[str]) -> Pending:
    results, linked_at = [], 0
    for line in lines:
        try:
            table = json.loads(line)
            if LINKED_AT in table:
                linked_at = int(table[LINKED_AT])
            else:
                results.append(build(JobRecord, table))
        except (ValueError, TypeError):
            break
    return replace(pending, results=tuple(results), linked_at=linked_at)


def _append(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, line)
        if written < len(line):
            os.write(descriptor, line[written:])  # says why there is no more room
    except OSError:
        os.ftruncate(descriptor, size)
        raise
