"""Points in time as people read them."""

import time

_SECOND = 1_000_000
_LONG = ((60 * _SECOND, "min"), (_SECOND, "s"))


def local_time(microseconds: int) -> str:
    """Return microseconds of the epoch as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", _local(microseconds))


def near_time(microseconds: int, now: int) -> str:
    """Return microseconds of the epoch as local time, with the date unless that is today."""
    whole = local_time(microseconds)
    return whole.removeprefix(time.strftime("%Y-%m-%d ", _local(now)))


def duration(microseconds: int) -> str:
    """Return how long something took.

    >>> duration(48_300), duration(1_240_000), duration(90_000_000)
    ('48 ms', '1.2 s', '1.5 min')
    """
    for size, unit in _LONG:
        if microseconds >= size:
            return f"{microseconds / size:.1f} {unit}"
    return f"{microseconds / 1_000:.0f} ms"


def _local(microseconds: int) -> time.struct_time:
    return time.localtime(microseconds / _SECOND)
