"""``hmsvcd status SERVICE`` of a service that has failed: how, and what it wrote last."""

import json
import subprocess
import sys
from typing import Any

import pytest

RUNNING = '[services.one]\nprocess.argv = ["/bin/sleep", "1000"]\n'
FAILING = """\
[services.bad]
process.argv = ["/bin/sh", "-c", "echo oh no; sleep 0.2; exit 3"]
systemd.service.serviceConfig.Restart = "no"
"""
NEVER_RAN = """\
[services.lost]
process.argv = ["/bin/sleep", "1000"]
systemd.service.requires = ["nosuch.service"]
"""


def unit_of(document: dict[str, Any], service: str) -> dict[str, Any]:
    """Return what a document says of a service's primary unit."""
    unit: dict[str, Any] = document["services"][service]["units"][f"{service}.service"]
    return unit


@pytest.fixture
def failed(user: Any, wait_until: Any) -> Any:
    """A user of whose services one has failed."""
    user.declare(RUNNING + FAILING)
    user("apply")
    wait_until(lambda: user("status", "bad").code == 4)
    return user


def test_how_a_service_failed_and_what_it_wrote(failed: Any) -> None:
    """The result with its exit status is told of all, the log of the service asked for."""
    shown = failed("status", "bad").out
    assert "\nbad.service: failed: exit-code, status 3\n" in shown
    assert "\n    oh no\n" in shown
    everything = failed("status").out
    assert "bad.service: failed: exit-code, status 3" in everything
    assert "oh no" not in everything


def test_the_document_has_the_log_of_the_service_asked_for(failed: Any) -> None:
    """Without a name there is none, and what has not failed has no lines."""
    bad = unit_of(failed("status", "bad", "--json").document, "bad")
    assert (bad["result"], bad["why"]) == ("exit-code", "exit-code, status 3")
    assert "oh no" in bad["log"]
    one = unit_of(failed("status", "one", "--json").document, "one")
    assert (one["why"], one["log"]) == (None, [])
    assert unit_of(failed("status", "--json").document, "bad")["log"] is None


def test_the_log_is_that_of_the_last_run(failed: Any, manager: Any, wait_until: Any) -> None:
    """What an earlier run wrote is not why this one has failed."""
    failed.declare(RUNNING + FAILING.replace("oh no", "not again"))
    failed("apply")
    wait_until(lambda: manager.systemctl("is-active", "bad", check=False).strip() == "failed")
    log = unit_of(failed("status", "bad", "--json").document, "bad")["log"]
    assert "not again" in log
    assert "oh no" not in log


def test_what_never_ran_is_told_by_what_was_done(user: Any) -> None:
    """Where systemd has no result, that of the last action is the reason."""
    user.declare(NEVER_RAN)
    assert user("apply").code == 4
    assert "lost.service: failed: start " in user("status", "lost").out


def test_a_service_that_is_watched_has_its_log(failed: Any) -> None:
    """Each document of one service that has failed says why."""
    with subprocess.Popen(
        [sys.executable, "-m", "hmsvcd", "status", "bad", "--watch", "--json"],
        cwd=failed.folder, env=failed.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    ) as watch:  # fmt: skip
        assert watch.stdout is not None
        assert "oh no" in unit_of(json.loads(watch.stdout.readline()), "bad")["log"]
        watch.kill()
