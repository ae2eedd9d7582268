"""Options that stand before the command: the program says where they belong."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("-c config.toml check", "hmsvcd check -c …"),
        ("--config=config.toml check", "hmsvcd check --config …"),
        ("--json status web", "hmsvcd status --json …"),
        ("-c", "hmsvcd COMMAND -c …"),
    ],
)
def test_an_option_before_the_command(stranger: Any, words: str, shown: str) -> None:
    """It follows the command's name: how, is shown."""
    ran = stranger(*words.split())
    assert ran.code == 2
    assert ran.err.endswith(f"\nA command's options follow its name: {shown}\n")
    assert "Did you mean" not in ran.err


def test_a_mistyped_option_of_the_program_is_guessed(stranger: Any) -> None:
    """Where no command is named, it may be one of the program's own."""
    ran = stranger("--verison")
    assert "--version" in ran.err
    assert "COMMAND --verison" not in ran.err
