"""``apply`` of another declaration than the one that is installed."""

import shlex

import pytest

pytestmark = pytest.mark.systemd

ONE = '[services.{}]\nprocess.argv = ["/bin/sleep", "1000"]\n'


@pytest.fixture
def other(user):
    """Another declaration than the user's own, which is installed."""
    path = user.home / "other.toml"
    path.write_text(ONE.format("other"))
    user.apply(ONE.format("other"), "--config", str(path))
    user.declare(ONE.format("own"))
    return path


def test_both_are_named(user, other):
    """It says which one is installed and which one would replace it, and nothing is changed."""
    refused = user.apply(code=1)
    [error] = refused.document["errors"]
    own = str(user.declaration.parent)
    assert error["message"] == (
        f"what is installed comes from {other}, and {own} would replace all of it"
    )
    assert user.state_of("other.service") == "active"
    assert not (user.units / "own.service").is_symlink()


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(("which", "runs"), [(0, "other"), (1, "own")])
def test_what_would_help_can_be_typed(user, which, runs):
    """Each of both commands in the hint does what it says."""
    [error] = user.apply(code=1).document["errors"]
    line = error["hint"].split("; ")[which].removeprefix("hmsvcd ")
    command = line.partition(" applies")[0].partition(" replaces")[0]
    assert user.run(*shlex.split(command)).code == 0
    up = {name for name in ("other", "own") if user.state_of(f"{name}.service") == "active"}
    assert up == {runs}


def test_a_relative_path_is_named_in_full(user, other, monkeypatch):
    """What is installed is told from what would replace it, wherever the command is typed."""
    monkeypatch.chdir(user.declaration.parent)
    [error] = user.apply(None, "--config", "config.toml", code=1).document["errors"]
    assert f"comes from {other}, and {user.declaration} would" in error["message"]
