"""What an exception that the code of a service module has raised says, and where it arose."""

from collections.abc import Collection
from traceback import walk_tb

from hmsvcd.model.diagnostic import Position


def raised_at(problem: BaseException, files: Collection[str]) -> Position | None:
    """Return where in these files an exception arose: in the innermost of their calls.

    None if the way there leads through none of them.
    """
    if isinstance(problem, SyntaxError) and problem.filename in files and problem.lineno:
        return Position(problem.lineno, max(problem.offset or 1, 1))
    steps = walk_tb(problem.__traceback__)
    lines = [line for frame, line in steps if frame.f_code.co_filename in files]
    return Position(lines[-1], 1) if lines else None


def said(problem: BaseException) -> str:
    """Return the words of an exception; those of a syntax error without its place."""
    if isinstance(problem, SyntaxError):
        return problem.msg
    try:
        return str(problem)
    except Exception:  # noqa: BLE001 - it may be an exception of the module's own
        return "it cannot say more"
