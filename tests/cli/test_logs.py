"""``hmsvcd logs``: what a service has written."""

import os
import subprocess
import sys
from typing import Any

import pytest

TALKING = """\
[services.shop]
process.argv = ["/bin/sh", "-c", "echo open; exec sleep infinity"]

[services.shop.services.worker]
process.argv = ["/bin/sh", "-c", "echo one; echo two; echo three; exec sleep infinity"]
"""


@pytest.fixture
def talking(user: Any, wait_until: Any) -> Any:
    """The program of a user whose services have written all that they write."""
    user.declare(TALKING)
    assert user("apply").code == 0
    for service, last in (("shop", "open"), ("shop-worker", "three")):
        wait_until(lambda service=service, last=last: last in user("logs", service).out)
    return user


def test_the_lines_of_a_service(talking: Any) -> None:
    """A service's own lines are shown, and not those of its sub-service."""
    shown = talking("logs", "shop")
    assert shown.code == 0
    assert "open" in shown.out
    assert "three" not in shown.out


def test_a_unit_can_be_asked_for(talking: Any) -> None:
    """A unit's name does as well, and the newest lines are those that count."""
    shown = talking("logs", "shop-worker.service", "--lines", "2")  # systemd's may come last
    assert "three" in shown.out
    assert "one" not in shown.out


def test_the_document_has_units_and_lines(talking: Any) -> None:
    """Each line is listed with its unit."""
    document = talking("logs", "shop-worker", "--json").document
    assert set(document) == {"version", "errors", "warnings", "lines"}
    lines = [each["line"] for each in document["lines"] if each["unit"] == "shop-worker.service"]
    own = [line for line in lines if line in {"one", "two", "three"}]
    assert own[-3:] == ["one", "two", "three"]


def test_following_goes_on(talking: Any) -> None:
    """With --follow the journal is shown until the reader ends it."""
    with subprocess.Popen(
        [sys.executable, "-m", "hmsvcd", "logs", "--follow", "shop-worker"],
        env=talking.environ, stdout=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        assert following.stdout is not None
        assert any("three" in line for line in iter(following.stdout.readline, ""))
        assert following.poll() is None
        os.kill(following.pid, 15)


def test_a_service_that_has_written_nothing(user: Any) -> None:
    """It is said, for an empty screen could mean anything."""
    user.declare(
        '[services.mute]\nprocess.argv = ["/bin/true"]\n'
        "systemd.service.wantedBy = { mkForce = [] }\n"
    )
    user("apply")
    assert user("logs", "mute").out == "mute has written nothing\n"
    assert user("logs", "mute", "--json").document["lines"] == []


def test_an_unknown_service_is_refused(talking: Any) -> None:
    """The nearest name is proposed; the document holds the error."""
    assert "did you mean `shop`?" in talking("logs", "shopp").err
    refused = talking("logs", "shopp", "--json")
    assert refused.code == 1
    assert refused.document["lines"] is None
    assert refused.document["errors"][0]["message"] == "no service or unit 'shopp' is installed"


def test_a_document_does_not_follow(talking: Any) -> None:
    """--json with --follow is wrong usage."""
    assert talking("logs", "shop", "--json", "--follow").code == 2
