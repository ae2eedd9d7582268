"""Any error in the words of a user: the last resort before a traceback."""

import os

from hmsvcd.errors import HmsvcdError, HostError


def problem_of(error: Exception) -> HmsvcdError:
    """Return an error as a problem with a message and an exit code.

    With ``$HMSVCD_DEBUG`` a defect of hmsvcd is raised instead, to be seen with its traceback.
    """
    while isinstance(error, ExceptionGroup):  # of what went on side by side
        error = error.exceptions[0]
    if isinstance(error, HmsvcdError):
        return error
    if os.environ.get("HMSVCD_DEBUG"):
        raise error
    if isinstance(error, OSError):  # a door that knew more would have said more
        where = f" ({error.filename})" if error.filename else ""
        return HostError(f"the system refused: {error.strerror or error}{where}")
    return HmsvcdError(
        f"internal error: {type(error).__name__}: {error}",
        "this is a defect of hmsvcd; HMSVCD_DEBUG=1 shows where it happened",
    )
