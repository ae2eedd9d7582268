"""Load a declaration: from its files to everything it renders to, or everything wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it
from posixpath import join

from hmsvcd.app.lookups import Looking
from hmsvcd.host.capture import Captures, Unreadable, capture
from hmsvcd.host.declaration import DeclarationFiles, writable_by_others
from hmsvcd.host.modules import Modules
from hmsvcd.host.verify import verify
from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Place, error, warning
from hmsvcd.model.document import Document, SourceText
from hmsvcd.model.rendering import Captured, RenderedUnit, Rendering
from hmsvcd.model.service import Declaration
from hmsvcd.pipeline.check.verify import findings
from hmsvcd.pipeline.check.whole import Checker
from hmsvcd.pipeline.read.places import Locator
from hmsvcd.pipeline.read.sections import Parser
from hmsvcd.pipeline.render import Renderer, readable, sources


@dataclass(frozen=True, slots=True)
class Loaded:
    """A declaration that was read.

    ``texts`` are its files by the names that the user is shown. ``declaration`` is None where it
    is wrong in itself, ``rendering`` where there is any error, but for those that refuse a
    service, which is left out of both. ``inputs`` is the hash of all that was read, ``written``
    that of the files of the declaration and of its modules, which are ``modules``.
    """

    path: Path
    texts: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    inputs: str
    declaration: Declaration | None = None
    rendering: Rendering | None = None
    written: str = ""
    modules: frozenset[str] = frozenset()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps the declaration from being used."""
        return tuple(found for found in self.diagnostics if found.is_error)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was read, checked and rendered last, for who loads a declaration again and again.

    What has not changed since is not looked at again. It holds no more than one declaration.
    """

    files: DeclarationFiles = field(default_factory=DeclarationFiles)
    parser: Parser = field(default_factory=Parser)
    modules: Modules = field(default_factory=Modules)
    checker: Checker = field(default_factory=Checker)
    captures: Captures = field(default_factory=Captures)
    renderer: Renderer = field(default_factory=Renderer)
    locator: Locator = field(default_factory=Locator)


async def load(
    path: Path,
    context: Context,
    *,
    refuse_others: bool = False,
    with_systemd: bool = True,
    memory: Memory | None = None,
) -> Loaded:
    """Read, check and render a declaration, and have systemd verify the units.

    With ``refuse_others`` it is an error, else a warning, that somebody else may write the
    declaration. Without ``with_systemd`` the units are not verified. All diagnostics have their
    positions. With ``memory`` the result is the same, and sooner there. Never raises for what is
    wrong with the declaration.
    """
    known = memory or Memory()
    texts, found = known.files.read(path)
    documents, broken = _parse(texts, known.parser)
    incomplete = _refuses_all([*found, *broken])
    found += [*broken, *_judge_writers(path, refuse=refuse_others)]
    by_file = {text.file: text.text for text in texts}
    looking = Looking(known.modules, context)
    if incomplete:  # what the files that cannot be read would say is not known
        found += known.checker.check_parts(documents, context, looking)
        located = known.locator.locate(found, by_file, known.parser.excerpt)
        modules, written = frozenset(looking.files), _hash(texts, looking.files)
        return Loaded(path, by_file, located, written, written=written, modules=modules)
    declaration, problems = known.checker.check(documents, context, looking)
    written = _hash(texts, looking.files)
    captured, unreadable = _capture(declaration, known.captures)
    found += [*problems, *unreadable]
    rendering = known.renderer.render(readable(declaration, captured), captured, context)
    if with_systemd:
        found += await _verify(rendering.units, context, declaration.broken)
    located = known.locator.locate(found, by_file, known.parser.excerpt)
    return Loaded(
        path,
        by_file,
        located,
        _with_sources(written, captured.values()),
        None if _refuses_all(problems) else declaration,
        None if _refuses_all(found) else rendering,
        written,
        frozenset(looking.files),
    )


def _judge_writers(path: Path, *, refuse: bool) -> Sequence[Diagnostic]:
    others = writable_by_others(path)
    if not others:
        return ()
    judge = error if refuse else warning
    hint = "whoever can write it decides what runs in your session: chmod go-w, or chown it"
    return (judge(others, Place(str(path)), hint=hint),)


def _parse(texts: Sequence[SourceText], parser: Parser) -> tuple[list[Document], list[Diagnostic]]:
    documents: list[Document] = []
    found: list[Diagnostic] = []
    for parsed in parser.parse(texts):
        if isinstance(parsed, Document):
            documents.append(parsed)
        else:
            found += parsed
    return documents, found


def _refuses_all(found: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.refuses_all for diagnostic in found)


def _capture(
    declaration: Declaration, captures: Captures
) -> tuple[dict[str, Captured], list[Diagnostic]]:
    captured: dict[str, Captured] = {}
    found: list[Diagnostic] = []
    declared = sources(declaration)
    captures.retain({file.source or "" for file in declared})
    for file in declared:
        result = captures.capture(file.source or "")
        if isinstance(result, Unreadable):
            inside = f" ({result.path})" if result.path != result.source else ""
            message = f"the source {result.source} cannot be used: {result.reason}{inside}"
            found.append(error(message, file.place))
        else:
            captured[result.source] = result
    return captured, found


async def _verify(
    units: Mapping[str, RenderedUnit], context: Context, broken: frozenset[str]
) -> Sequence[Diagnostic]:
    verification = await verify(
        {name: unit.text for name, unit in units.items()}, context.environment
    )
    return findings(verification, units, broken)


def _hash(texts: Iterable[SourceText], modules: Iterable[str]) -> str:
    folder = str(Path().absolute())
    parts = [f"{join(folder, text.file)}\0{text.text}\0" for text in texts]
    parts += [f"{join(folder, file)}\0{_content(file)}\0" for file in sorted(modules)]
    return _sha256(parts)


def _with_sources(written: str, captured: Iterable[Captured]) -> str:
    parts = [f"{source.source}\0{source.object_name}\0" for source in captured]
    return _sha256([written, *parts]) if parts else written


def _sha256(parts: Iterable[str]) -> str:
    return sha256("".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _content(file: str) -> str:
    found = capture(file)
    return "" if isinstance(found, Unreadable) else found.sha256
