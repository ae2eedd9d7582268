"""One pass of the daemon: from why it is made to what came of it."""
# typing.override came with Python 3.12.
# mypy: disable-error-code="explicit-override"

import asyncio
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it

from hmsvcd.app.apply import apply, rollback
from hmsvcd.app.brakes import Brakes
from hmsvcd.app.load import Loaded, Memory, load
from hmsvcd.app.ports import Silence
from hmsvcd.app.reconcile import Reconciled, reconcile
from hmsvcd.app.request import Request
from hmsvcd.app.resting import Resting
from hmsvcd.app.session import Session
from hmsvcd.app.verdicts import Verdicts
from hmsvcd.app.wish import Apply, Event, Order, Rollback, Wish
from hmsvcd.errors import BrokenOffError, BusGoneError, HmsvcdError, HostError, RefusedError
from hmsvcd.host import clock
from hmsvcd.host.logs import Logger
from hmsvcd.host.signals import Ending
from hmsvcd.model.daemon import Pass
from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.service import Declaration
from hmsvcd.model.settings import Settings
from hmsvcd.pipeline.conclude import conclude, failed
from hmsvcd.pipeline.read.places import locate

MISSING_SECONDS = 5.0
"""How long a link of ours may be missing: ``systemctl reenable`` and others make it anew."""


WRITING_SECONDS = 0.1
"""After which what reads wrong is read once more: many programs empty a file and then fill it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A pass that has ended, and in how many seconds what was put off may be done, if anything.

    ``refused``: what was asked for cannot be done, so nothing is other than before.
    """

    made: Pass
    rests_in: float | None = None
    refused: bool = False


