"""What a declaration says once it is merged, resolved and checked."""

from collections.abc import Mapping
from dataclasses import dataclass

from hmsvcd.model.diagnostic import Place
from hmsvcd.model.settings import Settings
from hmsvcd.model.unit import Sections

DirectivePlaces = Mapping[tuple[str, str], tuple[Place | None, ...]]
"""(section, directive) → where each assignment is declared, for what systemd says of it."""


def directive_place(
    places: DirectivePlaces | None, section: str, directive: str, number: int = 0
) -> Place | None:
    """Return where an assignment of a directive is declared, by its number from 0; -1 is the last.

    None for what is not written in a file.
    """
    known = (places or {}).get((section, directive), ())
    return known[number] if -len(known) <= number < len(known) else None


FILES_FOLDER = "home-services"
"""Folder below ``$XDG_CONFIG_HOME`` that configuration files are installed in (Home Manager)."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A file that a service module has made: it lies in the store, for units and files to name.

    ``label`` is what the object's name ends in.
    """

    object_name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit to be rendered.

    ``sections`` holds the directives as they will stand in the file, without the store paths of
    configuration files that rendering adds to the triggers. ``wanted_by`` and ``required_by`` name
    the units whose ``.wants`` and ``.requires`` folders link here.
    """

    name: str
    sections: Sections
    wanted_by: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    place: Place | None = None
    places: DirectivePlaces | None = None


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """An enabled configData entry: where it lands and what is in it.

    ``target`` is relative to ``$XDG_CONFIG_HOME``. Either ``text`` or ``source`` (the absolute
    path of a file or folder) is set. ``label`` is what the store object's name ends in.
    """

    key: str
    target: str
    label: str
    text: str | None = None
    source: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service or sub-service by its dashed name, with its own units and files.

    ``broken`` names its units that are wrong: those are left out, or lack what was not understood.
    """

    name: str
    units: tuple[Unit, ...]
    files: tuple[ConfigFile, ...]
    broken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything that the files of one declaration say together.

    ``broken`` names all units that are wrong, of services and native ones. ``refused`` are
    services and native units that are left out: a module of theirs, or of a service that they
    look into, has failed. ``generated`` is what modules have made, for units and files to name.
    """

    services: tuple[Service, ...]
    native: tuple[Unit, ...]
    settings: Settings
    broken: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    generated: tuple[Generated, ...] = ()
