"""Write the declaration of units that are there already."""

from collections.abc import Sequence

from hmsvcd.app.session import Session
from hmsvcd.errors import RefusedError
from hmsvcd.host.existing import find_unit
from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.pipeline.declare.declare import Declared, declare


async def declare_existing(session: Session, units: Sequence[str]) -> Declared:
    """Return the TOML that declares these units as they are.

    If one cannot be declared there is none, but the reasons. Without a manager only the user's own
    folder of units is looked at.
    """
    parts: list[str] = []
    found: list[Diagnostic] = []
    for name in dict.fromkeys(units):
        try:
            existing = await _find(session, name)
        except RefusedError as refusal:
            found.append(error(refusal.message, None, hint=refusal.hint))
            continue
        declared = declare(existing, session.context)
        found += declared.diagnostics
        if declared.toml is not None:
            parts.append(f"{_origin(existing)}{declared.toml}")
    whole = not any(each.is_error for each in found)
    return Declared("\n".join(parts) if whole else None, tuple(found))


async def _find(session: Session, name: str) -> ExistingUnit:
    manager, disk = session.connected, session.disk
    if manager is None:
        return find_unit(disk, [str(session.paths.unit_folder)], name)
    observed = await manager.observe([name])
    return find_unit(disk, observed.unit_path, name, observed.unit(name).drop_in_paths)


def _origin(existing: ExistingUnit) -> str:
    """Return a comment that says where a unit was read from."""
    return "".join(f"# {path}\n" for path in existing.texts if path.isprintable())
