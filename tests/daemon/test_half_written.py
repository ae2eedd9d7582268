"""A declaration that is emptied and then filled, as many programs write."""

from pathlib import Path

import pytest

from saving import service

pytestmark = pytest.mark.systemd

WRONG = "[services.demo\n"
FILLER = """
import os, sys
DECLARATION, WHOLE = os.environ["DECLARATION"], os.environ["WHOLE"]
half = 0
def fill(event, arguments):
    global half
    if event == "open" and str(arguments[0]) == DECLARATION:
        half = os.stat(DECLARATION).st_ino
    elif event == "os.listdir" and os.path.exists(f"{WHOLE}{half}"):
        os.rename(f"{WHOLE}{half}", DECLARATION)
sys.addaudithook(fill)
"""
"""Fills what is half there once it has been read, and before anything is read again."""


@pytest.fixture
def whole(user):
    """What files are called from which the declaration is filled, but for the half's inode."""
    return f"{user.home}/whole-"


@pytest.fixture
def following(user, daemon, whole, tmp_path):
    """The daemon of a user, whose service runs."""
    (tmp_path / "sitecustomize.py").write_text(FILLER)
    user.save(service("demo", 1000))
    daemon.start(PYTHONPATH=str(tmp_path), DECLARATION=str(user.declaration), WHOLE=whole)
    daemon.until("pass finished", cause="start")
    return daemon


@pytest.mark.parametrize("half", ["", "[services."])
def test_a_file_that_is_being_filled_is_no_mistake(user, following, whole, wait_until, half):
    """What the daemon reads half and then whole is applied, and nobody is told of an error."""
    beside = user.home / "half"
    beside.write_text(half)
    Path(f"{whole}{beside.stat().st_ino}").write_text(service("demo", 2000))
    beside.rename(user.declaration)
    wait_until(lambda: "2000" in user.arguments("demo.service"))
    assert user.run("reconcile").code == 0
    assert following.events("problem") == []


def test_a_file_that_stays_wrong_is_told_once(user, following):
    """What is still wrong a moment later is an error, and it is told a single time."""
    user.save(WRONG)
    following.until("pass finished", end="stuck")
    user.run("reconcile")
    user.save("\n" + WRONG)
    following.until("pass finished", end="stuck", cause="change", count=2)
    user.save(service("demo", 2000))
    following.until("pass finished", end="settled", cause="change")
    assert len(following.events("problem")) == 1
