"""The daemon goes on, whatever a service module does."""

import pytest

pytestmark = pytest.mark.systemd

DECLARED = """
[daemon]
settle = "0s"

[services.web]
imports = ["./web.py"]

[services.stays]
process.argv = ["/bin/sleep", "1000"]
"""
MODULE = """
from hmsvcd.module import Module


def define(config):
    print("a module that talks")
    return {"process": {"argv": ["/bin/sleep", "1000"]}}


module = Module("web", define=define)
"""
IN_DEFINE = MODULE.replace("print(", "while True: print and (")
AT_THE_TOP = "import time\ntime.sleep(1000)\n"


@pytest.mark.parametrize(("text", "line"), [(IN_DEFINE, 6), (AT_THE_TOP, 2)])
def test_a_module_that_never_ends(user, daemon, wait_until, text, line):
    """It is told with its line; others' edits are applied, and its own once it is good again."""
    file = user.declaration.parent / "web.py"
    user.declare(DECLARED)
    file.write_text(MODULE)
    daemon.start()
    daemon.until("pass finished", end="settled")
    web, stays = user.pid("web.service"), user.pid("stays.service")
    file.write_text(text)
    user.declare(DECLARED.replace('"1000"]', '"2000"]'))
    wait_until(lambda: user.pid("stays.service") not in {stays, 0})
    wait_until(lambda: user.run("status").document["errors"])
    (error,) = user.run("status").document["errors"]
    assert (error["file"], error["line"]) == (str(file), line)
    assert "TimeoutError" in error["message"]
    assert user.pid("web.service") == web
    file.write_text(MODULE.replace("1000", "3000"))
    wait_until(lambda: user.pid("web.service") not in {web, 0})
    wait_until(lambda: not user.run("status").document["errors"])


def test_what_a_module_prints_is_no_part_of_a_document(user):
    """It goes to standard error."""
    user.declare(DECLARED)
    (user.declaration.parent / "web.py").write_text(MODULE)
    checked = user.run("check")
    assert checked.document["errors"] == []
    assert "a module that talks" in checked.stderr
