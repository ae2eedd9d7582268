"""What is recorded names nothing outside the folders that hmsvcd installs in."""

from collections.abc import Iterable
from pathlib import Path

from hmsvcd.host.disk_format import DiskFormat
from hmsvcd.model.generation import Generation
from hmsvcd.model.service import FILES_FOLDER

_ODD = frozenset({"", ".", ".."})


def demand_inside(kind: DiskFormat, generation: Generation, path: Path) -> None:
    """Raise ``HostError`` where a generation that was read from ``path`` leads out of its folders.

    Units, folders of links and objects are single names; files lie below ``home-services``.
    """
    pulled = (unit for units in generation.links.values() for unit in units)
    names = {*generation.units, *generation.links, *pulled, *generation.objects}
    if not all(map(_is_name, names)) or not all(map(_is_file, generation.files)):
        raise kind.unusable(path, "it names something outside of hmsvcd's folders")


def _is_name(name: str) -> bool:
    return "/" not in name and name not in _ODD


def _is_file(target: str) -> bool:
    top, *names = target.split("/")
    return top == FILES_FOLDER and bool(names) and _are_plain(names)


def _are_plain(names: Iterable[str]) -> bool:
    return _ODD.isdisjoint(names)
