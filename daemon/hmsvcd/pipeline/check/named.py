"""What service modules have made, as far as a part of a declaration names it."""

from collections.abc import Iterable, Iterator, Mapping

from hmsvcd.model.service import Generated, Service, Unit
from hmsvcd.model.store import HASH_LENGTH


def named(
    made: Mapping[str, Generated], services: Iterable[Service], native: Iterable[Unit]
) -> Iterator[Generated]:
    """Yield what units and configuration files name, also by way of one another.

    As Nix looks for references, by the hash: in a directive the rest of a path may be escaped.
    """
    left = {each.object_name[:HASH_LENGTH]: each for each in made.values()}
    texts = list(_texts(services, native)) if left else []
    while left and texts:
        text = texts.pop()
        for digest in [digest for digest in left if digest in text]:
            yield (found := left.pop(digest))
            texts.append(found.text)


def _texts(services: Iterable[Service], native: Iterable[Unit]) -> Iterator[str]:
    units = [*native]
    for service in services:
        units += service.units
        yield from (file.text for file in service.files if file.text is not None)
    for unit in units:
        for section in unit.sections.values():
            for values in section.values():
                yield from values
