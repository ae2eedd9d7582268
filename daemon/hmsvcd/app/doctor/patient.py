"""All that the checks are made on, asked for once."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it

from hmsvcd.app.session import Session
from hmsvcd.errors import HmsvcdError, HostError
from hmsvcd.host.daemon_client import Daemon
from hmsvcd.host.disk import Disk
from hmsvcd.host.paths import Paths
from hmsvcd.host.session_service import UNIT
from hmsvcd.host.systemd import Manager
from hmsvcd.host.unit_files import UnitAsRead, unit_file_state, units_as_read
from hmsvcd.model.daemon import DaemonStatus
from hmsvcd.model.generation import Manifest
from hmsvcd.model.observed import Observed
from hmsvcd.model.unit import is_template
from hmsvcd.pipeline.from_documents.fields import read_document
from hmsvcd.pipeline.from_documents.status import status_report

ANSWER_SECONDS = 5.0
"""How long the daemon may take to say how it is."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What the session says of itself.

    ``manager`` is what systemd says, without units; ``units`` are those that are installed, as
    systemd has read them. ``service`` is UnitFileState of hmsvcd's own unit, None without one.
    ``daemon`` is None where none runs, or where it does not answer: then ``silent`` says why.
    ``trouble`` is why systemd, which was there, does not answer.
    """

    session: Session
    declaration: Path
    manager: Observed | None = None
    units: Mapping[str, UnitAsRead] = field(default_factory=dict)
    service: str | None = None
    daemon: DaemonStatus | None = None
    silent: str | None = None
    trouble: str | None = None

    @property
    def disk(self) -> Disk:
        """What hmsvcd has installed and written down."""
        return self.session.disk

    @property
    def paths(self) -> Paths:
        """Where everything lies."""
        return self.session.paths


async def admit(session: Session) -> Patient:
    """Ask systemd and the daemon how they are; what they do not say is part of the answer."""
    current = _current(session.disk)
    declared = Path(current.declaration) if current else session.paths.declaration
    patient = Patient(session, declared)
    if session.connected is None:
        return patient
    try:
        patient = await _asked(patient, session.connected, current)
    except HmsvcdError as error:
        return replace(patient, trouble=error.message)
    return await _with_daemon(patient, session.connected)


async def _asked(patient: Patient, manager: Manager, current: Manifest | None) -> Patient:
    installed = current.generation.units if current else ()
    units = [unit for unit in installed if not is_template(unit)]
    return replace(
        patient,
        manager=await manager.observe(()),
        units=await units_as_read(manager.connection, units),
        service=await unit_file_state(manager.connection, UNIT),
    )


async def _with_daemon(patient: Patient, manager: Manager) -> Patient:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            daemon = await Daemon.find(manager.connection)
            if daemon is None:
                return patient
            report = status_report(read_document(await daemon.status()))
    except TimeoutError:
        return replace(patient, silent=f"nothing came within {ANSWER_SECONDS:g} s")
    except HmsvcdError as error:
        return replace(patient, silent=error.message)
    return replace(patient, daemon=report.daemon, declaration=Path(daemon.declaration))


def _current(disk: Disk) -> Manifest | None:
    with suppress(HostError):  # the check of what is recorded says so
        return disk.records.current()
    return None
