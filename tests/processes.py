"""Processes, as tests look at them."""

import time
from collections.abc import Iterable
from pathlib import Path


def still_alive(pids: Iterable[int]) -> list[int]:
    """Return those that have not ended after a second."""
    end = time.monotonic() + 1
    alive = list(pids)
    while (alive := [pid for pid in alive if is_running(pid)]) and time.monotonic() < end:
        time.sleep(0.01)
    return alive


def is_running(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
