"""When Python looks for garbage: not in the middle of what is to be quick."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_until_later() -> Iterator[None]:
    """Let rings of objects lie until the block is left, which is to allocate but little.

    To look for them takes time with each 700 objects that are new, a tenth of a small pass.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
