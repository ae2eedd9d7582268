"""The clocks, in microseconds."""

import time


def now() -> int:
    """Return the time since the epoch."""
    return time.time_ns() // 1000


def monotonic() -> int:
    """Return CLOCK_MONOTONIC, which systemd's monotonic timestamps count."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
