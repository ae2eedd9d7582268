"""Declarations with service modules that a test gives them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from declarations import CONTEXT, documents
from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.module import Config, Module, Options
from hmsvcd.model.rendering import Rendering
from hmsvcd.model.service import Declaration
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.render import render


class Given:
    """Answers with these modules by name, and programs by name; ``asked`` is what was looked up.

    A module of a file has its path for a name.
    """

    def __init__(
        self, modules: Mapping[str, Module | Diagnostic], programs: Mapping[str, str]
    ) -> None:
        self.modules = modules
        self.programs = programs
        self.asked: list[tuple[str, str]] = []

    def module(self, name: str, file: str) -> Module | Diagnostic:
        self.asked.append((name, file))
        return self.modules.get(name) or error(f"no module {name}", None)

    def program(self, name: str) -> str | None:
        return self.programs.get(name)

    def guarded(self) -> AbstractContextManager[None]:
        return nullcontext()


def module(
    define: Callable[[Config], Any] | None = None, options: Options | None = None, **others: Any
) -> Module:
    """Return a module of the name ``m``."""
    return Module("m", options=options or {}, define=define, **others)


def checked(
    text: str, programs: Mapping[str, str] | None = None, **modules: Module | Diagnostic
) -> tuple[Declaration, tuple[Diagnostic, ...]]:
    """Return a declaration with these modules, and what is wrong with it."""
    declaration, found = check(documents(text), CONTEXT, Given(modules, programs or {}))
    return declaration, tuple(each.at_import for each in found)


def judged(
    text: str, programs: Mapping[str, str] | None = None, **modules: Module | Diagnostic
) -> tuple[Rendering, tuple[Diagnostic, ...]]:
    """Return what a declaration with these modules renders to, and what is wrong with it."""
    declaration, found = checked(text, programs, **modules)
    return render(declaration, {}, CONTEXT), found


def rendered(
    text: str, programs: Mapping[str, str] | None = None, **modules: Module | Diagnostic
) -> Rendering:
    """Return what a declaration renders to, in which nothing is wrong."""
    rendering, found = judged(text, programs, **modules)
    assert not found, found
    return rendering


def command(
    text: str, programs: Mapping[str, str] | None = None, unit: str = "a", **modules: Module
) -> str:
    """Return the command line of a unit."""
    lines = rendered(text, programs, **modules).units[f"{unit}.service"].text.splitlines()
    return next(line for line in lines if line.startswith("ExecStart=")).removeprefix("ExecStart=")
