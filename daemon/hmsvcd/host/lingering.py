"""Whether a user's manager runs without a login (loginctl(1), enable-linger)."""

from pathlib import Path

_FOLDER = Path("/var/lib/systemd/linger")


def is_lingering(username: str) -> bool:
    """Say whether the manager starts with the machine, and goes on after the last logout."""
    return (_FOLDER / username).exists()
