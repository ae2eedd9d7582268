"""What systemd takes for yes and no (``parse_boolean``; any case)."""

YES = frozenset({"1", "yes", "y", "true", "t", "on"})
NO = frozenset({"0", "no", "n", "false", "f", "off"})


def is_yes(value: str) -> bool:
    """Say whether a value is one that systemd takes for yes."""
    return value.lower() in YES


def is_no(value: str) -> bool:
    """Say whether a value is one that systemd takes for no."""
    return value.lower() in NO
