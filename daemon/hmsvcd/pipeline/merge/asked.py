"""What an evaluation has asked the world, and what it was told."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.module import Lookups, Module


@dataclass(frozen=True, slots=True)
class Answer:
    """A module that a name in a file stood for, or a program (``file`` is None), or neither."""

    name: str
    file: str | None
    found: Module | Diagnostic | str | None

    def stands(self, lookups: Lookups) -> bool:
        """Say whether the same would be answered now."""
        if self.file is None:
            return lookups.program(self.name) == self.found
        return lookups.module(self.name, self.file) == self.found


@dataclass(slots=True)
class Asked:
    """Asks others, and keeps what they answer."""

    lookups: Lookups
    answers: list[Answer] = field(default_factory=list)

    def module(self, name: str, file: str) -> Module | Diagnostic:
        """See ``model.module.Lookups``."""
        found = self.lookups.module(name, file)
        self.answers.append(Answer(name, file, found))
        return found

    def program(self, name: str) -> str | None:
        """See ``model.module.Lookups``."""
        found = self.lookups.program(name)
        self.answers.append(Answer(name, None, found))
        return found

    def guarded(self) -> AbstractContextManager[None]:
        """See ``model.module.Lookups``."""
        return self.lookups.guarded()


class _Nothing:
    def module(self, name: str, file: str) -> Diagnostic:  # noqa: ARG002 - as ``Lookups`` has it
        message = "there is no such service module"
        hint = "no service module is installed"
        return error(message, None, hint=hint, quoting=f"there is no service module `{name}`")

    def program(self, name: str) -> str | None:  # noqa: ARG002 - as ``Lookups`` has it
        return None

    def guarded(self) -> AbstractContextManager[None]:
        return nullcontext()


NOTHING: Lookups = _Nothing()
"""Knows neither modules nor programs."""