class Attempts:
    """Makes passes; what one has read, the next need not read again.

    ``loaded`` is the declaration as it was read last, ``settings`` are those that were declared
    last without a mistake, at first those of what is installed. ``verdicts`` are systemd's.
    """

    def __init__(self, declaration: Path, ending: Ending, log: Logger) -> None:
        self.loaded: Loaded | None = None
        self.settings = Settings()
        self.verdicts = Verdicts()
        self.declaration = declaration
        self._ending = ending
        self._log = log
        self._memory = Memory()
        self._resting = Resting()
        self._brakes = Brakes()
        self._read_at = 0.0
        self._is_edited = True
        self._has_new_sources = False

    async def make(self, session: Session, wish: Wish, *, narrowly: bool) -> Ended:
        """Make a pass; why it cannot be made stands in what is returned.

        Raises BusGoneError where the manager goes, and BrokenOffError where the end is asked for.
        """
        at, begun = clock.now(), clock.monotonic()
        request = replace(
            _request(wish.order, narrowly=narrowly),
            logs=False,
            uninterrupted=self._ending.uninterrupted,
        )
        reached, failure, refused = Reconciled(), None, False
        if self.loaded is None:
            self._take_settings(session)
        try:
            reached = await self._reach(session, wish.order, request)
        except BrokenOffError as end:
            self._log.info("broken off", cause=wish.cause, why=end.message)
            raise  # nothing is to be judged, and below neither
        except BusGoneError:
            raise
        except HmsvcdError as problem:
            failure = problem
            refused = request.asked and isinstance(problem, RefusedError)
        except Exception:  # noqa: BLE001 - a defect must not take the daemon down
            self._log.exception("internal error", cause=wish.cause)
            failure = RefusedError("internal error", "the log of hmsvcd says where")
        took = clock.monotonic() - begun
        ended = self._concluded(Pass(wish.number, wish.cause, at, took), reached, failure)
        return Ended(ended, self._rests_in(reached), refused)

    def _take_settings(self, session: Session) -> None:
        """Begin with the settings of what is installed: what is declared now may be wrong."""
        with suppress(HostError):  # which the pass is told, too
            current = session.disk.records.current()
            self.settings = current.settings if current else self.settings

    async def _reach(self, session: Session, order: Event | Order, request: Request) -> Reconciled:
        async def read() -> Loaded:
            return await self._read(session, asked=request.asked)

        waiting = _Waiting(self._log)
        match order:
            case Rollback(generation):
                self._brakes.lift()
                reached = Reconciled(await rollback(session, generation, request, waiting))
            case Apply():
                self._brakes.lift()
                reached = Reconciled(await apply(session, read, request, waiting))
            case _:
                reached = await reconcile(session, read, self, request, waiting)
        if reached.held is None:
            self._has_new_sources = False
        if reached.outcome is not None:
            seen = None if request.asked or self._is_edited else self._read_at
            self._brakes.note(reached.outcome, self._declared(), seen, _now())
        return reached

    async def read(self, session: Session) -> Loaded:
        """Read the declaration as it is now; nothing comes of it."""
        fresh = await session.refreshed()
        return await load(
            self.declaration,
            fresh.context,
            refuse_others=True,
            with_systemd=False,
            memory=self._memory,
        )

    async def is_outdated(self, session: Session) -> bool:
        """Say whether the declaration reads other than it did for the last pass."""
        return self._is_news(await self.read(session))

    async def _read(self, session: Session, *, asked: bool) -> Loaded:
        """Read the declaration for a pass; what somebody asks for is taken at its word."""
        loaded = await self.read(session)
        if not asked:
            loaded = self._resting.judged(loaded)
            if loaded.errors and self._is_news(loaded):  # somebody may be writing it
                await asyncio.sleep(WRITING_SECONDS)
                loaded = self._resting.judged(await self.read(session))
        loaded = await self._verified(session, loaded)
        self._read_at = _now()
        self._resting.note(loaded, self._read_at)
        self._is_edited = self.loaded is None or self.loaded.texts != loaded.texts
        if not self._is_edited and self._is_news(loaded):
            mine = self._brakes.are_its_own(self._read_at)
            self._has_new_sources = self._has_new_sources or not mine
        if self._is_edited and self.loaded is not None and self.braked():
            self._brakes.lift_from(_edited(self.loaded.declaration, loaded.declaration))
        self.loaded = loaded
        if loaded.declaration is not None and loaded.rendering is not None:
            self.settings = loaded.declaration.settings
        return loaded

    def _is_news(self, loaded: Loaded) -> bool:
        return self.loaded is None or self.loaded.inputs != loaded.inputs

    async def _verified(self, session: Session, loaded: Loaded) -> Loaded:
        """Return what was read; a unit that systemd would refuse is an error."""
        if loaded.rendering is None:
            return loaded
        current = session.disk.records.current()
        installed = current.generation.units if current else {}
        units = loaded.rendering.units
        refusals = await self.verdicts.refusals(units, installed, session.environment)
        if not refusals:
            return loaded
        found = (*loaded.diagnostics, *locate(refusals, loaded.texts))
        return replace(loaded, diagnostics=found, rendering=None)

    def has_rested(self) -> bool:
        """Say whether the declaration has been the same for ``removal_delay``."""
        return self._resting.rested(_now()) >= self.settings.removal_delay

    def has_new_sources(self) -> bool:
        """Say whether somebody has edited what is a ``source``, and no pass has gone to it yet."""
        return self._has_new_sources

    def braked(self) -> frozenset[str]:
        """Return the units that have changed so often that they are to be left for a while."""
        return self._brakes.braked(_now())

    def _declared(self) -> Collection[str]:
        rendering = self.loaded.rendering if self.loaded else None
        return rendering.units if rendering else ()

    def may_repair(self, missing: tuple[str, ...]) -> bool:
        """Say whether these links have been missing for so long that nobody makes them anew."""
        missed = self._resting.missed(missing, _now())
        return not missing or missed >= MISSING_SECONDS

    def _rests_in(self, reached: Reconciled) -> float | None:
        waits = []
        if reached.missing:
            waits.append(MISSING_SECONDS - self._resting.missed(reached.missing, _now()))
        if reached.unrested:
            waits.append(self.settings.removal_delay - self._resting.rested(_now()))
        if reached.braked:
            waits.append(self._brakes.remaining(reached.braked, _now()))
        return min(waits, default=None)

    def _concluded(self, made: Pass, reached: Reconciled, failure: HmsvcdError | None) -> Pass:
        outcome = reached.outcome
        found = self.loaded.diagnostics if self.loaded else ()
        problems: list[Diagnostic] = list(found)
        if failure is not None:
            conclusion = failed(failure)
            problems.append(error(failure.message, None, hint=failure.hint))
        else:
            errors = [each for each in found if each.is_error]
            conclusion = conclude(
                errors, outcome, reached.put_off, reached.held, reached.missing, reached.braked
            )
        if outcome is not None:
            problems += [*outcome.plan.warnings, *outcome.problems]
        problems += self._brakes.warnings(reached.braked)
        return replace(
            made,
            end=conclusion.end,
            sentence=conclusion.sentence,
            generation=outcome.generation if outcome else None,
            problems=tuple(problems),
            outcome=outcome,
            braked=reached.braked,
        )


def _request(order: Event | Order, *, narrowly: bool) -> Request:
    match order:
        case Apply(request):
            return request
        case Rollback():
            return Request(replace=True)
        case _:
            return Request(asked=False, narrowly=narrowly)


class _Waiting(Silence):
    """Logs whom a pass waits for; what it does is told when it has ended."""

    def __init__(self, log: Logger) -> None:
        self._log = log

    def waiting(self, message: str) -> None:
        """Log who is at work."""
        self._log.info("waiting", text=message)


def _edited(before: Declaration | None, now: Declaration | None) -> Iterator[str]:
    """Yield the units of which a declaration says something else than one read before it did.

    What it does not say, such as what is in a ``source``, does not count.
    """
    if now is None:
        return
    said = {service.name: service for service in before.services} if before else {}
    for service in now.services:
        if said.get(service.name) != service:
            yield from (unit.name for unit in service.units)
    native = {unit.name: unit for unit in before.native} if before else {}
    yield from (unit.name for unit in now.native if native.get(unit.name) != unit)


def _now() -> float:
    """Return the seconds of a clock that nobody can set."""
    return asyncio.get_running_loop().time()
