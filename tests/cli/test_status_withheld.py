"""``hmsvcd status`` of what a daemon must not say: it names the command that does."""

from typing import Any

from running_daemon import RUNNING, Waiting, daemon_beside

MODULE = """
from hmsvcd.module import Module


def define(config):
    raise ValueError("a text of the " + "module's own")


module = Module("m", define=define)
"""


def test_an_error_that_is_not_told_in_full(user: Any, wait_until: Waiting) -> None:
    """``check`` shows the whole of it."""
    user.declare(RUNNING)
    (user.declaration.parent / "m.py").write_text(MODULE)
    with daemon_beside(user, wait_until):
        user.declare(RUNNING + '[services.two]\nimports = ["./m.py"]\n')
        wait_until(lambda: user("status", "--json").document["errors"])
        status, check = user("status"), user("check")
    assert "a text of the module's own" not in status.err
    assert "`hmsvcd check` shows the whole message" in status.err
    assert "a text of the module's own" in check.err + check.out
    assert "shows the whole message" not in check.err + check.out
