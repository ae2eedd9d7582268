"""Units whose lines or drop-ins stand in an order, or a place, that no declaration has."""

import tomllib

import pytest

from declarations import CONTEXT
from hmsvcd.model.existing import ExistingUnit
from hmsvcd.pipeline.declare.declare import declare

SERVICE = "[Service]\nExecStart=/bin/a\n"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("[Socket]\nListenStream=/a\nListenDatagram=/b\n", "ListenStream= stands before ListenD"),
        (
            "[Socket]\nListenSequentialPacket=/a\nListenFIFO=/b\n",
            "a service is passed its sockets",
        ),
        (f"{SERVICE}StandardInputText=a\nStandardInputData=YQo=\n", "the input is put together"),
        (f"{SERVICE}SetCredentialEncrypted=a:YQo=\nSetCredential=a:b\n", "the last line for a cr"),
        (f"{SERVICE}BindReadOnlyPaths=/a\nBindPaths=/b:/a\n", "the first line for a mount point"),
    ],
)
def test_order_that_counts(lines, told):
    """An order that a declaration would turn round is refused, with both names and the reason."""
    name = "a.socket" if "[Socket]" in lines else "a.service"
    found = declare(ExistingUnit(name, {"/unit": lines}), CONTEXT)
    assert found.toml is None
    [refusal] = found.diagnostics
    assert told in refusal.message
    assert "put the lines into that order" in (refusal.hint or "")


@pytest.mark.parametrize(
    "lines",
    [
        "[Socket]\nListenDatagram=/b\nListenStream=/c\nListenStream=/a\n",
        "[Socket]\nListenStream=/a\nListenDatagram=\nListenDatagram=/b\n",
        f"{SERVICE}SetCredentialEncrypted=a:YQo=\nSetCredential=b:b\n",
        f"{SERVICE}BindReadOnlyPaths=/a\nBindPaths=/b\n",
    ],
)
def test_order_that_does_not_count(lines):
    """Lines of one name, lists that were reset, and lines that have nothing in common are free."""
    name = "a.socket" if "[Socket]" in lines else "a.service"
    assert declare(ExistingUnit(name, {"/unit": lines}), CONTEXT).toml is not None


@pytest.mark.parametrize(("value", "is_fine"), [("%y", False), ("%%y%h", True), ("a%Y/b", False)])
def test_the_path_of_the_file(value, is_fine):
    """A unit that has the path of its own file in it is refused: the file will be another."""
    found = declare(ExistingUnit("a.service", {"/a": f"{SERVICE}ExecStop=/a {value}\n"}), CONTEXT)
    assert (found.toml is not None) == is_fine
    assert is_fine or "ExecStop= has the path of the unit's file" in found.diagnostics[0].message


def test_times_that_set_two():
    """A later TimeoutSec takes the place of what it sets, and of nothing else."""
    lines = "TimeoutAbortSec=1\nTimeoutStartSec=2\nTimeoutSec=3\nTimeoutStopSec=4\n"
    found = declare(ExistingUnit("a.service", {"/unit": f"{SERVICE}{lines}"}), CONTEXT)
    assert found.toml is not None
    config = tomllib.loads(found.toml)["services"]["a"]["systemd"]["service"]["serviceConfig"]
    timeouts = {key: value for key, value in config.items() if key.startswith("Timeout")}
    assert timeouts == {"TimeoutAbortSec": 1, "TimeoutSec": 3, "TimeoutStopSec": 4}


def test_a_drop_in_that_stays_and_is_read_before():
    """Own drop-ins may not lose to one that stays; lists without an order do not matter."""
    mine = "[Service]\nNice=2\n[Unit]\nAfter=a.target\n"
    for theirs, told in (("[Unit]\nAfter=b.target\n", None), ("[Service]\nNice=1\n", "Nice=")):
        texts = {"/unit": SERVICE, "/etc/1": theirs, "/home/2": mine}
        found = declare(ExistingUnit("a.service", texts, staying={"/etc/1": theirs}), CONTEXT)
        assert (found.toml is None) == (told is not None)
        if told:
            assert f"{told} would change, since /etc/1" in found.diagnostics[0].message
