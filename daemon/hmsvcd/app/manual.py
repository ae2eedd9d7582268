"""The service modules that there are to explain; neither manager nor daemon is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it
from posixpath import join

from hmsvcd.app.context import context_of
from hmsvcd.app.lookups import Looking
from hmsvcd.errors import RefusedError
from hmsvcd.host import process
from hmsvcd.host.declaration import read_declaration
from hmsvcd.host.modules import Modules
from hmsvcd.host.paths import Paths
from hmsvcd.model.diagnostic import Diagnostic, Severity
from hmsvcd.model.document import Document
from hmsvcd.model.module import Module
from hmsvcd.pipeline.manual.imported import imported
from hmsvcd.pipeline.manual.probe import flaw_of
from hmsvcd.pipeline.merge.modules import Finding
from hmsvcd.pipeline.read.sections import Parser


@dataclass(frozen=True, slots=True)
class Explained:
    """Modules, each after those that it imports, and what is wrong with others."""

    modules: tuple[Module, ...]
    problems: tuple[Diagnostic, ...] = ()


def known_modules(config: Path | None = None) -> Explained:
    """Return the registered modules, and those that a declaration imports, also for sub-services.

    Without ``config`` that is the user's own, if there is any. What cannot be read is a warning.
    Raises RefusedError where the declaration that is named is not there.
    """
    looking = _looking()
    path = config or _paths().declaration
    declared = Explained(())
    if path.exists():
        declared = _declared(path, looking)
    elif config:
        raise RefusedError(f"there is no declaration {config}")
    files = [join(".", file) for file in sorted(looking.files)]
    found = _found([*looking.modules.registered, *files, *declared.modules], looking)
    return _with_warnings(replace(found, problems=(*declared.problems, *found.problems)))


def registered_modules() -> Mapping[str, Explained]:
    """Return the modules that installed packages register, by name; a flaw is a warning."""
    looking = _looking()
    return {name: _with_warnings(_found([name], looking)) for name in looking.modules.registered}


def named_module(name: str) -> Explained:
    """Return the module of a name, or in a file, after those that it imports; or what is wrong."""
    return _found([name], _looking())


def _paths() -> Paths:
    return Paths.from_environ(process.environment())


def _looking() -> Looking:
    return Looking(Modules(), context_of(process.environment(), _paths()))


def _declared(path: Path, looking: Looking) -> Explained:
    """Return the modules that a declaration imports, and why it cannot be read."""
    texts, problems = read_declaration(path)
    documents = []
    for parsed in Parser().parse(texts):
        if isinstance(parsed, Document):
            documents.append(parsed)
        else:
            problems += parsed
    return Explained(imported(documents, looking.context, looking), tuple(problems))


def _found(modules: Iterable[Module | str], looking: Looking) -> Explained:
    problems: list[Diagnostic] = []
    finding = Finding(looking, problems.append)
    for module in modules:
        finding.add(module, None, "")
    flaws = {each.module: flaw_of(each.module, each.file) for each in finding.found}
    problems += filter(None, flaws.values())
    return Explained(tuple(each for each, flaw in flaws.items() if not flaw), tuple(problems))


def _with_warnings(found: Explained) -> Explained:
    problems = (replace(each, severity=Severity.WARNING) for each in found.problems)
    return replace(found, problems=tuple(problems))
