"""Service modules: options, and what follows from how they are set."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.option import Option

INTERFACE = 1
"""The version of what a module may use, and of what is asked of it (docs/modules.md)."""

Tree: TypeAlias = Mapping[str, Any]
"""Definitions, in the shape of a service in TOML; any value may be a function without arguments
that returns it, and None is as good as leaving the value out."""

Options: TypeAlias = Mapping[str, "Option | Options"]
"""Options by name, in tables of any depth."""


class Config(Mapping[str, Any]):
    """The merged configuration of a service, as a module sees it.

    Tables are mappings with the names of options as keys; values have their references replaced,
    and lists are fresh ones. A name that does not exist raises KeyError; a value that is not set
    and has no default is an error of the declaration. All is computed when it is asked for.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What the service is called: of a sub-service the last name."""

    @abstractmethod
    def file(self, name: str, text: str) -> str:
        """Return the absolute path in the store of a file with this text; it ends in the name.

        The file is there whenever a unit or a configuration file of the service names that path.
        """

    @abstractmethod
    def program(self, *names: str) -> str:
        """Return the absolute path of the first of these programs that is on the manager's PATH.

        After the PATH the folders are looked at that only root's has, such as ``/usr/sbin``.
        Where none is there, this is an error of the declaration that names them.
        """

    @abstractmethod
    def path(self, *names: str) -> str:
        """Return what messages call an option of this service: its path in the declaration."""


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A service module.

    ``name`` is what messages call it. ``options`` become options of each service that imports the
    module. ``define`` is a pure function from the service's merged configuration to definitions;
    its own definitions count among those, so what it says of an option that it reads has to be a
    function. ``imports`` are further modules: themselves, registered names, or the path of a file
    beside the module's own. ``interface`` is the version of the interface that it was written for.
    ``example`` is what a first declaration says besides what has to be set, in the shape of a
    service in TOML: ``hmsvcd new`` writes it.
    """

    name: str
    description: str = ""
    options: Options = field(default_factory=dict)
    define: Callable[[Config], Tree] | None = None
    imports: tuple["Module | str", ...] = ()
    interface: int = INTERFACE
    example: Tree = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The file that the module is written in, as far as that is known."""
        code = getattr(self.define, "__code__", None)
        return str(code.co_filename) if code else ""


class Lookups(Protocol):
    """What an evaluation asks the world; each answer stays the same while nothing changes."""

    def module(self, name: str, file: str) -> Module | Diagnostic:
        """Return the module that an import in a file names, or what is wrong with it.

        The diagnostic has no place where the import itself is what is wrong.
        """

    def program(self, name: str) -> str | None:
        """Return the absolute path of a program on the manager's PATH."""

    def guarded(self) -> AbstractContextManager[None]:
        """Return what a module's code runs in: it ends in time, and prints to standard error."""
