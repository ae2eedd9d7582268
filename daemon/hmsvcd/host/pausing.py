"""Whether saves are to be applied: a file that is there while they are not, until logout."""

from hmsvcd.host import files
from hmsvcd.host.paths import Paths


def is_paused(paths: Paths) -> bool:
    """Say whether saves wait for ``resume``."""
    return paths.paused.exists()


def pause(paths: Paths) -> None:
    """Have saves wait; raises HostError."""
    files.replace(paths.paused, "")


def resume(paths: Paths) -> None:
    """Have saves applied again; raises HostError."""
    files.remove(paths.paused)
