"""What documents say of diagnostics whose whole message would quote what is declared."""

import pytest

from hmsvcd.model.diagnostic import error
from hmsvcd.pipeline.documents import to_json

WHERE = "`hmsvcd check` shows the whole message"


@pytest.mark.parametrize(
    ("hint", "quoting", "told"),
    [
        (None, None, None),
        ("set it", None, "set it"),
        (None, "it is 1234", WHERE),
        ("set it", "it is 1234", f"set it; {WHERE}"),
    ],
)
def test_who_shows_the_whole_message_is_told(
    hint: str | None, quoting: str | None, told: str | None
) -> None:
    """Beside what would help, and only where something has been left out."""
    [found] = to_json([error("it is wrong", None, hint=hint, quoting=quoting)])
    assert (found["message"], found["hint"]) == ("it is wrong", told)


def test_a_message_in_full_needs_no_more() -> None:
    """Whoever sees all of it is not sent on."""
    [found] = to_json([error("it is wrong", None, quoting="it is 1234").in_full])
    assert (found["message"], found["hint"]) == ("it is 1234", None)
