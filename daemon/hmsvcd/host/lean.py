"""Import without what is only imported along: a process that is always there has to be small."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Have modules not be found by what is imported in the block, as if not installed.

    None in ``sys.modules`` says that (the Python Language Reference, "The module cache"). It is
    for importers that do without what they cannot find.
    """
    before = {name: sys.modules[name] for name in modules if name in sys.modules}
    for name in modules:
        sys.modules[name] = None  # type: ignore[assignment]  # the reference allows it
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(before)


def import_without_tls() -> None:
    """Import what looks for OpenSSL without it, as nothing here needs it: 4.7 MiB."""
    with without("ssl", "_ssl", "_hashlib"):
        import asyncio  # noqa: F401, PLC0415 - it looks for ssl
        import hashlib  # noqa: F401, PLC0415 - it looks for OpenSSL's hashes, and has its own
        import hmac  # noqa: F401, PLC0415 - what others import along looks there, too
