"""Load a declaration: from its files to everything it renders to, or everything wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path  # noqa: TID251 - it names the declaration; only host reads it

from hmsvcd.host.capture import Unreadable, capture
from hmsvcd.host.declaration import read_declaration, writable_by_others
from hmsvcd.host.verify import verify
from hmsvcd.model.context import Context
from hmsvcd.model.diagnostic import Diagnostic, Place, error, warning
from hmsvcd.model.document import Document, SourceText
from hmsvcd.model.rendering import Captured, RenderedUnit, Rendering
from hmsvcd.model.service import Declaration
from hmsvcd.pipeline.check.verify import findings
from hmsvcd.pipeline.check.whole import check, check_parts
from hmsvcd.pipeline.read.parse import parse
from hmsvcd.pipeline.read.places import locate
from hmsvcd.pipeline.render import readable, render, sources


@dataclass(frozen=True, slots=True)
class Loaded:
    """A declaration that was read.

    ``texts`` are its files by the names that the user is shown. ``declaration`` is None where it
    is wrong in itself, ``rendering`` where there is any error. ``inputs`` is the hash of all
    that was read.
    """

    path: Path
    texts: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]
    inputs: str
    declaration: Declaration | None = None
    rendering: Rendering | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps the declaration from being used."""
        return tuple(found for found in self.diagnostics if found.is_error)


async def load(
    path: Path, context: Context, *, refuse_others: bool = False, with_systemd: bool = True
) -> Loaded:
    """Read, check and render a declaration, and have systemd verify the units.

    With ``refuse_others`` it is an error, else a warning, that somebody else may write the
    declaration. Without ``with_systemd`` the units are not verified. All diagnostics have their
    positions. Never raises for what is wrong with the declaration.
    """
    texts, found = read_declaration(path)
    documents, broken = _parse(texts)
    incomplete = _has_error([*found, *broken])
    found += [*broken, *_judge_writers(path, refuse=refuse_others)]
    by_file = {text.file: text.text for text in texts}
    if incomplete:  # what the files that cannot be read would say is not known
        found += check_parts(documents, context)
        return Loaded(path, by_file, locate(found, by_file), _hash(texts, ()))
    declaration, problems = check(documents, context)
    captured, unreadable = _capture(declaration)
    found += [*problems, *unreadable]
    rendering = render(readable(declaration, captured), captured, context)
    if with_systemd:
        found += await _verify(rendering.units, context, declaration.broken)
    inputs = _hash(texts, captured.values())
    return Loaded(
        path,
        by_file,
        locate(found, by_file),
        inputs,
        None if _has_error(problems) else declaration,
        None if _has_error(found) else rendering,
    )


def _judge_writers(path: Path, *, refuse: bool) -> Sequence[Diagnostic]:
    others = writable_by_others(path)
    if not others:
        return ()
    judge = error if refuse else warning
    hint = "whoever can write it decides what runs in your session: chmod go-w, or chown it"
    return (judge(others, Place(str(path)), hint=hint),)


def _parse(texts: Sequence[SourceText]) -> tuple[list[Document], list[Diagnostic]]:
    documents: list[Document] = []
    found: list[Diagnostic] = []
    for text in texts:
        parsed = parse(text)
        if isinstance(parsed, Document):
            documents.append(parsed)
        else:
            found += parsed
    return documents, found


def _has_error(found: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.is_error for diagnostic in found)


def _capture(declaration: Declaration) -> tuple[dict[str, Captured], list[Diagnostic]]:
    captured: dict[str, Captured] = {}
    found: list[Diagnostic] = []
    for file in sources(declaration):
        result = capture(file.source or "")
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


def _hash(texts: Iterable[SourceText], captured: Iterable[Captured]) -> str:
    parts = [f"{Path(text.file).absolute()}\0{text.text}\0" for text in texts]
    parts += [f"{source.source}\0{source.object_name}\0" for source in captured]
    return sha256("".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
