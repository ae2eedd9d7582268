"""What would change for the one reason that the unit's file lies in the store."""

import re
from collections.abc import Iterator

from hmsvcd.model.diagnostic import Diagnostic, error
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.pipeline.syntax.effective import assigned_in, surviving

_SPECIFIER = re.compile("%(.)")
_PATH_OF_FILE = frozenset("yY")


def relocated(existing: ExistingUnit) -> Iterator[Diagnostic]:
    """Yield the directives that say where the unit's own file lies (systemd.unit(5), Specifiers).

    Of a linked file, as all of hmsvcd's are, that is what the link leads to.
    """
    read = surviving(assigned_in(existing.texts.values()))
    for directive in dict.fromkeys(key for _, key, value in read if _names_file(value)):
        yield error(
            f"{existing.name} cannot be declared: {directive}= has the path of the unit's file in "
            "it (%y or %Y), which would be another",
            None,
            hint="write the path out",
        )


def _names_file(value: str) -> bool:
    return not _PATH_OF_FILE.isdisjoint(_SPECIFIER.findall(value))
