"""What a declaration renders to: texts and their addresses in the store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hmsvcd.model.diagnostic import Place
from hmsvcd.model.service import DirectivePlaces


@dataclass(frozen=True, slots=True)
class Captured:
    """A source file or folder as it was read: its store address, and the hash to report.

    ``object_name`` is ``<hash>-<base name>``; ``sha256`` is that of a file's content, or of a
    folder's listing (``model.store``).
    """

    source: str
    object_name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RenderedUnit:
    """A unit's text, and the store object ``<hash>-<unit>`` that holds it as ``<unit>``."""

    name: str
    text: str
    object_name: str
    place: Place | None = None
    places: DirectivePlaces | None = None


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A configuration file: ``target`` below ``$XDG_CONFIG_HOME``, and its store object.

    ``text`` is what the object holds; where it is None, the object is a copy of ``source``.
    """

    target: str
    object_name: str
    sha256: str
    text: str | None = None
    source: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """All units, links and files of a declaration.

    ``links`` maps a folder such as ``default.target.wants`` to the units linked in it;
    ``services`` maps a dashed service name to its units. ``generated`` maps further store objects
    to their texts.
    """

    units: Mapping[str, RenderedUnit]
    links: Mapping[str, tuple[str, ...]]
    files: Mapping[str, RenderedFile]
    services: Mapping[str, tuple[str, ...]]
    generated: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the store objects that hold a text and are no units, each with it."""
        for file in self.files.values():
            if file.text is not None:
                yield file.object_name, file.text
        yield from self.generated.items()

    def copies(self) -> Iterator[tuple[str, str]]:
        """Yield the store objects that are copies, each with its source."""
        for file in self.files.values():
            if file.source is not None:
                yield file.object_name, file.source
