"""Points in time as people read them."""

from datetime import UTC, datetime


def local_time(microseconds: int) -> str:
    """Return microseconds of the epoch as local date and time."""
    moment = datetime.fromtimestamp(microseconds / 1e6, UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M:%S}"
