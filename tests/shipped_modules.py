"""Declarations of a service ``a`` that imports a shipped module."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from declarations import CONTEXT, documents
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.model.rendering import Captured, Rendering
from hmsvcd.module import Module
from hmsvcd.pipeline.check.whole import check
from hmsvcd.pipeline.render import render, sources
from modules_given import Given


@dataclass(frozen=True)
class Shipped:
    """A module, and the program that it finds; ``required`` are lines for each declaration.

    What the methods take are further lines: options of the module, then tables of the service.
    """

    module: Module
    program: str
    required: str = ""

    def checked(self, options: str = "", *tables: str) -> tuple[Rendering, Sequence[Diagnostic]]:
        """Return what comes of a declaration, and what is wrong with it."""
        name = self.module.name
        service = f'[services.a]\nimports = ["{name}"]\n[services.a.{name}]\n'
        text = "\n".join([service + self.required, options, *tables])
        given = Given({name: self.module}, {self.program: f"/usr/bin/{self.program}"})
        declaration, found = check(documents(text), CONTEXT, given)
        there = {file.source for file in sources(declaration) if file.source}
        captured = {source: Captured(source, "object", "digest") for source in there}
        return render(declaration, captured, CONTEXT), found

    def errors(self, options: str = "", *tables: str) -> list[tuple[str, str]]:
        """Return key below the service and message of each error."""
        found = [each.in_full for each in self.checked(options, *tables)[1] if each.is_error]
        keys = [(each.key or "").removeprefix("services.a.") for each in found]
        return list(zip(keys, [each.message for each in found], strict=True))

    def rendering(self, options: str = "", *tables: str) -> Rendering:
        """Return what comes of a declaration without errors."""
        assert self.errors(options, *tables) == []
        return self.checked(options, *tables)[0]

    def unit(self, options: str = "", *tables: str) -> list[str]:
        """Return the lines of its unit, without the command line."""
        lines = self.rendering(options, *tables).units["a.service"].text.splitlines()
        return [line for line in lines if not line.startswith("ExecStart=")]

    def argv(self, options: str = "", *tables: str) -> list[str]:
        """Return its arguments without the program, which has to be the one that is found."""
        lines = self.rendering(options, *tables).units["a.service"].text.splitlines()
        (line,) = (line for line in lines if line.startswith("ExecStart="))
        program, *arguments = line.removeprefix("ExecStart=").split(" ")
        assert program == f'"/usr/bin/{self.program}"'
        return [argument.strip('"') for argument in arguments]

    def file(self, options: str = "", *tables: str) -> str:
        """Return the text of its only file, whether that is installed or in the store alone."""
        rendering = self.rendering(options, *tables)
        installed = [file.text for file in rendering.files.values() if file.text is not None]
        (text,) = {*installed, *rendering.generated.values()}
        return text

    def settings(self, options: str = "", *tables: str) -> dict[str, Any]:
        """Return what that file says in TOML."""
        return tomllib.loads(self.file(options, *tables))
