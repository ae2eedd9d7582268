"""The lock cannot be taken over: its folder is ours, and so is its file."""

import os
import stat
from pathlib import Path

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.lock import lock
from hmsvcd.host.paths import Paths
from hmsvcd.host.records import Records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(0o700)
    return tmp_path / "state" / "lock"


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o702])
async def test_a_folder_that_others_may_write_is_refused(path, mode):
    """Whoever may write there could put another lock, store or record into it."""
    path.parent.chmod(mode)

    with pytest.raises(HostError, match="others may write there"):
        async with lock(path):
            pytest.fail("it was locked all the same")

    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
@pytest.mark.may_skip("only root gives folders away")
async def test_a_folder_of_somebody_else_is_refused(path):
    """So is one where others were first, such as in /tmp."""
    os.chown(path.parent, 1234, -1)

    with pytest.raises(HostError, match="belongs to somebody else"):
        async with lock(path):
            pytest.fail("it was locked all the same")

    assert not path.exists()


async def test_a_folder_that_a_link_leads_to_is_judged_by_itself(path, tmp_path):
    """A user may link the folder; what counts is whose the real one is."""
    path.parent.rmdir()
    (tmp_path / "real").mkdir(0o777)
    (tmp_path / "real").chmod(0o777)
    path.parent.symlink_to(tmp_path / "real")
    with pytest.raises(HostError, match="others may write there"):
        async with lock(path):
            pytest.fail("it was locked all the same")

    (tmp_path / "real").chmod(0o700)
    async with lock(path):
        assert (tmp_path / "real/lock").exists()


@pytest.mark.parametrize("umask", [0o000, 0o777])
async def test_the_umask_neither_opens_the_lock_nor_closes_it(path, umask):
    """Its file can be opened by us, and by nobody else."""
    path.parent.rmdir()
    before = os.umask(umask)
    try:
        async with lock(path):
            pass
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("target", ["theirs", "missing"])
async def test_a_link_in_place_of_the_lock_changes_nothing(path, tmp_path, target):
    """What it leads to keeps its content and its mode."""
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs", encoding="utf-8")
    theirs.chmod(0o644)
    path.symlink_to(tmp_path / target)

    with pytest.raises(HostError, match="cannot lock"):
        async with lock(path):
            pytest.fail("a link was followed")

    assert theirs.read_text(encoding="utf-8") == "theirs"
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o644
    assert not (tmp_path / "missing").exists()


def test_a_link_in_place_of_the_generations_is_refused(paths: Paths, tmp_path: Path) -> None:
    """No file that somebody calls 1.toml is pruned elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "1.toml").write_text("precious", encoding="utf-8")
    paths.state.mkdir(parents=True)
    paths.generations.symlink_to(elsewhere)

    with pytest.raises(HostError, match="it is a link"):
        Records(paths).prune(1)

    assert (elsewhere / "1.toml").exists()
