"""Judge what the parts of a declaration say together, again after an edit only where need be."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.service import Declaration, Unit
from hmsvcd.pipeline.check.cross_check import collisions, idle_units, started_by, waits_for_a_start
from hmsvcd.pipeline.check.parts import Part


@dataclass(frozen=True, slots=True)
class _Shared:
    """All of a part that counts for whether something is wrong between it and others."""

    units: Sequence[str]
    files: Sequence[str]
    idle: Sequence[str]
    started: frozenset[str]
    broken: frozenset[str]

    @classmethod
    def of(cls, part: Part) -> "_Shared":
        """Return what others have to do with in a part."""
        units = [*_units(part), *part.native]
        return cls(
            [unit.name for unit in units],
            [file.target for service in part.services for file in service.files],
            [unit.name for unit in units if waits_for_a_start(unit)],
            started_by(units),
            part.broken,
        )


def _units(part: Part) -> Iterator[Unit]:
    return (unit for service in part.services for unit in service.units)


class Together:
    """Judges the parts of a declaration together; what was right stays so in much the same one."""

    def __init__(self) -> None:
        self._right: Collection[Part] = ()

    def judge(self, parts: Collection[Part], declaration: Declaration) -> Iterable[Diagnostic]:
        """Return what is wrong between the parts of a declaration."""
        found = [] if self._is_right(parts) else list(_judged(declaration))
        self._right = () if found else parts
        return found

    def _is_right(self, parts: Collection[Part]) -> bool:
        """Say whether these are as the parts that were right, in all that others see of them."""
        if len(parts) != len(self._right):
            return False
        pairs = zip(self._right, parts, strict=True)
        return all(_Shared.of(old) == _Shared.of(new) for old, new in pairs if old is not new)


def _judged(declaration: Declaration) -> Iterator[Diagnostic]:
    services = declaration.services
    units = [*(unit for service in services for unit in service.units), *declaration.native]
    files = [file for service in services for file in service.files]
    yield from collisions(units, files)
    yield from idle_units(units, declaration.broken)
