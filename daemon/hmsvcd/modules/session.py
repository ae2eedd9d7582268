"""What a session needs otherwise than the system service that a module is of upstream."""

from typing import Any

from hmsvcd.module import Tree, mk_force


def forced(**directives: Any) -> Tree:
    """Return definitions that count instead of the module's own."""
    return {name: mk_force(value) for name, value in directives.items()}
