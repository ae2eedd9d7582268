"""``hmsvcd try`` shows whoever edits what an edit has changed, and not all the rest again."""

from typing import Any

import pytest

from hmsvcd.host.sandbox import why_not

TWO = """\
[services.chatty]
process.argv = ["/bin/sh", "-c", "echo from the start; exec sleep 1000"]
systemd.service.environment.SAID = "once"
systemd.service.serviceConfig.Environment = "SAID=twice"
[services.edited]
process.argv = ["/bin/sh", "-c", "echo version one; exec sleep 1000"]
"""


@pytest.fixture(autouse=True)
def possible() -> None:
    """Skip where no session can be had."""
    why = why_not()
    if why is not None:
        pytest.skip(why)


def test_an_edit_shows_what_it_has_changed(stranger: Any) -> None:
    """The service that was restarted is shown with what it wrote since; the other is not."""
    stranger.write("two.toml", TWO)
    with stranger.in_terminal("try", "two.toml") as seen:
        begun = seen.read_until("Ctrl-C ends")
        assert "warning:" in begun
        assert "from the start" in begun
        stranger.write("two.toml", TWO.replace("one", "two"))
        told = seen.read_until(r"generation 2: 1 restarted.*version two")
        assert "edited" in told
        for unchanged in ("chatty", "from the start", "version one", "warning:"):
            assert unchanged not in told
        stranger.write("two.toml", TWO.replace("one", "two") + "x = 1\n")
        told = seen.read_until(r"two\.toml:7:1:")
        assert "warning:" not in told
        stranger.write("two.toml", TWO.replace("one", "three"))
        told = seen.read_until(r"generation 3: 1 restarted.*version three")
        assert "chatty" not in told
        seen.type(b"\x03")
        assert seen.end() == 0
