"""What the evaluation of a declaration asks the world: service modules, and programs."""

import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from hmsvcd.host.guard import Guard
from hmsvcd.host.modules import Modules
from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.module import Module
from hmsvcd.pipeline.suggest import all_of, suggestion

_SERVERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where servers may lie that are not on the PATH of a user."""


@dataclass(slots=True)
class Looking:
    """Answers while one declaration is evaluated, always the same.

    ``files`` are the module files that were asked for.
    """

    modules: Modules
    context: Context
    files: dict[str, Module | Diagnostic] = field(default_factory=dict)
    _programs: dict[str, str | None] = field(default_factory=dict)

    def module(self, name: str, file: str) -> Module | Diagnostic:
        """See ``model.module.Lookups``."""
        if "\0" in name:
            return error("there is no such service module: no path holds a NUL", None)
        if "/" in name:
            path = normpath(join(dirname(file), name))
            if path not in self.files:
                self.files[path] = self.modules.in_file(path)
            return self.files[path]
        return self.modules.named(name) or self._unknown(name)

    def _unknown(self, name: str) -> Diagnostic:
        names = list(self.modules.registered)
        is_file = name.endswith(".py")
        near = f"for a file, write `./{name}`;" if is_file else suggestion(name, names)
        quoting = f"there is no service module `{name}`"
        message = "there is no such service module"
        hint = " ".join(filter(None, (near, all_of(names))))
        return error(message, None, hint=hint, quoting=quoting)

    def program(self, name: str) -> str | None:
        """See ``model.module.Lookups``."""
        if name not in self._programs:
            folders = (self.context.environment.get("PATH"), _SERVERS)
            self._programs[name] = shutil.which(name, path=":".join(filter(None, folders)))
        return self._programs[name]

    def guarded(self) -> AbstractContextManager[None]:
        """See ``model.module.Lookups``."""
        return Guard()
